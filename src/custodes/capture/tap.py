"""Hands out a source's packets as they come, before anything is decoded of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from custodes.capture.raw import EncodedPacket
from custodes.domain.time import MediaTime

if TYPE_CHECKING:
    import av

OnPacket: TypeAlias = Callable[[EncodedPacket], None]
"""Takes a packet; called on the thread that reads, so it must be quick and must not raise."""


class PacketTap:
    """Gives each packet its time and passes it on.

    A packet's time is when its picture is due to be decoded, which with B-frames is a few pictures earlier than it is
    shown.

    Args:
        on_packet: Takes the packets.
        place: Returns the time that belongs to a stamp in units of the stream's time base, None for none.
        reorders: Whether pictures arrive in another order than they are shown.
    """

    def __init__(self, on_packet: OnPacket, place: Callable[[int | None], MediaTime], *, reorders: bool) -> None:
        self._on_packet = on_packet
        self._place = place
        self._reorders = reorders

    def __call__(self, packet: "av.Packet[av.VideoStream]") -> None:
        """Pass `packet` on."""
        stamp = packet.dts
        if stamp is None and not self._reorders:
            stamp = packet.pts
        self._on_packet(EncodedPacket(packet, self._place(stamp), packet.is_keyframe))
