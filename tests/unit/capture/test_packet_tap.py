"""Packets are handed out before decoding: all of them, whatever analysis wants."""

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import pytest

from custodes.capture import SourceSettings, open_file, open_source
from custodes.capture.pictures import Pictures
from custodes.capture.raw import EncodedPacket
from custodes.capture.tap import PacketTap
from custodes.domain.time import NS_PER_S, MediaTime
from sim.camera_simulator import FakeClock
from sim.videos import make_video


@pytest.mark.parametrize(("container", "options"), [("mp4", {"bf": "0"}), ("mp4", {"bf": "2"}), ("mkv", {"bf": "2"})])
@pytest.mark.parametrize("enough_fps", [None, 1.0])
def test_every_packet_comes_with_a_time_that_rises(
    tmp_path: Path, container: str, options: dict[str, str], enough_fps: float | None
) -> None:
    coded: list[EncodedPacket] = []
    clip = make_video(tmp_path / f"a.{container}", **options)
    source = open_file(clip, start_ns=0, on_packet=coded.append, enough_fps=enough_fps)
    assert len(list(source.frames())) <= 30
    assert {type(packet) for packet in coded} == {EncodedPacket}
    assert [packet.time.utc_ns for packet in coded] == [number * NS_PER_S // 10 for number in range(30)]
    assert [number for number, packet in enumerate(coded) if packet.key] == [0, 10, 20]


def test_a_reader_that_rests_passes_packets_on_at_once(tmp_path: Path) -> None:
    coded: list[EncodedPacket] = []
    tap = PacketTap(coded.append, lambda stamp: MediaTime(stamp or 0, Fraction(1, 10), 0), reorders=False)
    with av.open(str(make_video(tmp_path / "a.mp4", bf="0"))) as video:
        reader = Pictures(video, video.streams.video[0], tap=tap)
        seen = []
        for batch in reader.batches():
            reader.resting = True
            seen.append((len(coded), len(batch)))
    assert len(coded) == 30
    assert [count for count, _ in seen][:30] == list(range(1, 31))
    assert any(not pictures for _, pictures in seen), "it never rested"


def test_a_packet_comes_before_its_picture(tmp_path: Path) -> None:
    order: list[str] = []
    source = open_file(make_video(tmp_path / "a.mp4", bf="0"), on_packet=lambda _: order.append("packet"))
    for _ in source.frames():
        order.append("picture")
        if len(order) >= 10:
            break
    assert order[0] == "packet"
    assert all(order[: n + 1].count("packet") >= order[: n + 1].count("picture") for n in range(len(order)))


def test_packets_of_a_loop_go_on(tmp_path: Path) -> None:
    coded: list[EncodedPacket] = []
    settings = SourceSettings(url=str(make_video(tmp_path / "a.mp4", frames=5, bf="0")), loop=True, realtime=True)
    source = open_source(settings, clock=FakeClock(0), on_packet=coded.append)
    for _ in islice(source.frames(), 12):
        pass
    source.close()
    assert [packet.time.utc_ns for packet in coded[:12]] == [number * NS_PER_S // 10 for number in range(12)]
