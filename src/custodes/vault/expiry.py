"""Sealed hours that have reached the end of their retention period."""

from custodes.vault.folder import SealedFolder
from custodes.vault.hourkeys import HourKeys


def expire(folder: SealedFolder, keys: HourKeys, camera: str, before_ns: int) -> list[str]:
    """Destroy the keys of all hours of `camera` that began before `before_ns`, then delete their files.

    After a crash in between, what is left cannot be opened any more and is deleted the next time.

    Args:
        folder: The sealed hours.
        keys: The keys that expire.
        camera: Whose.
        before_ns: Nanoseconds since the Unix epoch.

    Returns:
        The hours, the earliest first.

    Raises:
        StoreError: A key could not be destroyed, or a file not be deleted.
    """
    hours = set(keys.expire(camera, before_ns))
    hours |= set(folder.expire(camera, before_ns))
    return sorted(hours)
