"""A worker process: many cameras on threads, one socket to the server."""

import ctypes
import fcntl
import logging
import os
import resource
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from custodes.charter import Charters
from custodes.domain.errors import CustodesError, StoreError
from custodes.domain.events import CameraId
from custodes.domain.imagery import RedactedFragment
from custodes.domain.time import Clock, SystemClock
from custodes.journal import Entry
from custodes.pipeline.analysis import Models
from custodes.pipeline.camera import CameraWorker
from custodes.pipeline.housekeeping import Housekeeper
from custodes.pipeline.messages import Message
from custodes.pipeline.sealing import vault_of
from custodes.pipeline.shard import Folders, Shard
from custodes.recognition import Recogniser
from custodes.record import RecordingSettings
from custodes.record.sealed import Vault
from custodes.store import FileBlobs, Store

log = logging.getLogger(__name__)

_PR_SET_DUMPABLE = 4  # linux/prctl.h
_STATUS_EVERY_S = 1.0
_MOST_UNSENT = 512
_LOCK_PATIENCE_S = 20.0


class Outbox:
    """Sends messages over a socket without ever making a camera wait: when the server is slow, old video is dropped.

    Only live view and notices go this way; recordings, events and their index are written by the worker itself.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: deque[Message] = deque()
        self._ready = threading.Condition()
        threading.Thread(target=self._send, name="outbox", daemon=True).start()

    def put(self, message: Message) -> None:
        """Send `message` as soon as the socket takes it."""
        with self._ready:
            if len(self._waiting) >= _MOST_UNSENT:
                self._drop_one()
            self._waiting.append(message)
            self._ready.notify()

    def _drop_one(self) -> None:
        """Drop the oldest video that others do not need to be decoded, or else whatever is oldest but for the log."""
        for index, message in enumerate(self._waiting):
            if isinstance(message, RedactedFragment) and message.number > 0:
                del self._waiting[index]
                return
        for index, message in enumerate(self._waiting):
            if not isinstance(message, Entry):
                del self._waiting[index]
                return

    def _send(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._waiting)
                message = self._waiting.popleft()
            try:
                self._connection.send(message)
            except OSError:
                return


@contextmanager
def _sole_owner(folders: Folders, number: int, clock: Clock) -> Iterator[None]:
    """Hold the lock of this shard's files, waiting a while for a predecessor that is just ending."""
    with (folders.data / f"worker-{number}.lock").open("w") as handle:
        give_up_s = clock.monotonic_s() + _LOCK_PATIENCE_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if clock.monotonic_s() > give_up_s:
                    raise StoreError(
                        f"another custodes works in {folders.data}", fix="stop it, or choose another folder with --data"
                    ) from None
                clock.sleep(0.2)
        yield


def set_up_process() -> None:
    """Log to standard error, and leave no core dump, which would hold raw pictures; in the server as in its workers.

    The limit keeps the kernel from writing one; a program that the kernel would hand it to is not bound by that, so the
    process is made undumpable too.

    Raises:
        StoreError: The system does not let the process be made so.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise StoreError("Core dumps cannot be switched off", why=os.strerror(ctypes.get_errno()))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for chatty in ("alembic", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def main(descriptor: int) -> None:
    """Work until the server closes its end of the socket `descriptor` or asks to stop: the body of a worker process."""
    set_up_process()
    clock = SystemClock()
    with Connection(descriptor) as connection:
        shard: Shard = connection.recv()
        try:
            shard.folders.make()
            with _sole_owner(shard.folders, shard.number, clock):
                _work(shard, connection, clock)
        except CustodesError as error:
            log.error("worker %d: %s", shard.number, error)  # noqa: TRY400  the text says it all
            raise SystemExit(1) from error


def _work(shard: Shard, connection: Connection, clock: Clock) -> None:
    outbox = Outbox(connection)
    store = Store.open(shard.folders.database, shard.folders.texts())
    blobs = FileBlobs(shard.folders.stills)
    limits = {camera: settings.recording for camera, settings in shard.cameras.items()}
    limits |= dict.fromkeys(shard.retired, RecordingSettings())
    charters = Charters({**shard.retired_charters, **shard.charters})
    housekeeper = Housekeeper(store, blobs, shard.folders.recordings, limits, charters, clock=clock, report=outbox.put)
    housekeeper.set_up()
    models = Models.load(shard.detector) if shard.cameras else None
    recogniser = _recogniser(shard, clock)
    cameras = [
        CameraWorker(
            camera,
            settings,
            shard.charters[camera],
            models=models,
            store=store,
            root=shard.folders.recordings,
            blobs=blobs,
            publish=outbox.put,
            clock=clock,
            vault=_vault(shard, camera),
            recogniser=recogniser,
        )
        for camera, settings in shard.cameras.items()
        if models is not None
    ]
    for camera in cameras:
        camera.start()
    try:
        _until_told_to_stop(connection, lambda: _every_second(cameras, housekeeper, outbox))
    finally:
        for camera in cameras:
            camera.stop()
        for camera in cameras:
            camera.join(5.0)
        if recogniser is not None:
            recogniser.close()
        store.close()


def _vault(shard: Shard, camera: CameraId) -> Vault | None:
    """Return where the originals of `camera` are sealed, mended after a crash; None where none are kept."""
    vault = vault_of(shard.charters[camera], shard.vault, shard.folders.sealed, shard.cameras[camera].recording)
    if vault is not None:
        vault.folder.mend(camera)
    return vault


def _recogniser(shard: Shard, clock: Clock) -> Recogniser | None:
    """Return what makes recognition points, None where no camera has one, or where it cannot be had."""
    if shard.identity.keys is None or not any(one.recognition for one in shard.cameras.values()):
        return None
    try:
        return Recogniser.open(shard.folders.templates, shard.identity.keys, clock)
    except CustodesError as error:
        log.error("nobody is recognised: %s", error)  # noqa: TRY400  the text says it all
        return None


def _until_told_to_stop(connection: Connection, tick: Callable[[], None]) -> None:
    """Call `tick` every second until the server says stop or is gone."""
    while True:
        try:
            if connection.poll(_STATUS_EVERY_S):
                connection.recv()
                return
        except (EOFError, OSError):
            return
        tick()


def _every_second(cameras: list[CameraWorker], housekeeper: Housekeeper, outbox: Outbox) -> None:
    for camera in cameras:
        camera.darken_if_ended()
        outbox.put(camera.status())
    housekeeper.tidy_if_due()
    _give_back_memory()


def _give_back_memory() -> None:
    """Let the C library return what is free between blocks in use: pictures come and go, and would leave holes."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
