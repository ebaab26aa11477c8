"""Live streams over RTSP and HTTP."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, Literal

import av
from av.container import InputContainer

from custodes.capture.diagnose import answers_nonsense
from custodes.capture.errors import StalledError, open_error, read_error
from custodes.capture.pictures import Pictures, describe, pick_video
from custodes.capture.raw import RawFrame
from custodes.capture.source import StreamInfo, VideoSource
from custodes.capture.tap import OnPacket, PacketTap
from custodes.capture.timeline import Timeline, WallMap
from custodes.capture.urls import hide_password
from custodes.domain.errors import CaptureError
from custodes.domain.time import NS_PER_S, Clock, MediaTime, SystemClock

Transport = Literal["tcp", "udp"]

_UNTIMED_FORMATS: Final = frozenset({"mpjpeg", "mjpeg"})
"""Streams without time stamps: their pictures are timed by when they arrive."""
_ARRIVAL_TIME_BASE: Final = Fraction(1, 90_000)
_CAMERA_LATENCY_NS: Final = 500_000_000
"""Assumed bound on the time a camera and the network take from light to a decoded picture."""
_UNDECODABLE_S: Final = 30.0
"""Longest wait for a picture out of arriving packets: cameras may send a keyframe every 20 s only."""
_NEARLY: Final = 0.95
"""Share of a time limit after which a failure is put down to it: FFmpeg reports an interrupted read in many ways."""
_CLOCK_STEP_NS: Final = 2 * NS_PER_S
"""A difference between wall time and elapsed time that shows that somebody set the machine's clock."""


def open_stream(
    url: str,
    *,
    transport: Transport = "tcp",
    timeout_s: float = 10.0,
    clock: Clock | None = None,
    enough_fps: float | None = None,
    on_packet: OnPacket | None = None,
    shown: str = "",
) -> VideoSource:
    """Open the live stream at `url`.

    Args:
        url: rtsp://, rtsps://, http:// or https://, with user name and password where needed.
        transport: How RTSP carries the pictures.
        timeout_s: Longest wait for an answer on opening, and for data afterwards.
        clock: Maps pictures to wall time.
        enough_fps: So many pictures a second are enough: others may be left out where that spares decoding. By default
            all are wanted.
        on_packet: Called with each packet of the video before it is decoded, on the thread that reads.
        shown: What errors call it; the address without its password where not given.

    Raises:
        UnreachableError: Nothing answers.
        CaptureError: What answers is not a stream that can be used.
    """
    return _StreamSource(
        url,
        transport=transport,
        timeout_s=timeout_s,
        clock=clock or SystemClock(),
        enough_fps=enough_fps,
        on_packet=on_packet,
        shown=shown or hide_password(url),
    )


def open_container(
    url: str, *, transport: Transport, timeout_s: float, video_only: bool, clock: Clock, shown: str
) -> InputContainer:
    """Open `url` for reading; nothing waits longer than `timeout_s`, and errors call it `shown`.

    Raises:
        CaptureError: As `open_stream`.
    """
    if url.lower().startswith("rtsp"):
        options = {
            "rtsp_transport": transport,
            "protocol_whitelist": "rtsp,rtsps,rtp,srtp,udp,tcp,tls,crypto",
            "analyzeduration": "2000000",
            "fpsprobesize": "3",
        }
        if video_only:
            options["allowed_media_types"] = "video"
    else:
        options = {"protocol_whitelist": "http,https,tcp,tls,crypto"}
    asked_s = clock.monotonic_s()
    try:
        return av.open(url, options=options, timeout=timeout_s)
    except av.error.FFmpegError as error:
        timed_out = clock.monotonic_s() - asked_s >= timeout_s * _NEARLY
        failure = open_error(error, shown, timeout_s, timed_out=timed_out)
    if timed_out and url.lower().startswith("rtsp://") and answers_nonsense(url, timeout_s):
        failure = CaptureError(failure.what, why="what answers there does not speak RTSP", fix="check host and port")
    # Raised outside the handler: the original error, which quotes the password, must not come along as context.
    raise failure


class _StreamSource:
    def __init__(
        self,
        url: str,
        *,
        transport: Transport,
        timeout_s: float,
        clock: Clock,
        enough_fps: float | None,
        on_packet: OnPacket | None,
        shown: str,
    ) -> None:
        self.resting = False
        self._enough_fps = enough_fps
        self._shown = shown
        self._timeout_s = timeout_s
        self._clock = clock
        self._on_packet = on_packet
        self._asked_s = clock.monotonic_s()
        self._container: InputContainer | None = open_container(
            url, transport=transport, timeout_s=timeout_s, video_only=True, clock=clock, shown=shown
        )
        try:
            self._info = describe(self._container, pick_video(self._container, self._shown), live=True)
        except CaptureError:
            self.close()
            raise

    @property
    def info(self) -> StreamInfo:
        return self._info

    def frames(self) -> Iterator[RawFrame]:
        if self._container is None:
            return
        stream = pick_video(self._container, self._shown)
        untimed = self._container.format.name in _UNTIMED_FORMATS or stream.time_base is None
        time_base = None if untimed else stream.time_base
        stamp = _Stamp(time_base, self._info.fps, self._clock, self._asked_s)
        arrival_s = self._clock.monotonic_s if untimed else None
        tap = None
        if self._on_packet is not None:
            coded = _Stamp(time_base, self._info.fps, self._clock, self._asked_s)
            tap = PacketTap(self._on_packet, coded, reorders=self._info.b_frames)
        for picture in self._pictures(Pictures(self._container, stream, self._enough_fps, arrival_s, tap)):
            yield RawFrame(picture, stamp(picture.pts), bool(picture.key_frame))

    def close(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None

    def _pictures(self, reader: Pictures) -> Iterator[av.VideoFrame]:
        packet_s = picture_s = self._clock.monotonic_s()
        limit_s = max(_UNDECODABLE_S, self._timeout_s)
        error: av.error.FFmpegError | None = None
        try:
            reader.resting = self.resting
            for batch in reader.batches():
                yield from batch
                packet_s = self._clock.monotonic_s()
                if batch:
                    picture_s = packet_s
                elif packet_s - picture_s > limit_s:
                    raise self._undecodable(reader, packet_s - picture_s)
                reader.resting = self.resting
        except av.error.FFmpegError as raised:
            error = raised
        # Raised outside the handler: the original error quotes the password.
        if self._clock.monotonic_s() - packet_s >= self._timeout_s * _NEARLY:
            raise StalledError(f"{self._shown} stalled", why=f"nothing came for {self._timeout_s:g} s")
        if error is not None:
            raise read_error(error, self._shown)

    def _undecodable(self, reader: Pictures, waited_s: float) -> CaptureError:
        if reader.refused:
            return CaptureError(
                f"{self._shown} sends what cannot be decoded",
                why=f"{reader.refused} of {reader.packets} packets were refused",
                fix="restart the camera, or choose H.264 in its settings",
            )
        return StalledError(f"{self._shown} stalled", why=f"no picture came for {waited_s:.0f} s")


class _Stamp:
    """Gives each arriving picture its time; by its arrival alone where `time_base` is None."""

    def __init__(self, time_base: Fraction | None, fps: float, clock: Clock, asked_s: float) -> None:
        self._untimed = time_base is None
        self._timeline = Timeline(time_base or _ARRIVAL_TIME_BASE, fps)
        self._clock = clock
        self._asked_s = asked_s
        self._wall: WallMap | None = None
        self._error_ns = 0

    def __call__(self, pts: int | None) -> MediaTime:
        now_s = self._clock.monotonic_s()
        now_ns = self._clock.utc_ns()
        if self._wall is None:
            self._wall = WallMap(now_ns, now_s)
            # The picture was taken after it was asked for, except for what the camera keeps ready.
            self._error_ns = round((now_s - self._asked_s) * NS_PER_S) + _CAMERA_LATENCY_NS
        if abs(now_ns - self._wall.arrival_ns(now_s)) > _CLOCK_STEP_NS:
            raise CaptureError("the stream is opened again", why="the machine's clock was set")
        if self._untimed:
            pts = round(now_s / _ARRIVAL_TIME_BASE)
        ticks = self._timeline.place(pts)
        utc_ns = self._wall.utc_ns(self._timeline.media_ns(ticks), now_s)
        return MediaTime(ticks, self._timeline.time_base, utc_ns, self._error_ns)
