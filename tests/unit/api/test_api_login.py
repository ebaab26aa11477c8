import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api_support import ManualClock, make_context
from custodes.api import ApiContext, ServerSettings, create_app, ensure_password, set_password
from custodes.api.passwords import digest_password, matches, stored_digest
from custodes.api.sessions import Throttle
from custodes.api.settings import is_loopback
from custodes.domain.errors import ConfigError

PASSWORD = "correct horse"  # noqa: S105
OPEN_TO_ALL = ServerSettings(host="192.0.2.1")


@pytest.fixture
def closed(context: ApiContext) -> TestClient:
    set_password(context.store, "correct horse")
    return TestClient(create_app(context), base_url="http://cameras.example")


def _log_in(client: TestClient, password: str = PASSWORD):
    return client.post("/api/v1/session", json={"password": password})


def test_a_password_is_made_once_and_only_where_others_can_connect(context: ApiContext):
    assert ensure_password(context.store, context.settings) is None
    assert stored_digest(context.store) is None
    password = ensure_password(context.store, OPEN_TO_ALL)
    assert re.fullmatch(r"([a-z2-9]{5}-){3}[a-z2-9]{5}", password)
    assert ensure_password(context.store, OPEN_TO_ALL) is None
    digest = stored_digest(context.store)
    assert digest.startswith("$argon2id$")
    assert password not in digest
    assert matches(password, digest)
    assert not matches(password + "x", digest)


def test_equal_passwords_have_different_digests():
    assert digest_password("a") != digest_password("a")


def test_a_server_open_to_others_without_a_password_does_not_start(tmp_path: Path):
    with pytest.raises(ConfigError, match="open to everyone"):
        create_app(make_context(tmp_path, settings=OPEN_TO_ALL))


@pytest.mark.parametrize("path", ["/api/v1/cameras", "/api/v1/openapi.json", "/metrics", "/docs", "/api/v1/system"])
def test_without_login_nothing_is_shown(closed: TestClient, path: str):
    answer = closed.get(path)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Basic")


def test_a_browser_is_sent_to_the_login_page_and_asked_nothing_by_itself(closed: TestClient):
    answer = closed.get("/", headers={"Accept": "text/html"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert closed.get("/login").status_code == 200
    assert closed.get("/assets/style.css").status_code == 200
    fetched = closed.get("/api/v1/cameras", headers={"Sec-Fetch-Mode": "cors"})
    assert "www-authenticate" not in fetched.headers


def test_health_needs_no_login(closed: TestClient):
    assert closed.get("/healthz").json() == {"status": "ok"}


def test_the_session_cookie_opens_and_logging_out_closes(closed: TestClient):
    answer = _log_in(closed)
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert closed.get("/api/v1/cameras").status_code == 200
    token = closed.cookies["custodes_session"]
    assert closed.delete("/api/v1/session").status_code == 204
    closed.cookies.set("custodes_session", token)
    assert closed.get("/api/v1/cameras").status_code == 401


def test_a_session_expires(tmp_path: Path):
    clock = ManualClock()
    context = make_context(tmp_path, clock, ServerSettings(session_hours=1))
    set_password(context.store, "correct horse")
    client = TestClient(create_app(context), base_url="http://cameras.example")
    _log_in(client)
    clock.sleep(3599)
    assert client.get("/api/v1/cameras").status_code == 200
    clock.sleep(2)
    assert client.get("/api/v1/cameras").status_code == 401


def test_scripts_use_basic(closed: TestClient):
    assert closed.get("/metrics", auth=("any", "correct horse")).status_code == 200
    assert closed.get("/metrics", auth=("any", "wrong")).status_code == 401
    assert closed.get("/metrics", headers={"Authorization": "Basic ?"}).status_code == 401


def test_guessing_is_slowed_down_and_the_right_password_waits_too(closed: TestClient):
    for _ in range(5):
        assert _log_in(closed, "guess").status_code == 401
    answer = _log_in(closed)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


def test_waiting_grows_up_to_five_minutes_and_ends_with_success():
    clock = ManualClock()
    throttle = Throttle(clock)
    waits = []
    for _ in range(20):
        throttle.failed("address")
        waits.append(throttle.wait_s("address"))
        clock.sleep(waits[-1])
        assert throttle.wait_s("address") == 0
    assert waits[:8] == [0, 0, 0, 0, 1, 2, 4, 8]
    assert waits[-1] == 300
    assert throttle.wait_s("another") == 0
    throttle.succeeded("address")
    throttle.failed("address")
    assert throttle.wait_s("address") == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "Custodes.LOCALHOST"])
def test_loopback_names(host: str):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["::", "", "192.168.1.2", "localhost.example", "127.0.0.1.example"])
def test_other_names(host: str):
    assert not is_loopback(host)
