"""Another node: a process of its own that searches the gallery in a folder whenever it is told a face.

Each line that it reads is a seed, or `pass TEXT SEED`; each line that it writes is what came of it.
"""

import sys
from pathlib import Path

from desks import Desk
from people import DOOR, alike, face

from custodes.identity import Pass


def main() -> None:
    desk = Desk(Path(sys.argv[1]))
    for line in sys.stdin:
        words = line.split()
        probe = alike(face(int(words[-1])), seed=1)
        if words[0] == "pass":
            outcome = desk.verifier.verify(Pass.parse(words[1]), probe, DOOR)
        else:
            outcome = desk.gallery.search(probe, DOOR)
        sys.stdout.write(f"{type(outcome).__name__} {getattr(outcome, 'subject', '')}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
