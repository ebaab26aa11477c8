"""From the packets of an open container to decoded pictures: what files and streams have in common."""

from collections.abc import Callable, Iterator
from typing import Final

import av
from av.container import InputContainer
from av.stream import Discard
from av.video.stream import VideoStream

from custodes.capture.rest import Packet, Rest
from custodes.capture.source import StreamInfo
from custodes.capture.tap import PacketTap
from custodes.capture.thin import Thinner
from custodes.capture.upright import Upright
from custodes.domain.errors import CaptureError

_FALLBACK_FPS: Final = 25.0
_HIGHEST_FPS: Final = 240.0
_TEXT_CODECS: Final = frozenset({"ansi", "bintext", "xbin", "idf"})
_STILL_FORMATS: Final = ("_pipe", "image2")


class Pictures:
    """The decoded pictures of one video stream.

    Decodes on the calling thread alone: with many cameras, threads inside the decoder cost more than they give.

    Args:
        container: Open; the caller closes it.
        stream: Its video.
        enough_fps: So many pictures a second are enough; None where all are wanted.
        arrival_s: As of `Thinner`.
        tap: Called with each packet before it is decoded, and also where it is not.

    Attributes:
        resting: As of `VideoSource`; may be changed between batches.
    """

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        enough_fps: float | None = None,
        arrival_s: Callable[[], float] | None = None,
        tap: PacketTap | None = None,
    ) -> None:
        self.packets = 0
        """Packets read."""
        self.refused = 0
        """Packets the decoder could make nothing of."""
        self.cut = False
        """Whether the last packet read was shorter than the container promised."""
        self.resting = False
        self._rest = Rest()
        self._container = container
        self._stream = stream
        self._tap = tap
        self._context = stream.codec_context
        self._context.thread_count = 1
        self._thinner = None if enough_fps is None else Thinner(stream, _fps(stream), enough_fps, arrival_s)
        self._upright = Upright()
        for other in container.streams:
            # Sound that goes on would hide from the time limit of reads that the pictures stopped.
            if other.index != stream.index:
                other.discard = Discard.all

    def batches(self) -> Iterator[list[av.VideoFrame]]:
        """Yield the pictures, in presentation order, upright, as 4:2:0, that came out with each packet: none or more.

        Raises:
            av.error.FFmpegError: The container could not be read further.
        """
        for packet in self._container.demux(self._stream):
            if packet.size == 0:
                break
            self.packets += 1
            self.cut = packet.is_corrupt
            if self._tap is not None:
                self._tap(packet)
            self._rest.note(packet)
            if self._rest.active:
                yield from self._batches_at_rest(packet)
            else:
                yield self._batch(packet)
        for waiting in [*self._rest.end(), None]:
            yield self._decode(waiting)

    def _batch(self, packet: Packet) -> list[av.VideoFrame]:
        if self._thinner is not None and not self._thinner.wants(packet):
            return []
        pictures = self._decode(packet)
        if self._thinner is not None:
            self._thinner.count(pictures)
        # A decoder that reorders keeps pictures back, so that it is not known which of them a packet has shown.
        if self.resting and pictures and not self._context.has_b_frames and self._rest.may_begin(packet):
            self._rest.begin(packet)
        return pictures

    def _batches_at_rest(self, packet: Packet) -> Iterator[list[av.VideoFrame]]:
        if self.resting and self._rest.hold(packet):
            keyframe = self._rest.settled()
            if keyframe is not None:
                self._context.flush_buffers()
            yield [] if keyframe is None else self._decode(keyframe)
            return
        for waiting in self._rest.end():
            yield self._decode(waiting)
        yield self._batch(packet)

    def _decode(self, packet: Packet | None) -> list[av.VideoFrame]:
        try:
            pictures = self._context.decode(packet)
        except av.error.FFmpegError:
            self.refused += 1
            return []
        return [self._upright(picture, self._stream.sample_aspect_ratio) for picture in pictures]


def pick_video(container: InputContainer, shown: str) -> VideoStream:
    """Return the video stream of `container`; `shown` names the source in errors.

    Raises:
        CaptureError: It holds no moving pictures, or they cannot be decoded.
    """
    name = container.format.name
    moving = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
    if not moving:
        why = "it holds sound only" if container.streams.audio else f"it holds no pictures ({name})"
        raise CaptureError(f"{shown} is not video", why=why)
    stream = moving[0]
    context = stream.codec_context
    if name.endswith(_STILL_FORMATS) or (context is not None and context.name in _TEXT_CODECS):
        raise CaptureError(f"{shown} is not video", why=f"it is a picture or text ({name})")
    if context is None or not context.width or not context.height:
        raise CaptureError(f"{shown} cannot be decoded", why="its codec or its picture size is not known")
    return stream


def describe(container: InputContainer, stream: VideoStream, *, live: bool) -> StreamInfo:
    """Return what `container` says about its video `stream`."""
    context = stream.codec_context
    return StreamInfo(
        codec=context.name,
        width=context.width,
        height=context.height,
        fps=_fps(stream),
        bit_rate=stream.bit_rate or (0 if container.streams.audio else container.bit_rate) or 0,
        b_frames=bool(context.has_b_frames),
        audio=bool(container.streams.audio),
        duration_s=None if live else _duration_s(container, stream),
    )


def _fps(stream: VideoStream) -> float:
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate and 0 < rate <= _HIGHEST_FPS:
            return float(rate)
    return _FALLBACK_FPS


def _duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None
