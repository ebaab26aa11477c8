"""(a) and (d): the whole pipeline against a straightforward one, and on a still scene."""

import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np

from custodes.domain.coco import PERSON
from custodes.perceive.settings import DetectorSettings
from custodes.pipeline.analysis import Models
from custodes.pipeline.analyze import Effort, analyze_file
from custodes.pipeline.settings import PerceptionSettings
from custodes.redact import FaceFinder, RedactionSettings

RECORDED_FPS = 10
ANALYSED_FPS = 5
STILL_S = 60


def ours(clip: Path) -> dict[str, float]:
    """Return the cost of our whole pipeline on `clip`: gate, objects, tracks, rules, redaction, encoding."""
    models = _warm_models(clip)
    with TemporaryDirectory() as folder:
        started = time.process_time()
        done = analyze_file(clip, Path(folder), PerceptionSettings(), models, Effort(), lambda *_: None)
        return _cost(time.process_time() - started, done.duration_s)


def straightforward(clip: Path) -> dict[str, float]:
    """Return the cost of the same work done plainly: every model on every frame, no gate, no tracking of masks."""
    models = _warm_models(clip)
    with TemporaryDirectory() as folder:
        started = time.process_time()
        frames = _write(Path(folder) / "out.mp4", _plainly(clip, models))
        return _cost(time.process_time() - started, frames / RECORDED_FPS)


def still(clip: Path) -> dict[str, float]:
    """Return the cost of our whole pipeline on a scene in which nothing moves: one picture of `clip`, with noise."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "still.mp4"
        _write(path, _still_frames(clip))
        return ours(path)


def _warm_models(clip: Path) -> Models:
    """Return the models, compiled for all sizes that `clip` needs: that happens once in a camera's life."""
    models = Models.load(DetectorSettings())
    video = cv2.VideoCapture(str(clip))
    _, picture = video.read()
    video.release()
    for model in (models.objects, models.faces.yunet, models.faces.centerface):
        model.detect(picture)
    height, width = picture.shape[:2]
    finder = FaceFinder(models.faces, RedactionSettings())
    for persons in (1, 4, 8, 16):
        finder.find(picture, np.tile([0, 0, width / 4, height / 2], (persons, 1)), whole=False)
    return models


def _cost(cpu_s: float, video_s: float) -> dict[str, float]:
    return {"cpu_s_per_camera_s": cpu_s / video_s}


def _plainly(clip: Path, models: Models) -> Iterator[np.ndarray]:
    video = cv2.VideoCapture(str(clip))
    try:
        number = 0
        while True:
            good, bgr = video.read()
            if not good:
                return
            if number % (RECORDED_FPS // ANALYSED_FPS) == 0:
                objects = models.objects.detect(bgr)
                _ = objects.xyxy[objects.class_id == PERSON]
            for left, top, right, bottom in models.faces.centerface.detect(bgr).xyxy.clip(0).astype(int):
                region = bgr[top:bottom, left:right]
                if region.size:
                    bgr[top:bottom, left:right] = cv2.blur(region, (15, 15))
            yield bgr
            number += 1
    finally:
        video.release()


def _still_frames(clip: Path) -> Iterator[np.ndarray]:
    video = cv2.VideoCapture(str(clip))
    _, picture = video.read()
    video.release()
    noise = np.random.default_rng(0)
    for _ in range(STILL_S * RECORDED_FPS):
        yield np.clip(picture + noise.normal(0, 1.5, picture.shape), 0, 255).astype(np.uint8)


def _write(path: Path, frames: Iterator[np.ndarray]) -> int:
    """Encode BGR `frames` with x264 as the recorder does; return their number."""
    count = 0
    with av.open(str(path), "w") as out:
        stream = None
        for bgr in frames:
            if stream is None:
                stream = out.add_stream("libx264", rate=RECORDED_FPS, options={"preset": "ultrafast"})
                stream.height, stream.width = bgr.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.codec_context.thread_count = 1
                stream.codec_context.time_base = Fraction(1, RECORDED_FPS)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(bgr, "bgr24")))
            count += 1
        if stream is not None:
            out.mux(stream.encode())
    return count
