import io
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from api_support import GATE, NOON_NS, synthetic_frames
from custodes.domain.errors import CaptureError
from custodes.domain.imagery import RedactedFragment, RedactedFrame
from custodes.domain.time import NS_PER_S, MediaTime
from custodes.record import FragmentEncoder, RecordingSettings, write_video
from custodes.record.encoder import codec_string

FPS = 10


def _frames(count: int, start_ns: int = NOON_NS, size: tuple[int, int] = (96, 64)) -> list[RedactedFrame]:
    return list(islice(synthetic_frames(start_ns, FPS, size), count))


def _at(frame: RedactedFrame, utc_ns: int) -> RedactedFrame:
    time = MediaTime(frame.time.ticks, frame.time.time_base, utc_ns)
    return RedactedFrame._seal(frame.picture, time, blank=False)


def _encode(frames: list[RedactedFrame]) -> list[RedactedFragment]:
    encoder = FragmentEncoder(GATE, RecordingSettings(fps=FPS))
    return [fragment for frame in frames for fragment in encoder.encode(frame)] + list(encoder.close())


def _pts_s(data: bytes) -> list[float]:
    with av.open(io.BytesIO(data)) as video:
        return [round(float(p.pts * p.time_base), 3) for p in video.demux(video=0) if p.pts is not None]


def test_fragments_last_a_second_and_follow_each_other():
    init, *media = _encode(_frames(35))
    assert (init.number, init.start_ns, init.end_ns) == (0, 0, 0)
    assert init.data[4:8] == b"ftyp"
    assert [fragment.number for fragment in media] == [1, 2, 3, 4]
    assert [(f.start_ns - NOON_NS) / NS_PER_S for f in media] == [0, 1, 2, 3]
    assert [(f.end_ns - NOON_NS) / NS_PER_S for f in media] == [1, 2, 3, 3.5]
    assert {fragment.stream for fragment in media} == {init.stream}
    assert init.codec.startswith("avc1.")


def test_every_fragment_plays_by_itself_after_the_init_fragment():
    init, *media = _encode(_frames(35))
    for fragment in media:
        with av.open(io.BytesIO(init.data + fragment.data)) as video:
            assert sum(1 for _ in video.decode(video=0)) == round(
                (fragment.end_ns - fragment.start_ns) / NS_PER_S * FPS
            )


def test_pictures_keep_their_own_times():
    frames = _frames(6)
    times = [0, 0.1, 0.35, 0.36, 0.9, 1.3]
    moved = [_at(frame, NOON_NS + int(time * NS_PER_S)) for frame, time in zip(frames, times, strict=True)]
    data = b"".join(fragment.data for fragment in _encode(moved))
    assert _pts_s(data) == pytest.approx(times, abs=1e-3)


def test_what_is_shown_is_what_went_in():
    frames = _frames(3)
    before = frames[1].picture.to_ndarray(format="gray")
    data = b"".join(fragment.data for fragment in _encode(frames))
    with av.open(io.BytesIO(data)) as video:
        after = list(video.decode(video=0))[1].to_ndarray(format="gray")
    assert np.abs(before.astype(int) - after).mean() < 8


@pytest.mark.parametrize("kind", ["size", "pause"])
def test_a_changed_size_or_a_pause_starts_a_new_stream(kind: str):
    later = NOON_NS + NS_PER_S
    second = _frames(5, later, (64, 48)) if kind == "size" else _frames(5, later + 5 * NS_PER_S)
    fragments = _encode(_frames(10) + second)
    assert [fragment.number for fragment in fragments] == [0, 1, 0, 1]
    first, other = fragments[:2], fragments[2:]
    assert first[0].stream != other[0].stream
    assert first[1].end_ns == NOON_NS + NS_PER_S
    assert other[1].start_ns == second[0].time.utc_ns
    for pair in (first, other):
        assert _pts_s(pair[0].data + pair[1].data)[0] == 0


def test_a_picture_out_of_order_is_left_out():
    frames = _frames(5)
    data = b"".join(fragment.data for fragment in _encode([frames[0], frames[1], frames[1], frames[0], frames[2]]))
    assert _pts_s(data) == [0, 0.1, 0.2]


def test_odd_sizes_are_cut_to_even_ones():
    frames = [RedactedFrame._seal(frame.picture.reformat(95, 63), frame.time, blank=False) for frame in _frames(3)]
    with av.open(io.BytesIO(b"".join(fragment.data for fragment in _encode(frames)))) as video:
        assert (video.streams.video[0].width, video.streams.video[0].height) == (94, 62)


def test_an_encoder_without_pictures_says_nothing():
    assert list(FragmentEncoder(GATE, RecordingSettings()).close()) == []


def test_a_file_holds_every_picture_and_scales_other_sizes(tmp_path: Path):
    path = tmp_path / "redacted.mp4"
    write_video(path, _frames(20) + _frames(5, NOON_NS + 2 * NS_PER_S, (64, 48)), FPS, crf=26)
    with av.open(str(path)) as video:
        sizes = [(frame.width, frame.height) for frame in video.decode(video=0)]
    assert sizes == [(96, 64)] * 25


def test_what_came_before_an_error_is_in_the_file(tmp_path: Path):
    def failing():
        yield from _frames(25)
        raise CaptureError("the camera burst")

    with pytest.raises(CaptureError, match="burst"):
        write_video(tmp_path / "a.mp4", failing(), FPS, crf=26)
    with av.open(str(tmp_path / "a.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == 25


def test_no_picture_makes_an_empty_file(tmp_path: Path):
    write_video(tmp_path / "none.mp4", [], FPS, crf=26)
    assert (tmp_path / "none.mp4").read_bytes() == b""


def test_codec_strings():
    assert codec_string(b"\x00\x00\x00\x01\x67\x42\xc0\x1f\xff\x00\x00\x00\x01\x68\xee") == "avc1.42c01f"
    with pytest.raises(ValueError, match="parameter set"):
        codec_string(b"")


def test_settings_are_honoured():
    coarse = RecordingSettings(crf=40)
    frames = _frames(10, size=(320, 240))
    sizes = []
    for settings in (RecordingSettings(crf=20), coarse):
        encoder = FragmentEncoder(GATE, settings)
        sizes.append(
            sum(len(f.data) for frame in frames for f in encoder.encode(frame))
            + sum(len(f.data) for f in encoder.close())
        )
    assert sizes[1] < sizes[0] / 2
