"""`custodes retention`: what goes when, and what must stay longer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from custodes.app.activation import activate
from custodes.app.commands.account import opened_store
from custodes.app.commands.config import CONFIG, Config
from custodes.app.console import out
from custodes.app.settings import Settings, load_settings
from custodes.charter import Charters, Kept
from custodes.domain.errors import ConfigError
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, Clock, SystemClock, to_iso, utc_day
from custodes.journal import CharterArchive, Kind
from custodes.record import CameraForecast, RecordingSettings, forecast
from custodes.record.retention import hours_kept
from custodes.store import Hold, Store
from custodes.vault import SealedFolder

app = typer.Typer(
    no_args_is_help=True,
    help="See what will be deleted when, and keep single intervals longer.\n\n"
    "How long things are kept stands in the charters. A hold keeps an interval beyond that, for a reason and up to an "
    "end, and is in the log; it does not let anybody look at it longer.",
)

_LONGEST_HOLD = timedelta(days=92)
_FORMATS = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]


@app.command()
def plan(config: Config = CONFIG) -> None:
    """Show for each camera what is kept for how long, what goes next and when, and how long the disk will last."""
    settings, clock = load_settings(config), SystemClock()
    charters = _charters(settings, clock)
    table = Table("camera", "kept for, hours", "kind", "now", "a day", "at most", "oldest goes", "holds")
    sealed = SealedFolder(settings.folders.sealed)
    with opened_store(config) as store:
        names = sorted(store.cameras() | set(settings.cameras) | set(map(CameraId, sealed.cameras())))
        limits = {name: RecordingSettings() for name in names}
        limits |= {name: one.recording for name, one in settings.cameras.items()}
        expected = forecast(store, sealed, limits, charters, clock=clock)
        for name in names:
            for row in _rows(store, name, charters, clock, expected.cameras[name]):
                table.add_row(*row)
    out.print(table)
    lasts = "all that is needed fits" if expected.full_in_s is None else f"full in {expected.full_in_s / 3600:.0f} h"
    out.print(
        f"Recordings and sealed originals take {_gb(expected.used_bytes)}, write {_gb(expected.bytes_per_day)} a day "
        f"and need {_gb(expected.needed_bytes)} in all; the disk: {lasts}.",
        soft_wrap=True,
    )
    out.print(f"Who, why and for whom of what was logged is erased after {settings.log.body_days} days.")


@app.command()
def hold(
    camera: Annotated[str, typer.Argument(help="Id of the camera.")],
    interval: Annotated[
        tuple[datetime, datetime], typer.Option(formats=_FORMATS, help="Start and end of what is kept, UTC.")
    ],
    until: Annotated[
        datetime, typer.Option(formats=_FORMATS, help="When the hold ends, UTC; three months from now at most.")
    ],
    reason: Annotated[str, typer.Option(prompt="Why it must be kept", help="Why, 10 to 200 characters; in the log.")],
    config: Config = CONFIG,
) -> None:
    """Keep an interval of a camera from being deleted, for a reason and up to an end."""
    start, end = interval
    now = datetime.fromtimestamp(SystemClock().utc_ns() / NS_PER_S, UTC)
    until_utc = until.replace(tzinfo=UTC)
    if not start < end:
        raise ConfigError("the interval ends before it starts", fix="give --interval START END in UTC")
    if not now < until_utc <= now + _LONGEST_HOLD:
        raise ConfigError(f"a hold until {until} is not possible", fix="give an end within the next three months")
    if not 10 <= len(reason.strip()) <= 200:  # noqa: PLR2004  as --help says
        raise ConfigError("the reason is too short or too long", fix="say in 10 to 200 characters why it must be kept")
    kept = Hold(CameraId(camera), _ns(start), _ns(end), _ns(until), reason.strip())
    body = {"reason": kept.reason, **_interval(kept)}
    with opened_store(config) as store:
        store.owed.add(Kind.HOLD_SET, body, SystemClock().utc_ns(), camera=camera)
        number = store.holds.add(kept)
    out.print(f"Hold {number}: {camera} from {start} to {end} UTC is kept until {until} UTC.", markup=False)


@app.command()
def release(
    number: Annotated[int, typer.Argument(help="Number of the hold.")],
    config: Config = CONFIG,
) -> None:
    """End a hold before its time: what its charter keeps no longer is then deleted."""
    with opened_store(config) as store:
        held = store.holds.remove(number)
        if held is None:
            raise ConfigError(f"there is no hold {number}", fix="`custodes retention plan` shows all")
        store.owed.add(Kind.HOLD_END, _interval(held), SystemClock().utc_ns(), camera=held.camera)
    out.print(f"Hold {number} has ended.")


def _charters(settings: Settings, clock: Clock) -> Charters:
    """Return the charters that retention goes by: those in force, and the last ones of other cameras."""
    last = CharterArchive(settings.folders.charters).last()
    now = activate(settings, utc_day(clock.utc_ns())).charters
    return Charters({**last.by_camera, **now})


def _rows(
    store: Store, camera: CameraId, charters: Charters, clock: Clock, expected: CameraForecast
) -> Iterator[tuple[str, ...]]:
    """Yield a row for each kind that takes room, or one that says that none does."""
    periods = {kept: hours_kept(charters, camera, kept) for kept in Kept}
    hours = ", ".join(f"{kept} {period}" for kept, period in periods.items() if period) or "nothing"
    active = store.holds.active(clock.utc_ns(), camera)
    first = [camera, hours]
    last = "; ".join(f"{one.id} until {to_iso(one.until_ns)}: {one.reason}" for one in active)
    for kept, amount in ((Kept.RECORDING, expected.recordings), (Kept.SEALED, expected.sealed)):
        if not amount.used_bytes and kept is Kept.SEALED:
            continue
        goes = "" if amount.goes_ns is None else to_iso(amount.goes_ns)
        yield (
            *first,
            kept.value,
            _gb(amount.used_bytes),
            _gb(amount.bytes_per_day),
            _gb(amount.needed_bytes),
            goes,
            last,
        )
        first, last = ["", ""], ""


def _gb(size: int) -> str:
    return f"{size / 1e9:.2f} GB"


def _interval(held: Hold) -> dict[str, str]:
    return {"from": to_iso(held.start_ns), "to": to_iso(held.end_ns), "until": to_iso(held.until_ns)}


def _ns(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp()) * NS_PER_S
