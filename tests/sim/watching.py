"""Another process that watches a film, is told needles, and tells whether they are in its memory.

It reads one line, JSON: what not to have in memory, masked, hexadecimal. It writes JSON lines of what it found.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from custodes.perceive.embed import load_embedder
from custodes.perceive.embed.base import Aligned, Embeddings
from sim.houses import House
from sim.memory import found_in_memory, masked, needles_of

_EMPTY = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.12), (0.0, 0.12))
"""Of the campus's picture: roofs."""
_ROW = slice(30, 80)


class Noting:
    """The default embedder; notes needles for all it is given and makes, masked."""

    name = "noting"

    def __init__(self) -> None:
        self._inner = load_embedder(forgets=True)
        self.model = self._inner.model
        self.needles: list[bytes] = []

    @property
    def computed(self) -> int:
        return self._inner.computed

    def embed(self, aligned: Aligned) -> Embeddings:
        self.needles += [masked(face[row, _ROW].tobytes()) for face in aligned for row in range(20, 100, 7)]
        found = self._inner.embed(aligned)
        for vector in found:
            self.needles += needles_of(vector)
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


def main() -> None:
    what, folder, *rest = sys.argv[1:]
    needles = [bytes.fromhex(one) for one in json.loads(sys.stdin.readline())]
    if what == "crowd":
        crowd(Path(folder), Path(rest[0]), float(rest[1]), needles)
        return
    raise SystemExit(2)


if __name__ == "__main__":
    main()
