"""Why a source failed, as far as its cause decides what to do next."""

import errno

import av

from custodes.domain.errors import CaptureError


class UnreachableError(CaptureError):
    """The source could not be reached, or the connection to it was lost."""


class StalledError(CaptureError):
    """The source is connected, but sent no picture for too long."""


_WHY: dict[type[Exception], tuple[str, str]] = {
    av.error.HTTPUnauthorizedError: ("it refuses the user name or the password", "check both in the address"),
    av.error.HTTPForbiddenError: ("this user may not see it", "give the user the right in the camera's settings"),
    av.error.HTTPNotFoundError: ("it has no such stream", "check the path in the address"),
    av.error.HTTPServerError: ("it answers with an error of its own", "look at the camera, or restart it"),
    av.error.InvalidDataError: ("what it sends is not video that can be read", "check the address and the codec"),
    av.error.DecoderNotFoundError: ("its codec is not known", "choose H.264 or H.265 in the camera's settings"),
    av.error.ProtocolNotFoundError: ("its protocol is not known", "use rtsp://, http:// or https://"),
}

_UNREACHABLE = (
    av.error.ConnectionRefusedError,
    av.error.ConnectionResetError,
    av.error.ConnectionAbortedError,
    av.error.BrokenPipeError,
    av.error.EOFError,
    av.error.FileNotFoundError,
)
_UNREACHABLE_NUMBERS = frozenset(
    {errno.EIO, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL}
)
_TIMED_OUT = (av.error.ExitError, av.error.TimeoutError)


def open_error(error: av.error.FFmpegError, shown: str, timeout_s: float, *, timed_out: bool) -> CaptureError:
    """Return why the source `shown` (an address without its password) could not be opened within `timeout_s`.

    FFmpeg's own text is not used: it quotes the address with its password.
    """
    what = f"{shown} cannot be opened"
    if timed_out or isinstance(error, _TIMED_OUT):
        return UnreachableError(
            what, why=f"nothing answered within {timeout_s:g} s", fix="check the address, the network and the camera"
        )
    return _unreachable(error, what) or _unusable(error, what)


def read_error(error: av.error.FFmpegError, shown: str) -> CaptureError:
    """Return why reading from the source `shown` (an address without its password) failed."""
    what = f"{shown} stopped"
    if isinstance(error, _TIMED_OUT):
        return StalledError(what, why="nothing came for too long")
    return _unreachable(error, what) or _unusable(error, what)


def _unreachable(error: av.error.FFmpegError, what: str) -> UnreachableError | None:
    if isinstance(error, _UNREACHABLE) or error.errno in _UNREACHABLE_NUMBERS:
        return UnreachableError(what, why=_words(error), fix="check the address, the network and the camera")
    return None


def _unusable(error: av.error.FFmpegError, what: str) -> CaptureError:
    for kind, (why, fix) in _WHY.items():
        if isinstance(error, kind):
            return CaptureError(what, why=why, fix=fix)
    return CaptureError(what, why=_words(error))


def _words(error: av.error.FFmpegError) -> str:
    text = error.strerror or type(error).__name__
    return text[:1].lower() + text[1:]
