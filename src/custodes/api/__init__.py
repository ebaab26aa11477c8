"""One port for the API and the web page: what workers say goes out to people, and only redacted imagery can."""

from custodes.api.app import create_app
from custodes.api.context import ApiContext, CameraInfo
from custodes.api.hub import LiveHub
from custodes.api.passwords import ensure_password, new_password, set_password
from custodes.api.settings import ServerSettings

__all__ = [
    "ApiContext",
    "CameraInfo",
    "LiveHub",
    "ServerSettings",
    "create_app",
    "ensure_password",
    "new_password",
    "set_password",
]
