"""`custodes doctor`: what is wrong, and what to do about it."""

import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import av
import httpx
import numpy as np
import typer
from rich.table import Table

from custodes import __file__ as package_file
from custodes.app.activation import activate
from custodes.app.console import out
from custodes.app.logbook import log_key
from custodes.app.recognition_check import models_in_use
from custodes.app.settings import Settings, WitnessSettings, load_settings
from custodes.capture import probe
from custodes.charter import Charter, Export, Kept, decide
from custodes.domain.errors import CustodesError
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S, Clock, SystemClock, utc_day
from custodes.ledger import FolderReader, read_checkpoint
from custodes.perceive.detect import load_detector
from custodes.pipeline.settings import CameraSettings

_LEAST_FREE_GB = 5.0
_TIMEOUT_S = 5.0
_NEEDED_CODECS = (("h264", "r"), ("hevc", "r"), ("mjpeg", "r"), ("libx264", "w"))


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    Attributes:
        what: What was checked.
        good: Whether it is as it should be.
        found: What was found.
        fix: What to do, where it is not.
    """

    what: str
    good: bool
    found: str
    fix: str = ""


def doctor(
    config: Annotated[Path | None, typer.Argument(help="Configuration whose cameras, port and disk to check.")] = None,
) -> None:
    """Check models, codecs, disk, port, clock, charters, webhooks, log and cameras, and say what to do."""
    settings = load_settings(config) if config else Settings()
    table = Table("", "check", "found", "what to do", title="custodes doctor")
    healthy = True
    for finding in examine(settings, SystemClock()):
        healthy &= finding.good
        table.add_row("[green]ok[/]" if finding.good else "[red]!![/]", finding.what, finding.found, finding.fix)
    out.print(table)
    if not healthy:
        raise typer.Exit(1)


def examine(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Yield a finding for each check, cameras last."""
    checks: list[Callable[[], Iterator[Finding]]] = [
        lambda: _models(settings),
        _codecs,
        lambda: _disk(settings.data),
        lambda: _port(settings.server.host, settings.server.port),
        lambda: _clock(clock),
        lambda: _charters(settings, clock),
        lambda: _private_key(settings),
        lambda: _log(settings),
    ]
    for check in checks:
        yield from check()
    for name, camera in settings.cameras.items():
        yield from _camera(name, camera)


def _models(settings: Settings) -> Iterator[Finding]:
    own = settings.detector.model
    if own is not None:
        yield _own_detector(own, settings)
    for row in models_in_use(settings):
        if own is not None and row.purpose == "objects":
            continue
        found = row.digest[:16] if row.cached else "not fetched yet"
        yield Finding(f"model {row.name}", row.cached, found, "" if row.cached else "custodes models --fetch")


def _own_detector(model: Path, settings: Settings) -> Finding:
    what = f"model {model.name}"
    try:
        load_detector(settings.detector).detect(np.full((480, 640, 3), 128, np.uint8))
    except CustodesError as error:
        return Finding(
            what,
            good=False,
            found=error.diagnostics(),
            fix="name a model that runs, or take `model` out of [detector] for the default one",
        )
    return Finding(what, good=True, found="runs")


def _codecs() -> Iterator[Finding]:
    for name, mode in _NEEDED_CODECS:
        try:
            av.Codec(name, mode)  # type: ignore[arg-type]
        except (ValueError, av.FFmpegError):
            yield Finding(f"codec {name}", good=False, found="missing", fix="install PyAV's own wheel from PyPI")
        else:
            yield Finding(f"codec {name}", good=True, found="encodes" if mode == "w" else "decodes")


def _disk(folder: Path) -> Iterator[Finding]:
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free_gb = shutil.disk_usage(there).free / 1e9
    enough = free_gb >= _LEAST_FREE_GB
    fix = "" if enough else f"free at least {_LEAST_FREE_GB:.0f} GB, or set `data` to another disk"
    yield Finding(f"disk of {folder}", enough, f"{free_gb:.1f} GB free", fix)


def _port(host: str, port: int) -> Iterator[Finding]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe_socket:
        probe_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe_socket.bind((host, port))
        except OSError as error:
            fix = "is custodes running already? Else set server.port, or use --port"
            yield Finding(f"port {port}", good=False, found=error.strerror or "taken", fix=fix)
        else:
            yield Finding(f"port {port}", good=True, found="free")


def _clock(clock: Clock) -> Iterator[Finding]:
    """A clock before the day this version was installed is wrong for sure; a later one cannot be judged from inside."""
    installed_s = Path(package_file).stat().st_mtime
    now_s = clock.utc_ns() / NS_PER_S
    good = now_s >= installed_s
    text = datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    yield Finding("clock", good, text, "" if good else "the clock is behind; turn on time synchronisation (NTP)")


def _charters(settings: Settings, clock: Clock) -> Iterator[Finding]:
    activation = activate(settings, utc_day(clock.utc_ns()))
    for problem in activation.unread:
        yield Finding("charters", good=False, found=problem, fix="mend the file, or take it out of the folder")
    for name in settings.cameras:
        charter = activation.charters.get(name)
        found = f"holds until {charter.necessity.review_by}" if charter else f"dark: {activation.dark[name]}"
        yield Finding(f"charter of {name}", charter is not None, found, "" if charter else "see docs/howto/charter.md")
    yield from _webhooks(settings, activation.charters, clock)


def _webhooks(settings: Settings, charters: Mapping[CameraId, Charter], clock: Clock) -> Iterator[Finding]:
    for hook in settings.webhooks:
        requests = [Export(camera, Kept.EVENT, hook.recipient) for camera in charters]
        told = [one.camera for one in requests if decide(one, charters[one.camera], clock.utc_ns()).allowed]
        found = f"{hook.recipient} is told of {', '.join(told) or 'no camera'}"
        fix = "" if told else 'name the recipient in a charter, with receives = ["event"]'
        yield Finding(f"webhook {hook.name}", bool(told), found, fix)


def _private_key(settings: Settings) -> Iterator[Finding]:
    folders = settings.folders
    what = "key of private texts"
    if not folders.key.exists() and not folders.known_key.exists():
        yield Finding(what, good=True, found="none yet: the first start makes one")
        return
    try:
        folders.texts()
    except CustodesError as error:
        yield Finding(what, good=False, found=f"{error.what}: {error.why}", fix=error.fix)
        return
    mode = folders.key.stat().st_mode & 0o777
    if mode & 0o077:
        yield Finding(what, good=False, found=f"others can read {folders.key}", fix=f"chmod 600 {folders.key}")
    else:
        yield Finding(what, good=True, found=f"{folders.key}; back it up apart from the data")


def _log(settings: Settings) -> Iterator[Finding]:
    folders = settings.folders
    if not folders.log.exists():
        yield Finding("log", good=True, found="none yet: the first start begins one")
        return
    try:
        policy = settings.log.policy(log_key(folders, settings.log.origin).verifier)
        accepted = policy.accept(read_checkpoint(FolderReader(folders.log)))
    except CustodesError as error:
        yield Finding("log", good=False, found=error.what, fix=error.fix or error.why)
    else:
        found = f"{accepted.checkpoint.size} leaves, cosigned by {len(accepted.witnesses)}"
        yield Finding("log", good=True, found=found)
    for witness in settings.log.witnesses:
        yield _witness(witness)


def _witness(witness: WitnessSettings) -> Finding:
    try:
        answer = httpx.get(witness.url, timeout=_TIMEOUT_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        fix = "ask whoever runs it, or correct log.witnesses"
        return Finding(f"witness {witness.url}", good=False, found=str(error) or type(error).__name__, fix=fix)
    return Finding(f"witness {witness.url}", good=True, found=f"answers (HTTP {answer.status_code})")


def _camera(name: str, camera: CameraSettings) -> Iterator[Finding]:
    source = camera.source
    addresses = [("main stream", source.url)] + ([("sub-stream", source.sub_url)] if source.sub_url else [])
    for role, url in addresses:
        try:
            info = probe(url.get_secret_value(), transport=source.transport)
        except CustodesError as error:
            reason = error.why or error.what
            yield Finding(
                f"camera {name}, {role}", good=False, found=reason, fix=error.fix or "check address and cable"
            )
        else:
            found = f"{info.codec} {info.width}x{info.height} {info.fps:.3g} fps"
            yield Finding(f"camera {name}, {role}", good=True, found=found)
