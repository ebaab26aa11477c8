import asyncio
import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api_support import GATE, YARD, make_charter, make_context, make_event, make_fragment, make_status
from custodes.api import ApiContext, LiveHub, create_app
from custodes.api.routes import live
from custodes.api.routes.live import _notices, _send
from custodes.charter import Charters


class _Always:
    """A `Watching` that never ends."""

    async def may_go_on(self) -> bool:
        return True


ALWAYS = _Always()
BASE = "ws://127.0.0.1:8787"


def test_a_viewer_is_told_the_codec_then_gets_the_fragments(client: TestClient, context: ApiContext):
    for number in range(4):
        context.hub.publish(make_fragment(number))
    with client.websocket_connect(f"{BASE}/api/v1/cameras/{GATE}/live") as socket:
        assert socket.receive_json() == {
            "mime": 'video/mp4; codecs="avc1.42c01e"',
            "codec": "avc1.42c01e",
            "stream": "one",
        }
        assert socket.receive_bytes() == b"one 0"
        assert socket.receive_bytes() == b"one 3"
        context.hub.publish(make_fragment(4))
        assert socket.receive_bytes() == b"one 4"
        context.hub.publish(make_fragment(0, "two"))
        assert socket.receive_json()["stream"] == "two"
        assert socket.receive_bytes() == b"two 0"


def test_a_camera_whose_charter_names_no_live_view_shows_none(tmp_path: Path):
    context = make_context(tmp_path, charters=Charters({GATE: make_charter(GATE, show={"playback": True})}))
    context.hub.publish(make_fragment(0))
    client = TestClient(create_app(context), base_url="http://127.0.0.1:8787")
    with (
        client.websocket_connect(f"{BASE}/api/v1/cameras/{GATE}/live") as socket,
        pytest.raises(WebSocketDisconnect) as ended,
    ):
        socket.receive_json()
    assert ended.value.code == 4403
    context.store.close()


def test_a_live_view_ends_when_the_charter_lapses(client: TestClient, context: ApiContext):
    context.hub.publish(make_fragment(0))
    with client.websocket_connect(f"{BASE}/api/v1/cameras/{GATE}/live") as socket:
        socket.receive_json()
        assert socket.receive_bytes() == b"one 0"
        context.clock.sleep(400 * 86_400)
        context.hub.publish(make_fragment(1))
        assert socket.receive() == {"type": "websocket.close", "code": 4403, "reason": live._DENIED_TEXT}


def test_a_viewer_that_leaves_is_forgotten(client: TestClient, context: ApiContext):
    context.hub.publish(make_fragment(0))
    with client.websocket_connect(f"{BASE}/api/v1/cameras/{GATE}/live") as socket:
        socket.receive_json()
        assert context.hub.viewer_counts()[GATE][0] == 1
    assert context.hub.viewer_counts()[GATE][0] == 0


def test_there_is_no_live_view_of_an_unknown_camera(client: TestClient):
    with (
        client.websocket_connect(f"{BASE}/api/v1/cameras/nowhere/live") as socket,
        pytest.raises(WebSocketDisconnect) as ended,
    ):
        socket.receive_bytes()
    assert ended.value.code == 4404


def test_the_stream_begins_with_statuses_and_goes_on_with_events(context: ApiContext):
    async def read() -> list[str]:
        hub = context.hub
        hub.publish(make_status())
        notices = _notices(context, ALWAYS, events=True)
        parts = [await anext(notices), await anext(notices)]
        hub.publish(make_event())
        parts.append(await anext(notices))
        await notices.aclose()
        return parts

    retry, status, event = asyncio.run(read())
    assert retry.startswith("retry: ")
    kind, data = status.strip().split("\n")
    assert kind == "event: status"
    assert json.loads(data.removeprefix("data: "))["status"]["occupancy"] == {"person": 2}
    kind, data = event.strip().split("\n")
    assert kind == "event: event"
    assert json.loads(data.removeprefix("data: "))["class"] == "person"


def test_the_stream_holds_events_of_cameras_that_may_be_searched_only(tmp_path: Path):
    hidden = make_charter(GATE, YARD, show={"live": True})
    context = make_context(tmp_path, charters=Charters({GATE: hidden, YARD: make_charter(YARD)}))

    async def read() -> str:
        notices = _notices(context, ALWAYS, events=True)
        await anext(notices)
        waiting = asyncio.create_task(anext(notices))
        await asyncio.sleep(0.01)
        context.hub.publish(make_event(camera=GATE))
        context.hub.publish(make_event(camera=YARD))
        text = await waiting
        await notices.aclose()
        return text

    text = asyncio.run(read())
    assert '"yard"' in text
    assert '"gate"' not in text
    context.store.close()


def test_a_stream_without_events_still_has_statuses(context: ApiContext):
    async def read() -> list[str]:
        notices = _notices(context, ALWAYS, events=False)
        await anext(notices)
        context.hub.publish(make_event())
        context.hub.publish(make_status())
        parts = [await anext(notices)]
        context.hub.publish(make_event())
        parts.append(await anext(notices))
        await notices.aclose()
        return parts

    status, nothing = asyncio.run(read())
    assert status.startswith("event: status")
    assert "event: event" not in status
    assert nothing.startswith(":")


def test_the_stream_ends_when_the_server_stops(context: ApiContext):
    async def read() -> None:
        hub = context.hub
        notices = _notices(context, ALWAYS, events=True)
        await anext(notices)
        waiting = asyncio.create_task(anext(notices))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        hub.close()
        await waiting
        assert [part async for part in notices] == []
        assert len([part async for part in _notices(context, ALWAYS, events=True)]) == 1

    asyncio.run(read())


def test_a_quiet_stream_shows_that_it_is_alive(monkeypatch: pytest.MonkeyPatch, context: ApiContext):
    monkeypatch.setattr("custodes.api.routes.live._HEARTBEAT_S", 0.01)

    async def read() -> str:
        notices = _notices(context, ALWAYS, events=True)
        await anext(notices)
        text = await anext(notices)
        await notices.aclose()
        return text

    assert asyncio.run(read()).startswith(":")


class _Socket:
    """A connection that takes `takes` messages and then nothing more."""

    def __init__(self, takes: float) -> None:
        self.takes = takes
        self.taken: list[bytes] = []

    async def send_json(self, data: object) -> None:
        assert data

    async def send_bytes(self, data: bytes) -> None:
        if len(self.taken) >= self.takes:
            await asyncio.sleep(60)
        self.taken.append(data)


def test_a_connection_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("custodes.api.routes.live._SEND_TIMEOUT_S", 0.02)

    async def run() -> list[bytes]:
        hub, socket = LiveHub(), _Socket(takes=1)
        with hub.view(GATE) as viewer:
            hub.publish(make_fragment(0))
            hub.publish(make_fragment(1))
            await asyncio.wait_for(_send(socket, viewer, ALWAYS, lambda: True), 10)
        return socket.taken

    assert asyncio.run(run()) == [b"one 0"]


def test_a_connection_that_keeps_losing_fragments_is_given_up():
    async def run() -> list[bytes]:
        hub, socket = LiveHub(), _Socket(takes=float("inf"))
        with hub.view(GATE) as viewer:
            for number in range(100):
                hub.publish(make_fragment(number))
            await asyncio.wait_for(_send(socket, viewer, ALWAYS, lambda: True), 10)
        return socket.taken

    assert asyncio.run(run()) == []
