"""`custodes demo`: everything at once, on real footage, without a camera."""

import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from custodes.api.settings import ServerSettings
from custodes.app.check import Checker
from custodes.app.console import err, out
from custodes.app.demo_charters import write_demo_charters
from custodes.app.rtsp_server import RtspServer
from custodes.app.serve import serve
from custodes.app.settings import Settings
from custodes.domain.time import SystemClock, utc_day
from custodes.perceive.models import ensure, footage

DEBIAN_CLIP = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")
"""A campus seen from above: 768x576, 10 fps, from Debian's `opencv-doc`."""


def demo(
    port: Annotated[int, typer.Option(help="Port of the web page and the API.", min=1, max=65535)] = 8787,
    check: Annotated[
        bool, typer.Option("--check", help="Run for a bounded time without a browser, check everything, and exit.")
    ] = False,
    seconds: Annotated[float, typer.Option(help="With --check: give up after so long.", min=10)] = 90.0,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """See custodes at work: two looped clips of real footage from a real RTSP server on loopback.

    Shows a redacted live wall, counts and events within a minute, under charters, with a public register and a log
    that can be checked. Nothing leaves this machine.
    """
    ensure()
    clips = _clips()
    with tempfile.TemporaryDirectory(prefix="custodes-demo-") as folder, RtspServer(clips) as server:
        err.print(f"RTSP server: {server.kind}, {', '.join(server.urls.values())}", markup=False)
        settings = Settings.model_validate(
            {
                "data": Path(folder, "data"),
                "charters": Path(folder, "charters"),
                "server": ServerSettings(port=port),
                "cameras": {name: {**_CAMERAS[name], "source": {"url": url}} for name, url in server.urls.items()},
            }
        )
        write_demo_charters(settings.charters, clips, utc_day(SystemClock().utc_ns()))
        if not check:
            serve(settings, beside=lambda _server: _invite(port, settings.data, browser=browser))
            return
        checker = Checker(f"http://127.0.0.1:{port}", tuple(server.urls), settings.data / "policy.txt", seconds)
        serve(settings, beside=checker.run)
        out.print(checker.table())
        if not checker.passed:
            raise typer.Exit(1)


def _clips() -> dict[str, Path]:
    clips = {"street": footage("bikes")}
    if DEBIAN_CLIP.exists():
        clips["campus"] = DEBIAN_CLIP
    else:
        err.print("The campus clip is in Debian's package opencv-doc, which is not installed: a tram ride instead.")
        clips["tram"] = footage("walkbike")
    return clips


def _invite(port: int, data: Path, *, browser: bool) -> None:
    url = f"http://127.0.0.1:{port}/"
    err.print(
        f"Look at [bold]{url}[/bold] (API: {url}docs), and at the public register at [bold]{url}register/[/bold]."
    )
    err.print(
        f"Check the log as an outsider: custodes audit fetch {url}log/ copy, then custodes audit verify-all copy "
        f"--policy {data / 'policy.txt'}",
        markup=False,
        soft_wrap=True,
    )
    err.print("Stop with Ctrl-C.")
    if browser:
        webbrowser.open(url)


_CAMERAS: dict[str, dict[str, object]] = {
    "campus": {
        "name": "Campus path",
        "rules": {
            "zones": [
                {"name": "junction", "polygon": [(0.3, 0.35), (0.75, 0.35), (0.75, 0.8), (0.3, 0.8)], "dwell_s": 8},
            ],
            "tripwires": [{"name": "path", "start": (0.5, 0.15), "end": (0.5, 0.98)}],
        },
    },
    "street": {
        "name": "Street",
        "rules": {
            "zones": [{"name": "roadway", "polygon": [(0.0, 0.45), (1.0, 0.45), (1.0, 1.0), (0.0, 1.0)]}],
            "tripwires": [{"name": "middle", "start": (0.5, 0.1), "end": (0.5, 1.0)}],
        },
    },
    "tram": {
        "name": "Tram ride",
        "rules": {"tripwires": [{"name": "middle", "start": (0.5, 0.1), "end": (0.5, 1.0)}]},
    },
}
