"""Video files: as fast as possible, or at the pace of a camera."""

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from custodes.capture.errors import UnreachableError
from custodes.capture.pictures import Pictures, describe, pick_video
from custodes.capture.raw import RawFrame
from custodes.capture.source import StreamInfo, VideoSource
from custodes.capture.tap import OnPacket, PacketTap
from custodes.capture.timeline import Timeline
from custodes.domain.errors import CaptureError
from custodes.domain.time import Clock, MediaTime, SystemClock

log = logging.getLogger(__name__)

_COUNTED_FORMATS: Final = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "avi"})
"""Containers whose header says how many pictures there are."""
_TIMED_FORMATS: Final = frozenset({"matroska,webm"})
"""Containers whose header says how long they last."""
_UNKNOWN_TIME_BASE: Final = Fraction(1, 90_000)
_COMPLETE: Final = 0.98
"""Share of the promised pictures with which a file counts as whole."""
_LATEST_S: Final = 1.0
"""How far a real-time file may fall behind before it skips ahead, as a camera would."""


def open_file(
    path: str | Path,
    *,
    loop: bool = False,
    realtime: bool = False,
    clock: Clock | None = None,
    start_ns: int | None = None,
    enough_fps: float | None = None,
    on_packet: OnPacket | None = None,
    shown: str = "",
) -> VideoSource:
    """Open the video file at `path`.

    Args:
        path: Any container and codec that FFmpeg reads.
        loop: Start again at the end, for ever; ticks and wall time go on rising.
        realtime: Give pictures at the pace of a camera instead of as fast as they decode.
        clock: Paces, and gives the default of `start_ns`.
        start_ns: Nominal wall time of the first picture, nanoseconds since the Unix epoch; default: now.
        enough_fps: So many pictures a second are enough: others may be left out where that spares decoding. By default
            all are wanted.
        on_packet: Called with each packet of the video before it is decoded, on the thread that reads.
        shown: What errors call it; its path where not given.

    Raises:
        CaptureError: It is missing, empty, corrupt, or no video.
    """
    clock = clock or SystemClock()
    start_ns = clock.utc_ns() if start_ns is None else start_ns
    return _FileSource(
        Path(path),
        loop=loop,
        realtime=realtime,
        clock=clock,
        start_ns=start_ns,
        enough_fps=enough_fps,
        on_packet=on_packet,
        shown=shown or str(path),
    )


class _FileSource:
    """A file is read ahead of its time, so what would have to wait is not known in time: it never rests."""

    def __init__(
        self,
        path: Path,
        *,
        loop: bool,
        realtime: bool,
        clock: Clock,
        start_ns: int,
        enough_fps: float | None,
        on_packet: OnPacket | None,
        shown: str,
    ) -> None:
        self.resting = False
        self._loop = loop
        self._enough_fps = enough_fps
        self._path = path
        self._shown = shown
        self._realtime = realtime
        self._clock = clock
        self._start_ns = start_ns
        self._on_packet = on_packet
        self._coded: Timeline | None = None
        self._container: InputContainer | None = _open(path, shown)
        try:
            self._info = describe(self._container, pick_video(self._container, shown), live=False)
        except CaptureError:
            self.close()
            raise

    @property
    def info(self) -> StreamInfo:
        return self._info

    def frames(self) -> Iterator[RawFrame]:
        timeline: Timeline | None = None
        started_s = 0.0
        while self._container is not None:
            stream = pick_video(self._container, self._shown)
            if timeline is None:
                timeline = Timeline(stream.time_base or _UNKNOWN_TIME_BASE, self._info.fps)
                self._coded = Timeline(timeline.time_base, self._info.fps)
                started_s = self._clock.monotonic_s()
            for picture in self._pictures(self._container, stream):
                ticks = timeline.place(picture.pts)
                if self._realtime:
                    ticks = self._pace(timeline, ticks, started_s)
                yield RawFrame(picture, self._time(timeline, ticks), bool(picture.key_frame))
            self.close()
            if self._loop:
                self._container = _open(self._path, self._shown)
                timeline.restart()
                if self._coded is not None:
                    self._coded.restart()

    def close(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None

    def _pictures(self, container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
        """Yield what decodes, then fail if the file promised more."""
        reader = Pictures(container, stream, self._enough_fps, tap=self._tap())
        seen = 0
        end_s = 0.0
        try:
            for batch in reader.batches():
                for picture in batch:
                    seen += 1
                    end_s = max(end_s, picture.time or 0.0)
                    yield picture
        except av.error.FFmpegError as error:
            why = f"reading fails after {seen} pictures: {error.strerror}"
        else:
            why = self._lack(stream, reader, seen, end_s)
        if why:
            raise CaptureError(
                f"{self._shown} is truncated or corrupt", why=why, fix="use the original, or repair it with ffmpeg"
            )
        if reader.refused:
            log.warning("%s: %d of %d pictures could not be decoded", self._shown, reader.refused, reader.packets)

    def _time(self, timeline: Timeline, ticks: int) -> MediaTime:
        return MediaTime(ticks, timeline.time_base, self._start_ns + timeline.media_ns(ticks))

    def _tap(self) -> PacketTap | None:
        coded = self._coded
        if self._on_packet is None or coded is None:
            return None
        return PacketTap(
            self._on_packet, lambda stamp: self._time(coded, coded.place(stamp)), reorders=self._info.b_frames
        )

    def _lack(self, stream: VideoStream, reader: Pictures, seen: int, end_s: float) -> str:
        """Return what is missing at the end of the file, or an empty text."""
        container = stream.container.format.name
        if not seen:
            return "no picture in it can be decoded"
        fewer = container in _COUNTED_FORMATS and reader.packets < stream.frames * _COMPLETE
        if fewer and not self._skips(stream, end_s):
            return f"it ends after {reader.packets} of {stream.frames} pictures"
        if reader.cut:
            return f"it ends in the middle of picture {reader.packets}"
        if reader.refused > reader.packets * (1 - _COMPLETE) + 1:
            return f"{reader.refused} of {reader.packets} pictures cannot be decoded"
        lasts_s = self._info.duration_s or 0.0
        timed = container in _TIMED_FORMATS and not self._info.audio
        if timed and end_s < lasts_s * _COMPLETE - 1:
            return f"it ends after {end_s:.1f} of {lasts_s:.1f} s"
        return ""

    def _skips(self, stream: VideoStream, end_s: float) -> bool:
        """Return whether fewer pictures than promised reach the end: an AVI counts those that were left out as well."""
        if stream.container.format.name != "avi" or stream.time_base is None:
            return False
        return end_s + 1 / self._info.fps >= stream.frames * float(stream.time_base) * _COMPLETE

    def _pace(self, timeline: Timeline, ticks: int, started_s: float) -> int:
        """Wait until the picture at `ticks` is due, or skip ahead when it is long overdue; return its ticks."""
        late_s = self._clock.monotonic_s() - started_s - float(ticks * timeline.time_base)
        if late_s > _LATEST_S:
            if self._coded is not None:
                self._coded.skip(late_s)
            return timeline.skip(late_s)
        if late_s < 0:
            self._clock.sleep(-late_s)
        return ticks


def _open(path: Path, shown: str) -> InputContainer:
    what = f"{shown} cannot be opened"
    try:
        if path.is_dir():
            raise CaptureError(what, why="it is a folder", fix="name the files in it")
        if not path.stat().st_size:
            raise CaptureError(what, why="it is empty")
        # An absolute path cannot be taken for an address of one of FFmpeg's many protocols.
        return av.open(str(path.absolute()), options={"protocol_whitelist": "file,crypto"})
    except FileNotFoundError as error:
        raise UnreachableError(what, why="it does not exist", fix="check the path") from error
    except av.error.InvalidDataError as error:
        raise CaptureError(what, why="it is truncated, corrupt or no video") from error
    except OSError as error:
        raise CaptureError(what, why=error.strerror or type(error).__name__) from error
    except av.error.FFmpegError as error:
        raise CaptureError(what, why=error.strerror or type(error).__name__) from error
