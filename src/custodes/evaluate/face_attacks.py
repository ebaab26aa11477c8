"""Ways of showing somebody else's face to a recognition point, staged from photos."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from custodes.evaluate.staging import Picture, Pose, on_screen, seen
from custodes.perceive.pad import Side

FARTHEST_DEG: Final = (25.0, 60.0)
"""How far a print is turned to imitate a head, at most: drawn between these."""
_COURSE: Final = (0.4, 0.7, 1.0, 0.8, 0.6)
"""Out and back, as shares of that."""
AHEAD_VIEWS: Final = 3
TURN_VIEWS: Final = len(_COURSE)


@dataclass(frozen=True, slots=True)
class Photos:
    """Prints of one person, all of one size.

    Attributes:
        ahead: Looking into the camera.
        turned: Looking to one's own side; missing where there is no such photo.
    """

    ahead: Picture
    turned: dict[Side, Picture]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of presenting a face.

    Attributes:
        name: Short, for files.
        title: For people.
        pose: How the print or screen is held meanwhile, by the share of the way out, the side asked for and chance.
        screen: Whether it is a screen.
        shows: Which side the head on it turns to, by the side asked for and the one that it turns to first; None for a
            photo that looks ahead all the time.
    """

    name: str
    title: str
    pose: Callable[[float, Side, np.random.Generator], Pose]
    screen: bool = False
    shows: Callable[[Side, Side], Side] | None = None

    def views(self, photos: Photos, asked: Side, first: Side, rng: np.random.Generator) -> list[Picture]:
        """Return what a camera sees while a turn to the side `asked` is asked for.

        Args:
            photos: Of the person.
            asked: The side asked for.
            first: The side that a recording turns to at this time.
            rng: Decides how it is held.

        Raises:
            KeyError: There is no photo of a turn to the side that is shown.
        """
        shown = photos.ahead if self.shows is None else photos.turned[self.shows(asked, first)]
        shown = on_screen(shown) if self.screen else shown
        farthest = rng.uniform(*FARTHEST_DEG)
        return [seen(shown, self.pose(share * farthest, asked, rng), rng) for share in _COURSE]

    def ahead(self, photos: Photos, rng: np.random.Generator) -> list[Picture]:
        """Return what a camera sees while the person is asked to look ahead."""
        shown = on_screen(photos.ahead) if self.screen else photos.ahead
        return [seen(shown, _still(0, Side.LEFT, rng), rng) for _ in range(AHEAD_VIEWS)]


def _still(_: float, __: Side, rng: np.random.Generator) -> Pose:
    """As people stand: a little to one side, a little inclined."""
    x, y, z = rng.normal((0, 0, 0.6), (0.01, 0.01, 0.01))
    return Pose(turn=rng.normal(0, 2), tilt=rng.normal(0, 2), roll=rng.normal(0, 3), at=(x, y, z))


def _turning(radius: float = np.inf) -> Callable[[float, Side, np.random.Generator], Pose]:
    def pose(angle: float, asked: Side, rng: np.random.Generator) -> Pose:
        x, y, z = rng.normal((0, 0, 0.55), (0.01, 0.01, 0.02))
        return Pose(asked.sign * angle, rng.normal(0, 6), rng.normal(0, 4), (x, y, z), radius)

    return pose


def _moving(_: float, __: Side, rng: np.random.Generator) -> Pose:
    x, y = rng.uniform(-0.05, 0.05, 2)
    tilt, roll = rng.uniform(-30, 30, 2)
    return Pose(tilt=tilt, roll=roll, at=(x, y, rng.uniform(0.45, 0.8)))


def _as_asked(asked: Side, _: Side) -> Side:
    return asked


def _as_recorded(_: Side, first: Side) -> Side:
    return first


BONA_FIDE: Final = Kind("bona_fide", "people who turn", _still, shows=_as_asked)
FLAT_KINDS: Final = (
    Kind("print_moved", "print, moved, tilted and brought closer", _moving),
    Kind("print_turned", "print, turned like a head", _turning()),
    Kind("screen_turned", "photo on a screen, turned like a head", _turning(), screen=True),
)
BENT_KINDS: Final = tuple(
    Kind(f"print_bent_{round(100 * radius)}cm", f"print bent to {100 * radius:.0f} cm, turned", _turning(radius))
    for radius in (0.15, 0.09, 0.06)
)
RECORDED_KINDS: Final = (
    Kind("screen_recording", "recording of turns on a screen, as it comes", _still, screen=True, shows=_as_recorded),
    Kind("screen_controlled", "recording of the turn that is asked for", _still, screen=True, shows=_as_asked),
)
ATTACKS: Final = (*FLAT_KINDS, *BENT_KINDS, *RECORDED_KINDS)
