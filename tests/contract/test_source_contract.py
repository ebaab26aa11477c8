"""What every `VideoSource` keeps, whatever it reads."""

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import pytest

from custodes.app.rtsp_server import RtspServer
from custodes.capture import SourceSettings, VideoSource, open_file, open_source, open_stream
from custodes.domain.time import NS_PER_S
from sim.camera_simulator import CameraSimulator, FakeClock, Show
from sim.videos import make_video

PICTURES = 24
"""Taken from each source; live ones go on for ever."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    make_video(folder / "plain.mp4", bf="0")
    make_video(folder / "b_frames.mp4", bf="3")
    make_video(folder / "sound.mkv", audio=True)
    make_video(folder / "pictures.avi", codec="mjpeg", pix_fmt="yuvj422p")
    return folder


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def rtsp(folder: Path) -> Iterator[str]:
    with RtspServer({"cam": folder / "b_frames.mp4"}, kind="python") as server:
        yield server.urls["cam"]


SOURCES: dict[str, Callable[[pytest.FixtureRequest, Path], VideoSource]] = {
    "simulator": lambda _request, _folder: CameraSimulator(FakeClock(), (Show(10),)),
    "file": lambda _request, folder: open_file(folder / "plain.mp4"),
    "file with b-frames": lambda _request, folder: open_file(folder / "b_frames.mp4"),
    "file with sound": lambda _request, folder: open_file(folder / "sound.mkv"),
    "motion jpeg": lambda _request, folder: open_file(folder / "pictures.avi"),
    "looped": lambda _request, folder: open_file(folder / "b_frames.mp4", loop=True, start_ns=0),
    "real time": lambda _request, folder: open_file(folder / "plain.mp4", realtime=True),
    "by settings": lambda _request, folder: open_source(
        SourceSettings(url=f"file://{folder}/plain.mp4", realtime=False)
    ),
    "http": lambda request, _folder: open_stream(request.getfixturevalue("web") + "/plain.mp4"),
    "rtsp": lambda request, _folder: open_stream(request.getfixturevalue("rtsp")),
    "thinned b-frames": lambda _request, folder: open_file(folder / "b_frames.mp4", enough_fps=4, loop=True),
    "thinned motion jpeg": lambda _request, folder: open_file(folder / "pictures.avi", enough_fps=4, loop=True),
}


@pytest.fixture(params=SOURCES, ids=lambda name: name.replace(" ", "-"))
def source(request: pytest.FixtureRequest, folder: Path) -> Iterator[VideoSource]:
    source = SOURCES[request.param](request, folder)
    yield source
    source.close()


def test_times_rise_and_agree_with_ticks(source: VideoSource) -> None:
    times = [frame.time for frame in islice(source.frames(), PICTURES)]
    assert len(times) == PICTURES
    assert times[0].ticks == 0 or isinstance(source, CameraSimulator)
    assert len({time.time_base for time in times}) == 1
    assert isinstance(times[0].time_base, Fraction)
    assert all(before.ticks < after.ticks for before, after in pairwise(times))
    assert all(before.utc_ns < after.utc_ns for before, after in pairwise(times))
    assert all(time.error_ns >= 0 for time in times)


def test_pictures_are_planar_420_of_the_promised_size(source: VideoSource) -> None:
    info = source.info
    for frame in islice(source.frames(), PICTURES):
        assert frame.picture.format.name in {"yuv420p", "yuvj420p"}
        assert (frame.width, frame.height) == (info.width, info.height)
        assert frame.luma().shape == (info.height, info.width)


def test_the_description_is_usable(source: VideoSource) -> None:
    info = source.info
    assert info.codec
    assert info.fps == 10
    assert info.duration_s is None or info.duration_s > 0
    assert info.bit_rate >= 0


def test_after_rest_pictures_come_as_before(source: VideoSource) -> None:
    seen = []
    for frame in source.frames():
        seen.append(frame)
        source.resting = len(seen) < 13
        if len(seen) == PICTURES:
            break
    assert all(before.time.ticks < after.time.ticks for before, after in pairwise(seen))
    after = [frame.time.utc_ns for frame in seen[12:]]
    assert all(later - earlier < 0.35 * NS_PER_S for earlier, later in pairwise(after))


def test_closing_twice_is_fine_and_ends_it(source: VideoSource) -> None:
    source.close()
    source.close()
    assert list(source.frames()) == []
