"""Starts, watches and stops the process of a loopback RTSP server."""

import functools
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from custodes.app.rtsp_server.clips import camera_clip
from custodes.domain.errors import CaptureError, ConfigError

Kind = Literal["gstreamer", "python"]

_SYSTEM_PYTHON: Final = Path("/usr/bin/python3")
_HERE: Final = Path(__file__).resolve().parent
_START_TIMEOUT_S: Final = 30.0
_STOP_TIMEOUT_S: Final = 5.0


@functools.cache
def has_gstreamer() -> bool:
    """Return whether the system's Python can run GStreamer's RTSP server."""
    if not _SYSTEM_PYTHON.exists():
        return False
    command = [str(_SYSTEM_PYTHON), str(_HERE / "gst_server.py"), "--check"]
    try:
        return subprocess.run(command, capture_output=True, timeout=_START_TIMEOUT_S, check=False).returncode == 0  # noqa: S603  our own script
    except (OSError, subprocess.TimeoutExpired):
        return False


class RtspServer:
    """Serves clips in an endless loop at `rtsp://127.0.0.1:PORT/...`, from construction until `stop`.

    Args:
        clips: File of each stream by its name; any video, converted once to what cameras send.
        port: To listen on; 0 takes a free one.
        kind: `gstreamer`, `python` (TCP only), or `auto`: GStreamer where it is installed.

    Attributes:
        kind: The one that runs.
        urls: Address of each stream by its name.

    Raises:
        CaptureError: A clip is no video, or the server does not start.
        ConfigError: The server asked for is not installed.
    """

    def __init__(
        self, clips: dict[str, Path], *, port: int = 0, kind: Literal["auto", "gstreamer", "python"] = "auto"
    ) -> None:
        self.kind: Kind = _choose(kind)
        files = {name: camera_clip(clip) for name, clip in clips.items()}
        self._folder = tempfile.TemporaryDirectory(prefix="custodes-rtsp-")
        self._process: subprocess.Popen[str] | None = None
        self._log = Path(self._folder.name) / "log"
        try:
            self._process = self._start(files, port)
            bound = _wait_ready(self._process, self._log)
        except BaseException:
            self.stop()
            raise
        suffix = ".mp4/play_count_0" if self.kind == "python" else ""
        self.urls = {name: f"rtsp://127.0.0.1:{bound}/{name}{suffix}" for name in clips}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server's process; further calls do nothing."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate(timeout=_STOP_TIMEOUT_S)
            self._process = None
        self._folder.cleanup()

    def _start(self, files: dict[str, Path], port: int) -> subprocess.Popen[str]:
        if self.kind == "gstreamer":
            mounts = [f"{name}={path}" for name, path in files.items()]
            command = [str(_SYSTEM_PYTHON), str(_HERE / "gst_server.py"), str(port), *mounts]
        else:
            for name, path in files.items():
                shutil.copyfile(path, Path(self._folder.name) / f"{name}.mp4")
            command = [sys.executable, str(_HERE / "toolkit_server.py"), str(port), self._folder.name]
        with self._log.open("w", encoding="utf-8") as log:
            return subprocess.Popen(  # noqa: S603  our own scripts
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )


def _choose(kind: Literal["auto", "gstreamer", "python"]) -> Kind:
    if kind != "python" and has_gstreamer():
        return "gstreamer"
    if kind == "gstreamer":
        raise ConfigError(
            "GStreamer's RTSP server is not installed",
            fix="install the Debian packages python3-gi and gir1.2-gst-rtsp-server-1.0, or take another kind",
        )
    if importlib.util.find_spec("aio_rtsp_toolkit") is None:
        raise ConfigError("no RTSP server is installed", fix="install custodes[demo]")
    return "python"


def _wait_ready(process: subprocess.Popen[str], log: Path) -> int:
    """Return the port once the server says that it listens; `log` is where it writes what is wrong."""
    watchdog = threading.Timer(_START_TIMEOUT_S, process.kill)
    watchdog.start()
    try:
        line = process.stdout.readline().split() if process.stdout else []
    finally:
        watchdog.cancel()
    if len(line) == 2 and line[0] == "ready":  # noqa: PLR2004
        return int(line[1])
    raise CaptureError(
        "the RTSP server did not start",
        why=(log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["it said nothing"])[-1],
        fix="try again with another port",
    )
