"""Charters of the demo's cameras: what real ones look like."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Final

_REVIEW_AFTER: Final = timedelta(days=365)


def write_demo_charters(folder: Path, cameras: Iterable[str], today: date) -> None:
    """Write the charters of `cameras` into `folder`, adopted `today` (UTC), to be reviewed in a year."""
    folder.mkdir(exist_ok=True)
    for camera in cameras:
        text = Path(__file__).with_name(f"{camera}.toml").read_text(encoding="utf-8")
        days = text.replace("{adopted}", today.isoformat()).replace("{review_by}", (today + _REVIEW_AFTER).isoformat())
        (folder / f"{camera}.toml").write_text(days, encoding="utf-8")
