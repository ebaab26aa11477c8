"""`custodes export`: redacted recordings for somebody whom the charter names."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from custodes.app.commands.account import opened_store
from custodes.app.commands.config import CONFIG, Config
from custodes.app.console import err, out
from custodes.app.exporting import KNOWN_BY, LocalExport, whoever
from custodes.app.settings import load_settings
from custodes.domain.errors import ConfigError
from custodes.domain.events import CameraId
from custodes.domain.time import SystemClock
from custodes.record.disclose import Wanted
from custodes.vault.disclosure import Disclosure

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def export(  # noqa: PLR0917  one parameter an option
    camera: Annotated[str, typer.Argument(help="Id of the camera.")],
    start: Annotated[str, typer.Option("--from", help="From when: ISO 8601, such as 2026-01-31T12:00:00Z.")],
    end: Annotated[str, typer.Option("--to", help="Until when, at most a day later.")],
    recipient: Annotated[str, typer.Option(help="Who gets it: a recipient that the camera's charter names.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence of at most 200 characters; in the log.")],
    to: Annotated[Path, typer.Option("--out", help="New folder for the recording, the events and the manifest.")],
    config: Config = CONFIG,
) -> None:
    """Export redacted recordings of an interval to a recipient that the charter names, with proof for outsiders.

    Who exports what to whom and why is in the log before anything is written to the folder; everybody can see that
    there was an export, and of which camera. Works beside a running server and without one. Where the log cannot be
    written, or its witnesses do not see it, nothing is exported.

    The folder holds one MP4 that plays anywhere, the events where the recipient receives them, and a manifest that
    says what is missing. Hand it over as it is: `custodes audit verify-export` checks it, offline. Nothing is encoded
    anew, so the first picture may be a second or two early.
    """
    wanted = Wanted(
        CameraId(camera), _ns(start, "--from"), _ns(end, "--to"), recipient.strip(), reason, whoever(), KNOWN_BY
    )
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with opened_store(config) as store:
        exporting = LocalExport(load_settings(config), store, SystemClock())
        selected = exporting.select(wanted)
        with Progress(*columns, console=err, transient=True) as bar:
            task = bar.add_task("recordings", total=selected.size)
            disclosure = exporting.write(selected, to, lambda done: bar.advance(task, done))
    _tell(disclosure, to)


def _tell(disclosure: Disclosure, to: Path) -> None:
    for title, text in disclosure.words():
        out.print(f"{title + ':':15} {text}", markup=False, soft_wrap=True)
    out.print(f"Written to {to}. To check it:", markup=False, soft_wrap=True)
    out.print(f"custodes audit verify-export {to} --policy POLICY", markup=False, soft_wrap=True)


def _ns(text: str, option: str) -> int:
    """Return nanoseconds since the Unix epoch of ISO 8601, UTC where it names no offset."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"{option} {text[:40]!r} is no time", why="it is not ISO 8601", fix="write it like 2026-01-31T12:00:00Z"
        ) from None
    utc = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round((utc - _EPOCH).total_seconds() * 1000) * 1_000_000
