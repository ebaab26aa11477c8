"""What turns aligned faces into numbers that can be compared."""

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Aligned = NDArray[np.uint8]
"""uint8 (n, 112, 112, 3), BGR: faces as `aligned` makes them."""
Embeddings = NDArray[np.float32]
"""float32 (n, d), each row of length 1, so that the product of two rows is the cosine of their angle."""

MATCH_COSINE: Final = 0.45
"""Cosine from which SFace's embeddings are taken for one person's, if no other threshold was measured.

Of 29.6 million pairs of different people in LFW, one in ten thousand reaches .415 and one in a hundred thousand .467.
That says little about one's own cameras: `custodes evaluate faces` measures.
"""


class Embedder(Protocol):
    """Turns aligned faces into embeddings. Thread-safe.

    Attributes:
        name: Short name.
        model: SHA-256 digest (hex) of its weights.
        computed: Embeddings computed so far, in all threads.
    """

    name: str
    model: str

    @property
    def computed(self) -> int:
        """Return how many embeddings were computed so far."""
        ...

    def embed(self, aligned: Aligned) -> Embeddings:
        """Return one embedding for each aligned face; blocks until done.

        Args:
            aligned: uint8 (n, 112, 112, 3), BGR; n may be 0.

        Raises:
            ValueError: It is of another shape or type.
            ModelError: The model failed.
        """
        ...
