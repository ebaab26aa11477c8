"""SFace: 128 numbers a face."""

import threading

import numpy as np

from custodes.perceive.embed.align import SIDE
from custodes.perceive.embed.base import Aligned, Embeddings
from custodes.perceive.runtime import Network

_NUMBERS = 128


class SFace:
    """The default embedder.

    Faces go through the network one by one: in batches of eight, each costs a tenth less CPU, and waits for the others.

    Args:
        network: SFace of OpenCV Zoo, 2021dec, with uint8 BGR input (1, 112, 112, 3).
    """

    name = "sface"

    def __init__(self, network: Network) -> None:
        self.model = network.digest
        self._network = network
        self._computed = 0
        self._lock = threading.Lock()

    @property
    def computed(self) -> int:
        """Return how many embeddings were computed so far."""
        return self._computed

    def embed(self, aligned: Aligned) -> Embeddings:
        """Return one embedding (n, 128) for each aligned face (n, 112, 112, 3).

        Raises:
            ValueError: It is of another shape or type.
            ModelError: The model failed.
        """
        if aligned.dtype != np.uint8 or aligned.shape[1:] != (SIDE, SIDE, 3):
            msg = f"aligned faces are uint8 (n, {SIDE}, {SIDE}, 3), not {aligned.dtype} {aligned.shape}"
            raise ValueError(msg)
        with self._lock:
            self._computed += len(aligned)
        found = np.empty((len(aligned), _NUMBERS), np.float32)
        for row, face in zip(found, aligned, strict=True):
            [computed] = self._network.run(np.ascontiguousarray(face)[None])
            np.divide(computed[0], np.sqrt(computed[0] @ computed[0]), out=row)
            computed.fill(0)
        return found
