"""What is logged of recognition: that it ran, and whom it recognised. Who was not recognised is nowhere."""

from custodes.charter import RecognitionMode
from custodes.domain.time import to_iso
from custodes.journal import Entry, Kind


def use_entry(
    camera: str, charter: str, mode: RecognitionMode, *, interval_ns: tuple[int, int], gallery: int, subject: str = ""
) -> Entry:
    """Return the entry of a use of recognition, to be logged before anything follows from it.

    Args:
        camera: Where.
        charter: Version of the charter in force.
        mode: In which way.
        interval_ns: From when to when, nanoseconds since the Unix epoch.
        gallery: Version of the gallery, `TemplateSafe.generation`.
        subject: Random id of who was recognised; empty for a run of recognition as such.
    """
    body = {
        "from": to_iso(interval_ns[0]),
        "to": to_iso(interval_ns[1]),
        "mode": mode.value,
        "gallery": str(gallery),
        **({"subject": subject} if subject else {}),
    }
    return Entry(Kind.RECOGNITION_USE, camera, charter, body)
