from pathlib import Path

import av
import pytest

from custodes.app.rtsp_server.clips import camera_clip
from custodes.capture import open_file
from custodes.domain.errors import CaptureError
from sim.videos import make_sound, make_video, number_of


def test_any_clip_becomes_what_a_camera_sends(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "clip.avi", codec="mjpeg", pix_fmt="yuvj422p", size=(98, 66), fps=10, frames=36)
    source = open_file(camera_clip(clip, tmp_path / "cache"))
    frames = list(source.frames())
    assert (source.info.codec, source.info.fps, source.info.b_frames) == ("h264", 10, False)
    assert [number_of(frame.luma()) for frame in frames] == list(range(36))
    assert [i for i, frame in enumerate(frames) if frame.key] == [0, 20]


def test_odd_sizes_lose_a_row_and_a_column(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "clip.avi", codec="ffv1", pix_fmt="gray", size=(96, 64), frames=3)
    odd = tmp_path / "odd.mkv"
    with av.open(str(odd), "w") as out:
        stream = out.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 95, 63, "gray"
        for frame in open_file(clip).frames():
            out.mux(stream.encode(frame.picture.reformat(95, 63, "gray")))
        out.mux(stream.encode(None))
    info = open_file(camera_clip(odd, tmp_path / "cache")).info
    assert (info.width, info.height) == (94, 62)


def test_the_same_clip_is_converted_once(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "clip.mp4")
    first = camera_clip(clip, tmp_path / "cache")
    made = first.stat().st_mtime_ns
    assert camera_clip(clip, tmp_path / "cache") == first
    assert first.stat().st_mtime_ns == made
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [first.name]


def test_no_video_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="sound only"):
        camera_clip(make_sound(tmp_path / "sound.mp4"), tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
