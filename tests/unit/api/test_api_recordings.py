from collections.abc import Iterator
from itertools import islice

import pytest
from starlette.testclient import TestClient

from api_support import GATE, NOON_NS, YARD, synthetic_frames
from custodes.api import ApiContext
from custodes.domain.time import NS_PER_S
from custodes.record import FragmentEncoder, RecordingSettings, SegmentRecorder

SETTINGS = RecordingSettings(segment_s=2, min_free_gb=0)
NOON, PAST = "2026-01-01T12:00:00Z", "2026-01-01T12:01:00Z"


@pytest.fixture
def recorded(context: ApiContext) -> ApiContext:
    """Five seconds, a pause, three seconds, and a file that is still being written."""
    recorder = SegmentRecorder(
        context.store, context.recordings, GATE, SETTINGS, clock=context.clock, on_alert=pytest.fail
    )
    encoder = FragmentEncoder(GATE, SETTINGS)
    for start_s, seconds in ((0, 5), (20, 3), (50, 3)):
        for frame in islice(synthetic_frames(NOON_NS + start_s * NS_PER_S, size=(96, 64)), seconds * 10):
            for fragment in encoder.encode(frame):
                recorder.write(fragment)
    context.store.gaps.add(GATE, NOON_NS + 5 * NS_PER_S, NOON_NS + 20 * NS_PER_S, "no route to host")
    return context


@pytest.fixture
def recordings(client: TestClient, recorded: ApiContext) -> dict:
    assert recorded.store.segments.all(GATE)[-1].open
    return client.get(f"/api/v1/cameras/gate/recordings?start={NOON}&end={PAST}").json()


def test_recordings_list_complete_files_and_gaps(recordings: dict):
    starts = [item["start"][17:19] for item in recordings["segments"]]
    assert starts == ["00", "02", "04", "20", "22"]
    assert [gap["reason"] for gap in recordings["gaps"]] == ["no route to host"]


def test_a_file_is_served_whole_and_in_parts(client: TestClient, recordings: dict):
    item = recordings["segments"][0]
    whole = client.get(item["url"])
    assert whole.headers["content-type"] == "video/mp4"
    assert len(whole.content) == item["bytes"]
    part = client.get(item["url"], headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")


def _lines(text: str, start: str) -> Iterator[str]:
    return (line for line in text.splitlines() if line.startswith(start))


def test_a_playlist_covers_the_interval_with_whole_files(client: TestClient, recordings: dict):
    answer = client.get(f"/api/v1/cameras/gate/hls.m3u8?start=2026-01-01T12:00:03Z&end={PAST}")
    assert answer.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    urls = [line for line in answer.text.splitlines() if line.startswith("/")]
    assert urls == [item["url"] for item in recordings["segments"][1:]]
    assert len(list(_lines(answer.text, "#EXT-X-MAP"))) == 2
    assert len(list(_lines(answer.text, "#EXT-X-DISCONTINUITY"))) == 1
    assert answer.text.endswith("#EXT-X-ENDLIST\n")


def test_parts_of_a_playlist_make_a_video(client: TestClient, recordings: dict):
    text = client.get(f"/api/v1/cameras/gate/hls.m3u8?start={NOON}&end=2026-01-01T12:00:10Z").text
    (header,) = _lines(text, "#EXT-X-MAP")
    size = int(header.partition('BYTERANGE="')[2].partition("@")[0])
    url = header.partition('URI="')[2].partition('"')[0]
    assert client.get(url, headers={"Range": f"bytes=0-{size - 1}"}).content[4:8] == b"ftyp"
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("#EXT-X-BYTERANGE"):
            length, _, offset = line.partition(":")[2].partition("@")
            part = client.get(lines[number + 1], headers={"Range": f"bytes={offset}-{int(offset) + int(length) - 1}"})
            assert len(part.content) == int(length)
            assert part.content[4:8] == b"moof"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"cameras/gate/hls.m3u8?start={PAST}&end=2026-01-01T12:02:00Z", 404),
        (f"cameras/gate/hls.m3u8?start={NOON}&end=2026-01-03T12:00:00Z", 422),
        (f"cameras/gate/hls.m3u8?start={NOON}", 422),
        (f"cameras/nowhere/hls.m3u8?start={NOON}&end={PAST}", 404),
        ("segments/99999.mp4", 404),
        ("segments/0.mp4", 422),
        ("segments/99999999999999999999.mp4", 422),
    ],
)
def test_what_is_not_there_is_refused_in_words(client: TestClient, recorded: ApiContext, path: str, status: int):
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_open_files_and_lost_files_are_not_served(client: TestClient, recorded: ApiContext, recordings: dict):
    open_one = recorded.store.segments.all(GATE)[-1]
    assert client.get(f"/api/v1/segments/{open_one.id}.mp4").status_code == 404
    first = recorded.store.segments.all(GATE)[0]
    (recorded.recordings / first.path).unlink()
    assert client.get(f"/api/v1/segments/{first.id}.mp4").status_code == 404


def test_a_camera_without_recordings_has_an_empty_list(client: TestClient, recorded: ApiContext):
    assert client.get(f"/api/v1/cameras/{YARD}/recordings?start=0&end=9000000000000").json() == {
        "segments": [],
        "gaps": [],
    }


def test_the_system_forecasts_its_disk(client: TestClient, recorded: ApiContext):
    recorded.clock.sleep(60)
    disk = client.get("/api/v1/system").json()["disk"]
    assert disk["bytes_per_day"] > 0
    assert disk["needed_bytes"] > 0
    assert disk["full_in_s"] is None or disk["full_in_s"] > 0


def test_a_recording_past_its_period_is_refused_even_before_it_is_deleted(
    client: TestClient, recordings: dict, recorded: ApiContext
):
    url = recordings["segments"][0]["url"]
    recorded.clock.sleep(72 * 3600 + 1)
    answer = client.get(url)
    assert answer.status_code == 403
    assert "storage.recording_hours" in answer.json()["detail"]
    assert client.get(recordings["segments"][-1]["url"]).status_code == 200
    left = client.get(f"/api/v1/cameras/gate/recordings?start={NOON}&end={PAST}").json()["segments"]
    assert [item["start"][17:19] for item in left] == ["02", "04", "20", "22"]
