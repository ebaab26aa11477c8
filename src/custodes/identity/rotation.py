"""A rotation of one's own for each deployment, so that templates of two deployments cannot be compared.

It is a random orthonormal matrix: angles between templates stay what they are, and directions mean nothing elsewhere.
Whoever has the matrix can undo it, and so can whoever has many templates of known faces; it protects what leaks
without it. What keeps templates secret is their encryption.
"""

import os
import secrets
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from custodes.disk import write
from custodes.domain.errors import IntegrityError, StoreError
from custodes.identity.template import DIMENSIONS, Template, Vector

_ERROR: Final = 1e-9


class Rotation:
    """A random rotation or reflection of templates.

    Args:
        matrix: Orthonormal, float64, shape (128, 128).

    Raises:
        IntegrityError: It is anything else.
    """

    def __init__(self, matrix: npt.NDArray[np.float64]) -> None:
        unit = np.eye(DIMENSIONS)
        if matrix.shape != unit.shape or not np.allclose(matrix @ matrix.T, unit, rtol=0, atol=_ERROR):
            raise IntegrityError("The rotation of templates is damaged", why="it is not orthonormal")
        self._matrix = matrix

    @classmethod
    def generate(cls) -> Self:
        """Return a new one, each as likely as any other.

        Made by QR of a Gaussian matrix, with the signs of R moved into Q (F. Mezzadri, Notices of the AMS 54, 2007).
        """
        rng = np.random.default_rng(secrets.randbits(256))
        q, r = np.linalg.qr(rng.standard_normal((DIMENSIONS, DIMENSIONS)))
        return cls(q * np.sign(np.diag(r)))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the rotation in the file at `path`.

        Raises:
            IntegrityError: It is damaged.
            StoreError: It cannot be read.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StoreError("The rotation of templates cannot be read", why=os.strerror(error.errno or 0)) from error
        if len(data) != DIMENSIONS * DIMENSIONS * 8:
            raise IntegrityError("The rotation of templates is damaged", why=f"it has {len(data)} bytes")
        return cls(np.frombuffer(data, "<f8").reshape(DIMENSIONS, DIMENSIONS))

    def write(self, path: Path) -> None:
        """Write it to `path`, for its owner only; return once it survives a power loss.

        Raises:
            StoreError: It cannot be written.
        """
        try:
            write(path, self._matrix.astype("<f8").tobytes())
        except OSError as error:
            raise StoreError(
                "The rotation of templates cannot be written", why=os.strerror(error.errno or 0)
            ) from error

    def apply(self, template: Template) -> Vector:
        """Return `template` rotated: float32, shape (128,), in a new array. Cosines are kept to 1e-6."""
        wide = template.vector.astype(np.float64)
        turned = self._matrix @ wide
        rotated = turned.astype(np.float32)
        wide.fill(0)
        turned.fill(0)
        return rotated

    def __repr__(self) -> str:
        return "Rotation()"
