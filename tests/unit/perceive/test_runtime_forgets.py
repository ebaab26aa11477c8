"""A network that forgets has nothing left of what it was given."""

import numpy as np
import pytest

from custodes.perceive.runtime import Network
from sim.networks import save


@pytest.mark.parametrize("forgets", [False, True])
def test_what_was_computed_is_overwritten_where_that_is_asked_for(tmp_path, *, forgets: bool):
    network = Network(save("yolox", tmp_path), colours="BGR", forgets=forgets)
    bright = np.full((1, 96, 128, 3), 255, np.uint8)
    [seen] = network.run(bright)
    assert seen[..., 4].max() == 1
    [compiled] = network._shapes.values()
    requests = [compiled._requests.get() for _ in range(compiled._requests.qsize())]
    left = max(float(tensor.data[..., 4].max()) for request in requests for tensor in request.output_tensors)
    assert left == (0 if forgets else 1)
    assert bright.all(), "what it was given is the caller's"
