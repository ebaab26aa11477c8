"""Serbian Cyrillic to Latin, letter by letter."""

LETTERS = dict(
    zip(
        "абвгдђежзијклмнопрстћуфхцчшњљџ",
        [*"abvgdđežzijklmnoprstćufhcčš", "nj", "lj", "dž"],
        strict=True,
    )
)


def latin(text: str) -> str:
    """Return `text` in Latin letters; a capital digraph is `Nj` before lower case."""
    return "".join(
        LETTERS[one] if one in LETTERS else LETTERS[one.lower()].capitalize() if one.lower() in LETTERS else one
        for one in text
    )
