"""Addresses of streams and files: telling them apart, hiding what is secret, guessing a main stream's sub-stream."""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

_USER_INFO = re.compile(r"^([a-z][a-z0-9+.-]*://)(.*)@", re.IGNORECASE)
_SECRET_FIELD = re.compile(r"((?:password|passwd|pass|pwd|token|secret|auth|key)=)[^&;#\s]*", re.IGNORECASE)

_SUBSTREAMS: Final[tuple[tuple[str, str], ...]] = (
    (r"(?i)(/streaming/channels/\d*)01\b", r"\g<1>02"),  # Hikvision and its many resellers
    (r"(/h26[45]/ch\d+)/main/", r"\1/sub/"),  # older Hikvision
    (r"\bsubtype=0\b", "subtype=1"),  # Dahua, Amcrest
    (r"([Pp]review_\d+)_main\b", r"\1_sub"),  # Reolink
    (r"/axis-media/media\.amp$", "/axis-media/media.amp?resolution=640x360"),  # Axis
    (r"(/axis-media/media\.amp\?)(?!.*resolution=)", r"\1resolution=640x360&"),
    (r"/videoMain\b", "/videoSub"),  # Foscam
    (r"_stream=0\b", "_stream=1"),  # XMEye
    (r"/profile1(?=/|$)", "/profile2"),  # Hanwha and ONVIF simulators
    (r"\bstream1\b", "stream2"),  # TP-Link and others
    (r"\bstream0\b", "stream1"),
    (r"/ch(\d+)_0\b", r"/ch\1_1"),
    (r"/main(?=/|$)", "/sub"),
)
"""Patterns in the address of a main stream and what its sub-stream has there, as the vendors' manuals give them."""


def file_path(url: str) -> str | None:
    """Return the path of the file that `url` names, or None where it names a stream."""
    if url.lower().startswith("file://"):
        return unquote(urlsplit(url).path)
    return None if "://" in url else url


def hide_password(url: str) -> str:
    """Return `url` with every password and token in it replaced by three asterisks.

    >>> hide_password("rtsp://admin:pa:ss@10.0.0.5/ch1")
    'rtsp://admin:***@10.0.0.5/ch1'
    """

    def hide(match: re.Match[str]) -> str:
        user, colon, _ = match[2].partition(":")
        return f"{match[1]}{user}{':***' if colon else ''}@"

    return _SECRET_FIELD.sub(r"\1***", _USER_INFO.sub(hide, url))


def propose_substreams(url: str) -> list[str]:
    """Return addresses at which the sub-stream of the main stream `url` may be, likeliest first; none for files.

    They are guesses: probe them.
    """
    # Credentials may look like a pattern: only what follows the host is changed.
    match = re.fullmatch(r"([^:/]+://(?:.*@)?[^/]*)(/.*)", url)
    if match is None:
        return []
    host, path = match.groups()
    changed = (re.sub(pattern, replacement, path, count=1) for pattern, replacement in _SUBSTREAMS)
    return list(dict.fromkeys(f"{host}{new}" for new in changed if new != path))
