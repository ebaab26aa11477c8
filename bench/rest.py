"""(d) once more, live: what a camera with a sub-stream costs while nothing moves, before and after it comes to rest.

A main stream of 1280x720 at 25 fps and a sub-stream of 640x360 at 10 fps, both with a keyframe every two seconds, come
from an RTSP server in a process of its own. Each shows one picture, blurred until nobody is in it, with noise. In the
first ten seconds the camera does not rest yet; the cost of both phases is measured in the same run.
"""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np

from custodes.app.demo_charters import write_demo_charters
from custodes.app.rtsp_server import RtspServer
from custodes.capture import SourceSettings
from custodes.charter import load_charter
from custodes.domain.events import CameraId
from custodes.domain.time import SystemClock, utc_day
from custodes.perceive.settings import DetectorSettings
from custodes.pipeline.analysis import Models
from custodes.pipeline.camera import CameraWorker
from custodes.pipeline.settings import CameraSettings
from custodes.record import RecordingSettings
from custodes.store import FileBlobs, PrivateTexts, Store
from custodes.store.private import KEY_BYTES

LASTS_S = 20
AWAKE_S = (3.0, 9.0)
RESTING_S = (16.0, 46.0)


def at_rest(clip: Path) -> dict[str, float]:
    """Return the cost of one camera that shows a still picture of `clip`, before and after it comes to rest."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        clips = {
            "main": _still(clip, folder / "main.mp4", (1280, 720), 25),
            "sub": _still(clip, folder / "sub.mp4", (640, 360), 10),
        }
        with RtspServer(clips) as server:
            return _watch(folder, server.urls)


def _watch(folder: Path, urls: dict[str, str]) -> dict[str, float]:
    camera = CameraId("campus")
    write_demo_charters(folder / "charters", [camera], utc_day(SystemClock().utc_ns()))
    for part in ("recordings", "stills"):
        (folder / part).mkdir()
    store = Store.open(folder / "custodes.db", PrivateTexts(bytes(KEY_BYTES)))
    worker = CameraWorker(
        camera,
        CameraSettings(
            source=SourceSettings(url=urls["main"], sub_url=urls["sub"]), recording=RecordingSettings(min_free_gb=0)
        ),
        load_charter(folder / "charters" / f"{camera}.toml"),
        models=Models.load(DetectorSettings()),
        store=store,
        root=folder / "recordings",
        blobs=FileBlobs(folder / "stills"),
        publish=lambda _: None,
        clock=SystemClock(),
    )
    worker.start()
    started_s = time.monotonic()
    figures = {
        "cpu_s_per_camera_s_awake": _cost(started_s, AWAKE_S),
        "cpu_s_per_camera_s_at_rest": _cost(started_s, RESTING_S),
        "pictures_blanked": float(worker.status().blanked),
    }
    worker.stop()
    worker.join(10)
    store.close()
    return figures


def _cost(started_s: float, window_s: tuple[float, float]) -> float:
    """Return the CPU seconds a second of this process from one to the other moment after the start."""
    first_s, last_s = window_s
    time.sleep(max(0.0, started_s + first_s - time.monotonic()))
    cpu_s, since_s = time.process_time(), time.monotonic()
    time.sleep(max(0.0, started_s + last_s - since_s))
    return (time.process_time() - cpu_s) / (time.monotonic() - since_s)


def _still(clip: Path, path: Path, size: tuple[int, int], fps: int) -> Path:
    video = cv2.VideoCapture(str(clip))
    _, picture = video.read()
    video.release()
    picture = cv2.GaussianBlur(cv2.resize(picture, size), (0, 0), size[0] / 30)
    noise = np.random.default_rng(0)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "18"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for _ in range(LASTS_S * fps):
            noisy = np.clip(picture + noise.normal(0, 1.5, picture.shape), 0, 255).astype(np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, "bgr24")))
        out.mux(stream.encode())
    return path
