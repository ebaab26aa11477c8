"""Packets that wait undecoded while nobody needs their pictures."""

from collections import deque
from typing import TYPE_CHECKING, Final

import av

if TYPE_CHECKING:
    from av.video.stream import VideoStream

    Packet = av.Packet[VideoStream]
else:
    Packet = av.Packet

LONGEST_REST_S: Final = 3.0
"""Pictures of a source at rest come at least this often, seconds."""
_LONGEST_GOP_S: Final = 2.5
"""With keyframes further apart, or at unknown distances, a source does not rest."""
_SETTLE_S: Final = 0.5
"""A keyframe is decoded so much later, so that whoever wakes the source still gets what came just before it. With
keyframes closer together than this, there is nothing to be spared."""
_MOST_PACKETS: Final = 256
_MOST_BYTES: Final = 8 << 20


class Rest:
    """The packets of a source at rest since the keyframe that was decoded last.

    Once a keyframe has settled, those before it are dropped and it is the next to be decoded. Whoever wakes the source
    gets all that wait, so that nothing after the last decoded keyframe is lost. What waits is bounded in seconds,
    number and bytes; beyond that the source has to wake.

    Attributes:
        active: Whether packets wait.
    """

    def __init__(self) -> None:
        self.active = False
        self._held: deque[Packet] = deque()
        self._bytes = 0
        self._decoded_s = 0.0
        self._newest_key_s: float | None = None
        self._gop_s: float | None = None

    def note(self, packet: Packet) -> None:
        """Learn from each packet, in the order of decoding, how far apart keyframes are."""
        if not packet.is_keyframe:
            return
        now_s = time_s(packet)
        known = now_s is not None and self._newest_key_s is not None
        self._gop_s = now_s - self._newest_key_s if known else None  # type: ignore[operator]
        self._newest_key_s = now_s

    def may_begin(self, packet: Packet) -> bool:
        """Return whether the source can rest from `packet`, once that is decoded."""
        return bool(packet.is_keyframe and self._gop_s is not None and _SETTLE_S <= self._gop_s <= _LONGEST_GOP_S)

    def begin(self, keyframe: Packet) -> None:
        """Let the packets after `keyframe`, which has been decoded, wait."""
        self.active = True
        self._decoded_s = time_s(keyframe) or 0.0

    def hold(self, packet: Packet) -> bool:
        """Let `packet` wait; return False where it cannot, and the source has to wake."""
        now_s = time_s(packet)
        if now_s is None or not 0 <= now_s - self._decoded_s <= _LONGEST_GOP_S + _SETTLE_S:
            return False
        if len(self._held) >= _MOST_PACKETS or self._bytes + packet.size > _MOST_BYTES:
            return False
        self._held.append(packet)
        self._bytes += packet.size
        return True

    def settled(self) -> Packet | None:
        """Drop what waits before the first settled keyframe and return that, to be decoded; None if there is none."""
        newest_s = time_s(self._held[-1]) or 0.0
        for packet in self._held:
            at_s = time_s(packet) or 0.0
            if packet.is_keyframe and newest_s - at_s >= _SETTLE_S:
                self._drop_through(packet)
                self._decoded_s = at_s
                return packet
        return None

    def end(self) -> list[Packet]:
        """Wake the source: return all that waits, to be decoded in order."""
        held = list(self._held)
        self._held.clear()
        self.active, self._bytes = False, 0
        return held

    def _drop_through(self, last: Packet) -> None:
        while True:
            packet = self._held.popleft()
            self._bytes -= packet.size
            if packet is last:
                return


def time_s(packet: Packet) -> float | None:
    """Return when `packet` is shown, seconds of the stream's own clock; None where it does not say."""
    if packet.pts is None or packet.time_base is None:
        return None
    return float(packet.pts * packet.time_base)
