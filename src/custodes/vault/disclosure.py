"""The manifest of an export of redacted recordings: what was handed to whom, and why, as the log commits to it.

It needs no key of its own: the log, whose checkpoints are signed and witnessed, has a leaf that commits to the SHA-256
of the disclosure, and the manifest carries the proof.
"""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from custodes.domain.time import to_iso
from custodes.vault.documents import Camera, Digest, Document, Moment, Name
from custodes.vault.manifest import ExportedFile, FileName, check_files
from custodes.vault.request import Announced, Line, RequestId

LEAF_TYPE: Final = "disclosure.export"
"""Type of the leaf that announces a disclosure."""

What = Literal["event", "recording"]
"""What can be disclosed without custodians."""


class DisclosedPart(Document):
    """A stretch of recording without interruption.

    Attributes:
        file: The file of the export that shows it.
        at_ms: Where in that file it begins, milliseconds.
        start: Wall time of its first picture.
        end: Wall time of its end.
    """

    file: FileName
    at_ms: int = Field(ge=0)
    start: Moment
    end: Moment


class Missing(Document):
    """A time of which there is no picture.

    Attributes:
        start: From when.
        end: Until when.
        reason: Why, as far as it is known.
    """

    start: Moment
    end: Moment
    reason: str = Field(max_length=200)


class Held(Document):
    """A hold that keeps something of it for longer than its retention period.

    Attributes:
        start: From when.
        end: Until when.
        until: When the hold ends.
    """

    start: Moment
    end: Moment
    until: Moment


class Disclosure(Document):
    """What is handed out, by whom, to whom, and why. The log commits to all of it.

    Attributes:
        v: Version of the format.
        kind: What it is.
        id: ULID, the number of the request.
        camera: Whose recordings.
        charter: Version of the charter that names the recipient.
        start: From when it was asked for; pictures begin up to a second or two before.
        end: Until when.
        reason: Why.
        recipient: Who gets it.
        person: Who handed it out.
        known_by: How the server knew that person.
        made: When.
        what: What the charter lets the recipient have of it.
        parts: What the pictures show, in order of time.
        missing: When there is no picture.
        held: Holds that keep some of it.
        events: How many events it lists.
        files: The files.
    """

    v: Literal[1] = 1
    kind: Literal["custodes disclosure"] = "custodes disclosure"
    id: RequestId
    camera: Camera
    charter: Digest
    start: Moment
    end: Moment
    reason: Line
    recipient: Line
    person: Name
    known_by: Name
    made: Moment
    what: tuple[What, ...] = Field(min_length=1)
    parts: tuple[DisclosedPart, ...]
    missing: tuple[Missing, ...]
    held: tuple[Held, ...]
    events: int = Field(ge=0)
    files: tuple[ExportedFile, ...] = Field(min_length=1)

    def leaf_body(self) -> dict[str, str]:
        """Return the private body of the leaf that announces it."""
        return {
            "at": to_iso(self.made),
            "who": self.person,
            "known_by": self.known_by,
            "request": self.id,
            "from": to_iso(self.start),
            "to": to_iso(self.end),
            "reason": self.reason,
            "recipient": self.recipient,
            "sha256": self.digest,
            **{file.name[-40:]: file.sha256 for file in self.files[:_MOST_NAMED]},
        }

    def words(self) -> list[tuple[str, str]]:
        """Return it in plain words: pairs of a title and a text."""
        return [
            ("request", self.id),
            ("camera", self.camera),
            ("from", to_iso(self.start)),
            ("to", to_iso(self.end)),
            ("reason", self.reason),
            ("recipient", self.recipient),
            ("handed out by", f"{self.person} ({self.known_by}), {to_iso(self.made)}"),
            ("holds", " and ".join(f"{one}s" for one in self.what)),
            ("charter", self.charter),
            *(("shows", f"{to_iso(one.start)} to {to_iso(one.end)}, {_where(one)}") for one in self.parts),
            *(("missing", f"{to_iso(one.start)} to {to_iso(one.end)}: {one.reason}") for one in self.missing),
            *(("held", f"{to_iso(one.start)} to {to_iso(one.end)}, until {to_iso(one.until)}") for one in self.held),
            *([("events", str(self.events))] if "event" in self.what else []),
        ]


_MOST_NAMED: Final = 8
"""Files whose hashes stand in the leaf's body by name; the disclosure's own hash covers all of them."""


def _where(part: DisclosedPart) -> str:
    seconds, ms = divmod(part.at_ms, 1000)
    return f"in {part.file} from {seconds // 60}:{seconds % 60:02}.{ms:03} on"


class DisclosureManifest(Document):
    """A disclosure with the proof that the log has it.

    Attributes:
        disclosure: What was handed out.
        announced: Proof that the log commits to it.
    """

    disclosure: Disclosure
    announced: Announced

    def check_files(self, folder: Path) -> None:
        """Check that `folder` holds the files of the disclosure, unchanged, and no others.

        Raises:
            IntegrityError: It does not.
        """
        check_files(self.disclosure.files, folder)
