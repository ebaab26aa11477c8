"""A small program for outsiders: it watches that logs only grow, and cosigns their checkpoints (C2SP tlog-witness).

`custodes witness` runs it, and so does `python -m custodes.witness`, which loads nothing else of custodes.
"""

from custodes.witness.http import create_app
from custodes.witness.witness import Refused, Witness

__all__ = ["Refused", "Witness", "create_app"]
