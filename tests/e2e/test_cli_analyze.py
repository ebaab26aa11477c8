"""`custodes analyze` as its user runs it, on real footage and on files that are no videos."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

BAD_INPUT = 2


def custodes(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "custodes", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)


def audio_only(path: Path) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=44100, layout="mono")
        for number in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 44100
            frame.pts = number * 1024
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def analysed(street_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("analysed")
    done = custodes("analyze", street_clip, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "cameras/core" in done.stdout
    return out / street_clip.stem


@pytest.mark.slow
def test_the_redacted_video_has_every_picture_and_plays(analysed: Path, street_clip: Path) -> None:
    with av.open(str(street_clip)) as before, av.open(str(analysed / "redacted.mp4")) as after:
        picture = before.streams.video[0]
        assert sum(1 for _ in after.decode(video=0)) == sum(1 for _ in before.decode(video=0))
        assert after.streams.video[0].codec_context.name == "h264"
        assert after.streams.video[0].width == picture.width
        assert not after.streams.audio


@pytest.mark.slow
def test_tracks_are_in_mot_format_and_in_the_picture(analysed: Path) -> None:
    rows = list(csv.reader((analysed / "tracks.csv").open()))
    assert len(rows) > 40
    for row in rows:
        frame, track, left, top, width, height = (float(value) for value in row[:6])
        assert 1 <= frame <= 250
        assert track >= 1
        assert width > 0
        assert height > 0
        assert left < 640
        assert top < 272


@pytest.mark.slow
def test_events_and_counts_tell_the_same(analysed: Path) -> None:
    events = [json.loads(line) for line in (analysed / "events.jsonl").read_text().splitlines()]
    counts = json.loads((analysed / "counts.json").read_text())
    appeared = [event for event in events if event["kind"] == "appeared"]
    assert appeared
    assert sum(counts["visits"].values()) == len(appeared)
    assert counts["frames"] == 250
    assert counts["occupancy_max"]["person"] >= 1
    assert all(event["end_s"] is None or event["end_s"] >= event["start_s"] for event in events)
    assert all(event["charter_version"] == "none" and event["rule_version"] for event in events)


@pytest.mark.slow
def test_the_contact_sheet_is_a_picture(analysed: Path) -> None:
    assert (analysed / "events.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_bad_inputs_get_one_line_each_and_the_good_one_is_done(street_clip: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    text = tmp_path / "text.mp4"
    text.write_text("this is no video\n" * 50)
    corrupt = tmp_path / "corrupt.mp4"
    corrupt.write_bytes(b"\0" * 64 + street_clip.read_bytes()[5000:9000])
    sound = audio_only(tmp_path / "sound.mp4")
    absent = tmp_path / "absent.mp4"
    bad = [empty, text, corrupt, sound, absent]
    done = custodes("analyze", *bad, street_clip, "--out", tmp_path / "out")
    assert done.returncode == BAD_INPUT
    complaints = [line for line in done.stderr.splitlines() if ".mp4: " in line]
    for path in bad:
        assert sum(path.name in line for line in complaints) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out" / street_clip.stem / "redacted.mp4").exists()


@pytest.mark.slow
def test_a_truncated_file_is_named_and_its_usable_part_is_done(street_clip: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.ts"
    with av.open(str(street_clip)) as source, av.open(str(whole), "w", format="mpegts") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(street_clip.read_bytes()[: street_clip.stat().st_size // 2])
    done = custodes("analyze", cut, whole, "--out", tmp_path / "out")
    assert done.returncode == BAD_INPUT
    assert "cut.mp4" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out" / "whole" / "counts.json").exists()


@pytest.mark.slow
def test_all_that_a_truncated_file_still_holds_is_in_the_results(tmp_path: Path) -> None:
    whole = tmp_path / "whole.avi"
    rng = np.random.default_rng(0)
    with av.open(str(whole), "w") as out:
        stream = out.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuvj420p"
        for number in range(40):
            picture = av.VideoFrame.from_ndarray(rng.integers(0, 255, (64, 96, 3), np.uint8), format="rgb24")
            picture.pts = number
            out.mux(stream.encode(picture.reformat(format="yuvj420p")))
        out.mux(stream.encode(None))
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    done = custodes("analyze", cut, "--out", tmp_path / "out")
    assert done.returncode == BAD_INPUT
    assert "truncated or corrupt" in done.stderr
    counts = json.loads((tmp_path / "out" / "cut" / "counts.json").read_text())
    assert 15 <= counts["frames"] <= 25
    assert counts["duration_s"] == pytest.approx(counts["frames"] / 10)
    with av.open(str(tmp_path / "out" / "cut" / "redacted.mp4")) as redacted:
        assert sum(1 for _ in redacted.decode(video=0)) == counts["frames"]


@pytest.mark.slow
def test_a_video_on_its_side_is_analysed_and_shown_upright(street_clip: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.mp4"
    with av.open(str(street_clip)) as source, av.open(str(turned), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        size = source.streams.video[0].width, source.streams.video[0].height
        stream.width, stream.height, stream.pix_fmt = size[1], size[0], "yuv420p"
        stream.set_display_rotation(-90)
        for _, picture in zip(range(50), source.decode(video=0), strict=False):
            on_its_side = np.ascontiguousarray(np.rot90(picture.to_ndarray(format="rgb24"), 1))
            coded = av.VideoFrame.from_ndarray(on_its_side, format="rgb24")
            coded.pts, coded.time_base = picture.pts, picture.time_base
            out.mux(stream.encode(coded))
        out.mux(stream.encode(None))
    done = custodes("analyze", turned, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    with av.open(str(tmp_path / "out" / "turned" / "redacted.mp4")) as redacted:
        first = next(redacted.decode(video=0))
    assert (first.width, first.height, first.rotation) == (*size, 0)
    assert json.loads((tmp_path / "out" / "turned" / "counts.json").read_text())["tracks"]


@pytest.mark.slow
def test_of_a_file_without_a_usable_picture_there_is_no_video(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    with av.open(str(broken), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for packet in [p for n in range(10) for p in stream.encode(av.VideoFrame(96, 64, "yuv420p"))]:
            damaged = av.Packet(b"\xff" * packet.size)
            damaged.stream, damaged.pts, damaged.dts = packet.stream, packet.pts, packet.dts
            damaged.time_base = packet.time_base
            out.mux(damaged)
    done = custodes("analyze", broken, "--out", tmp_path / "out")
    assert done.returncode == BAD_INPUT
    assert not (tmp_path / "out" / "broken" / "redacted.mp4").exists()


@pytest.mark.slow
def test_results_that_do_not_fit_are_one_clear_error(street_clip: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / street_clip.stem / "counts.json").mkdir(parents=True)
    done = custodes("analyze", street_clip, "--out", tmp_path / "out")
    assert done.returncode == BAD_INPUT
    assert "cannot be written, because" in done.stderr
    assert "Traceback" not in done.stderr
