"""Every route names what it takes, and takes it."""

from collections.abc import Iterator

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api_support import add_person, make_context
from custodes.api import ApiContext, create_app
from custodes.api.permissions import GRANTS, Needs, Permission
from custodes.domain.persons import Role

FIXED = {
    "camera": "gate",
    "event_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "segment_id": "1",
    "request_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "subject": "0" * 32,
    "kind": "approvals",
    "export_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "proposal_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
}
STREAM = "/api/v1/events/stream"
"""Never ends, so a request of the test client for it would not either."""


OPEN = ["/assets", "/log", "/register"]
"""Files of the page, and what is published: the guard lets everyone have them."""


def permissions_of(route: RouteContext) -> list[Permission]:
    """Permissions that a route declares; none for what is no route of FastAPI."""
    dependant = getattr(route, "dependant", None)
    return [one.call.permission for one in dependant.dependencies if isinstance(one.call, Needs)] if dependant else []


def undeclared(app: FastAPI) -> list[str | None]:
    """Paths of all routes that do not declare exactly one permission."""
    return [route.path for route in iter_route_contexts(app.routes) if len(permissions_of(route)) != 1]


def test_every_route_declares_one_permission(context: ApiContext):
    app = create_app(context)
    assert len(list(iter_route_contexts(app.routes))) >= 20
    assert undeclared(app) == OPEN


def test_a_route_without_a_permission_is_noticed(context: ApiContext):
    app, router = create_app(context), APIRouter(prefix="/api/v1")

    @router.get("/more")
    async def more() -> str:
        return ""

    @router.websocket("/evermore")
    async def evermore() -> None: ...

    app.include_router(router)
    assert undeclared(app) == [*OPEN, "/api/v1/more", "/api/v1/evermore"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiContext]:
    made = make_context(tmp_path_factory.mktemp("permissions"))
    for role in Role:
        (made.recordings / role).write_text(add_person(made, f"{role}-person", role))
    yield made
    made.store.close()


def _requests(context: ApiContext) -> list[tuple[str, str, Permission]]:
    return [
        (method, route.path.format(**FIXED), permissions_of(route)[0])
        for route in iter_route_contexts(create_app(context).routes)
        if isinstance(route.original_route, APIRoute) and route.path != STREAM
        for method in route.methods
    ]


def test_nothing_that_takes_a_login_is_open(shared: ApiContext):
    client = TestClient(create_app(shared), base_url="http://cameras.example")
    requests = _requests(shared)
    assert {permission for *_, permission in requests} == set(Permission)
    for method, path, permission in requests:
        refused = client.request(method, path).status_code == 401
        assert refused is (permission is not Permission.NOTHING), (method, path)
    assert client.get(STREAM).status_code == 401


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_what_it_is_granted_and_no_more(shared: ApiContext, role: Role):
    client = TestClient(create_app(shared), base_url="http://cameras.example")
    client.auth = (f"{role}-person", (shared.recordings / role).read_text())
    for method, path, permission in _requests(shared):
        refused = client.request(method, path).status_code == 403
        granted = permission in {Permission.NOTHING, Permission.LOGIN} or permission in GRANTS[role]
        assert refused is not granted, (method, path)


def test_an_auditor_sees_no_imagery_and_no_events():
    assert GRANTS[Role.AUDITOR] == {Permission.HEALTH}
    assert GRANTS[Role.AUDITOR] < GRANTS[Role.OPERATOR] <= GRANTS[Role.ADMIN]
    assert {Permission.IMAGERY, Permission.EVENTS} <= GRANTS[Role.OPERATOR]


def test_who_watches_does_not_know_who_is_enrolled_and_who_enrols_does_not_watch():
    assert Permission.ENROLMENT not in GRANTS[Role.OPERATOR] | GRANTS[Role.AUDITOR]
    assert GRANTS[Role.REGISTRAR] == {Permission.ENROLMENT}


def test_an_auditor_opens_no_live_view(shared: ApiContext):
    app = create_app(shared)
    client = TestClient(app, base_url="http://cameras.example")
    live = "ws://cameras.example/api/v1/cameras/gate/live"
    for role, closes_with in ((Role.AUDITOR, 1008), (Role.OPERATOR, None)):
        password = (shared.recordings / role).read_text()
        client.post("/api/v1/session", json={"name": f"{role}-person", "password": password})
        assert client.get("/api/v1/cameras").status_code == 200
        if closes_with is None:
            with client.websocket_connect(live):
                pass
            continue
        with pytest.raises(WebSocketDisconnect) as ended, client.websocket_connect(live):
            pytest.fail("it was opened")
        assert ended.value.code == closes_with
        assert "role" in ended.value.reason
