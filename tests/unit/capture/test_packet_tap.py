"""Packets are handed out before decoding: all of them, whatever analysis wants."""

from itertools import islice
from pathlib import Path

import pytest

from custodes.capture import SourceSettings, open_file, open_source
from custodes.capture.raw import EncodedPacket
from custodes.domain.time import NS_PER_S
from sim.camera_simulator import FakeClock
from sim.videos import make_video


@pytest.mark.parametrize(("container", "options"), [("mp4", {"bf": "0"}), ("mp4", {"bf": "2"}), ("mkv", {"bf": "2"})])
@pytest.mark.parametrize("keyframes_only", [False, True])
def test_every_packet_comes_with_a_time_that_rises(
    tmp_path: Path, container: str, options: dict[str, str], keyframes_only: bool
) -> None:
    coded: list[EncodedPacket] = []
    source = open_file(make_video(tmp_path / f"a.{container}", **options), start_ns=0, on_packet=coded.append)
    source.keyframes_only = keyframes_only
    frames = list(source.frames())
    assert {type(packet) for packet in coded} == {EncodedPacket}
    assert len(frames) == (3 if keyframes_only else 30)
    assert [packet.time.utc_ns for packet in coded] == [number * NS_PER_S // 10 for number in range(30)]
    assert [number for number, packet in enumerate(coded) if packet.key] == [0, 10, 20]


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
