from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api_support import CAMERAS, GATE, NOON_NS, YARD, make_charter, make_context, make_event, make_fragment, make_status
from custodes.api import ApiContext, create_app
from custodes.api.routes.parameters import to_ns
from custodes.charter import Charters
from custodes.domain.cameras import CameraState
from custodes.domain.events import EventKind
from custodes.domain.imagery import RedactedStill
from custodes.domain.time import NS_PER_S

HOUR_NS = 3600 * NS_PER_S


def _ids(client: TestClient, query: str = "") -> list[str]:
    answer = client.get(f"/api/v1/events{query}")
    assert answer.status_code == 200, answer.text
    return [event["event_id"] for event in answer.json()["items"]]


def test_cameras_have_shapes_and_status(client: TestClient, context: ApiContext):
    context.hub.publish(make_status())
    gate, yard = client.get("/api/v1/cameras").json()["items"]
    assert gate["id"] == GATE
    assert gate["name"] == "Main gate"
    assert gate["zones"][0]["polygon"][0] == [0.1, 0.4]
    assert gate["tripwires"][0]["end"] == [0.7, 0.9]
    assert gate["status"]["state"] == "live"
    assert gate["status"]["since"] == "2026-01-01T12:00:00.000Z"
    assert yard["status"] is None
    assert client.get("/api/v1/cameras/gate").json() == gate
    assert client.get("/api/v1/cameras/nowhere").status_code == 404
    assert client.get("/api/v1/cameras/NO!").status_code == 422


def test_events_come_newest_first_in_pages_without_gap_or_repeat(client: TestClient, context: ApiContext):
    events = [make_event(NOON_NS + i * NS_PER_S) for i in range(7)]
    for event in events:
        context.store.events.put(event)
    seen, query = [], "?limit=3"
    while query:
        page = client.get(f"/api/v1/events{query}").json()
        seen += [event["event_id"] for event in page["items"]]
        query = page["next_cursor"] and f"?limit=3&cursor={page['next_cursor']}"
    assert seen == [event.event_id for event in reversed(events)]


def test_events_are_filtered(client: TestClient, context: ApiContext):
    person = make_event(NOON_NS)
    car = make_event(NOON_NS + HOUR_NS, YARD, class_name="car", kind=EventKind.CROSSED, rule="line", zone="middle")
    for event in (person, car):
        context.store.events.put(event)
    assert _ids(client) == [car.event_id, person.event_id]
    for query in ("camera=yard", "class=car", "kind=crossed", "rule=line", "zone=middle", "start=2026-01-01T12:30:00Z"):
        assert _ids(client, f"?{query}") == [car.event_id], query
    for query in ("camera=gate", "class=person", "kind=appeared", "end=2026-01-01T12:30:00%2B00:00"):
        assert _ids(client, f"?{query}") == [person.event_id], query
    assert _ids(client, "?camera=gate&class=car") == []


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "kind=feeling", "start=yesterday", "end=-5", "start=9e99"])
def test_wrong_filters_are_refused_in_words(client: TestClient, query: str):
    answer = client.get(f"/api/v1/events?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert query.partition("=")[0] in answer.json()["detail"]


def test_a_cursor_that_we_did_not_make_is_refused(client: TestClient):
    assert client.get("/api/v1/events?cursor=nonsense").status_code == 422


def test_one_event_and_its_thumbnail(client: TestClient, context: ApiContext):
    event = make_event(end_ns=None)
    context.store.events.put(event)
    path = f"/api/v1/events/{event.event_id}"
    shown = client.get(path).json()
    assert (shown["end"], shown["thumbnail"], shown["class"]) == (None, None, "person")
    assert client.get(f"{path}/thumbnail.jpg").status_code == 404
    context.blobs.put_still("gate/one.jpg", RedactedStill._seal(b"\xff\xd8 jpeg", 4, 2))
    context.store.events.set_thumbnail(event.event_id, "gate/one.jpg")
    picture = client.get(client.get(path).json()["thumbnail"])
    assert picture.content == b"\xff\xd8 jpeg"
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.headers["cache-control"] == "no-store"


def test_a_thumbnail_whose_file_is_gone_is_absent(client: TestClient, context: ApiContext):
    event = make_event()
    context.store.events.put(event)
    context.store.events.set_thumbnail(event.event_id, "gate/gone.jpg")
    assert client.get(f"/api/v1/events/{event.event_id}/thumbnail.jpg").status_code == 404


@pytest.mark.parametrize("event_id", ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "nothing", "%00"])
def test_an_unknown_event_is_absent(client: TestClient, event_id: str):
    assert client.get(f"/api/v1/events/{event_id}").status_code in (404, 422)


def test_metrics_show_every_camera(client: TestClient, context: ApiContext):
    context.hub.publish(make_status(dropped=4, blanked=2))
    context.hub.publish(make_status(YARD, state=CameraState.OFFLINE, recording=False))
    context.hub.publish(make_event())
    context.hub.publish(make_fragment(0))
    text = client.get("/metrics").text
    for line in (
        'custodes_camera_state{camera="gate",state="live"} 1.0',
        'custodes_camera_state{camera="yard",state="offline"} 1.0',
        'custodes_camera_fps{camera="gate"} 10.0',
        'custodes_camera_analysed_fps{camera="gate"} 5.0',
        'custodes_camera_dropped_total{camera="gate"} 4.0',
        'custodes_camera_blanked_total{camera="gate"} 2.0',
        'custodes_camera_recording{camera="yard"} 0.0',
        'custodes_events_total{camera="gate",kind="appeared"} 1.0',
        'custodes_segment_bytes{camera="gate"} 0.0',
        'custodes_live_viewers{camera="gate"} 0.0',
    ):
        assert line in text
    assert "process_resident_memory_bytes" in text


def test_the_system_says_what_it_is(client: TestClient):
    system = client.get("/api/v1/system").json()
    assert system["version"]
    assert system["cameras"] == len(CAMERAS)
    assert system["disk"]["free_bytes"] > 0


def test_openapi_is_complete(client: TestClient):
    document = client.get("/api/v1/openapi.json").json()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation["description"], path
            for parameter in operation.get("parameters", []):
                assert parameter["description"], (path, parameter["name"])
            for status, answer in operation["responses"].items():
                assert answer["description"]
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], path
    for name, schema in document["components"]["schemas"].items():
        for field, value in schema.get("properties", {}).items():
            assert value.get("description"), (name, field)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2250, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_instants_may_be_iso_or_milliseconds(moment: datetime):
    us = to_ns(moment.isoformat()) // 1000
    assert us == to_ns(moment.replace(tzinfo=None).isoformat()) // 1000
    ms = us // 1000
    assert to_ns(str(ms)) == ms * 1_000_000
    assert abs(us / 1e6 - moment.timestamp()) < 1e-3


@given(st.text())
def test_an_instant_is_read_or_refused(text: str):
    try:
        assert 0 <= to_ns(text) < 2**63
    except ValueError:
        return


DENIED = {
    "show.search": ["/events?camera=gate", "/events/{event}", "/events/{event}/thumbnail.jpg"],
    "show.playback": ["/cameras/gate/recordings?start=0&end=1", "/cameras/gate/hls.m3u8?start=0&end=1"],
}


@pytest.mark.parametrize(("clause", "path"), [(clause, path) for clause, paths in DENIED.items() for path in paths])
def test_what_the_charter_does_not_name_is_refused_with_its_clause(tmp_path: Path, clause: str, path: str):
    shown = {name: f"show.{name}" != clause for name in ("live", "playback", "search")}
    context = make_context(tmp_path, charters=Charters({GATE: make_charter(GATE, show=shown)}))
    event = make_event()
    context.store.events.put(event)
    context.store.events.set_thumbnail(event.event_id, f"gate/{event.event_id}.jpg")
    client = TestClient(create_app(context), base_url="http://127.0.0.1:8787")
    answer = client.get(f"/api/v1{path.format(event=event.event_id)}")
    assert answer.status_code == 403
    assert clause in answer.json()["detail"]
    context.store.close()


def test_a_camera_without_a_charter_shows_nothing(tmp_path: Path):
    context = make_context(tmp_path, charters=Charters({YARD: make_charter(YARD)}))
    mine, hidden = make_event(camera=YARD), make_event(camera=GATE)
    for event in (mine, hidden):
        context.store.events.put(event)
    client = TestClient(create_app(context), base_url="http://127.0.0.1:8787")
    assert _ids(client) == [mine.event_id]
    assert client.get("/api/v1/events?camera=gate").status_code == 403
    assert client.get(f"/api/v1/events/{hidden.event_id}").status_code == 403
    assert [camera["id"] for camera in client.get("/api/v1/cameras").json()["items"]] == ["gate", "yard"]
    context.store.close()


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/api/v1/events?after=yesterday", "there are camera, class, cursor, end, kind, limit, rule, start, zone"),
        ("/api/v1/events?class_name=person&limit=3", "class"),
        ("/api/v1/cameras/gate/recordings?start=0&end=1&after=2", "there are end, start"),
        ("/api/v1/cameras?after=2", "it takes none"),
    ],
)
def test_a_parameter_that_a_route_does_not_have_is_refused(client: TestClient, path: str, known: str):
    answer = client.get(path)
    assert answer.status_code == 422
    assert known in answer.json()["detail"]
    assert any(name in answer.json()["detail"] for name in ("after: no", "class_name: no"))


def test_what_players_append_is_left_alone(client: TestClient):
    assert client.get("/api/v1/cameras/gate/hls.m3u8?start=0&end=1&_HLS_skip=YES").status_code == 404
    assert client.get("/api/v1/segments/1.mp4?t=3").status_code == 404
