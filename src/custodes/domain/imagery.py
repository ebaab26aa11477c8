"""The only imagery that may leave a camera worker.

These types have no public constructor: `RedactedFrame` is made only in `redact`, `RedactedFragment` and
`RedactedStill` only in `record`, each from the former; `SealedSegment` only in `record`, by encryption. The store, the
vault and the API accept nothing else, and mypy rejects the rest. This stops accidents, not a hostile operator with a
debugger.
"""

from dataclasses import dataclass
from typing import Any, NoReturn

from custodes.domain.events import CameraId
from custodes.domain.time import MediaTime


class NoPublicConstructor(type):
    """Metaclass whose classes cannot be called: instances come from `_seal`, used by one package alone."""

    def __call__(cls, *_args: object, **_kwargs: object) -> NoReturn:
        """Refuse."""
        msg = f"{cls.__name__} has no public constructor; it is made where redaction or sealing happens"
        raise TypeError(msg)

    def _seal(cls, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **kwargs)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RedactedFrame(metaclass=NoPublicConstructor):
    """One picture after redaction.

    Attributes:
        picture: The picture as the video library holds it (`av.VideoFrame`, yuv420p).
        time: When it was captured.
        blank: True where the whole picture was blanked because redaction failed or was late.
    """

    picture: Any
    time: MediaTime
    blank: bool

    def __repr__(self) -> str:
        return f"RedactedFrame({self.time.utc_ns}, blank={self.blank})"

    def __reduce__(self) -> NoReturn:
        msg = "RedactedFrame stays in its worker"
        raise TypeError(msg)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RedactedFragment(metaclass=NoPublicConstructor):
    """A piece of fragmented MP4 made of redacted frames; it may cross process borders.

    Attributes:
        camera: Whose.
        stream: Identifies one encoder session; a new one (changed size, restart) starts with a new init fragment.
        number: 0 for the init fragment (ftyp + moov), then 1, 2, ... (moof + mdat, each starting with a keyframe).
        data: The bytes.
        start_ns: Wall time of its first picture; 0 for the init fragment.
        end_ns: Wall time of its end; 0 for the init fragment.
        codec: RFC 6381 codec string, for example `avc1.42c01f`.
    """

    camera: CameraId
    stream: str
    number: int
    data: bytes
    start_ns: int
    end_ns: int
    codec: str

    def __repr__(self) -> str:
        return f"RedactedFragment({self.camera}, {self.stream}, {self.number}, {len(self.data)} bytes)"

    def __reduce__(self) -> tuple[Any, ...]:
        fields = (self.camera, self.stream, self.number, self.data, self.start_ns, self.end_ns, self.codec)
        return _restore_fragment, fields


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RedactedStill(metaclass=NoPublicConstructor):
    """A JPEG made of a redacted frame: an event's thumbnail or a snapshot.

    Attributes:
        jpeg: The bytes.
        width: Pixels.
        height: Pixels.
    """

    jpeg: bytes
    width: int
    height: int

    def __repr__(self) -> str:
        return f"RedactedStill({self.width}x{self.height}, {len(self.jpeg)} bytes)"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class SealedSegment(metaclass=NoPublicConstructor):
    """Ciphertext of a camera's originals, to be appended to one file; who holds it can see nothing.

    Attributes:
        camera: Whose.
        hour: The hour (UTC) in which its epoch begins, such as `2026-01-01T12`.
        epoch: Names the key, 32 hex digits.
        part: Number of the file in its epoch, from 1.
        offset: Where in the file `data` belongs, bytes.
        data: Header or chunks, sealed.
        last: Whether the part ends with it.
    """

    camera: CameraId
    hour: str
    epoch: str
    part: int
    offset: int
    data: bytes
    last: bool

    def __repr__(self) -> str:
        return f"SealedSegment({self.camera}, {self.hour}, {self.part}, {len(self.data)} bytes)"


def _restore_fragment(*fields: Any) -> RedactedFragment:
    return RedactedFragment._seal(*fields)  # type: ignore[no-any-return]  # noqa: SLF001
