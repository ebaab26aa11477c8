"""The charter itself: a TOML document as frozen, checked values.

Every default allows nothing, so a field that is left out is left out of the canonical form too, and a version stays the
same when fields are added.
"""

import hashlib
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from custodes.charter.problems import wrong
from custodes.charter.tables import (
    Analytics,
    Contract,
    Controller,
    Cost,
    Custodians,
    Dpia,
    FieldOfView,
    LegalBasis,
    Location,
    Necessity,
    Optics,
    Purpose,
    Recipient,
    Recognition,
    Show,
    Sign,
    Storage,
)
from custodes.charter.terms import LONGEST_REVIEW, CameraName, Part, as_a_set
from custodes.domain.canonical import canonical_json

_HALF_TURN_DEG: Final = 180


def _by_name(recipients: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
    if len({recipient.name for recipient in recipients}) < len(recipients):
        raise wrong("two recipients have the same name", "merge them, or tell them apart")
    return tuple(sorted(recipients, key=lambda recipient: recipient.name))


def _format(value: object) -> object:
    if value != 1 or isinstance(value, bool):
        raise wrong("custodes does not know this format of charter", "write format = 1")
    return value


class Charter(Part):
    """What one camera, or a group of alike ones, may do, and why."""

    format: Annotated[Literal[1], BeforeValidator(_format)] = Field(description="Format of the document: 1.")
    cameras: Annotated[tuple[CameraName, ...], Field(min_length=1), AfterValidator(as_a_set)] = Field(
        description="Ids of the cameras it is for."
    )
    adopted: date = Field(description="First day (UTC) on which it holds.")
    controller: Controller = Field(description="Who answers for the camera.")
    purpose: Purpose = Field(description="What the camera is for.")
    legal_basis: LegalBasis = Field(description="By which right the camera runs: basis, citation and reason.")
    necessity: Necessity = Field(description="Why nothing milder would do, and until when that holds.")
    dpia: Dpia = Field(description="The data-protection impact assessment, or why there is none.")
    location: Location = Field(description="Where the camera hangs.")
    field_of_view: FieldOfView = Field(description="What the camera can see.")
    optics: Optics | None = Field(default=None, description="How finely it sees; not stated without this table.")
    contract: Contract | None = Field(default=None, description="By which contract it was bought or is run.")
    cost: Cost | None = Field(default=None, description="What one camera of the charter costs.")
    show: Show = Field(default=Show(), description="What people may look at.")
    analytics: Analytics = Field(default=Analytics(), description="What is worked out from the pictures.")
    storage: Storage = Field(default=Storage(), description="What is stored, and for how long.")
    recognition: Recognition | None = Field(
        default=None, description="Recognition by consent; none without this table."
    )
    recipients: Annotated[tuple[Recipient, ...], AfterValidator(_by_name)] = Field(
        default=(), description="To whom exports may go."
    )
    custodians: Custodians | None = Field(default=None, description="Who opens sealed originals.")
    sign: Sign = Field(description="The sign at the camera.")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if not timedelta(0) < self.necessity.review_by - self.adopted <= LONGEST_REVIEW:
            raise wrong(
                f"the review is not within two years of adoption ({self.adopted})",
                "write a later day, two years after adoption at most",
                "necessity.review_by",
            )
        angle = self.field_of_view.width_deg
        if self.optics is not None and not (angle is not None and angle < _HALF_TURN_DEG):
            raise wrong(
                "from the pixels alone nobody can tell how finely it sees",
                "write field_of_view.width_deg, the lens's horizontal angle of view, less than 180",
                "optics.image_width_px",
            )
        if self.storage.sealed_hours and self.custodians is None:
            raise wrong("sealed originals need custodians", "add the table custodians", "storage.sealed_hours")
        if (self.storage.sealed_hours or self.recognition) and not self.dpia.reference:
            raise wrong(
                "sealed originals and recognition need an impact assessment (GDPR Art. 35)",
                "write dpia.reference, dpia.sha256 and dpia.configuration",
                "dpia.reference",
            )
        for part in (self.controller.name, self.controller.contact):
            if part not in self.sign.text:
                raise wrong(f'the sign does not say "{part}"', "name the controller and the contact on it", "sign.text")
        return self

    def canonical(self) -> bytes:
        """Return the charter as canonical JSON (RFC 8785), without the fields that are left at their defaults."""
        return canonical_json(self.model_dump(mode="json", exclude_defaults=True))

    @property
    def version(self) -> str:
        """SHA-256 of the canonical form, 64 digits of hex: what events and logs name the charter by."""
        return _version(self)


@lru_cache(maxsize=1024)
def _version(charter: Charter) -> str:
    return hashlib.sha256(charter.canonical()).hexdigest()
