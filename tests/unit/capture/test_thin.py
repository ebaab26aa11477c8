"""Of streams with more pictures than are needed, some are left out undecoded, and enough are left."""

from itertools import pairwise
from pathlib import Path

import pytest

from custodes.capture import open_file
from sim.videos import make_video, number_of


def seen(path: Path, enough_fps: float | None) -> list[int]:
    return [number_of(frame.luma()) for frame in open_file(path, enough_fps=enough_fps).frames()]


def test_pictures_that_no_other_needs_are_left_out(tmp_path: Path) -> None:
    video = make_video(tmp_path / "a.mp4", frames=36, fps=20, **{"x264-params": "bframes=3:b-adapt=0:scenecut=0"})
    kept = seen(video, 10)
    assert 15 <= len(kept) <= 24
    assert kept == sorted(set(kept))
    assert max(after - before for before, after in pairwise(kept)) <= 2
    assert seen(video, None) == list(range(36))


def test_where_too_few_would_be_left_all_are_decoded_soon(tmp_path: Path) -> None:
    coding = "bframes=3:b-adapt=0:b-pyramid=none:scenecut=0"
    kept = seen(make_video(tmp_path / "a.mp4", frames=36, fps=10, **{"x264-params": coding}), 5)
    assert len(kept) < 36
    assert [number for number in kept if number >= 18] == list(range(18, 36))


def test_of_pictures_that_stand_for_themselves_only_those_due_are_decoded(tmp_path: Path) -> None:
    video = make_video(tmp_path / "a.avi", codec="mjpeg", pix_fmt="yuvj420p")
    for enough_fps, left in ((5, range(0, 30, 2)), (10, range(30))):
        times = [frame.time.media_s for frame in open_file(video, enough_fps=enough_fps).frames()]
        assert [round(time * 10) for time in times] == list(left)


@pytest.mark.parametrize(("b_frames", "enough_fps"), [("0", 2), ("3", 6)], ids=["no b-frames", "few to spare"])
def test_other_streams_are_decoded_whole(tmp_path: Path, b_frames: str, enough_fps: float) -> None:
    assert seen(make_video(tmp_path / "a.mp4", bf=b_frames), enough_fps) == list(range(30))
