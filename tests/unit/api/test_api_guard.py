import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api_support import add_person
from custodes.api import ApiContext, create_app


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8787", "[::1]:8787"])
def test_names_of_this_machine_are_let_in(client: TestClient, host: str):
    assert client.get("/api/v1/cameras", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1.example:8787", "", "192.168.1.2"])
def test_other_names_are_not(client: TestClient, host: str):
    answer = client.get("/api/v1/cameras", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:9999", "null"])
def test_another_origin_changes_nothing(client: TestClient, origin: str):
    assert client.delete("/api/v1/session", headers={"Origin": origin}).status_code == 403


def test_our_own_origin_may(client: TestClient):
    assert client.delete("/api/v1/session", headers={"Origin": "http://127.0.0.1:8787"}).status_code == 204


def test_another_origin_opens_no_live_view(client: TestClient):
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(
            "ws://127.0.0.1:8787/api/v1/cameras/gate/live", headers={"Origin": "https://evil.example"}
        ),
    ):
        pytest.fail("it was opened")


@pytest.mark.parametrize("path", ["/", "/api/v1/cameras", "/api/v1/nothing", "/healthz"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_pages_hold_no_inline_script_or_foreign_address(client: TestClient):
    for path in ("/", "/login", "/docs", "/point/gate"):
        text = client.get(path).text
        assert "<script>" not in text
        assert "//" not in text.replace("<!-- ", "").replace("http://www.w3.org/2000/svg", "")


def test_log_and_register_are_open_to_everybody_and_nothing_beside_them_is(context: ApiContext):
    add_person(context)
    client = TestClient(create_app(context), base_url="http://cameras.example")
    (context.log / "checkpoint").write_text("a checkpoint")
    (context.register / "index.html").write_text("the register")
    (context.log.parent / "secret.txt").write_text("secret")
    assert client.get("/log/checkpoint").text == "a checkpoint"
    assert client.get("/register/").text == "the register"
    for path in ("/log/../secret.txt", "/log/%2e%2e/secret.txt", "/register/..%2fsecret.txt", "/log//etc/passwd"):
        answer = client.get(path)
        assert answer.status_code in {401, 404}
        assert "secret" not in answer.text
    for path in ("/logs", "/log", "/registered", "/api/v1/cameras"):
        assert client.get(path).status_code == 401
    assert client.post("/log/checkpoint").status_code == 405
