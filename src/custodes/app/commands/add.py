"""`custodes add`: from an address to a camera in the configuration."""

import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import tomlkit
import typer
from rich.table import Table

from custodes.app.console import out
from custodes.app.questions import ask_charter
from custodes.app.settings import Settings, checked, load_settings
from custodes.capture import StreamInfo, Transport, file_path, hide_password, probe, propose_substreams
from custodes.charter import read_charters
from custodes.domain.errors import CaptureError, ConfigError
from custodes.domain.time import SystemClock, utc_day


def add(
    url: Annotated[str, typer.Argument(help="rtsp://, http:// or https:// address, or a video file.")],
    config: Annotated[Path, typer.Option(help="Configuration file to write to; made if it does not exist.")] = Path(
        "custodes.toml"
    ),
    name: Annotated[str, typer.Option(help="Id of the camera; made from the address if not given.")] = "",
    transport: Annotated[Transport, typer.Option(help="RTSP over tcp or udp.")] = "tcp",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
) -> None:
    """Probe a camera, propose its configuration, write it, and lead to the camera's charter.

    Looks at codec, size and rate of the stream, and for a smaller sub-stream that makes analysis cheaper.
    """
    main = probe(url, transport=transport)
    sub_url, sub = _find_substream(url, main, transport)
    camera = name or _id_from(url)
    _show(camera, url, main, sub_url, sub)
    document = _document(config)
    cameras = document.setdefault("cameras", tomlkit.table(is_super_table=True))
    if camera in cameras:
        raise ConfigError(f"{config} already has a camera {camera}", fix="give this one another --name")
    cameras[camera] = _camera_table(_as_seen_from(config, url), sub_url, transport)
    if not yes and not typer.confirm(f"Write it to {config}?", default=True):
        raise typer.Exit(1)
    _write(config, document)
    out.print(f"Written to {config}.", markup=False)
    _lead_to_charter(camera, load_settings(config).charters, ask=not yes)
    out.print(f"Start with: custodes run {config}", markup=False)


def _lead_to_charter(camera: str, charters: Path, *, ask: bool) -> None:
    """Have a charter written unless there is one: without, the camera would stay dark."""
    if camera in read_charters(charters).charters:
        return
    path = charters / f"{camera}.toml"
    if ask and not path.exists() and typer.confirm("It needs a charter before it runs. Write one now?", default=True):
        text = ask_charter(camera, utc_day(SystemClock().utc_ns()))
        charters.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        out.print(f"Its charter is {path}: read every sentence, and make it true.", markup=False, soft_wrap=True)
        return
    out.print(
        f"It stays dark until it has a charter: custodes charter new --camera {camera} --out {path}",
        markup=False,
        soft_wrap=True,
    )


def _find_substream(url: str, main: StreamInfo, transport: Transport) -> tuple[str | None, StreamInfo | None]:
    for candidate in propose_substreams(url):
        try:
            info = probe(candidate, transport=transport)
        except CaptureError:
            continue
        if 0 < info.width < main.width:
            return candidate, info
    return None, None


def _id_from(url: str) -> str:
    parts = urlsplit(url)
    text = Path(parts.path).stem if parts.scheme in {"", "file"} else f"cam-{parts.hostname}{parts.path}"
    camera = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-")
    return camera if camera[:1].isalpha() else f"cam-{camera}"[:40]


def _as_seen_from(config: Path, url: str) -> str:
    """Return `url`, or where it is a file's path that path from the folder of `config`: absolute unless below it."""
    path = file_path(url)
    if path is None or url != path:
        return url
    whole, folder = Path(path).absolute(), config.resolve().parent
    return str(whole.relative_to(folder) if whole.is_relative_to(folder) else whole)


def _camera_table(url: str, sub_url: str | None, transport: str) -> Any:
    source = tomlkit.table()
    source["url"] = url
    if sub_url:
        source["sub_url"] = sub_url
    if transport != "tcp":
        source["transport"] = transport
    camera = tomlkit.table()
    camera["source"] = source
    return camera


def _document(config: Path) -> tomlkit.TOMLDocument:
    if not config.exists():
        return tomlkit.document()
    load_settings(config)
    return tomlkit.parse(config.read_text(encoding="utf-8"))


def _write(config: Path, document: tomlkit.TOMLDocument) -> None:
    """Replace `config` at once; it may hold passwords, so only its owner can read it."""
    checked(document.unwrap(), config, Settings)
    fresh = config.with_name(config.name + ".new")
    fresh.touch(mode=0o600)
    fresh.write_text(tomlkit.dumps(document), encoding="utf-8")
    fresh.replace(config)


def _show(camera: str, url: str, main: StreamInfo, sub_url: str | None, sub: StreamInfo | None) -> None:
    table = Table("stream", "address", "codec", "size", "fps", "used for", title=f"Camera {camera}")
    table.add_row("main", hide_password(url), *_figures(main), "recording" if sub else "recording and analysis")
    if sub is not None and sub_url is not None:
        table.add_row("sub", hide_password(sub_url), *_figures(sub), "analysis")
    out.print(table)


def _figures(info: StreamInfo) -> tuple[str, str, str]:
    return info.codec, f"{info.width}x{info.height}", f"{info.fps:.3g}"
