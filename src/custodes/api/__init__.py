"""One port for the API and the web page: what workers say goes out to people, and only redacted imagery can."""

from custodes.api.accounts import add_account, ensure_account, new_password, new_token
from custodes.api.app import create_app
from custodes.api.context import ApiContext, CameraInfo, ConsultationKind, Consultations, LoginBurst, Unnoted
from custodes.api.exports import ExportDesk
from custodes.api.hub import LiveHub
from custodes.api.settings import ServerSettings

__all__ = [
    "ApiContext",
    "CameraInfo",
    "ConsultationKind",
    "Consultations",
    "ExportDesk",
    "LiveHub",
    "LoginBurst",
    "ServerSettings",
    "Unnoted",
    "add_account",
    "create_app",
    "ensure_account",
    "new_password",
    "new_token",
]
