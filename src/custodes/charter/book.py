"""The charters of all cameras, to be asked by camera."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from custodes.charter.decide import Decision, Request, decide
from custodes.charter.model import Charter
from custodes.domain.events import CameraId


@dataclass(frozen=True, slots=True)
class Charters:
    """Charters by camera; a camera without one may do nothing.

    Attributes:
        by_camera: The charter in force for each camera that has one.
    """

    by_camera: Mapping[CameraId, Charter] = field(default_factory=dict)

    def of(self, camera: CameraId) -> Charter | None:
        """Return the charter of `camera`, None where it has none."""
        return self.by_camera.get(camera)

    def version_of(self, camera: str) -> str:
        """Return the version of the charter of `camera`, empty where it has none."""
        charter = self.by_camera.get(CameraId(camera))
        return charter.version if charter else ""

    def decide(self, request: Request, now_ns: int) -> Decision:
        """Return whether `request` is allowed at `now_ns`; see `decide`."""
        return decide(request, self.of(request.camera), now_ns)
