"""Leave to do what is denied by default, which exists only once the log has it."""

from dataclasses import dataclass

from custodes.domain.imagery import NoPublicConstructor
from custodes.journal.entry import Logged


@dataclass(frozen=True, slots=True)
class Permit(metaclass=NoPublicConstructor):
    """Leave to do one thing. There is no other way to get one than `Journal.permit`, which logs it first.

    Attributes:
        camera: With which camera's data.
        clause: Field of the charter that it rests on.
        charter: Version of that charter.
        logged: The leaf that announced it, durable.
        until_ns: Wall time of its end, nanoseconds since the Unix epoch.
    """

    camera: str
    clause: str
    charter: str
    logged: Logged
    until_ns: int
