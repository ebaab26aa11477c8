"""A recognition point in a folder: people enrolled, pictures of faces, and a counting embedder."""

from pathlib import Path

import cv2
import numpy as np

from api_support import TEXTS, ManualClock, capability, make_charter
from custodes.charter import Charter, Charters, Recognition, RecognitionMode
from custodes.domain.detections import Detections
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S
from custodes.domain.tracks import Track, TrackState
from custodes.identity import DataSubject, Enrolled, Enrolments, Identities, Template, TemplateSafe, draft
from custodes.journal import Entry  # noqa: TC001  as elsewhere, imports say what is used
from custodes.ledger import KeyKind, SigningKey
from custodes.perceive.detect.yunet import PointedFaces
from custodes.perceive.embed import FaceLocator, aligned
from custodes.perceive.pad import Challenge, Prompt
from custodes.recognition import Answer, Recogniser, RecognitionPoint, RecognitionSettings
from sim.lids import SKIN, draw_eyes
from sim.visitors import ZONE, Picture, frame, wall

DOOR = CameraId("door")
VERIFY, IDENTIFY = RecognitionMode.VERIFY, RecognitionMode.IDENTIFY
KEY = SigningKey("example.org/identity", KeyKind.LOG, b"\2" * 32)
MODEL = "5f" * 32
AT, OUTSIDE = (300, 150), (20, 150)
"""Left upper corners of a head in the zone, and of one outside it, pixels."""
SIDE = 120
"""Width and height of a head, pixels."""
_TURNED_GREEN = {0: 0, 1: 20, -1: 40, 2: 60, -2: 80}
"""Green in the frame of a head that looks ahead, to the right side of the picture, to the left, and farther to each."""
_TURN = {0: 0.0, 1: 0.07, 2: 0.1}
"""How far the nose of a turned head is to that side, in widths of it; the last is too far to be compared."""
_EYES = ((41, 55), (79, 55))
_POINTS = np.array([(0.34, 0.46), (0.66, 0.46), (0.50, 0.62), (0.37, 0.80), (0.63, 0.80)])


def head(person: int, closed: float = 0.0) -> Picture:
    """Return a head: a pattern of greys that tells one person from another, with sharp edges, and two eyes."""
    coarse = np.repeat(np.random.default_rng(person).integers(60, 200, (6, 6, 1), np.uint8), 3, axis=2)
    picture = np.asarray(np.kron(coarse, np.ones((SIDE // 6, SIDE // 6, 1))), np.uint8)
    for x, y in _EYES:
        picture[y - 14 : y + 18, x - 16 : x + 17] = SKIN
    draw_eyes(picture, _EYES, (closed, closed))
    return picture


class HeadFinder:
    """Finds heads by their magenta frames, as a detector finds faces."""

    def find(self, bgr: Picture) -> PointedFaces:
        frames = ((bgr[..., 1] < 90) & (bgr[..., 0] > 150) & (bgr[..., 2] > 150)).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(frames)
        boxes = [(x, y, x + w, y + h) for x, y, w, h, area in stats[1:count].tolist() if min(w, h) > 40 and area > 200]
        xyxy = np.array(boxes, np.float32).reshape(-1, 4)
        size = (xyxy[:, 2:] - xyxy[:, :2])[:, None]
        points = (xyxy[:, None, :2] + _POINTS * size).astype(np.float32)
        for number, (x, y, right, bottom) in enumerate(boxes):
            green = np.median(bgr[y:bottom, x:right, 1][frames[y:bottom, x:right] == 1])
            turn = min(_TURNED_GREEN, key=lambda one: abs(_TURNED_GREEN[one] - green))
            points[number, 2, 0] += np.sign(turn) * _TURN[abs(turn)] * size[number, 0, 0]
        return PointedFaces(
            Detections(xyxy, np.full(len(xyxy), 0.9, np.float32), np.zeros(len(xyxy), np.int32), "heads"), points
        )


class PatternEmbedder:
    """Makes numbers of the pattern of a head; counts, and keeps what it was given, to see that it is wiped."""

    name, model = "patterns", MODEL

    def __init__(self) -> None:
        self.given: list[Picture] = []
        self.made: list[np.ndarray] = []

    @property
    def computed(self) -> int:
        return len(self.made)

    def embed(self, aligned: Picture) -> np.ndarray:
        assert all(one.any() for one in aligned)
        self.given += list(aligned)
        rng = np.random.default_rng(5)
        mixing = rng.normal(size=(128, 7 * 7 * 3))
        small = aligned[:, 20:104:12, 16:100:12].reshape(len(aligned), -1) - 128.0
        found = (small @ mixing.T).astype(np.float32)
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        self.made += list(found)
        return found


class Door:
    """One camera with a recognition point, and those who enrolled."""

    def __init__(
        self,
        folder: Path,
        *modes: RecognitionMode,
        charter: Charter | None = None,
        challenge: str = "nobody",
        acts: tuple[Prompt, ...] = (),
        **settings: float,
    ) -> None:
        self.clock = ManualClock()
        self.charter = charter or make_charter(DOOR, **tables(*modes))
        self.charters = Charters({DOOR: self.charter})
        (folder / "data").mkdir(exist_ok=True)
        self.safe = TemplateSafe.open(folder / "data/templates", folder / "keys")
        self.entries: list[Entry] = []
        self.enrolments = Enrolments(
            Identities.open(folder / "data/identities.db", TEXTS),
            self.safe,
            self.charters,
            clock=self.clock,
            log=self.entries.append,
            key=KEY,
        )
        self.embedder = PatternEmbedder()
        self.settings = RecognitionSettings(zone=ZONE, challenge=challenge, **settings)
        self.drawn: list[Challenge] = []
        self.recogniser = Recogniser(
            self.safe, self.embedder, FaceLocator(HeadFinder()), clock=self.clock, draw=lambda: self._draw(acts)
        )
        self.point = self.another_point()
        self.tracks = [1]

    def _draw(self, acts: tuple[Prompt, ...]) -> Challenge:
        self.drawn.append(Challenge(*acts))
        return self.drawn[-1]

    def another_point(self) -> RecognitionPoint:
        return self.recogniser.point(DOOR, self.settings, self.charter)

    def enrol(self, person: int, *modes: RecognitionMode) -> Enrolled:
        now_ns = self.clock.utc_ns()
        ways = modes or self.charter.recognition.modes
        consent = draft(
            self.charters, [DOOR], ways, given_ns=now_ns, expires_ns=now_ns + 86_400 * NS_PER_S, minor=False
        )
        subject = DataSubject(name=f"Person {person}", contact="x@example.org")
        return self.enrolments.enrol(subject, consent, self.template(person), MODEL)

    def template(self, person: int) -> Template:
        """Return the template of a person, made as the point would make it."""
        scene = wall((framed(head(person)), AT))
        faces = FaceLocator(HeadFinder()).locate(scene)
        return Template(PatternEmbedder().embed(aligned(scene, faces.points[0])[None])[0])

    def show(self, *pictures: Picture, every_s: float = 0.2, nobody: bool = False) -> list[Answer]:
        """Show pictures one after another, and return the answers."""
        answers = []
        for picture in pictures:
            self.clock.sleep(every_s)
            tracks = [] if nobody else [_track(number) for number in self.tracks]
            answer = self.point.step(frame(picture, self.clock.utc_ns()), tracks)
            answers += [answer] if answer is not None else []
        return answers

    def empty(self, seconds: float = 2.0) -> list[Answer]:
        """Let everybody leave."""
        return self.show(*[wall()] * round(seconds / 0.2), nobody=True)


def framed(pattern: Picture, turn: int = 0) -> Picture:
    """Return a head with the frame that `HeadFinder` finds it by, turned to the right side of the picture above 0."""
    picture = pattern.copy()
    colour = (255, _TURNED_GREEN[turn], 255)
    picture[:6] = picture[-6:] = colour
    picture[:, :6] = picture[:, -6:] = colour
    return picture


def allowed(*modes: RecognitionMode, **changes: object) -> Recognition:
    """Return what a charter says of recognition by `modes`."""
    said = {"modes": modes, "alternative": "A badge from the reception opens the door too.", **changes}
    return Recognition.model_validate(said)


def tables(*modes: RecognitionMode, threshold: float = 0.6, **changes: object) -> dict[str, object]:
    """Return what a charter has to say for recognition by `modes`."""
    measured = {**capability(MODEL), "threshold": threshold}
    said = allowed(*(modes or (VERIFY, IDENTIFY)), capability=measured, **changes)
    return {
        "recognition": said.model_dump(mode="json"),
        "dpia": {"reference": "DPIA 7/2026", "sha256": "ab" * 32, "configuration": "cd" * 32},
    }


def _track(number: int) -> Track:
    box = np.array([280, 100, 460, 470], np.float32)
    return Track(number, 0, TrackState.CONFIRMED, box, 0.9, box)
