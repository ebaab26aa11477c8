"""Sealed hours that have reached the end of their retention period."""

from collections.abc import Sequence

from custodes.vault.documents import hour_start_ns, may_show
from custodes.vault.folder import SealedFolder
from custodes.vault.hourkeys import HourKeys


def expire(
    folder: SealedFolder, keys: HourKeys, camera: str, before_ns: int, held: Sequence[tuple[int, int]] = ()
) -> list[str]:
    """Destroy the keys of all hours of `camera` that began before `before_ns`, then delete their files.

    After a crash in between, what is left cannot be opened any more and is deleted the next time.

    Args:
        folder: The sealed hours.
        keys: The keys that expire.
        camera: Whose.
        before_ns: Nanoseconds since the Unix epoch.
        held: Intervals that have to stay, with all hours that they touch: start and end, nanoseconds.

    Returns:
        The hours, the earliest first.

    Raises:
        StoreError: A key could not be destroyed, or a file not be deleted.
    """
    hours = [
        hour
        for hour in sorted({*keys.hours(camera), *folder.hours(camera)})
        if hour_start_ns(hour) < before_ns and not any(may_show(hour, interval) for interval in held)
    ]
    if hours:
        keys.destroy(camera, hours)
        folder.delete(camera, hours)
    return hours
