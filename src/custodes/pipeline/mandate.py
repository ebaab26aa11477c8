"""What its charter lets one camera do."""

from custodes.charter import Charter, Kept, Request, ShowLive, Store, decide, lapsed
from custodes.domain.coco import class_index
from custodes.domain.events import CameraId, EventKind
from custodes.domain.time import Clock, utc_day
from custodes.pipeline.settings import CameraSettings
from custodes.rules.settings import RulesSettings

_S_PER_HOUR = 3600


class Mandate:
    """Answers for one camera, by its charter and the day; asked anew each time, as charters lapse while cameras run.

    Args:
        camera: Which.
        charter: Its charter.
        clock: Wall time.
    """

    def __init__(self, camera: CameraId, charter: Charter, clock: Clock) -> None:
        self._camera = camera
        self._charter = charter
        self._clock = clock

    @property
    def version(self) -> str:
        """Version of the charter."""
        return self._charter.version

    @property
    def classes(self) -> frozenset[int]:
        """Classes of objects that may be looked for, as indices into `domain.coco.COCO_CLASSES`."""
        return frozenset(class_index(name) for name in self._charter.analytics.classes)

    def ended(self) -> str:
        """Return why nothing is allowed any more, empty while the charter holds."""
        return lapsed(self._charter, utc_day(self._clock.utc_ns()))

    def shows_live(self) -> bool:
        """Return whether the redacted live picture may leave the worker."""
        return self._may(ShowLive(self._camera))

    def stores(self, kept: Kept) -> bool:
        """Return whether something of this kind may be stored."""
        return self._may(Store(self._camera, kept, self._charter.storage.hours(kept) * _S_PER_HOUR))

    def needs_pictures(self) -> bool:
        """Return whether redacted pictures are needed at all."""
        return self.shows_live() or self.stores(Kept.RECORDING) or self.stores(Kept.THUMBNAIL)

    def _may(self, request: Request) -> bool:
        return decide(request, self._charter, self._clock.utc_ns()).allowed


def within(settings: CameraSettings, charter: Charter) -> CameraSettings:
    """Return `settings` with the rules that `charter` allows and no others: what it does not name is not run."""
    return settings.model_copy(update={"rules": _rules_within(settings.rules, charter)})


def _rules_within(rules: RulesSettings, charter: Charter) -> RulesSettings:
    kinds = frozenset(charter.analytics.rules)

    def classes(wanted: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in wanted if name in charter.analytics.classes)

    zones = [
        zone.model_copy(
            update={
                "classes": classes(zone.classes),
                "entries": zone.entries and EventKind.ZONE in kinds,
                "dwell_s": zone.dwell_s if EventKind.DWELL in kinds else None,
                "occupancy": zone.occupancy if EventKind.OCCUPANCY in kinds else None,
            }
        )
        for zone in rules.zones
    ]
    wires = [wire.model_copy(update={"classes": classes(wire.classes)}) for wire in rules.tripwires]
    return rules.model_copy(
        update={
            "zones": tuple(one for one in zones if one.classes and (one.entries or one.dwell_s or one.occupancy)),
            "tripwires": tuple(one for one in wires if one.classes) if EventKind.CROSSED in kinds else (),
            "appeared": classes(rules.appeared) if EventKind.APPEARED in kinds else (),
        }
    )
