"""What somebody is shown is noted first, under the right name; what cannot be noted is not shown."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace

import pytest
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api_support import GATE, NOON_NS, YARD, Notebook, add_person, make_event, make_fragment
from custodes.api import ApiContext, create_app
from custodes.api.persons import Noting, Watching, set_admission
from custodes.api.routes.live import _notices, _send
from custodes.api.sessions import Admission
from custodes.domain.errors import StoreError
from custodes.domain.imagery import RedactedStill
from custodes.domain.persons import LOCAL
from custodes.domain.time import NS_PER_S
from custodes.store import Segment

LIVE = "ws://127.0.0.1:8787/api/v1/cameras/gate/live"


@pytest.fixture
def notebook(context: ApiContext) -> Notebook:
    assert isinstance(context.consultations, Notebook)
    return context.consultations


@pytest.fixture
def shown(context: ApiContext) -> dict[str, tuple[str, str, str | None]]:
    """Everything that can be shown, by path, with what has to be noted of it."""
    event = make_event(camera=YARD)
    context.store.events.put(event)
    context.blobs.put_still("yard/one.jpg", RedactedStill._seal(b"\xff\xd8 jpeg", 4, 2))
    context.store.events.set_thumbnail(event.event_id, "yard/one.jpg")
    segment_id = context.store.segments.open(
        Segment(
            camera=GATE,
            stream="one",
            path="gate.mp4",
            start_ns=NOON_NS,
            end_ns=NOON_NS + NS_PER_S,
            bytes=100,
            init_bytes=10,
            codec="avc1.640016",
            open=False,
        )
    )
    (context.recordings / "gate.mp4").write_bytes(b"x" * 100)
    return {
        "/api/v1/events": ("local", "search", None),
        "/api/v1/events?camera=yard": ("local", "search", YARD),
        f"/api/v1/events/{event.event_id}": ("local", "search", YARD),
        f"/api/v1/events/{event.event_id}/thumbnail.jpg": ("local", "thumbnail", YARD),
        "/api/v1/cameras/gate/hls.m3u8?start=2026-01-01T12:00:00Z&end=2026-01-01T12:01:00Z": (
            "local",
            "playback",
            GATE,
        ),
        f"/api/v1/segments/{segment_id}.mp4": ("local", "playback", GATE),
    }


def test_what_is_shown_is_noted(client: TestClient, notebook: Notebook, shown: dict[str, tuple[str, str, str | None]]):
    for path, note in shown.items():
        notebook.notes.clear()
        assert client.get(path).status_code == 200, path
        assert notebook.notes == [note], path


def test_what_cannot_be_noted_is_not_shown(client: TestClient, notebook: Notebook, shown: dict[str, object]):
    notebook.broken = True
    for path in [*shown, "/api/v1/events/stream"]:
        answer = client.get(path)
        assert answer.status_code == 503, path
        assert answer.headers["content-type"] == "application/problem+json"
    with client.websocket_connect(LIVE) as socket, pytest.raises(WebSocketDisconnect) as ended:
        socket.receive_bytes()
    assert ended.value.code == 4503


def test_what_is_no_consultation_is_not_noted(client: TestClient, notebook: Notebook):
    notebook.broken = True
    for path in ("/", "/api/v1/cameras", "/api/v1/system", "/metrics", "/api/v1/session", "/healthz"):
        assert client.get(path).status_code == 200
    for path in ("/api/v1/segments/7.mp4", "/api/v1/events/01ARZ3NDEKTSV4RRFFQ69G5FAV"):
        assert client.get(path).status_code == 404


def test_a_live_view_is_noted_before_its_first_picture(client: TestClient, context: ApiContext, notebook: Notebook):
    context.hub.publish(make_fragment(0))
    with client.websocket_connect(LIVE) as socket:
        socket.receive_json()
        assert notebook.notes == [("local", "live", GATE)]


def test_the_note_names_the_person(context: ApiContext, notebook: Notebook):
    password = add_person(context)
    client = TestClient(create_app(context), base_url="http://cameras.example")
    assert client.get("/api/v1/events", auth=("anna", password)).status_code == 200
    assert notebook.notes == [("anna", "search", None)]


class _Door:
    """Somebody let in, until told otherwise."""

    def __init__(self, context: ApiContext) -> None:
        self.context = context
        self.open = True
        self.fails = False

    def noting(self) -> Noting:
        app = SimpleNamespace(state=SimpleNamespace(context=self.context))
        scope = {"type": "http", "app": app}
        set_admission(scope, Admission(LOCAL, self._still))
        return Noting(HTTPConnection(scope))

    def _still(self) -> bool:
        if self.fails:
            raise StoreError("the database is gone")
        return self.open


Step = Callable[[Watching], Awaitable[None]]


def _watch(door: _Door, step: Step) -> None:
    async def run() -> None:
        await step(await door.noting().begin("live", GATE))

    asyncio.run(run())


def test_a_view_that_lasts_is_noted_each_minute(context: ApiContext, notebook: Notebook):
    async def step(watching: Watching) -> None:
        for _ in range(150):
            context.clock.sleep(1)
            assert await watching.may_go_on()

    _watch(_Door(context), step)
    assert notebook.notes == [("local", "live", GATE)] * 3


def test_a_view_ends_when_it_cannot_be_noted_any_more(context: ApiContext, notebook: Notebook):
    async def step(watching: Watching) -> None:
        notebook.broken = True
        context.clock.sleep(59)
        assert await watching.may_go_on()
        context.clock.sleep(1)
        assert not await watching.may_go_on()

    _watch(_Door(context), step)


@pytest.mark.parametrize("change", [{"open": False}, {"fails": True}])
def test_a_view_ends_when_who_looks_is_not_let_in_any_more(context: ApiContext, change: dict[str, bool]):
    door = _Door(context)

    async def step(watching: Watching) -> None:
        context.clock.sleep(1)
        assert await watching.may_go_on()
        vars(door).update(change)
        context.clock.sleep(1)
        assert not await watching.may_go_on()

    _watch(door, step)


class _Never:
    async def may_go_on(self) -> bool:
        return False


def test_the_stream_shows_nothing_after_it_is_over(context: ApiContext):
    async def read() -> list[str]:
        notices: AsyncIterator[str] = _notices(context, _Never(), events=True)
        await anext(notices)
        context.hub.publish(make_event())
        return [part async for part in notices]

    assert asyncio.run(read()) == []


def test_a_live_view_shows_nothing_after_it_is_over(context: ApiContext):
    async def run() -> tuple[int, str]:
        with context.hub.view(GATE) as viewer:
            context.hub.publish(make_fragment(0))
            return await _send(None, viewer, _Never(), lambda: True)

    assert asyncio.run(run())[0] == 4401


def test_disabling_an_account_ends_its_live_view(context: ApiContext):
    password = add_person(context)
    client = TestClient(create_app(context), base_url="http://cameras.example")
    client.post("/api/v1/session", json={"name": "anna", "password": password})
    context.hub.publish(make_fragment(0))
    with client.websocket_connect("ws://cameras.example/api/v1/cameras/gate/live") as socket:
        socket.receive_json()
        socket.receive_bytes()
        context.store.accounts.disable("anna")
        context.clock.sleep(1)
        context.hub.publish(make_fragment(1))
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_bytes()
    assert ended.value.code == 4401
