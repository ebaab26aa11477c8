"""Another process that watches a film, is told needles, and tells whether they are in its memory.

It reads one line, JSON: what not to have in memory, masked, hexadecimal. It writes JSON lines of what it found.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from conftest import SHARED
from custodes.domain.tracks import Track, TrackState
from custodes.identity import Pass
from custodes.perceive.embed import load_embedder
from custodes.perceive.embed.base import Aligned, Embeddings
from custodes.recognition import RecognitionSettings
from sim.houses import DOOR, House
from sim.memory import MASK, found_in_memory, masked, needles_of
from sim.visitors import AT, ZONE, frame, portrait, wall

_EMPTY = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.12), (0.0, 0.12))
"""Of the campus's picture: roofs."""
_ROW = slice(30, 80)


class Noting:
    """The default embedder; notes needles for all it is given and makes, masked."""

    name = "noting"

    def __init__(self) -> None:
        self._inner = load_embedder(forgets=True)
        self.model = self._inner.model
        self.faces: list[bytes] = []
        self.numbers: list[bytes] = []

    @property
    def computed(self) -> int:
        return self._inner.computed

    def embed(self, aligned: Aligned) -> Embeddings:
        self.faces += [bytes(face[row, _ROW].ravel() ^ MASK) for face in aligned for row in (50, 80)]
        found = self._inner.embed(aligned)
        for vector in found:
            self.numbers += needles_of(vector)
        return found


def say(**found: object) -> None:
    sys.stdout.write(f"{json.dumps(found)}\n")
    sys.stdout.flush()


def crowd(folder: Path, clip: Path, seconds: float, needles: list[bytes]) -> None:
    """Watch a crowd for `seconds`."""
    house = House(folder)
    worker = house.camera(clip, [], zone=_EMPTY)
    worker.start()
    time.sleep(seconds)
    status = worker.status()
    found = found_in_memory(needles)
    worker.stop()
    worker.join(10)
    say(computed=house.recogniser.computed, analysed=status.analysed_fps, people=status.occupancy, found=found)
    kept = [np.frombuffer(masked(needle), np.uint8).copy() for needle in needles[:1]]
    say(control=found_in_memory(needles), kept=len(kept))


def visitor(folder: Path, person: int, needles: list[bytes]) -> None:
    """Have somebody hold still at the point, and look for what was computed, while it goes on and afterwards."""
    noting = Noting()
    house = House(folder, noting)
    point = house.recogniser.point(DOOR, RecognitionSettings(zone=ZONE), house.charter)
    scene = wall((portrait(SHARED / "fixtures", person, 6), AT))
    box = np.array([200, 100, 420, 470], np.float32)
    track = Track(1, 0, TrackState.CONFIRMED, box, 0.9, box)
    outcome, before = None, 0
    for _ in range(20):
        time.sleep(0.2)
        answer = point.step(frame(scene, house.clock.utc_ns()), [track])
        if answer is not None:
            outcome = answer.outcome
            break
        if noting.computed and not before:
            before = found_in_memory(noting.numbers)
    del answer
    say(
        outcome=type(outcome).__name__,
        computed=noting.computed,
        while_it_goes_on=before,
        numbers=found_in_memory(noting.numbers),
        faces=found_in_memory(noting.faces),
        enrolled=found_in_memory(needles),
    )


def node(folder: Path) -> None:
    """Have person 3 come to the point, with a pass or without, whenever a line says so, and tell what comes of it."""
    house = House(folder)
    point = house.recogniser.point(DOOR, RecognitionSettings(zone=ZONE), house.charter)
    box = np.array([200, 100, 420, 470], np.float32)
    say(ready=True)
    for number, line in enumerate(sys.stdin):
        shown = Pass.parse(line) if line.strip() else None
        scene = wall((portrait(SHARED / "fixtures", 3, 6), AT), shown=shown)
        track = Track(number, 0, TrackState.CONFIRMED, box, 0.9, box)
        answer = None
        for _ in range(30):
            time.sleep(0.15)
            answer = answer or point.step(frame(scene, house.clock.utc_ns()), [track])
        outcome = answer.outcome if answer else None
        say(outcome=type(outcome).__name__, subject=getattr(outcome, "subject", ""), embedded=point.computed)


def main() -> None:
    what, folder, *rest = sys.argv[1:]
    if what == "node":
        node(Path(folder))
        return
    needles = [bytes.fromhex(one) for one in json.loads(sys.stdin.readline())]
    if what == "crowd":
        crowd(Path(folder), Path(rest[0]), float(rest[1]), needles)
    else:
        visitor(Path(folder), int(rest[0]), needles)


if __name__ == "__main__":
    main()
