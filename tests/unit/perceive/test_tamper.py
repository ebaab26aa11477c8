"""A covered lens is noticed, a passing hand is not."""

from pathlib import Path

import av
import numpy as np
import pytest

from custodes.domain.time import NS_PER_S
from custodes.perceive.tamper import TamperWatch

RNG = np.random.default_rng(7)
DARK = np.clip(18 + RNG.normal(0, 12, (360, 640)), 0, 255).astype(np.uint8)
PAINTED = np.full((360, 640), 200, np.uint8)
STREET = np.tile(np.linspace(40, 200, 640).astype(np.uint8), (360, 1))


def watched(*scenes: tuple[np.ndarray, float]) -> list[tuple[float, bool]]:
    """Return when `covered` changed, in seconds, and to what."""
    watch, now_s, changes = TamperWatch(), 0.0, []
    for picture, seconds in scenes:
        for _ in range(round(seconds * 5)):
            if watch.changed(picture, int(now_s * NS_PER_S)):
                changes.append((round(now_s), watch.covered))
            now_s += 0.2
    return changes


@pytest.mark.parametrize("picture", [DARK, PAINTED], ids=["dark", "painted"])
def test_a_covered_lens_is_noticed_and_so_is_its_end(picture: np.ndarray) -> None:
    assert watched((STREET, 5), (picture, 30), (STREET, 30)) == [(15, True), (45, False)]


def test_a_hand_or_a_lorry_before_the_lens_is_not() -> None:
    assert watched((STREET, 5), (PAINTED, 8), (STREET, 5), (PAINTED, 8), (STREET, 5)) == []


def test_flicker_while_covered_does_not_end_it() -> None:
    assert watched((PAINTED, 12), (STREET, 3), (PAINTED, 12)) == [(10, True)]


def test_real_streets_are_not_covered(street_clip: Path) -> None:
    watch = TamperWatch()
    with av.open(str(street_clip)) as video:
        for number, frame in enumerate(video.decode(video=0)):
            assert not watch.changed(frame.to_ndarray(format="gray"), number * NS_PER_S)
