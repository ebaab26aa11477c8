"""Who is on which picture: pairs that somebody labelled, or a folder for each person."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from custodes.domain.errors import ConfigError
from custodes.perceive.pad import Side

MOST_NON_MATED: Final = 1_000_000
"""Pairs of different people made of a folder of identities; of more, about so many are drawn, the same each time."""
_SUFFIXES: Final = frozenset(
    f".{kind}" for kind in ("jpg", "jpeg", "png", "webp", "heic", "heif", "pgm", "ppm", "tif", "tiff", "bmp")
)
_SAME: Final = {
    **dict.fromkeys(("1", "1.0", "true", "yes"), True),
    **dict.fromkeys(("0", "0.0", "false", "no"), False),
}


@dataclass(frozen=True, slots=True)
class PairList:
    """Pictures and the pairs of them that are compared.

    Attributes:
        files: Paths within the folder of pictures, each once.
        a: int (n,), first picture of each pair, index into `files`.
        b: int (n,), second.
        same: bool (n,), whether both show one person (mated).
        person: int (len(files),), who is on each picture, None where that is not known of all.
        group: Of each pair, None where the list names none.
    """

    files: tuple[str, ...]
    a: NDArray[np.intp]
    b: NDArray[np.intp]
    same: NDArray[np.bool_]
    person: NDArray[np.intp] | None
    group: tuple[str, ...] | None = None


def read_pairs(path: Path, root: Path) -> PairList:
    """Read labelled pairs: CSV with the columns a, b, same (1 or 0, true or false, yes or no), and perhaps group.

    Who is who is known where folders say it: where the two pictures of a pair are in one folder exactly if they are of
    one person, by the innermost folder or by the outermost.

    Raises:
        ConfigError: It is no such file, has no pairs of one of the kinds, or a picture is not in `root`.
    """
    rows = _rows(path, ("a", "b", "same"))
    number: dict[str, int] = {}
    for row in rows:
        for column in ("a", "b"):
            number.setdefault(row[column], len(number))
    try:
        same = np.array([_SAME[row["same"].strip().lower()] for row in rows], bool)
    except KeyError as error:
        raise ConfigError(f"{path} is not understood", why=f"same is {error}", fix="write 1 or 0") from error
    pairs = PairList(
        files=tuple(number),
        a=np.array([number[row["a"]] for row in rows], np.intp),
        b=np.array([number[row["b"]] for row in rows], np.intp),
        same=same,
        person=None,
        group=tuple(row["group"] for row in rows) if rows and "group" in rows[0] else None,
    )
    _check(pairs, path)
    _check_files(pairs.files, root)
    return PairList(pairs.files, pairs.a, pairs.b, same, _persons(pairs), pairs.group)


def identity_pairs(root: Path) -> PairList:
    """Make all pairs of the pictures in a folder that has a folder for each person.

    Raises:
        ConfigError: There is no such folder, or it does not hold two pictures of one person and one of another.
    """
    files = _photos(root)
    person = _numbered(PurePosixPath(file).parts[0] for file in files)
    a, b = _all_pairs(person)
    pairs = PairList(tuple(files), a, b, person[a] == person[b], person)
    _check(pairs, root)
    return pairs


def _photos(root: Path) -> list[str]:
    return sorted(
        path.relative_to(root).as_posix()
        for folder in (sorted(root.iterdir()) if root.is_dir() else [])
        if folder.is_dir()
        for path in folder.rglob("*")
        if path.suffix.lower() in _SUFFIXES
    )


def _all_pairs(person: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the pairs of pictures, each in rising order: every mated one, and of the others as many as are wanted."""
    mated = [np.stack(np.triu_indices(count, 1)) + start for start, count in _runs(person)]
    total = len(person) * (len(person) - 1) // 2 - sum(part.shape[1] for part in mated)
    if total <= MOST_NON_MATED:
        a, b = np.triu_indices(len(person), 1)
        return a, b
    drawn = np.random.default_rng(0).integers(0, len(person), (2, 2 * MOST_NON_MATED + 1000))
    drawn = np.unique(np.sort(drawn[:, person[drawn[0]] != person[drawn[1]]], axis=0), axis=1)
    drawn = np.random.default_rng(1).permutation(drawn, axis=1)[:, :MOST_NON_MATED]
    a, b = np.concatenate([*mated, drawn], axis=1)
    return a, b


def _runs(person: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Return where each person's pictures begin, and how many there are; they lie together."""
    starts = np.flatnonzero(np.diff(person, prepend=-1))
    return list(zip(starts.tolist(), np.diff([*starts, len(person)]).tolist(), strict=True))


def photos_by_person(root: Path) -> dict[str, tuple[str, ...]]:
    """Return the photos in a folder that has a folder for each person: paths within it by the name of that folder."""
    found: dict[str, list[str]] = {}
    for file in _photos(root):
        found.setdefault(PurePosixPath(file).parts[0], []).append(file)
    return {name: tuple(files) for name, files in found.items()}


def read_sides(path: Path) -> dict[str, Side]:
    """Return where heads are turned to on photos: CSV with the columns file and side, `left` or `right`.

    Raises:
        ConfigError: It is no such file.
    """
    try:
        return {row["file"]: Side(row["side"].strip().lower()) for row in _rows(path, ("file", "side"))}
    except ValueError as error:
        raise ConfigError(f"{path} is not understood", why=str(error), fix="write left or right as side") from error


def read_closed(path: Path) -> dict[str, str]:
    """Return photos of closed eyes, and the one of open eyes that each is like otherwise: CSV, columns file and open.

    Raises:
        ConfigError: It is no such file.
    """
    return {row["file"]: row["open"].strip() for row in _rows(path, ("file", "open"))}


def read_groups(path: Path, files: Sequence[str]) -> tuple[str, ...]:
    """Return the group of each of `files`, empty where `path`, CSV with the columns file and group, names none.

    Raises:
        ConfigError: It is no such file, or names none of the pictures.
    """
    group = {row["file"]: row["group"].strip() for row in _rows(path, ("file", "group"))}
    found = tuple(group.get(file, "") for file in files)
    if not any(found):
        raise ConfigError(
            f"{path} names none of the pictures", fix="write their paths in the column file as the pairs do"
        )
    return found


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path} cannot be read", why=str(error)) from error
    if any(row.get(column) is None for row in rows for column in columns) or not rows:
        raise ConfigError(
            f"{path} is not understood",
            why="it has no rows" if not rows else f"a row does not have the columns {', '.join(columns)}",
            fix=f"write CSV whose first line is {','.join(columns)}",
        )
    return rows


def _check(pairs: PairList, source: Path) -> None:
    if pairs.same.all() or not pairs.same.any():
        lack = "different people" if pairs.same.any() else "one person"
        raise ConfigError(
            f"{source} has no pair of pictures of {lack}",
            fix="give pairs of both kinds: same 1 and same 0, or a folder for each of several persons",
        )


def _check_files(files: tuple[str, ...], root: Path) -> None:
    missing = [file for file in files if not (root / file).is_file()]
    if missing:
        raise ConfigError(
            f"{len(missing)} of {len(files)} pictures are not in {root}",
            why=f"there is no {missing[0]}",
            fix="name the folder that the paths in the pairs begin in with --root",
        )


def _persons(pairs: PairList) -> NDArray[np.intp] | None:
    for part in (slice(None, -1), slice(0, 1)):
        parts = [PurePosixPath(file).parts for file in pairs.files]
        person = _numbered("/".join(one[part]) if len(one) > 1 else "" for one in parts)
        if ((person[pairs.a] == person[pairs.b]) == pairs.same).all():
            return person
    return None


def _numbered(names: Iterable[str]) -> NDArray[np.intp]:
    number: dict[str, int] = {}
    return np.array([number.setdefault(name, len(number)) for name in names], np.intp)
