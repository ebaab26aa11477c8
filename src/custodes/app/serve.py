"""The server: supervisor, API and web page in one process; cameras in worker processes."""

import logging
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Final

import uvicorn

from custodes.api import ApiContext, CameraInfo, ExportDesk, LiveHub, LoginBurst, create_app, ensure_account
from custodes.api.adverse import AdverseDesk
from custodes.app.activation import Activation, activate
from custodes.app.console import err
from custodes.app.duty import repeating
from custodes.app.enrolment_desk import opened_desk
from custodes.app.logbook import Logbook, log_key
from custodes.app.recharter import Recharter
from custodes.app.register_facts import gather
from custodes.app.server_identity import ending_enrolments
from custodes.app.server_vault import ServerVault
from custodes.app.settings import Settings
from custodes.app.webhook import Webhooks
from custodes.charter import Charter, Charters
from custodes.domain.cameras import CameraState, CameraStatus
from custodes.domain.errors import ConfigError
from custodes.domain.events import CameraId, Event
from custodes.domain.time import Clock, SystemClock, utc_day
from custodes.journal import CharterArchive, ConsultationLog, Entry, Journal, Kind, Witnessing
from custodes.journal.announce import announce
from custodes.pipeline.messages import Message
from custodes.pipeline.shard import Shard
from custodes.pipeline.supervisor import Supervisor
from custodes.pipeline.worker import set_up_process
from custodes.record.disclose import Discloser
from custodes.register import build_register
from custodes.store import FileBlobs, Store
from custodes.vault import SealedFolder

log = logging.getLogger(__name__)

_REGISTER_EVERY_S: Final = 600.0


def shards(
    settings: Settings,
    charters: Mapping[CameraId, Charter],
    kept: Charters,
    known: Collection[CameraId],
    before: Sequence[Shard] = (),
) -> list[Shard]:
    """Return what each worker process is given to do: cameras in order of their ids, evenly.

    Args:
        settings: Of the server.
        charters: The cameras that may run, with their charters.
        kept: The charters that cameras had last.
        known: Cameras of which something is kept; the first worker looks after those that do not run.
        before: What workers were given so far: cameras stay where they are.
    """
    names = sorted(charters)
    count = max(1, -(-len(names) // settings.cameras_per_worker), len(before))
    where = {name: shard.number for shard in before for name in shard.cameras if name in charters}
    for name in names:
        if name not in where:
            taken = Counter(where.values())
            where[name] = min(range(count), key=lambda number: taken[number])
    given = [[name for name in names if where[name] == number] for number in range(count)]
    folders = settings.folders
    retired = tuple(sorted(set(known) - set(names)))
    return [
        Shard(
            number=number,
            folders=folders,
            detector=settings.detector,
            cameras={name: settings.cameras[name] for name in given[number]},
            charters={name: charters[name] for name in given[number]},
            retired=retired if number == 0 else (),
            vault=settings.vault,
            identity=settings.identity,
            retired_charters={name: one for name in retired if (one := kept.of(name))} if number == 0 else {},
        )
        for number in range(count)
    ]


@contextmanager
def running(settings: Settings) -> Iterator[uvicorn.Server]:
    """Start the workers, and yield the web server, ready to run.

    Raises:
        ConfigError: No camera is configured, or the folder of charters cannot be read.
        IntegrityError: The log on the disk is damaged.
        StoreError: The data folder, the database or the log cannot be used.
    """
    if not settings.cameras:
        raise ConfigError("no camera is configured", fix="add one with `custodes add URL --config FILE`")
    clock = SystemClock()
    folders = settings.folders
    folders.make()
    activation = activate(settings, utc_day(clock.utc_ns()))
    _say_dark(activation)
    texts = folders.texts()
    key = log_key(folders, settings.log.origin)
    policy = settings.log.policy(key.verifier)
    with (
        ExitStack() as opened,
        closing(Store.open(folders.database, texts)) as store,
        closing(Journal.open(folders.log, folders.journal, key, clock, texts=texts, policy=policy)) as journal,
    ):
        (folders.data / "policy.txt").write_text(settings.log.policy_text(key.verifier), encoding="utf-8")
        password = ensure_account(store, settings.server, clock)
        if password:
            err.print(f"The password of the account admin, shown only now: [bold]{password}[/bold]")
        archive = CharterArchive(folders.charters)
        witnessing = Witnessing(journal, clock)
        logbook = Logbook(journal, witnessing, archive, settings, activation, store=store, clock=clock)
        logbook.open()
        witnessing.start()
        hub = _hub(activation, clock)
        recharter = Recharter(settings, activation, archive, clock)
        charters = recharter.charters

        def placed(active: Activation, before: Sequence[Shard]) -> list[Shard]:
            return shards(settings, active.charters, recharter.last, store.cameras(), before)

        consultations = ConsultationLog(journal.log, charters.version_of, clock)
        webhooks = Webhooks(settings.webhooks, charters, consultations.note_told, clock)
        adverse = AdverseDesk(journal.log, charters.version_of, webhooks.tell_confirmed, clock)
        supervisor = Supervisor(placed(activation, ()), _deliver(hub, journal, charters, webhooks), clock)
        vault = ServerVault(settings, journal, charters, clock, texts)
        enrolment = opened.enter_context(opened_desk(settings, charters, clock, journal.log))
        discloser = Discloser(
            store,
            folders.recordings,
            charters,
            clock=clock,
            announce=lambda entry: announce(entry, journal, witnessing),
        )
        exports = ExportDesk(discloser, folders.exports, clock)
        context = ApiContext(
            store=store,
            blobs=FileBlobs(folders.stills),
            recordings=folders.recordings,
            sealed=SealedFolder(folders.sealed),
            log=folders.log,
            register=folders.register,
            hub=hub,
            settings=settings.server,
            clock=clock,
            cameras=_camera_infos(settings),
            charters=charters,
            consultations=consultations,
            on_token_use=consultations.note_token,
            on_login_burst=lambda burst: _log_burst(burst, journal),
            desk=vault.desk,
            enrolment=enrolment,
            exports=exports,
            adverse=adverse if settings.identity.keys else None,
        )
        supervisor.start()
        try:
            with (
                webhooks,
                _registering(settings, recharter.changed),
                logbook.kept_up(lambda: _heartbeat(hub, settings)),
                vault.expiring(recharter.last, store),
                ending_enrolments(settings, recharter.last, clock, journal.log),
                recharter.watching(supervisor, logbook, hub, placed),
            ):
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
            exports.close()
            supervisor.stop()
            logbook.close()
            witnessing.stop()


@contextmanager
def _registering(settings: Settings, changed: threading.Event) -> Iterator[None]:
    """Make the public register anew while the server runs, so that its figures are those of today.

    Args:
        settings: Of the server.
        changed: Set where charters changed; then it is made at once.
    """

    def register() -> None:
        build_register(gather(settings, utc_day(SystemClock().utc_ns())), settings.folders.register)

    failed = "the register is not up to date"
    with repeating(register, _REGISTER_EVERY_S, name="register", failed=failed, wake=changed):
        yield


def _say_dark(activation: Activation) -> None:
    for camera, why in sorted(activation.dark.items()):
        err.print(f"[bold]{camera} stays dark[/bold]: ", end="")
        err.print(why, markup=False, soft_wrap=True)
    for problem in activation.unread:
        err.print(problem, markup=False, soft_wrap=True)


def _hub(activation: Activation, clock: Clock) -> LiveHub:
    hub = LiveHub()
    for camera, why in activation.dark.items():
        hub.publish(CameraStatus(camera, CameraState.DARK, why, clock.utc_ns()))
    return hub


def _deliver(hub: LiveHub, journal: Journal, charters: Charters, webhooks: Webhooks) -> Callable[[Message], None]:
    def deliver(message: Message) -> None:
        if isinstance(message, Entry):
            journal.log_soon(message)
        elif charters.of(message.camera) is not None:  # a worker may say something yet as its charter ends
            hub.publish(message)
            if isinstance(message, Event):
                webhooks.tell(message)

    return deliver


def _log_burst(burst: LoginBurst, journal: Journal) -> None:
    log.warning("%d wrong passwords in a row by one %s; whose is in the log", burst.failures, burst.by)
    body = {"by": burst.by, "who": burst.who, "failures": str(burst.failures)}
    journal.log_soon(Entry(Kind.LOGIN_FAILURES, body=body))


def _heartbeat(hub: LiveHub, settings: Settings) -> dict[str, str]:
    """Return how many cameras are in which state."""
    states = Counter(status.state for camera in settings.cameras if (status := hub.status(camera)))
    return {"cameras": str(len(settings.cameras)), **{state: str(count) for state, count in sorted(states.items())}}


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

    Raises:
        ConfigError: The address cannot be listened on; nothing has been started or logged. Else as `running`.
    """
    listening = _listening(settings.server.host, settings.server.port)
    set_up_process()
    # The web server raises the signal that ended it once more, before what runs beside it has been stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with listening, running(settings) as server:
        host = settings.server.host
        err.print(f"custodes is at [bold]http://{f'[{host}]' if ':' in host else host}:{settings.server.port}/[/bold]")
        if beside is not None:
            threading.Thread(target=beside, args=(server,), name="beside", daemon=True).start()
        server.run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ConfigError(
            f"port {port} of {host} cannot be listened on",
            why=(error.strerror or type(error).__name__).lower(),
            fix="is custodes running already? Else set server.port, or use --port",
        ) from error
