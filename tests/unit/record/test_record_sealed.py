"""Sealing a camera's packets: nothing in the clear, everything to be opened again, whatever happens meanwhile."""

import itertools
import os
import random
import signal
import time
from pathlib import Path

import av
import pytest

from custodes.capture.raw import EncodedPacket
from custodes.domain.errors import IntegrityError
from custodes.domain.time import NS_PER_S, MediaTime
from custodes.record.sealed import SealedRecorder, Vault
from custodes.vault import EpochSealed, PartFile, PartSealed, SealedFolder, SealedPart, SealedReader
from custodes.vault.documents import hour_of
from sim.camera_simulator import FakeClock
from sim.originals import (
    CHARTER,
    GATE,
    NOON_NS,
    camera_file,
    custodians,
    found_in,
    key_pairs,
    marks_of,
    packets,
    places,
)

KEYS = key_pairs()
HOUR = "2026-01-01T12"


class Sealing:
    """A recorder in a folder, with what it told."""

    def __init__(self, folder: Path, **vault: int) -> None:
        self.sealed, self.hour_keys = places(folder)
        self.notices: list[EpochSealed | PartSealed] = []
        self.alerts: list[str] = []
        self.clock = FakeClock(NOON_NS)
        self.free = 1 << 40
        self.recorder = SealedRecorder(
            GATE,
            Vault(self.sealed, self.hour_keys, custodians(KEYS), CHARTER, **vault),
            clock=self.clock,
            on_notice=self.notices.append,
            on_alert=self.alerts.append,
            free=lambda _: self.free,
        )

    def write(self, path: Path, start_ns: int = NOON_NS, **options: int) -> None:
        for packet in packets(path, start_ns, **options):
            self.recorder.write(packet)

    def keys_of(self, hour: str = HOUR) -> dict[str, bytes]:
        found = {}
        for epoch in self.sealed.epochs(GATE, hour):
            envelope = self.sealed.envelope(GATE, hour, epoch, self.hour_keys)
            found[epoch] = envelope.combine({str(key.public): envelope.open_share(key) for key in KEYS[1:]})
        return found

    def times(self, part: PartFile, keys: dict[str, bytes]) -> tuple[bool, list[float]]:
        """Return whether a part is complete, and when its pictures were taken, seconds after noon."""
        with part.path.open("rb") as file:
            reader = SealedReader(SealedPart(file, part.path.name), keys[part.epoch])
            since = (reader.header.start - NOON_NS) / NS_PER_S
            found = []
            with av.open(reader) as video:
                try:
                    for frame in video.decode(video=0):
                        found.append(round(since + frame.time, 3))  # noqa: PERF401  what came before an error counts
                except av.error.InvalidDataError:
                    assert not reader.complete
            return reader.complete, found


@pytest.mark.parametrize(
    ("codec", "container", "options"),
    [
        ("libx264", "mp4", {}),
        ("libx264", "ts", {}),
        ("libx264", "mkv", {"bf": "2"}),
        ("libx265", "mkv", {"x265-params": "log-level=none"}),
        ("mjpeg", "avi", {}),
        ("mpeg4", "mp4", {}),
    ],
)
def test_every_picture_can_be_opened_again(tmp_path: Path, codec: str, container: str, options: dict[str, str]) -> None:
    source = camera_file(tmp_path / f"camera.{container}", codec=codec, **options)
    sealing = Sealing(tmp_path)
    sealing.write(source)
    sealing.recorder.close()
    assert sealing.alerts == []
    (part,) = sealing.sealed.parts(GATE, HOUR)
    complete, times = sealing.times(part, sealing.keys_of())
    assert complete
    assert len(times) == 40
    assert times == sorted(times)
    assert [round(b - a, 3) for a, b in itertools.pairwise(times)] == [0.1] * 39
    epoch, sealed = sealing.notices
    assert isinstance(epoch, EpochSealed)
    assert isinstance(sealed, PartSealed)
    checked = sealing.sealed.check(part)
    assert (checked.sha256, checked.size, checked.complete) == (sealed.sha256, sealed.size, True)
    assert checked.header.charter == CHARTER


def test_a_part_begins_with_a_keyframe_and_a_restart_has_another_key(tmp_path: Path) -> None:
    source = camera_file(tmp_path / "camera.mp4")
    sealing = Sealing(tmp_path)
    for number, packet in enumerate(packets(source)):
        if number >= 3:
            sealing.recorder.write(packet)
    sealing.recorder.close()
    again = Sealing(tmp_path)
    again.write(source, NOON_NS + 10 * NS_PER_S)
    again.write(source, NOON_NS + 20 * NS_PER_S)  # the camera connected anew
    again.recorder.close()
    keys = again.keys_of()
    assert len(set(keys.values())) == len(keys) == 2
    parts = list(again.sealed.parts(GATE, HOUR))
    assert sorted(part.part for part in parts) == [1, 1, 2]
    starts = sorted(times[0] for times in (again.times(part, keys)[1] for part in parts))
    assert starts == [1.0, 10.0, 20.0]
    headers = [again.sealed.check(part).header.salt for part in parts]
    assert len(set(headers)) == 3


def test_each_hour_has_its_own_key(tmp_path: Path) -> None:
    source = camera_file(tmp_path / "camera.mp4")
    sealing = Sealing(tmp_path)
    sealing.write(source, NOON_NS + 3598 * NS_PER_S)
    sealing.recorder.close()
    assert sealing.sealed.hours(GATE) == sealing.hour_keys.hours(GATE) == [HOUR, "2026-01-01T13"]
    (first,), (second,) = (sealing.sealed.parts(GATE, hour) for hour in sealing.sealed.hours(GATE))
    assert sealing.times(first, sealing.keys_of())[1][-1] == 3599.9
    assert sealing.times(second, sealing.keys_of("2026-01-01T13"))[1][0] == 3600.0
    with pytest.raises(KeyError):
        sealing.times(second, sealing.keys_of())


def test_without_keyframes_an_hour_still_ends(tmp_path: Path) -> None:
    source = camera_file(tmp_path / "camera.mp4", seconds=10, gop=1000)
    sealing = Sealing(tmp_path)
    sealing.write(source, NOON_NS + 3500 * NS_PER_S, step_ns=5 * NS_PER_S)
    sealing.recorder.close()
    (part,) = sealing.sealed.parts(GATE, HOUR)
    complete, times = sealing.times(part, sealing.keys_of())
    assert complete
    assert times[-1] == 3660.0
    assert sealing.sealed.hours(GATE) == [HOUR]


def test_a_full_disk_stops_sealing_and_says_so(tmp_path: Path) -> None:
    source = camera_file(tmp_path / "camera.mp4")
    sealing = Sealing(tmp_path, least_free=1 << 20)
    sealing.free = 0
    sealing.write(source)
    sealing.clock.advance(6)
    sealing.write(source, NOON_NS + 6 * NS_PER_S)
    assert sealing.alerts == ["Sealing stopped. The disk is full. Free some space; sealing goes on by itself."]
    assert list(sealing.sealed.parts(GATE, HOUR)) == []
    sealing.free = 1 << 30
    sealing.clock.advance(6)
    sealing.write(source, NOON_NS + 12 * NS_PER_S)
    sealing.recorder.close()
    assert sealing.alerts[1:] == [""]
    assert len(list(sealing.sealed.parts(GATE, HOUR))) == 1
    assert len(sealing.sealed.epochs(GATE, HOUR)) == 1


def test_a_disk_that_fails_in_between_leaves_a_part_that_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from custodes.vault.folder import OpenPart

    source = camera_file(tmp_path / "camera.mp4", seconds=6)
    sealing = Sealing(tmp_path)
    whole, count = OpenPart.append, 0

    def failing(part: OpenPart, segment: object) -> object:
        nonlocal count
        count += 1
        if count == 3:
            raise OSError(28, "No space left on device")
        return whole(part, segment)  # type: ignore[arg-type]

    monkeypatch.setattr(OpenPart, "append", failing)
    sealing.write(source)
    sealing.clock.advance(6)
    sealing.write(source, NOON_NS + 6 * NS_PER_S)
    sealing.recorder.close()
    assert sealing.alerts == ["Sealing stopped. No space left on device.", ""]
    keys = sealing.keys_of()
    results = [sealing.times(part, keys) for part in sealing.sealed.parts(GATE, HOUR)]
    assert [complete for complete, _ in results] == [False, True]
    assert results[0][1]
    assert results[1][1][0] == 6.0


def test_what_lies_in_the_wrong_place_is_noticed(tmp_path: Path) -> None:
    sealing = Sealing(tmp_path)
    sealing.write(camera_file(tmp_path / "camera.mp4"))
    sealing.recorder.close()
    (part,) = sealing.sealed.parts(GATE, HOUR)
    moved = part.path.parent.with_name("13") / part.path.name
    moved.parent.mkdir()
    part.path.rename(moved)
    with pytest.raises(IntegrityError, match="does not belong there"):
        sealing.sealed.check(next(sealing.sealed.parts(GATE, "2026-01-01T13")))
    moved.rename(part.path)
    next(part.path.parent.glob("*.envelope")).unlink()
    with pytest.raises(IntegrityError, match="its envelope is missing"):
        sealing.sealed.check(part)
    part.path.write_bytes(b"CUSTSEAL")
    with pytest.raises(IntegrityError, match="is no sealed part"):
        sealing.sealed.check(part)


def test_nothing_of_the_original_is_in_any_file(tmp_path: Path) -> None:
    source = camera_file(tmp_path / "camera.mp4")
    marks = marks_of(source)
    assert len(marks) > 100
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen/leak").write_bytes(b"x" + source.read_bytes())
    assert found_in(tmp_path / "seen", marks) == {"leak"}  # the search finds what it is to find
    place = tmp_path / "place"
    sealing = Sealing(place)
    sealing.write(source)
    assert found_in(place, marks) == set()
    sealing.recorder.close()
    assert found_in(place, marks | {b"ftyp", b"moov", b"avcC", b"Ombudsman"} | set(sealing.keys_of().values())) == set()


def seal_for_ever(folder: Path, coded: list[EncodedPacket]) -> None:
    """Seal the same pictures again and again, as if they went on: until killed."""
    sealing = Sealing(folder)
    turn = 0
    while True:
        for packet in coded:
            # Some 40 minutes a turn, so that hours begin all the time.
            at_ns = NOON_NS + turn * 2400 * NS_PER_S + (packet.time.utc_ns - NOON_NS) * 600
            time_ = MediaTime(packet.time.ticks, packet.time.time_base, at_ns)
            sealing.recorder.write(EncodedPacket(packet.packet, time_, packet.key))
        turn += 1


@pytest.mark.slow
def test_killed_at_any_instant_every_file_opens_to_its_last_whole_chunk(tmp_path: Path) -> None:
    source = camera_file(tmp_path / "camera.mp4")
    coded = list(packets(source))
    marks = marks_of(source)
    rng = random.Random(7)
    cut_off = opened = 0
    for turn in range(100):
        place = tmp_path / str(turn)
        child = os.fork()
        if not child:
            try:
                seal_for_ever(place, coded)
            finally:
                os._exit(1)
        while turn % 4 and not any(place.rglob("*.sealed")):  # every fourth is killed earlier than that
            time.sleep(0.001)
        time.sleep(rng.uniform(0.0, 0.08))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert found_in(place, marks) == set()
        sealing = Sealing(place)
        sealing.sealed.mend(GATE)
        assert not [path for path in (place / "data").rglob("*.*") if path.suffix not in {".sealed", ".envelope"}]
        for hour in sealing.sealed.hours(GATE):
            keys = sealing.keys_of(hour)
            for part in sealing.sealed.parts(GATE, hour):
                assert sealing.sealed.check(part).header.hour == hour
                with part.path.open("rb") as file:
                    reader = SealedReader(SealedPart(file, part.path.name), keys[part.epoch])
                    reader.check()
                    opened += 1
                    cut_off += not reader.complete
    assert opened > 100
    assert cut_off > 0


def test_sealed_hours_are_named_by_utc() -> None:
    assert hour_of(NOON_NS - 1) == "2026-01-01T11"
    assert isinstance(SealedFolder(Path("nowhere")).cameras(), list)
