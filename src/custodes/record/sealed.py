"""Seals a camera's own packets, as they come and without decoding them.

Packets are put into fragmented MP4 in memory, and that into sealed chunks; nothing else is ever written. Each hour has
its own key, and so has each run of the recorder: a key is in memory while its hour lasts, and else only in an envelope
for the custodians. A new connection to the camera begins a new part under the same key, with a salt of its own.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.video.stream import VideoStream

from custodes.capture.raw import EncodedPacket
from custodes.domain.errors import CustodesError, StoreError
from custodes.domain.events import CameraId
from custodes.domain.imagery import SealedSegment
from custodes.domain.time import NS_PER_S, Clock
from custodes.record.recorder import free_bytes
from custodes.record.sink import Sink
from custodes.vault import (
    ChunkSealer,
    Custodians,
    EpochSealed,
    HourKeys,
    OpenPart,
    PartHeader,
    PartSealed,
    SealedFolder,
    hour_of,
    hour_start_ns,
    new_epoch,
    notice_of,
)
from custodes.vault.documents import HOUR_NS, OVERHANG_NS

_log = logging.getLogger(__name__)

_TIME_BASE: Final = Fraction(1, 90_000)
_MOVFLAGS: Final = "delay_moov+default_base_moof+skip_trailer"
_FRAGMENT_US: Final = "1000000"
"""Length of a fragment: what a crash loses at most, with one chunk."""
_MOST_EARLY: Final = 16
"""Pictures that may come before the first one with a time of decoding, which streams with B-frames begin with."""
_RETRY_S: Final = 5.0
"""Seconds between tries while sealing has stopped."""
_FAILURES: Final = (OSError, CustodesError, ValueError, av.error.FFmpegError)


@dataclass(frozen=True, slots=True)
class Vault:
    """Where and for whom one camera's originals are sealed.

    Attributes:
        folder: Where sealed hours lie.
        keys: The keys that expire.
        custodians: Who can open them together.
        charter: Version of the camera's charter.
        least_free: Bytes that the disk must have free.
    """

    folder: SealedFolder
    keys: HourKeys
    custodians: Custodians
    charter: str
    least_free: int = 0


class PartSealer:
    """Makes ciphertext of the packets of one stream.

    Args:
        key: The epoch's, 32 bytes.
        header: Of the part; its salt has to be new.
        template: The stream that the packets are of.
    """

    def __init__(self, key: bytes, header: PartHeader, template: VideoStream) -> None:
        self._header = header
        self._sealer = ChunkSealer(key, header)
        self._offset = 0
        self._last_dts = -1
        self._early: list[EncodedPacket] = []
        self._ordered = False
        self._sink = Sink()
        options = {"movflags": _MOVFLAGS, "frag_duration": _FRAGMENT_US, "flush_packets": "1"}
        self._container = av.open(self._sink, "w", format="mp4", options=options)
        self._stream = self._container.add_stream_from_template(template, opaque=True)
        self._stream.time_base = _TIME_BASE

    def begin(self) -> SealedSegment:
        """Return what the file begins with."""
        return self._segment(self._sealer.head, last=False)

    def seal(self, coded: EncodedPacket) -> SealedSegment | None:
        """Take a packet; return what is sealed by then, None where no chunk is full."""
        self._early.append(coded)
        if coded.packet.dts is None and not self._ordered and len(self._early) < _MOST_EARLY:
            return None
        self._mux_early()
        return self._sealed(self._sink.take())

    def close(self) -> SealedSegment:
        """Return the rest; the part ends with it."""
        self._mux_early()
        self._container.close()
        data = self._sealer.update(self._sink.take()) + self._sealer.close()
        return self._segment(data, last=True)

    def _mux_early(self) -> None:
        """Mux what waits for the first time of decoding, which those before it are counted back from."""
        early, self._early, self._ordered = self._early, [], True
        for coded in early:
            since_ns = coded.time.utc_ns - self._header.start
            packet = av.Packet(bytes(coded.packet))
            packet.stream = self._stream
            packet.time_base = _TIME_BASE
            packet.dts = max(self._last_dts + 1, _ticks(since_ns))
            packet.pts = packet.dts + _delay(coded, early[-1])
            packet.is_keyframe = coded.key
            self._last_dts = packet.dts
            self._container.mux(packet)

    def _sealed(self, plain: bytes) -> SealedSegment | None:
        data = self._sealer.update(plain) if plain else b""
        return self._segment(data, last=False) if data else None

    def _segment(self, data: bytes, *, last: bool) -> SealedSegment:
        says, offset = self._header, self._offset
        self._offset += len(data)
        segment: SealedSegment = SealedSegment._seal(
            CameraId(says.camera), says.hour, says.epoch, says.part, offset, data, last
        )
        return segment


@dataclass(slots=True)
class _Epoch:
    key: bytes
    hour: str
    epoch: str
    parts: int = 0


class SealedRecorder:
    """Seals one camera's packets into files. Used by one thread.

    When it fails, what follows is left out rather than written in any other form, `on_alert` is told why, and it is
    tried again every few seconds; `on_alert` is told an empty text once sealing goes on.

    Args:
        camera: Whose.
        vault: Where, for whom.
        clock: Durations.
        on_notice: Told what has to be logged.
        on_alert: Told when sealing stops (why) and goes on (empty).
        free: How many bytes a folder's disk has free.
    """

    def __init__(
        self,
        camera: CameraId,
        vault: Vault,
        *,
        clock: Clock,
        on_notice: Callable[[EpochSealed | PartSealed], None],
        on_alert: Callable[[str], None],
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._camera = camera
        self._vault = vault
        self._clock = clock
        self._on_notice = on_notice
        self._on_alert = on_alert
        self._free = free
        self._epoch: _Epoch | None = None
        self._sealer: PartSealer | None = None
        self._file: OpenPart | None = None
        self._template: VideoStream | None = None
        self._retry_s: float | None = None

    def write(self, coded: EncodedPacket) -> None:
        """Seal `coded`; it never raises for want of disk. A part begins with the first keyframe."""
        if self._retry_s is not None and self._clock.monotonic_s() < self._retry_s:
            return
        try:
            self._write(coded)
        except _FAILURES as error:
            self._fail(error)

    def close(self) -> None:
        """Complete the open part."""
        try:
            self._end_part()
        except _FAILURES as error:
            self._fail(error)

    def _write(self, coded: EncodedPacket) -> None:
        if self._must_end(coded):
            self._end_part()
        if self._sealer is None:
            if not coded.key:
                return
            self._begin_part(coded)
        assert self._sealer is not None  # noqa: S101  for the type checker
        self._put(self._sealer.seal(coded))

    def _must_end(self, coded: EncodedPacket) -> bool:
        if self._sealer is None or self._epoch is None:
            return False
        if coded.packet.stream is not self._template:
            return True
        if hour_of(coded.time.utc_ns) == self._epoch.hour:
            return False
        over_ns = coded.time.utc_ns - hour_start_ns(self._epoch.hour) - HOUR_NS
        return coded.key or not 0 <= over_ns <= OVERHANG_NS  # without a keyframe, what follows is left out

    def _begin_part(self, coded: EncodedPacket) -> None:
        start_ns = coded.time.utc_ns
        if self._epoch is None or self._epoch.hour != hour_of(start_ns):
            self._epoch = self._begin_epoch(start_ns)
        if self._free(self._vault.folder.root) < self._vault.least_free:
            raise StoreError("The disk is full", fix="free some space; sealing goes on by itself")
        self._epoch.parts += 1
        header = PartHeader(
            camera=self._camera,
            hour=self._epoch.hour,
            epoch=self._epoch.epoch,
            part=self._epoch.parts,
            charter=self._vault.charter,
            start=start_ns,
            salt=os.urandom(32),
        )
        self._template = coded.packet.stream
        sealer = PartSealer(self._epoch.key, header, self._template)
        self._file = self._vault.folder.create(sealer.begin())
        self._sealer = sealer
        if self._retry_s is not None:
            self._retry_s = None
            self._on_alert("")

    def _begin_epoch(self, start_ns: int) -> _Epoch:
        vault = self._vault
        key, envelope = new_epoch(self._camera, start_ns, vault.charter, vault.custodians)
        self._on_notice(notice_of(envelope))  # first, so that nothing lies under seal that was not announced
        vault.folder.put_envelope(envelope, vault.keys)
        return _Epoch(key, envelope.hour, envelope.epoch)

    def _put(self, segment: SealedSegment | None) -> None:
        if segment is None or self._file is None:
            return
        notice = self._file.append(segment)
        if notice is not None:
            self._on_notice(notice)

    def _end_part(self) -> None:
        sealer, self._sealer = self._sealer, None
        if sealer is not None:
            self._put(sealer.close())
        self._file = self._template = None

    def _fail(self, error: Exception) -> None:
        """Leave the open part as it is, cut off, say why, and wait."""
        if self._file is not None:
            self._file.close()
        self._sealer = self._file = self._template = None
        stopped = self._retry_s is not None
        self._retry_s = self._clock.monotonic_s() + _RETRY_S
        if not stopped:
            why = os.strerror(error.errno or 0) + "." if isinstance(error, OSError) else str(error)
            self._on_alert(f"Sealing stopped. {why}")


def _ticks(duration_ns: int) -> int:
    return duration_ns * _TIME_BASE.denominator // NS_PER_S


def _delay(coded: EncodedPacket, first: EncodedPacket) -> int:
    """Return how much later than it is decoded a picture is shown, in ticks of the sealed file.

    Args:
        coded: The picture.
        first: The first picture that has a time of decoding, or `coded` itself.
    """
    shown, decoded, time_base = coded.packet.pts, coded.packet.dts, coded.packet.time_base
    if shown is None or time_base is None:
        return 0
    if decoded is not None:
        return max(0, round((shown - decoded) * time_base / _TIME_BASE))
    if first.packet.dts is None:
        return 0
    return max(
        0,
        round((shown - first.packet.dts) * time_base / _TIME_BASE) + _ticks(first.time.utc_ns - coded.time.utc_ns),
    )
