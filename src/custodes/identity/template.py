"""Templates: what tells one face from another, as numbers. Nothing of a picture, and nothing to show anybody."""

from typing import Final, NoReturn

import numpy as np
import numpy.typing as npt

from custodes.domain.errors import IntegrityError

Vector = npt.NDArray[np.float32]

DIMENSIONS: Final = 128
"""Numbers in a template."""

_NORM_ERROR: Final = 1e-3
"""By how much the length of a unit vector may be off after rounding to float32 and a sum in another order."""


class Template:
    """The template of one face; its repr shows nothing of it, and it does not pickle.

    Args:
        vector: float32, shape (128,), of length 1; it is copied.

    Raises:
        IntegrityError: It is anything else; the message does not quote it.
    """

    __slots__ = ("_vector",)

    def __init__(self, vector: Vector) -> None:
        if vector.dtype != np.float32 or vector.shape != (DIMENSIONS,):
            raise IntegrityError(
                "This is no template", why=f"it is {vector.dtype} of shape {vector.shape}, not float32 of (128,)"
            )
        # A sum of squares that overflows, or has a NaN in it, is not near 1 either.
        wide = vector.astype(np.float64)
        norm = float(np.sqrt(wide @ wide))
        wide.fill(0)
        if not abs(norm - 1) <= _NORM_ERROR:
            raise IntegrityError("This is no template", why="its length is not 1")
        self._vector = vector.copy()
        self._vector.setflags(write=False)

    @property
    def vector(self) -> Vector:
        """The numbers, float32, shape (128,), read only."""
        return self._vector

    def wipe(self) -> None:
        """Overwrite the numbers, once nothing is to be compared with them any more."""
        self._vector.setflags(write=True)
        self._vector.fill(0)
        self._vector.setflags(write=False)

    def __repr__(self) -> str:
        return "Template()"

    def __reduce__(self) -> NoReturn:
        msg = "a template stays in its process"
        raise TypeError(msg)
