"""The server: supervisor, API and web page in one process; cameras in worker processes."""

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import uvicorn

from custodes.api import ApiContext, CameraInfo, LiveHub, LoginBurst, Unnoted, create_app, ensure_account
from custodes.app.console import err
from custodes.app.settings import Settings
from custodes.domain.errors import ConfigError
from custodes.domain.events import CameraId
from custodes.domain.time import SystemClock
from custodes.pipeline.shard import Folders, Shard
from custodes.pipeline.supervisor import Supervisor
from custodes.pipeline.worker import start_logging
from custodes.store import FileBlobs, Store

log = logging.getLogger(__name__)


def shards(settings: Settings, known: Collection[CameraId] = ()) -> list[Shard]:
    """Return what each worker process is given to do: cameras in order of their ids, evenly.

    Args:
        settings: Of the server.
        known: Cameras of which something is kept; the first worker looks after those that are not configured any more.
    """
    names = sorted(settings.cameras)
    count = -(-len(names) // settings.cameras_per_worker)
    folders = Folders(data=settings.data)
    return [
        Shard(
            number=number,
            folders=folders,
            detector=settings.detector,
            cameras={name: settings.cameras[name] for name in names[number::count]},
            retired=tuple(sorted(set(known) - set(names))) if number == 0 else (),
        )
        for number in range(count)
    ]


@contextmanager
def running(settings: Settings) -> Iterator[uvicorn.Server]:
    """Start the workers, and yield the web server, ready to run.

    Raises:
        ConfigError: No camera is configured.
        StoreError: The data folder or the database cannot be used.
    """
    if not settings.cameras:
        raise ConfigError("no camera is configured", fix="add one with `custodes add URL --config FILE`")
    clock = SystemClock()
    folders = Folders(data=settings.data)
    folders.make()
    store = Store.open(folders.database)
    password = ensure_account(store, settings.server, clock)
    if password:
        err.print(f"The password of the account admin, shown only now: [bold]{password}[/bold]")
    hub = LiveHub()
    supervisor = Supervisor(shards(settings, store.cameras()), hub.publish, clock)
    context = ApiContext(
        store=store,
        blobs=FileBlobs(folders.stills),
        recordings=folders.recordings,
        hub=hub,
        settings=settings.server,
        clock=clock,
        cameras=_camera_infos(settings),
        consultations=Unnoted(),
        on_token_use=lambda _person: None,
        on_login_burst=_log_burst,
    )
    supervisor.start()
    try:
        yield uvicorn.Server(
            uvicorn.Config(
                create_app(context),
                host=settings.server.host,
                port=settings.server.port,
                log_level="warning",
                timeout_graceful_shutdown=3,
            )
        )
    finally:
        supervisor.stop()
        store.close()


def _log_burst(burst: LoginBurst) -> None:
    log.warning("%d wrong passwords in a row by %s %s", burst.failures, burst.by, burst.who)


def _camera_infos(settings: Settings) -> dict[CameraId, CameraInfo]:
    return {
        camera: CameraInfo(
            name=one.name or camera,
            zones=tuple(zone.to_zone() for zone in one.rules.zones),
            tripwires=tuple(wire.to_tripwire() for wire in one.rules.tripwires),
            recording=one.recording,
        )
        for camera, one in settings.cameras.items()
    }


def serve(settings: Settings, *, beside: Callable[[uvicorn.Server], None] | None = None) -> None:
    """Serve until interrupted.

    Args:
        settings: What to serve.
        beside: Run in a thread beside the server; it may end the server by setting `should_exit`.
    """
    start_logging()
    with running(settings) as server:
        host = settings.server.host
        err.print(f"custodes is at [bold]http://{f'[{host}]' if ':' in host else host}:{settings.server.port}/[/bold]")
        if beside is not None:
            threading.Thread(target=beside, args=(server,), name="beside", daemon=True).start()
        server.run()
