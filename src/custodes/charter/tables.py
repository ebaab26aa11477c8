"""The tables of a charter, each checked by itself. Every default allows nothing."""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from custodes.charter.problems import wrong
from custodes.charter.purpose import vagueness
from custodes.charter.terms import (
    MOST_HOURS,
    Amount,
    ClassName,
    Count,
    Currency,
    Distances,
    Early,
    Flag,
    Hours,
    Kept,
    Line,
    Link,
    Optional,
    Part,
    Prose,
    RecognitionMode,
    RuleKind,
    Score,
    as_a_set,
)


class Controller(Part):
    """Who answers for the camera."""

    name: Line = Field(description="Name of the controller, as in a public register.")
    contact: Line = Field(description="Where people reach the controller: e-mail, telephone or postal address.")
    officer: Optional = Field(default="", description="Contact of the data-protection officer, if there is one.")


class Purpose(Part):
    """What the camera is for."""

    statement: Prose = Field(description="What is found out, where, and what is done with it; one concrete purpose.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if why := vagueness(self.statement):
            raise wrong(
                why,
                'say it concretely, as in "Count bicycles and cars on Mill Street hourly, to plan the signal timing"',
                "statement",
            )
        return self


class LegalBasis(Part):
    """By which right the camera runs."""

    basis: Literal[
        "consent", "contract", "legal obligation", "vital interests", "public task", "legitimate interests"
    ] = Field(description="The legal basis: one of those in Art. 6(1) GDPR (Art. 12 of Serbia's ZZPL).")
    citation: Line = Field(description="The provision relied on, with its number, such as `GDPR Art. 6(1)(f)`.")
    law: Optional = Field(
        default="", description="The law that lays down the task or obligation; needed where the basis is one of these."
    )
    reason: Prose = Field(description="Why it applies here; for legitimate interests, whose, weighed against what.")

    @model_validator(mode="after")
    def _names_the_law(self) -> Self:
        if not any(character.isdigit() for character in self.citation):
            raise wrong("it names no provision", "cite the article, such as GDPR Art. 6(1)(f)", "citation")
        if self.basis in {"legal obligation", "public task"} and not self.law:
            raise wrong(
                f"a {self.basis} has to be laid down by law (GDPR Art. 6(3)), and none is named",
                "name the law and its article",
                "law",
            )
        return self


class Necessity(Part):
    """Why nothing milder would do, and until when that holds."""

    baseline: Prose = Field(description="How things are without the camera, with figures where there are any.")
    alternatives: tuple[Prose, ...] = Field(
        min_length=1, description="Milder means that were considered, each with why it is not enough."
    )
    review_by: date = Field(description="Last day (UTC) before the necessity is reviewed again; then all is denied.")


class Dpia(Part):
    """The data-protection impact assessment, or why there is none."""

    reference: Optional = Field(default="", description="Where the approved assessment is found.")
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = Field(
        default="", description="SHA-256 of the approved document, 64 digits of lower-case hex."
    )
    configuration: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = Field(
        default="",
        description="Hash of the configuration that was assessed: `Configuration assessed` in the head of what "
        "`custodes dpia` drafts.",
    )
    not_required_because: Optional = Field(
        default="", description="Why none is required (GDPR Art. 35), instead of the other three."
    )

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        given = {name: bool(getattr(self, name)) for name in ("reference", "sha256", "configuration")}
        if len(set(given.values())) > 1:
            missing = next(name for name, there in given.items() if not there)
            raise wrong("reference, sha256 and configuration belong together", "give all three, or none", missing)
        if bool(self.reference) == bool(self.not_required_because):
            raise wrong(
                "it has to be clear whether there is an assessment",
                "write either reference, sha256 and configuration, or not_required_because",
                "not_required_because",
            )
        return self


class Location(Part):
    """Where the camera hangs."""

    place: Line = Field(description="Address or place, as a passer-by would find it.")
    latitude: float | None = Field(default=None, ge=-90, le=90, description="Degrees north, WGS 84.")
    longitude: float | None = Field(default=None, ge=-180, le=180, description="Degrees east, WGS 84.")


class FieldOfView(Part):
    """What the camera can see."""

    description: Prose = Field(description="What is in the picture, and what is deliberately not.")
    public_space: Flag = Field(description="Whether any of it is space that everybody may enter.")
    azimuth_deg: int | None = Field(
        default=None, ge=0, lt=360, description="Where it looks, degrees clockwise from north."
    )
    width_deg: int | None = Field(default=None, ge=1, le=360, description="Horizontal angle of view, degrees.")
    reach_m: int | None = Field(default=None, ge=1, description="How far people can be made out, metres.")


class Optics(Part):
    """How finely the camera sees, together with `field_of_view.width_deg`."""

    image_width_px: Annotated[int, Field(strict=True)] = Field(
        ge=16, le=100_000, description="Pixels across the picture that the camera sends."
    )
    distances_m: Distances = Field(
        default=(), max_length=12, description="Distances for which the register states pixels a metre, metres."
    )


class Contract(Part):
    """By which contract the camera was bought or is run."""

    supplier: Line = Field(description="Who supplies or runs it under the contract.")
    reference: Optional = Field(default="", description="Number or name of the contract, as in public records.")
    link: Link = Field(default="", description="https:// address where the contract is published.")


class Cost(Part):
    """What one camera of the charter costs, in whole units of a currency."""

    currency: Currency = Field(description="ISO 4217 code, such as EUR.")
    capital: Amount = Field(default=0, description="Buying and putting up, once.")
    yearly: Amount = Field(default=0, description="Running it, a year.")

    @model_validator(mode="after")
    def _costs_something(self) -> Self:
        if not self.capital and not self.yearly:
            raise wrong("it states no amount", "write capital, yearly or both, or leave the table out", "capital")
        return self


class Show(Part):
    """What people may look at; never anything but redacted pictures."""

    live: Flag = Field(default=False, description="Whether the redacted live picture may be watched.")
    playback: Flag = Field(default=False, description="Whether redacted recordings may be played.")
    search: Flag = Field(default=False, description="Whether events may be searched and listed.")


class Analytics(Part):
    """What is worked out from the pictures; nothing else is."""

    classes: Annotated[tuple[ClassName, ...], AfterValidator(as_a_set)] = Field(
        default=(), description="COCO classes of objects that are looked for."
    )
    rules: Annotated[tuple[RuleKind, ...], AfterValidator(as_a_set)] = Field(
        default=(), description="Kinds of events that are made of them; not those of recognition."
    )


class Storage(Part):
    """What is stored, and for how long; 0 hours is not at all."""

    recording_hours: Hours = Field(default=0, description="Redacted recordings, hours.")
    sealed_hours: Hours = Field(default=0, description="Originals sealed to custodians, hours; needs recordings too.")
    event_hours: Hours = Field(default=0, description="Events without pictures, hours.")
    thumbnail_hours: Hours = Field(default=0, description="Redacted pictures of events, hours.")
    justification: Optional = Field(default="", description="Why anything is kept for more than 72 hours.")
    published_at: Optional = Field(default="", description="https:// address where that justification is published.")
    early_deletion: Annotated[tuple[Early, ...], AfterValidator(as_a_set)] = Field(
        default=(), description="Why something may be deleted before its time; never `expired`."
    )

    def hours(self, kept: Kept) -> int:
        """Return for how many hours `kept` is stored."""
        match kept:
            case Kept.RECORDING:
                return self.recording_hours
            case Kept.SEALED:
                return self.sealed_hours
            case Kept.EVENT:
                return self.event_hours
            case Kept.THUMBNAIL:
                return self.thumbnail_hours

    @model_validator(mode="after")
    def _long_retention_is_justified(self) -> Self:
        justified = self.justification and re.fullmatch(r"https://[\w.-]+\S*", self.published_at)
        for kept in Kept:
            if self.hours(kept) > MOST_HOURS and not justified:
                raise wrong(
                    f"more than {MOST_HOURS} hours need a published justification (EDPB Guidelines 3/2019, par. 121)",
                    f"write {MOST_HOURS} or less, or both storage.justification and storage.published_at (https://...)",
                    f"{kept}_hours",
                )
        if self.sealed_hours and not self.recording_hours:
            raise wrong("originals are sealed only beside recordings", "set recording_hours too", "sealed_hours")
        return self


class Capability(Part):
    """How often recognition errs, as measured: with which model, at which threshold, on what.

    Counts and not rates, so that everybody can see how little or much was tried.
    """

    model: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="SHA-256 of the model that makes templates, as `custodes models` prints it; no other one is used."
    )
    threshold: Score = Field(description="Least comparison score of a match, a cosine; no probability.")
    measured: Prose = Field(description="On what the counts were measured, when, and with which command.")
    non_mated: Count = Field(ge=1, description="Comparisons of two different people.")
    false_matches: Count = Field(description="How many of these reached the threshold: their share is the FMR.")
    mated: Count = Field(ge=1, description="Comparisons of two pictures of one person.")
    false_non_matches: Count = Field(description="How many of these did not reach it: their share is the FNMR.")
    gallery: Count = Field(default=0, description="People in the gallery that was searched; for `identify`.")
    non_mated_searches: Count = Field(default=0, description="Searches for people who were not in it.")
    false_positives: Count = Field(default=0, description="How many of these found somebody: their share is the FPIR.")
    mated_searches: Count = Field(default=0, description="Searches for people who were in it.")
    false_negatives: Count = Field(
        default=0, description="How many of these did not find the person: their share is the FNIR."
    )

    @property
    def searched(self) -> bool:
        """Whether the error rates of identification were measured."""
        return bool(self.gallery and self.non_mated_searches and self.mated_searches)

    @model_validator(mode="after")
    def _errors_are_among_trials(self) -> Self:
        for errors, trials in (
            ("false_matches", "non_mated"),
            ("false_non_matches", "mated"),
            ("false_positives", "non_mated_searches"),
            ("false_negatives", "mated_searches"),
        ):
            if getattr(self, errors) > getattr(self, trials):
                raise wrong(f"there are more errors than {trials}", "write how many of these were wrong", errors)
        return self


class Recognition(Part):
    """Recognition of people who enrolled, where they present themselves."""

    modes: Annotated[tuple[RecognitionMode, ...], AfterValidator(as_a_set)] = Field(
        min_length=1, description="Ways of recognition that are allowed."
    )
    alternative: Prose = Field(description="How people who do not want it get the same without it.")
    height_px: Annotated[int, Field(strict=True)] = Field(
        default=0, ge=0, le=2000, description="Least height of a face in the analysed picture, pixels; at least 64."
    )
    turned: float | None = Field(
        default=None,
        ge=0.2,
        le=0.25,
        description="How far a face that is compared may be turned: by how much the tip of the nose lies beside the "
        "middle, in distances between the eyes; 0.25, about 24 degrees, where not given.",
    )
    still_s: float = Field(
        default=0, ge=0, le=10, description="Seconds for which somebody holds still to be identified; at least 1."
    )
    capability: Capability | None = Field(
        default=None, description="How often recognition errs, as measured; nobody is recognised without."
    )

    @model_validator(mode="after")
    def _searching_is_measured(self) -> Self:
        if self.capability and RecognitionMode.IDENTIFY in self.modes and not self.capability.searched:
            raise wrong(
                "identification has error rates of its own, which grow with the gallery",
                "write gallery, non_mated_searches, false_positives, mated_searches and false_negatives",
                "capability.gallery",
            )
        return self


class Recipient(Part):
    """Somebody to whom exports may go."""

    name: Line = Field(description="Name of the recipient.")
    reason: Prose = Field(description="Why the recipient gets it, and by which right.")
    receives: Annotated[tuple[Kept, ...], AfterValidator(as_a_set)] = Field(
        min_length=1, description="What may be exported to the recipient."
    )


class Custodians(Part):
    """Who opens sealed originals."""

    needed: Annotated[int, Field(strict=True)] = Field(ge=2, description="How many of them it takes (k of n).")
    names: Annotated[tuple[Line, ...], AfterValidator(as_a_set)] = Field(
        description="Name or role of each; no two in one hand."
    )

    @model_validator(mode="after")
    def _are_enough(self) -> Self:
        if self.needed > len(self.names):
            raise wrong(f"there are only {len(self.names)} custodians", "name more, or need fewer", "needed")
        return self


class Sign(Part):
    """The sign that people read before they walk into the picture."""

    text: Prose = Field(description="Its text; names the controller and a contact (GDPR Art. 13).")
