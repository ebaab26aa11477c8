"""Where raw predictions go."""

from pathlib import Path

from custodes.domain.errors import StoreError


def make_folder(out: Path | None) -> None:
    """Make the folder `out` where it is missing, before what takes minutes; None makes nothing.

    Raises:
        StoreError: It cannot be made or written into.
    """
    if out is None:
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        trial = out / ".custodes"
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise StoreError(
            f"{out} cannot be written into", why=(error.strerror or "").lower(), fix="choose another --out"
        ) from error
