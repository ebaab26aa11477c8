"""What recordings and sealed originals take, what they will need, and what goes when."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from custodes.charter import Charters, Kept
from custodes.domain.errors import IntegrityError
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, Clock
from custodes.record.recorder import free_bytes
from custodes.record.retention import hours_kept
from custodes.record.settings import RecordingSettings
from custodes.store import Store
from custodes.vault import SealedFolder, hour_of, hour_start_ns
from custodes.vault.documents import HOUR_NS, may_show

_S_PER_HOUR: Final = 3600
_S_PER_DAY: Final = 24 * _S_PER_HOUR
_DAY_NS: Final = 24 * HOUR_NS


@dataclass(frozen=True, slots=True)
class Amount:
    """What one kind takes at one camera.

    Attributes:
        used_bytes: Now.
        bytes_per_day: Per day of recording, as measured in the last day.
        needed_bytes: Once as much is deleted as is written.
        goes_ns: When the oldest of it goes, nanoseconds since the Unix epoch; None where there is none, or a hold keeps
            all of it.
    """

    used_bytes: int = 0
    bytes_per_day: int = 0
    needed_bytes: int = 0
    goes_ns: int | None = None


@dataclass(frozen=True, slots=True)
class CameraForecast:
    """What one camera takes.

    Attributes:
        recordings: Redacted recordings.
        sealed: Originals under seal.
    """

    recordings: Amount
    sealed: Amount


@dataclass(frozen=True, slots=True)
class Forecast:
    """What all of them take.

    Attributes:
        cameras: By camera.
        full_in_s: Seconds until the disk is full at this rate; None where it has room for all that is needed.
    """

    cameras: Mapping[CameraId, CameraForecast]
    full_in_s: float | None

    @property
    def used_bytes(self) -> int:
        """What recordings and sealed originals take now."""
        return sum(one.recordings.used_bytes + one.sealed.used_bytes for one in self.cameras.values())

    @property
    def bytes_per_day(self) -> int:
        """What a day of recording and sealing takes."""
        return sum(one.recordings.bytes_per_day + one.sealed.bytes_per_day for one in self.cameras.values())

    @property
    def needed_bytes(self) -> int:
        """What they will take once as much is deleted as is written."""
        return sum(one.recordings.needed_bytes + one.sealed.needed_bytes for one in self.cameras.values())


def forecast(
    store: Store,
    sealed: SealedFolder,
    cameras: Mapping[CameraId, RecordingSettings],
    charters: Charters,
    *,
    clock: Clock,
    free: Callable[[Path], int] = free_bytes,
) -> Forecast:
    """Return what recordings and sealed originals of `cameras` will need if they go on as in the last day.

    Args:
        store: Has the index of recordings, and holds.
        sealed: The sealed hours; on the disk of the recordings.
        cameras: Their limits.
        charters: What they keep.
        clock: Wall time.
        free: How many bytes a folder's disk has free.

    Raises:
        StoreError: The database failed.
        OSError: The disk failed.
    """
    now_ns = clock.utc_ns()
    found = {}
    for camera, settings in cameras.items():
        held = [(hold.start_ns, hold.end_ns) for hold in store.holds.active(now_ns, camera)]
        kept = {kind: hours_kept(charters, camera, kind) for kind in (Kept.RECORDING, Kept.SEALED)}
        found[camera] = CameraForecast(
            recordings=_recordings(store, camera, settings, kept[Kept.RECORDING], now_ns, held),
            sealed=_sealed(sealed, camera, kept[Kept.SEALED], now_ns, held),
        )
    expected = Forecast(found, None)
    spare = 1e9 * max((settings.min_free_gb for settings in cameras.values()), default=0.0)
    room = free(sealed.root.parent) - spare
    if expected.needed_bytes - expected.used_bytes <= room or not expected.bytes_per_day:
        return expected
    return Forecast(found, max(room, 0.0) / (expected.bytes_per_day / _S_PER_DAY))


def _recordings(  # noqa: PLR0917
    store: Store,
    camera: CameraId,
    settings: RecordingSettings,
    kept_hours: int,
    now_ns: int,
    held: list[tuple[int, int]],
) -> Amount:
    written, spent_ns = store.segments.written(camera, now_ns - _DAY_NS)
    most = settings.max_gb * 1e9 if settings.max_gb is not None else float("inf")
    oldest = store.segments.oldest(camera, but=held)
    goes_ns = None if oldest is None else (oldest.end_ns or oldest.start_ns) + kept_hours * HOUR_NS
    return _amount(store.segments.total_bytes(camera), written, spent_ns, kept_hours, most=most, goes_ns=goes_ns)


def _sealed(
    folder: SealedFolder, camera: CameraId, kept_hours: int, now_ns: int, held: list[tuple[int, int]]
) -> Amount:
    used = written = spent_ns = 0
    hours = folder.hours(camera)
    for hour in hours:
        size, last_ns = _size(folder, camera, hour)
        used += size
        if size and hour_start_ns(hour) > now_ns - _DAY_NS:
            written += size
            spent_ns += max(0, last_ns - _begin_ns(folder, camera, hour, hours))
    free = (hour_start_ns(hour) for hour in hours if not any(may_show(hour, interval) for interval in held))
    goes_ns = next((start_ns + kept_hours * HOUR_NS for start_ns in free), None)
    return _amount(used, written, spent_ns, kept_hours, goes_ns=goes_ns)


def _size(folder: SealedFolder, camera: CameraId, hour: str) -> tuple[int, int]:
    """Return the bytes of an hour's parts, and when the last of them was written to."""
    size = last_ns = 0
    for part in folder.parts(camera, hour):
        try:
            found = part.path.stat()
        except FileNotFoundError:  # it has just expired
            continue
        size, last_ns = size + found.st_size, max(last_ns, found.st_mtime_ns)
    return size, last_ns


def _begin_ns(folder: SealedFolder, camera: CameraId, hour: str, hours: list[str]) -> int:
    """Return when sealing began in an hour: with it, where the hour before was sealed too."""
    start_ns = hour_start_ns(hour)
    if hour_of(start_ns - HOUR_NS) in hours:
        return start_ns
    try:
        return min((folder.header(part).start for part in folder.parts(camera, hour)), default=start_ns)
    except IntegrityError:  # its first chunk is not written yet
        return start_ns


def _amount(
    used: int, written: int, spent_ns: int, kept_hours: int, *, most: float = float("inf"), goes_ns: int | None
) -> Amount:
    per_s = written / (spent_ns / NS_PER_S) if spent_ns else 0.0
    needed = min(per_s * kept_hours * _S_PER_HOUR, most)
    return Amount(used, round(per_s * _S_PER_DAY), round(needed), goes_ns)
