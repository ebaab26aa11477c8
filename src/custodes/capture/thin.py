"""Leaving out pictures that nobody needs before they cost anything."""

from collections.abc import Callable, Sequence
from typing import Final

import av
from av.video.stream import VideoStream

from custodes.capture.pace import Pace
from custodes.capture.rest import Packet, time_s
from custodes.domain.time import NS_PER_S

_LEAST_SURPLUS: Final = 2.0
"""Of a stream with B-frames about half of the pictures can be left out: below this surplus too few would be left."""
_JUDGED_S: Final = 1.0
"""Over so many seconds it is seen whether enough pictures are left."""


class Thinner:
    """Spares a decoder the pictures of one stream that it can do without.

    Where every picture stands for itself (motion JPEG), only those that are due are decoded. Where a stream has
    B-frames and at least twice the pictures that are needed, those are skipped that no other refers to, as long as
    enough are left. In all other streams every picture is needed to decode the next.

    Args:
        stream: Not yet decoded.
        fps: Its nominal rate.
        enough_fps: So many pictures a second are enough.
        arrival_s: Tells when a packet that just arrived did so, seconds; given where the stream has no times itself.
    """

    def __init__(
        self, stream: VideoStream, fps: float, enough_fps: float, arrival_s: Callable[[], float] | None = None
    ) -> None:
        self._context = stream.codec_context
        self._enough_fps = enough_fps
        self._arrival_s = arrival_s
        self._pace = Pace(enough_fps) if self._context.codec.intra_only else None
        self._skips = self._pace is None and bool(self._context.has_b_frames) and fps >= _LEAST_SURPLUS * enough_fps
        self._context.skip_frame = "NONREF" if self._skips else "DEFAULT"
        self._since_s: float | None = None
        self._pictures = 0

    def wants(self, packet: Packet) -> bool:
        """Return whether `packet` has to be decoded."""
        if self._pace is None:
            return True
        now_s = time_s(packet) if self._arrival_s is None else self._arrival_s()
        return now_s is None or self._pace.due(round(now_s * NS_PER_S))

    def count(self, pictures: Sequence[av.VideoFrame]) -> None:
        """Note what came out of the decoder; decode all from now on where that is too little."""
        for picture in pictures if self._skips else ():
            if picture.pts is None:
                self._stop_skipping()
                return
            now_s = picture.time
            if self._since_s is None or now_s < self._since_s:
                self._since_s, self._pictures = now_s, 0
            elif now_s - self._since_s >= _JUDGED_S:
                if self._pictures + 1 < self._enough_fps * (now_s - self._since_s):
                    self._stop_skipping()
                    return
                self._since_s, self._pictures = now_s, 0
            else:
                self._pictures += 1

    def _stop_skipping(self) -> None:
        self._skips = False
        self._context.skip_frame = "DEFAULT"
