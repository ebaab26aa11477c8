"""One encoder for recording and live view: redacted frames in, fragments of MP4 out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final
from uuid import uuid4

import av
from av.video.frame import PictureType

from custodes.domain.errors import StoreError
from custodes.domain.events import CameraId
from custodes.domain.imagery import RedactedFragment, RedactedFrame
from custodes.domain.time import NS_PER_S
from custodes.record.settings import RecordingSettings
from custodes.record.sink import Sink

_TIME_BASE: Final = Fraction(1, 90_000)
_FRAGMENT_NS: Final = NS_PER_S
_LONGEST_STEP_NS: Final = 3 * NS_PER_S
"""A longer pause between pictures ends the stream: playing on over it would pretend that there were pictures. Of a
camera at rest, pictures come at least this often."""
_MOVFLAGS: Final = "frag_keyframe+empty_moov+default_base_moof+skip_trailer"
_CODEC_OPTIONS: Final = {
    "preset": "ultrafast",  # half the CPU time of superfast, for a quarter more bytes
    "tune": "zerolatency",
    "forced-idr": "1",
    "x264-params": "keyint=infinite:scenecut=0",  # keyframes where fragments begin, and nowhere else
}
_START_CODE: Final = b"\x00\x00\x01"
_SPS: Final = 7


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a muxer wrote since it was last asked; instants in nanoseconds since the Unix epoch, 0 for the header."""

    data: bytes
    start_ns: int = 0
    end_ns: int = 0


class Mp4Encoder:
    """One H.264 stream as fragmented MP4; each fragment lasts about a second and starts with a keyframe.

    Args:
        width: Of all its pictures, pixels.
        height: The same.
        rate: Nominal pictures a second; the pictures keep their own times.
        crf: Constant rate factor of x264.
    """

    def __init__(self, width: int, height: int, rate: float, crf: int) -> None:
        self.size = width, height
        self._last_step_ns = round(NS_PER_S / rate)
        self._sink = Sink()
        self._container = av.open(self._sink, "w", format="mp4", options={"movflags": _MOVFLAGS, "flush_packets": "1"})
        stream = self._container.add_stream("libx264", Fraction(rate).limit_denominator(1000), _CODEC_OPTIONS)
        stream.width, stream.height = self._coded = width & ~1, height & ~1
        stream.pix_fmt = "yuv420p"
        stream.time_base = _TIME_BASE
        stream.codec_context.time_base = _TIME_BASE
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {**_CODEC_OPTIONS, "crf": str(crf)}
        self._stream = stream
        self._container.start_encoding()
        self.codec: Final = codec_string(bytes(stream.codec_context.extradata or b""))
        self._first_ns: int | None = None
        self._fragment_ns = 0
        self._last_ns = 0

    def header(self) -> bytes:
        """Return ftyp and moov; call it once, before anything else."""
        return self._sink.take()

    def encode(self, frame: RedactedFrame) -> _Piece | None:
        """Encode `frame`, later than the one before; return the fragment that it completes, if it does."""
        now_ns = frame.time.utc_ns
        if self._first_ns is None:
            self._first_ns = self._fragment_ns = now_ns
        start_ns = self._fragment_ns
        cut = now_ns - start_ns >= _FRAGMENT_NS - self._last_step_ns // 2
        picture = self._fitted(frame.picture)
        picture.pts = (now_ns - self._first_ns) * _TIME_BASE.denominator // NS_PER_S
        picture.time_base = _TIME_BASE
        picture.pict_type = PictureType.I if cut or now_ns == self._first_ns else PictureType.NONE
        self._mux(picture)
        if now_ns > self._last_ns and self._last_ns:
            self._last_step_ns = min(now_ns - self._last_ns, _LONGEST_STEP_NS)
        self._last_ns = now_ns
        if not cut:
            return None
        self._fragment_ns = now_ns
        return _Piece(self._sink.take(), start_ns, now_ns)

    def close(self) -> _Piece | None:
        """Return the last fragment; None where no picture came."""
        if self._first_ns is None:
            self._container.close()
            return None
        self._mux(None)
        self._container.close()
        return _Piece(self._sink.take(), self._fragment_ns, self._last_ns + self._last_step_ns)

    def _mux(self, picture: av.VideoFrame | None) -> None:
        for packet in self._stream.encode(picture):
            packet.duration = self._last_step_ns * _TIME_BASE.denominator // NS_PER_S
            self._container.mux(packet)

    def _fitted(self, picture: av.VideoFrame) -> av.VideoFrame:
        if (picture.width, picture.height) == self._coded and picture.format.name == "yuv420p":
            return picture
        return picture.reformat(*self._coded, "yuv420p")


class FragmentEncoder:
    """Encodes one camera's redacted frames; a changed size or a pause starts a new stream."""

    def __init__(self, camera: CameraId, settings: RecordingSettings) -> None:
        self._camera = camera
        self._settings = settings
        self._encoder: Mp4Encoder | None = None
        self._stream = ""
        self._number = 0
        self._last_ns = 0

    def encode(self, frame: RedactedFrame) -> Iterator[RedactedFragment]:
        """Encode `frame` and yield the fragments that are complete by then; a frame out of order is left out."""
        now_ns = frame.time.utc_ns
        size = frame.picture.width, frame.picture.height
        if self._encoder is not None:
            if 0 <= self._last_ns - now_ns < _LONGEST_STEP_NS:
                return
            if size != self._encoder.size or not 0 < now_ns - self._last_ns <= _LONGEST_STEP_NS:
                yield from self.close()
        if self._encoder is None:
            yield self._open(size)
        assert self._encoder is not None  # noqa: S101  for the type checker
        self._last_ns = now_ns
        piece = self._encoder.encode(frame)
        if piece is not None:
            yield self._seal(piece, self._encoder.codec)

    def close(self) -> Iterator[RedactedFragment]:
        """End the stream and yield its last fragment; the next frame starts another."""
        encoder, self._encoder = self._encoder, None
        if encoder is None:
            return
        piece = encoder.close()
        if piece is not None:
            yield self._seal(piece, encoder.codec)

    def _open(self, size: tuple[int, int]) -> RedactedFragment:
        self._encoder = Mp4Encoder(*size, self._settings.fps, self._settings.crf)
        self._stream, self._number = uuid4().hex, 0
        return self._seal(_Piece(self._encoder.header()), self._encoder.codec)

    def _seal(self, piece: _Piece, codec: str) -> RedactedFragment:
        number, self._number = self._number, self._number + 1
        return RedactedFragment._seal(  # type: ignore[no-any-return]
            self._camera, self._stream, number, piece.data, piece.start_ns, piece.end_ns, codec
        )


def write_video(path: Path, frames: Iterable[RedactedFrame], fps: float, crf: int) -> None:
    """Write `frames` into one fragmented MP4; pictures of another size than the first are scaled to it.

    Args:
        path: The file; what was written of it before a crash plays.
        frames: In order of their times; those that are not are left out. Where they end in an error, all that came
            before it are written.
        fps: Nominal rate.
        crf: Constant rate factor of x264.

    Raises:
        StoreError: It cannot be written.
    """
    encoder: Mp4Encoder | None = None
    last_ns = -1
    try:
        with path.open("wb") as out:
            try:
                for frame in frames:
                    if frame.time.utc_ns <= last_ns:
                        continue
                    last_ns = frame.time.utc_ns
                    if encoder is None:
                        encoder = Mp4Encoder(frame.picture.width, frame.picture.height, fps, crf)
                        out.write(encoder.header())
                    piece = encoder.encode(frame)
                    if piece is not None:
                        out.write(piece.data)
            finally:
                if encoder is not None and (piece := encoder.close()) is not None:
                    out.write(piece.data)
    except OSError as error:
        raise StoreError(f"{path} cannot be written", why=error.strerror or "", fix="free some space") from error


def codec_string(extradata: bytes) -> str:
    """Return the RFC 6381 string of H.264 parameter sets in Annex B form, such as `avc1.42c01f`.

    Raises:
        ValueError: There is no sequence parameter set in them.
    """
    for unit in extradata.split(_START_CODE):
        if unit and unit[0] & 0x1F == _SPS:
            return f"avc1.{unit[1:4].hex()}"
    msg = "no sequence parameter set"
    raise ValueError(msg)
