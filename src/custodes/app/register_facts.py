"""Gathers what the register, the signs and the drafts are made of: settings, charters, store, log, models, packages."""

import os
from collections.abc import Iterable
from contextlib import closing
from datetime import date

from custodes import __version__
from custodes.app.activation import missing_signers
from custodes.app.assessment import configuration_of, detector_settings, model_digest, shown_settings
from custodes.app.recognition_check import models_in_use
from custodes.app.settings import Settings
from custodes.charter import Found, read_charters
from custodes.domain.events import CameraId
from custodes.identity.attempts import Attempts, Tally
from custodes.register import CameraFact, Facts, Ground, ModelFact, installed, read_ground, read_log
from custodes.store import Store


def gather(settings: Settings, day: date) -> Facts:
    """Return everything that the register is made of, as it is now; the store is read where there is one.

    Args:
        settings: Of the server.
        day: Day (UTC) to make it for.

    Raises:
        ConfigError: The folder of charters, or the file of streets, cannot be read.
        IntegrityError: The published log cannot be read.
        StoreError: The database cannot be read.
    """
    folders = settings.folders
    if not folders.database.exists():
        return _gathered(settings, day, None)
    with closing(Store.open(folders.database, folders.texts())) as store:
        return _gathered(settings, day, store)


def _gathered(settings: Settings, day: date, store: Store | None) -> Facts:
    found = read_charters(settings.charters)
    enrolling = _enrolling(settings)
    names = sorted({*settings.cameras, *found.charters, *found.refused})
    return Facts(
        day=day,
        software=f"custodes {__version__}",
        cameras=tuple(_camera(name, settings, found, store, enrolling.get(name)) for name in names),
        models=tuple(_models(settings)),
        components=installed(),
        log=read_log(settings.folders.log),
        detector=detector_settings(settings.detector),
        ground=read_ground(settings.site.streets) if settings.site.streets else Ground(),
    )


def _enrolling(settings: Settings) -> dict[str, Tally]:
    """Return attempts to enrol by camera; none where nobody can enrol."""
    path = settings.folders.identities
    if settings.identity.keys is None or not path.exists():
        return {}
    with closing(Attempts.open(path)) as attempts:
        return {camera: attempts.at(camera) for camera in attempts.cameras()}


def _camera(
    name: CameraId, settings: Settings, found: Found, store: Store | None, enrolling: Tally | None
) -> CameraFact:
    configured = settings.cameras.get(name)
    charter, path = found.charters.get(name, (None, None))
    return CameraFact(
        id=name,
        name=(configured.name if configured else "") or name,
        charter=charter,
        # Where charters lie on the server is nobody's business.
        problem=found.refused.get(name, "").replace(f"{settings.charters}{os.sep}", ""),
        unsigned_by=missing_signers(charter, path, settings) if charter and path else (),
        settings=shown_settings(configured) if configured else None,
        configuration=configuration_of(charter, configured, settings.detector) if charter and configured else "",
        figures=store.figures(name) if store else None,
        enrolling=enrolling,
    )


def _models(settings: Settings) -> Iterable[ModelFact]:
    detector = settings.detector
    if detector.model is not None:
        yield ModelFact(detector.model.name, "objects", "", "the controller's own", model_digest(detector) or "", "")
    for row in models_in_use(settings):
        if detector.model is None or row.purpose != "objects":
            yield ModelFact(row.name, row.purpose, row.licence, row.source, row.digest, row.caveat)
