"""Joins recorded files into few that play anywhere: the same pictures, neither decoded nor encoded anew."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.video.stream import VideoStream

from custodes.domain.errors import IntegrityError, StoreError
from custodes.domain.time import NS_PER_S

_TIME_BASE: Final = Fraction(1, 90_000)
_LONGEST_STEP_NS: Final = 3 * NS_PER_S
"""A longer pause between pictures is left out, and begins a new part."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded file.

    Attributes:
        path: Of a fragmented MP4 as `SegmentRecorder` writes them.
        start_ns: Wall time of its first picture, nanoseconds since the Unix epoch.
        size: Bytes.
    """

    path: Path
    start_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch without a pause.

    Attributes:
        file: Name of the file that shows it.
        at_ns: Where in that file it begins, nanoseconds.
        start_ns: Wall time of its first picture, nanoseconds since the Unix epoch.
        end_ns: Wall time of its end.
    """

    file: str
    at_ns: int
    start_ns: int
    end_ns: int


def join(
    folder: Path, recorded: Sequence[Recorded], interval_ns: tuple[int, int], progress: Callable[[int], None]
) -> list[Part]:
    """Write what `recorded` files show of an interval into `folder`, as `recording.mp4`.

    Each time that size or coding of the picture change, another file begins. The first picture is the keyframe at or
    before the start of the interval, up to a second or two early, as nothing is encoded anew.

    Args:
        folder: Where to write.
        recorded: Of one camera, oldest first; one that was deleted meanwhile is left out.
        interval_ns: From when to when, wall time in nanoseconds since the Unix epoch.
        progress: Told after each file how many of its bytes have been gone through.

    Returns:
        What the files show, in order of time; empty where it is nothing.

    Raises:
        IntegrityError: A recorded file cannot be read as video.
        StoreError: The disk failed.
    """
    joiner = _Joiner(folder)
    try:
        for one in recorded:
            if one.path.exists():
                for packet, utc_ns in _from_keyframe(_packets(one, interval_ns[1]), interval_ns[0]):
                    joiner.add(packet, utc_ns)
            progress(one.size)
    except av.error.FFmpegError as error:
        if isinstance(error, OSError) and error.errno:
            raise StoreError(
                "The recordings cannot be joined", why=error.strerror or "", fix="free some space"
            ) from error
        raise IntegrityError(f"{one.path.name} cannot be read", why="it is damaged: FFmpeg finds no video") from error
    finally:
        joiner.close()
    return joiner.parts


class _Joiner:
    """The files while they are written."""

    def __init__(self, folder: Path) -> None:
        self.parts: list[Part] = []
        self._folder = folder
        self._container: av.container.OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._kind: tuple[int, int, bytes] = (0, 0, b"")
        self._files = 0
        self._at_ns = self._last_ns = self._step_ns = 0

    def add(self, packet: "av.Packet[VideoStream]", utc_ns: int) -> None:
        """Add a picture, later than the one before."""
        template = packet.stream
        kind = template.width, template.height, bytes(template.codec_context.extradata or b"")
        since_ns = utc_ns - self._last_ns
        if self._stream is None or kind != self._kind:
            self._open(template, kind)
            self._begin(0, utc_ns)
        elif since_ns > _LONGEST_STEP_NS:
            self._begin(self._at_ns + self._step_ns, utc_ns)
        elif since_ns <= 0:
            return
        else:
            self._at_ns += since_ns
        self._step_ns = _ns(packet.duration, packet) or self._step_ns
        self._last_ns = utc_ns
        self.parts[-1] = Part(
            self.parts[-1].file, self.parts[-1].at_ns, self.parts[-1].start_ns, utc_ns + self._step_ns
        )
        self._mux(packet)

    def close(self) -> None:
        """Complete the open file."""
        container, self._container, self._stream = self._container, None, None
        if container is not None:
            container.close()

    def _open(self, template: VideoStream, kind: tuple[int, int, bytes]) -> None:
        self.close()
        self._files += 1
        name = "recording.mp4" if self._files == 1 else f"recording-{self._files}.mp4"
        self._container = av.open(str(self._folder / name), "w", format="mp4", options={"movflags": "faststart"})
        self._stream = self._container.add_stream_from_template(template, opaque=True)
        self._stream.time_base = _TIME_BASE
        self._kind = kind
        self._name = name

    def _begin(self, at_ns: int, utc_ns: int) -> None:
        self._at_ns = at_ns
        self.parts.append(Part(self._name, at_ns, utc_ns, utc_ns))

    def _mux(self, packet: "av.Packet[VideoStream]") -> None:
        assert self._container is not None and self._stream is not None  # noqa: S101, PT018  for the type checker
        copy = av.Packet(bytes(packet))
        copy.stream = self._stream
        copy.time_base = _TIME_BASE
        copy.pts = copy.dts = self._at_ns * _TIME_BASE.denominator // NS_PER_S
        copy.duration = self._step_ns * _TIME_BASE.denominator // NS_PER_S
        copy.is_keyframe = packet.is_keyframe
        self._container.mux(copy)


def _packets(one: Recorded, end_ns: int) -> Iterator[tuple["av.Packet[VideoStream]", int]]:
    """Yield the packets of a file before `end_ns`, with their wall times."""
    with av.open(str(one.path)) as video:
        first: int | None = None
        for packet in video.demux(video.streams.video[0]):
            if packet.pts is None:
                continue
            first = packet.pts if first is None else first
            utc_ns = one.start_ns + _ns(packet.pts - first, packet)
            if utc_ns >= end_ns:
                return
            yield packet, utc_ns


def _from_keyframe(
    packets: Iterator[tuple["av.Packet[VideoStream]", int]], start_ns: int
) -> Iterator[tuple["av.Packet[VideoStream]", int]]:
    """Yield `packets` from the last keyframe on that is not after `start_ns`; none where all end before it."""
    early: list[tuple[av.Packet[VideoStream], int]] = []
    for packet, utc_ns in packets:
        if utc_ns < start_ns:
            early = [(packet, utc_ns)] if packet.is_keyframe else [*early, (packet, utc_ns)]
            continue
        if utc_ns == start_ns and packet.is_keyframe:
            early = []
        yield from early
        early = []
        yield packet, utc_ns


def _ns(ticks: int | None, packet: "av.Packet[VideoStream]") -> int:
    return int((ticks or 0) * (packet.time_base or 0) * NS_PER_S)
