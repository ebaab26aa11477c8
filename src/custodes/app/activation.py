"""No charter, no camera: which cameras may run, and why the others stay dark."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from custodes.app.assessment import why_unassessed
from custodes.app.recognition_check import why_not_recognising
from custodes.app.settings import Settings
from custodes.charter import Charter, Found, lapsed, read_charters
from custodes.domain.events import CameraId
from custodes.journal.signature import signature_path, unsigned_by
from custodes.ledger import VerifierKey
from custodes.vault.settings import why_not_sealed


@dataclass(frozen=True, slots=True)
class Activation:
    """What the charters make of the configured cameras.

    Attributes:
        charters: The charter of each camera that may run.
        dark: Why each of the others may not.
        unread: Charter files of which not even the cameras can be told, with the reason.
    """

    charters: Mapping[CameraId, Charter]
    dark: Mapping[CameraId, str]
    unread: tuple[str, ...] = ()


def activate(settings: Settings, today: date) -> Activation:
    """Return which cameras of `settings` may run on `today` (UTC).

    Raises:
        ConfigError: The folder of charters cannot be read.
    """
    found = read_charters(settings.charters)
    dark = {camera: why for camera in settings.cameras if (why := _why_dark(camera, found, settings, today))}
    charters = {camera: found.charters[camera][0] for camera in settings.cameras if camera not in dark}
    return Activation(charters, dark, found.unread)


def _why_dark(camera: CameraId, found: Found, settings: Settings, today: date) -> str:
    folder = settings.charters
    if refused := found.refused.get(camera):
        return refused
    if camera not in found.charters:
        return (
            f"no charter in {folder} names it; `custodes charter new --camera {camera} --out "
            f"{folder / f'{camera}.toml'}` writes one"
        )
    charter, path = found.charters[camera]
    unassessed = why_unassessed(charter, settings.cameras[camera], settings.detector)
    unsigned, unsealable = _unsigned(charter, path, settings), _unsealable(charter, settings)
    unrecognising = why_not_recognising(camera, charter, settings)
    reasons = (lapsed(charter, today), unsigned, unrecognising, unassessed, unsealable)
    return next((f"{path.name}: {why}" for why in reasons if why), "")


def _unsealable(charter: Charter, settings: Settings) -> str:
    """Return why originals that `charter` keeps could not be sealed: such a camera stays dark."""
    if not charter.storage.sealed_hours or charter.custodians is None:
        return ""
    return why_not_sealed(settings.vault, settings.data, charter.custodians.needed, charter.custodians.names)


def missing_signers(charter: Charter, path: Path, settings: Settings) -> tuple[str, ...]:
    """Return the names of those who have to sign the charter in `path` before it counts, and have not."""
    signers = [VerifierKey.parse(key) for key in settings.charter_signers]
    try:
        signed = signature_path(path).read_bytes() if signers else None
    except OSError:
        signed = None
    return tuple(unsigned_by(charter, signed, signers))


def _unsigned(charter: Charter, path: Path, settings: Settings) -> str:
    if missing := missing_signers(charter, path, settings):
        return f"it lacks the signature of {' and '.join(missing)}; `custodes charter sign {path}` makes one"
    return ""
