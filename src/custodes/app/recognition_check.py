"""Whether a camera that is to recognise people may, and can."""

from custodes.app.settings import Settings
from custodes.charter import Charter
from custodes.domain.events import CameraId
from custodes.perceive.models import ModelRow, model_table


def recognises_anybody(settings: Settings) -> bool:
    """Return whether any camera has a recognition point."""
    return any(camera.recognition for camera in settings.cameras.values())


def models_in_use(settings: Settings) -> list[ModelRow]:
    """Return the models that the cameras of `settings` use; those that single people out only where one is to."""
    return [row for row in model_table() if not row.recognises or recognises_anybody(settings)]


def why_not_recognising(camera: CameraId, charter: Charter, settings: Settings) -> str:
    """Return why a camera must not run with the recognition point that it is given, empty where it may.

    Args:
        camera: Which.
        charter: Its charter.
        settings: Of the server.
    """
    if settings.cameras[camera].recognition is None:
        return ""
    stated = charter.recognition
    if stated is None:
        return (
            f"it does not name recognition, and cameras.{camera}.recognition is set; take that out, or write the table "
            "recognition into the charter"
        )
    if stated.capability is None:
        return "it does not say how often recognition errs; measure it, and write the table recognition.capability"
    [model] = [row.digest for row in model_table() if row.recognises]
    if stated.capability.model != model:
        return (
            f'recognition.capability.model = "{stated.capability.model}": templates are made by {model}; measure that '
            "one, and write what was found"
        )
    return "" if settings.identity.keys else "recognition needs the keys of templates; set identity.keys"
