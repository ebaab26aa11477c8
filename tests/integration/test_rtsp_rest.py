"""A camera with a sub-stream whose view is still rests, and loses nothing of what moves next."""

import io
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from api_support import TEXTS, charter_document
from custodes.app.rtsp_server import RtspServer
from custodes.capture import SourceSettings, open_stream
from custodes.charter import Charter
from custodes.domain.events import CameraId
from custodes.domain.imagery import RedactedFragment
from custodes.domain.time import NS_PER_S, SystemClock
from custodes.perceive.settings import DetectorSettings
from custodes.pipeline.analysis import Models
from custodes.pipeline.camera import CameraWorker
from custodes.pipeline.messages import Message
from custodes.pipeline.settings import CameraSettings
from custodes.record import RecordingSettings
from custodes.store import FileBlobs, Store

FPS = 10
STILL_S, MOVING_S = 21, 4
TRAVEL = 0.9
"""How far the gate rolls, as a share of the width."""
CAMERA = CameraId("yard")
LONGEST_S = 90


def _clip(path: Path, width: int, height: int) -> Path:
    """Write a grey yard with a texture, through which a white gate rolls from left to right after a long while."""
    yard = np.full((height * 3 // 2, width), 128, np.uint8)
    yard[:height] = 60 + 40 * (np.indices((height, width)).sum(axis=0) // (height // 6) % 2)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range((STILL_S + MOVING_S) * FPS):
            planes = yard.copy()
            share = (number - STILL_S * FPS) / (MOVING_S * FPS)
            if share >= 0:
                left = int(share * TRAVEL * width)
                planes[:height, left : left + width // 12] = 235
            picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("yard")
    clips = {"main": _clip(folder / "main.mp4", 480, 360), "sub": _clip(folder / "sub.mp4", 320, 240)}
    with RtspServer(clips) as server:
        yield server.urls


def test_a_stream_at_rest_gives_keyframes_and_all_since_the_last_one_to_who_wakes_it(urls: dict[str, str]) -> None:
    source = open_stream(urls["main"])
    source.resting = True
    times, keys, rested = [], [], 0
    for frame in source.frames():
        times.append(frame.time.utc_ns / NS_PER_S)
        keys.append(frame.key)
        if rested == 0 and len(times) > 1 and times[-1] - times[-2] > 0.5:
            rested = len(times)
        elif rested and len(times) == rested + 2:
            source.resting = False
        elif rested and len(times) == rested + 12:
            break
    source.close()
    assert all(keys[rested - 1 : rested + 2])
    steps = [after - before for before, after in pairwise(times)]
    assert all(1 < step < 3 for step in steps[rested - 2 : rested + 1])
    assert steps[rested + 1 :] == pytest.approx([1 / FPS] * 10, abs=0.02)


@pytest.mark.slow
def test_the_recording_of_a_camera_at_rest_begins_with_the_motion(urls: dict[str, str], tmp_path: Path) -> None:
    settings = CameraSettings(
        source=SourceSettings(url=urls["main"], sub_url=urls["sub"]), recording=RecordingSettings(min_free_gb=0)
    )
    for name in ("stills", "recordings"):
        (tmp_path / name).mkdir()
    store = Store.open(tmp_path / "custodes.db", TEXTS)
    said: list[Message] = []
    worker = CameraWorker(
        CAMERA,
        settings,
        Charter.model_validate(charter_document(CAMERA)),
        models=Models.load(DetectorSettings()),
        store=store,
        root=tmp_path / "recordings",
        blobs=FileBlobs(tmp_path / "stills"),
        publish=said.append,
        clock=SystemClock(),
    )
    worker.start()
    deadline = time.monotonic() + LONGEST_S
    while _rests(said) < 1 and time.monotonic() < deadline:
        time.sleep(0.5)
    rested = len(said)
    blanked = worker.status().blanked
    while not _rolled(said, rested) and time.monotonic() < deadline:
        time.sleep(0.5)
    status = worker.status()
    worker.stop()
    worker.join(10)
    store.close()
    assert _rests(said)
    assert status.blanked == blanked
    gates = [place for place in _gates(said, rested) if place is not None]
    assert gates[0] < TRAVEL * 0.4 / MOVING_S, "the beginning of the motion is missing"


def _rests(said: list[Message]) -> int:
    """Return how many fragments hold a picture or two only, after the first ones."""
    fragments = [one for one in said if isinstance(one, RedactedFragment) and one.number > 0]
    return sum((one.end_ns - one.start_ns) > 1.5 * NS_PER_S for one in fragments)


def _rolled(said: list[Message], first: int) -> bool:
    """Return whether the gate has come and gone since message `first`; some masks may hide it for a while."""
    gates = _gates(said, first)
    return sum(place is not None for place in gates) > 2 * FPS and gates[-1] is None


def _gates(said: list[Message], first: int) -> list[float | None]:
    """Return where the gate is in each picture of the fragments from `first` on, as a share of the width, or None."""
    places: list[float | None] = []
    fragments = [one for one in said if isinstance(one, RedactedFragment)]
    headers = {one.stream: one.data for one in fragments if one.number == 0}
    for fragment in said[first:]:
        if not isinstance(fragment, RedactedFragment) or fragment.number == 0:
            continue
        with av.open(io.BytesIO(headers[fragment.stream] + fragment.data)) as video:
            for frame in video.decode(video=0):
                luma = frame.to_ndarray()[: frame.height]
                columns = np.flatnonzero((luma > 200).sum(axis=0) > frame.height // 4)
                places.append(columns[0] / frame.width if len(columns) else None)
    return places
