"""Ways of showing somebody else's face to a recognition point, staged from photos."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from custodes.evaluate.staging import Picture, Pose, covered, on_screen, seen, shaded
from custodes.perceive.pad import Prompt, Side

FARTHEST_DEG: Final = (25.0, 60.0)
"""How far a print is turned to imitate a head, at most: drawn between these."""
_COURSE: Final = (0.4, 0.7, 1.0, 0.8, 0.6)
"""Out and back, as shares of that."""
_TILT_DEG: Final = (10.0, 45.0)
"""How far a print is tilted to make its eyes lower: drawn between these."""
_NEARER: Final = 0.68
"""Distance after coming closer, over that before."""
AHEAD_VIEWS: Final = 3
CLOSED_VIEWS: Final = 7
"""Views of closed eyes, five a second."""
_BLINK: Final = (2, 4)
"""Those in which a recording blinks that nobody asked to: for .4 seconds, as long as people do at most."""
_FINGER: Final = (0.3, 1.2)
"""Width of what is held over the eyes of a print, in distances between them: from a finger to a hand."""


@dataclass(frozen=True, slots=True)
class Photos:
    """Prints of one person, all of one size.

    Attributes:
        ahead: Looking into the camera.
        shown: What is seen of an act: looking to one's own side, or eyes closed. Missing where there is no such photo.
        opened: With open eyes, otherwise as with closed ones; None where there is no photo of those.
    """

    ahead: Picture
    shown: dict[Prompt, Picture] = field(default_factory=dict)
    opened: Picture | None = None

    def of(self, act: Prompt) -> Picture:
        """Return what is seen of `act`.

        Raises:
            KeyError: There is no photo of it.
        """
        return self.ahead if act in {Prompt.AHEAD, Prompt.CLOSER} else self.shown[act]

    def before(self, act: Prompt) -> Picture:
        """Return what is seen before `act`."""
        return self.opened if act is Prompt.EYES and self.opened is not None else self.ahead


_Pose = Callable[[float, Prompt, np.random.Generator], Pose]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of presenting a face.

    Attributes:
        name: Short, for files.
        title: For people.
        pose: How the print or screen is held meanwhile, by the share of the way out, the act and chance.
        screen: Whether it is a screen.
        shows: Which act is seen on it, by the act asked for and the one that it comes to by itself; None for a photo
            that looks ahead all the time.
        blinks: Whether what it shows blinks by itself when the eyes are to be closed.
        cover: Whether something is held over its eyes then.
        shade: Whether the light on it changes then.
    """

    name: str
    title: str
    pose: _Pose
    screen: bool = False
    shows: Callable[[Prompt, Prompt], Prompt] | None = None
    blinks: bool = False
    cover: bool = False
    shade: bool = False

    def needs(self, asked: Prompt, by_itself: Prompt) -> Prompt:
        """Return the act of which there has to be a photo."""
        if self.shows is not None:
            return self.shows(asked, by_itself)
        return Prompt.EYES if self.blinks and asked is Prompt.EYES else Prompt.AHEAD

    def views(self, photos: Photos, asked: Prompt, by_itself: Prompt, rng: np.random.Generator) -> list[Picture]:
        """Return what a camera sees while the act `asked` is asked for.

        Args:
            photos: Of the person.
            asked: What is asked for.
            by_itself: The act that a recording comes to at this time.
            rng: Decides how it is held.

        Raises:
            KeyError: There is no photo of what is shown.
        """
        act = self.needs(asked, by_itself)
        if asked is Prompt.EYES:
            return self._eyes(photos, act, rng)
        held = act if self.shows is not None else asked
        farthest = rng.uniform(*FARTHEST_DEG)
        shown = self._on(photos.of(act))
        return [seen(shown, _nearer(self.pose(share * farthest, held, rng), held), rng) for share in _COURSE]

    def ahead(self, photos: Photos, act: Prompt, rng: np.random.Generator) -> list[Picture]:
        """Return what a camera sees while the person is asked to look ahead, before `act` is shown."""
        shown = self._on(photos.before(act))
        return [seen(shown, _still(0, Prompt.AHEAD, rng), rng) for _ in range(AHEAD_VIEWS)]

    def _eyes(self, photos: Photos, act: Prompt, rng: np.random.Generator) -> list[Picture]:
        picture = photos.of(act)
        picture = covered(picture, rng.uniform(*_FINGER), rng) if self.cover else picture
        course = [self._on(picture)] * CLOSED_VIEWS
        if self.blinks:
            opened = self._on(photos.before(act))
            course = [one if _BLINK[0] <= number < _BLINK[1] else opened for number, one in enumerate(course)]
        held = act if self.shows is not None else Prompt.EYES
        farthest = rng.uniform(*_TILT_DEG)
        views = [seen(one, _nearer(self.pose(farthest, held, rng), held), rng) for one in course]
        return [shaded(view, rng) for view in views] if self.shade else views

    def _on(self, picture: Picture) -> Picture:
        return on_screen(picture) if self.screen else picture


def _nearer(pose: Pose, act: Prompt) -> Pose:
    x, y, z = pose.at
    return Pose(pose.turn, pose.tilt, pose.roll, (x, y, z * _NEARER), pose.radius) if act is Prompt.CLOSER else pose


def _still(_: float, __: Prompt, rng: np.random.Generator) -> Pose:
    """As people stand: a little to one side, a little inclined."""
    x, y, z = rng.normal((0, 0, 0.6), (0.01, 0.01, 0.01))
    return Pose(turn=rng.normal(0, 2), tilt=rng.normal(0, 2), roll=rng.normal(0, 3), at=(x, y, z))


def _acting(radius: float = np.inf, *, tilts: bool = True) -> _Pose:
    """Turn where a turn is asked for, and tilt for the eyes."""

    def pose(angle: float, asked: Prompt, rng: np.random.Generator) -> Pose:
        x, y, z = rng.normal((0, 0, 0.55), (0.01, 0.01, 0.02))
        turn = Side(asked).sign * angle if asked in {Prompt.LEFT, Prompt.RIGHT} else rng.normal(0, 2)
        tilt = angle * rng.choice((-1, 1)) if tilts and asked is Prompt.EYES else rng.normal(0, 6)
        return Pose(turn, tilt, rng.normal(0, 4), (x, y, z), radius)

    return pose


def _moving(_: float, __: Prompt, rng: np.random.Generator) -> Pose:
    x, y = rng.uniform(-0.05, 0.05, 2)
    tilt, roll = rng.uniform(-30, 30, 2)
    return Pose(tilt=tilt, roll=roll, at=(x, y, rng.uniform(0.45, 0.8)))


def _as_asked(asked: Prompt, _: Prompt) -> Prompt:
    return asked


def _as_recorded(_: Prompt, by_itself: Prompt) -> Prompt:
    return by_itself


BONA_FIDE: Final = Kind("bona_fide", "people who do what is asked", _still, shows=_as_asked)
FLAT_KINDS: Final = (
    Kind("print_moved", "print, moved, tilted and brought closer", _moving),
    Kind("print_turned", "print, turned and tilted like a head", _acting()),
    Kind("print_covered", "print, turned; a finger or a hand over the eyes", _acting(tilts=False), cover=True),
    Kind("print_shaded", "print, turned; in light that changes", _acting(tilts=False), shade=True),
    Kind("screen_turned", "photo on a screen, turned and tilted like a head", _acting(), screen=True),
)
BENT_KINDS: Final = tuple(
    Kind(f"print_bent_{round(100 * radius)}cm", f"print bent to {100 * radius:.0f} cm, turned and tilted", pose)
    for radius, pose in ((radius, _acting(radius)) for radius in (0.15, 0.09, 0.06))
)
RECORDED_KINDS: Final = (
    Kind(
        "screen_blinking",
        "recording of somebody who blinks by themselves, turned",
        _acting(tilts=False),
        screen=True,
        blinks=True,
    ),
    Kind("screen_recording", "recording of a challenge, as it comes", _still, screen=True, shows=_as_recorded),
    Kind("screen_controlled", "recording of what is asked for", _still, screen=True, shows=_as_asked),
)
ATTACKS: Final = (*FLAT_KINDS, *BENT_KINDS, *RECORDED_KINDS)
