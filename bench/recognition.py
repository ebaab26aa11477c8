"""What a recognition point costs at 1280x720 and 5 analysed pictures a second.

python -m bench --only "recognition: custodes"

The zone is a third of the picture wide and two thirds high. The face is one of the ORL faces, 180 pixels tall.
Decoding, object detection and tracking are not counted: a camera does them anyway. Without the faces there are no
figures.
"""

import io
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.faces import PICTURES
from bench.identity import CHARTER, DOOR, NOW_NS
from custodes.capture.raw import RawFrame
from custodes.charter import Charter, Charters, RecognitionMode
from custodes.domain.time import NS_PER_S, MediaTime
from custodes.domain.tracks import Track, TrackState
from custodes.identity import Pass, Recognised, Template, TemplateSafe, draft
from custodes.identity.consent import new_subject
from custodes.identity.sealing import Held
from custodes.perceive.embed import Embedder, aligned, load_embedder, load_locator
from custodes.recognition import Recogniser, RecognitionPoint, RecognitionSettings

FPS = 5
LOOKS = 100
ATTEMPTS = 10
SETTINGS = RecognitionSettings(zone=((0.3, 0.15), (0.65, 0.15), (0.65, 0.85), (0.3, 0.85)))
VERIFY, IDENTIFY = RecognitionMode.VERIFY, RecognitionMode.IDENTIFY


class _Told:
    """A clock that is told the time."""

    now_ns = NOW_NS

    def utc_ns(self) -> int:
        return self.now_ns

    def monotonic_s(self) -> float:
        return self.now_ns / NS_PER_S

    def sleep(self, seconds: float) -> None:
        self.now_ns += round(seconds * NS_PER_S)


def ours(_clip: Path) -> dict[str, float]:
    """Return the cost while nobody is at the zone, while somebody is without a pass, and of an attempt with one."""
    if not PICTURES.is_dir():
        print(f"{PICTURES} is not on this machine", file=sys.stderr)
        return {}
    embedder, clock = load_embedder(forgets=True), _Told()
    stated = CHARTER["recognition"]
    capability = {**stated["capability"], "model": embedder.model}
    charter = Charter.model_validate(
        {**CHARTER, "recognition": {**stated, "modes": [VERIFY], "capability": capability}}
    )
    with tempfile.TemporaryDirectory() as name:
        safe = TemplateSafe.open(Path(name) / "data", Path(name) / "keys")
        shown = _enrolled(safe, charter, embedder)
        recogniser = Recogniser(safe, embedder, load_locator(), clock=clock)
        waiting, showing = _scene(None), _scene(shown)
        figures = {
            "cpu_s_per_camera_s_nobody_there": _cost(recogniser.point(DOOR, SETTINGS, charter), waiting, clock, 0),
            "cpu_s_per_camera_s_without_a_pass": _cost(recogniser.point(DOOR, SETTINGS, charter), waiting, clock, 1),
        }
        computed = embedder.computed
        for attempt in range(ATTEMPTS + 1):
            if attempt == 1:  # the first compiles the models
                before = time.process_time()
            _attend(recogniser.point(DOOR, SETTINGS, charter), showing, clock)
        figures["cpu_s_per_attempt"] = (time.process_time() - before) / ATTEMPTS
        figures["embeddings_per_attempt"] = (embedder.computed - computed) / (ATTEMPTS + 1)
        safe.close()
    return figures


def _enrolled(safe: TemplateSafe, charter: Charter, embedder: Embedder) -> Pass:
    photo = _photo(1)
    face = aligned(photo, load_locator().locate(photo).points[0])
    end_ns = NOW_NS + NS_PER_S * 86_400
    consent = draft(Charters({DOOR: charter}), [DOOR], [VERIFY], given_ns=NOW_NS, expires_ns=end_ns, minor=False)
    subject, shown = new_subject(), Pass.new()
    safe.make_key(subject)
    template = Template(embedder.embed(face[None])[0])
    safe.put(Held.of(subject, consent, embedder.model, safe.rotated(template)), shown)
    return shown


def _photo(number: int) -> NDArray[np.uint8]:
    picture = cv2.imread(str(PICTURES / f"s1/{number}.pgm"))
    return np.asarray(cv2.resize(picture, (184, 224), interpolation=cv2.INTER_CUBIC), np.uint8)


def _scene(shown: Pass | None) -> NDArray[np.uint8]:
    scene = np.clip(np.random.default_rng(0).normal(120, 3, (720, 1280, 3)), 0, 255).astype(np.uint8)
    scene[180:404, 450:634] = _photo(5)
    if shown is not None:
        code = np.asarray(Image.open(io.BytesIO(shown.png())).convert("RGB"))
        scene[420:590, 640:810] = cv2.resize(code, (170, 170), interpolation=cv2.INTER_AREA)
    return scene


def _look(point: RecognitionPoint, picture: av.VideoFrame, clock: _Told, people: int) -> object:
    clock.sleep(1 / FPS)
    box = np.array([420, 160, 700, 700], np.float32)
    frame = RawFrame(picture, MediaTime(clock.now_ns, Fraction(1, NS_PER_S), clock.now_ns))
    answer = point.step(frame, [Track(1, 0, TrackState.CONFIRMED, box, 0.9, box)] * people)
    return answer and answer.outcome


def _cost(point: RecognitionPoint, scene: NDArray[np.uint8], clock: _Told, people: int) -> float:
    """Return CPU seconds a second of video with so many people at the zone."""
    picture = av.VideoFrame.from_ndarray(scene, format="bgr24").reformat(format="yuv420p")
    _look(point, picture, clock, people)
    before = time.process_time()
    for _ in range(LOOKS):
        _look(point, picture, clock, people)
    return (time.process_time() - before) / (LOOKS / FPS)


def _attend(point: RecognitionPoint, scene: NDArray[np.uint8], clock: _Told) -> None:
    """Have somebody stand there with a pass until there is an answer."""
    picture = av.VideoFrame.from_ndarray(scene, format="bgr24").reformat(format="yuv420p")
    while not (outcome := _look(point, picture, clock, 1)):
        pass
    if not isinstance(outcome, Recognised):
        raise TypeError(outcome)
