"""After a crash: files and their index are made to agree again."""

import logging
import os
from collections.abc import Iterable
from pathlib import Path

import av

from custodes.domain.events import CameraId
from custodes.record.fragments import duration_ns, measure
from custodes.store import FileBlobs, Segment, Store

_log = logging.getLogger(__name__)


def reconcile(store: Store, root: Path, blobs: FileBlobs, cameras: Iterable[CameraId]) -> None:
    """Make files and index of `cameras` agree, both ways. Nobody else may be recording them meanwhile.

    Files that were being written are cut after their last whole fragment and completed in the index; entries without
    a file, files without an entry, and thumbnails without an event are deleted.

    Raises:
        StoreError: The database failed.
        OSError: The disk failed.
    """
    for camera in cameras:
        listed = set()
        for segment in store.segments.all(camera):
            path = root / segment.path
            if segment.open and not _complete(store, segment, path):
                path.unlink(missing_ok=True)
                store.segments.delete(segment.id)
            elif not path.exists():
                _log.warning("%s: the recording %s is gone from the disk", camera, segment.path)
                store.segments.delete(segment.id)
            else:
                listed.add(path)
        for path in _files(root / camera):
            if path not in listed:
                _log.warning("%s: the file %s is in no index and is deleted", camera, path.relative_to(root))
                path.unlink()
        blobs.discard_partial(camera)
        for key in list(blobs.keys(camera)):
            stored = store.events.get(Path(key).stem)
            if stored is None or stored.thumbnail != key:
                blobs.delete(key)


def _complete(store: Store, segment: Segment, path: Path) -> bool:
    """Cut the file of an open segment to what is whole, and close it; return whether anything is left of it."""
    try:
        extent = measure(path)
        if extent is None or extent.whole_bytes == extent.init_bytes:
            return False
        os.truncate(path, extent.whole_bytes)
        end_ns = segment.start_ns + duration_ns(path)
    except (FileNotFoundError, av.FFmpegError):
        return False
    store.segments.close(segment.id, end_ns=end_ns, size=extent.whole_bytes)
    _log.info("%s: the recording %s, cut off by a crash, was completed", segment.camera, segment.path)
    return True


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
