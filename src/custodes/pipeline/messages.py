"""What a worker tells the server over its pipe."""

from custodes.domain.cameras import CameraStatus
from custodes.domain.events import Event
from custodes.domain.imagery import RedactedFragment

Message = CameraStatus | Event | RedactedFragment
"""A camera's status, a new or changed event, or a piece of redacted video. Nothing else crosses."""
