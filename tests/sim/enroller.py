"""Another process at which people enrol in a folder, at a log that takes a while.

Each line that it reads is a seed, whose face is enrolled; each line that it writes is what came of it.
"""

import sys
import time
from pathlib import Path

from api_support import GATE
from custodes.charter import RecognitionMode
from custodes.domain.time import SystemClock
from custodes.identity import DataSubject
from custodes.journal import Entry
from sim.enrolling import opened


def _slowly(_entry: Entry) -> None:
    time.sleep(0.1)


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """Enrol whoever is asked for."""
    with opened(Path(sys.argv[1]), SystemClock(), [], log=_slowly) as desk:
        _say("ready")
        for line in sys.stdin:
            modes = [RecognitionMode.IDENTIFY]
            consent = desk.draft([GATE], modes, days=9, minor=False, guardian="", language="en")
            person = DataSubject(name="Ana", contact="ana@example.org")
            _say(type(desk.enrol(person, consent, [line.strip().encode()] * 3)).__name__)


if __name__ == "__main__":
    main()
