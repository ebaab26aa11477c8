"""What a worker tells the server over its pipe."""

from custodes.domain.cameras import CameraStatus
from custodes.domain.events import Event
from custodes.domain.imagery import RedactedFragment
from custodes.journal import Entry

Message = CameraStatus | Event | RedactedFragment | Entry
"""A camera's status, a new or changed event, a piece of redacted video, or something to be logged; nothing else."""
