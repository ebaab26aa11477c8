"""One camera from a real RTSP server to recordings and events, with and without a sub-stream."""

import io
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest

from api_support import TEXTS, charter_document
from custodes.app.rtsp_server import RtspServer
from custodes.capture import SourceSettings
from custodes.charter import Charter
from custodes.domain.cameras import CameraState, CameraStatus
from custodes.domain.events import CameraId, Event
from custodes.domain.imagery import RedactedFragment
from custodes.domain.time import SystemClock
from custodes.perceive.settings import DetectorSettings
from custodes.pipeline.analysis import Models
from custodes.pipeline.camera import CameraWorker
from custodes.pipeline.messages import Message  # noqa: TC001  as elsewhere, imports say what is used
from custodes.pipeline.settings import CameraSettings
from custodes.record import RecordingSettings
from custodes.store import EventQuery, FileBlobs, Store

CAMERA = CameraId("street")
LONGEST_S = 60


def _half_size(clip: Path, path: Path) -> Path:
    with av.open(str(clip)) as source, av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 320, 136, "yuv420p"
        for frame in source.decode(video=0):
            out.mux(stream.encode(frame.reformat(320, 136, "yuv420p")))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def urls(street_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    small = _half_size(street_clip, tmp_path_factory.mktemp("small") / "small.mp4")
    with RtspServer({"main": street_clip, "sub": small}) as server:
        yield server.urls


@pytest.mark.slow
@pytest.mark.parametrize("sub", [False, True])
def test_a_camera_is_watched_recorded_and_redacted(urls: dict[str, str], tmp_path: Path, *, sub: bool):
    source = SourceSettings(url=urls["main"], sub_url=urls["sub"] if sub else None)
    settings = CameraSettings(source=source, recording=RecordingSettings(segment_s=2, min_free_gb=0))
    (tmp_path / "stills").mkdir()
    (tmp_path / "recordings").mkdir()
    store, blobs = Store.open(tmp_path / "custodes.db", TEXTS), FileBlobs(tmp_path / "stills")
    said: list[Message] = []
    worker = CameraWorker(
        CAMERA,
        settings,
        Charter.model_validate(charter_document(CAMERA)),
        models=Models.load(DetectorSettings()),
        store=store,
        root=tmp_path / "recordings",
        blobs=blobs,
        publish=said.append,
        clock=SystemClock(),
    )
    worker.start()
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        kept = store.events.find(EventQuery()).items
        complete = [segment for segment in store.segments.all(CAMERA) if not segment.open]
        if len(complete) >= 3 and any(item.thumbnail for item in kept):
            break
        time.sleep(0.2)
    status = worker.status()
    worker.stop()
    worker.join(10)
    assert (status.state, status.width, status.height) == (CameraState.LIVE, 640, 272)
    assert status.recording
    assert status.analysed_fps > 0
    fragments = [message for message in said if isinstance(message, RedactedFragment)]
    assert _pictures(b"".join(f.data for f in fragments if f.stream == fragments[0].stream)) == {(640, 272)}
    assert status.blanked < 10 * len(fragments) / 3
    segments = store.segments.all(CAMERA)
    assert len(segments) >= 3
    for segment in segments:
        assert not segment.open
        assert _pictures((tmp_path / "recordings" / segment.path).read_bytes()) == {(640, 272)}
    events = [item for item in store.events.find(EventQuery()).items if item.thumbnail]
    assert events
    assert blobs.read(events[0].thumbnail).startswith(b"\xff\xd8")
    assert {message.event_id for message in said if isinstance(message, Event)} >= {events[0].event.event_id}
    assert any(isinstance(message, CameraStatus) and message.state is CameraState.LIVE for message in said)
    store.close()


def _pictures(data: bytes) -> set[tuple[int, int]]:
    with av.open(io.BytesIO(data)) as video:
        return {(frame.width, frame.height) for frame in video.decode(video=0)}
