import re
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api_support import NOON_NS, ManualClock, add_person, make_context
from custodes.api import ApiContext, LoginBurst, ServerSettings, create_app, ensure_account, new_password, new_token
from custodes.api.accounts import add_account
from custodes.api.passwords import digest_password, matches
from custodes.api.settings import is_loopback
from custodes.api.throttle import Throttle, tells_burst
from custodes.domain.errors import ConfigError
from custodes.domain.persons import Role
from custodes.domain.time import NS_PER_S

OPEN_TO_ALL = ServerSettings(host="192.0.2.1")
DAY_NS = 24 * 3600 * NS_PER_S


class Closed:
    """A server with one account, anna, and a client of it."""

    def __init__(self, context: ApiContext) -> None:
        self.context = context
        self.password = add_person(context)
        self.client = TestClient(create_app(context), base_url="http://cameras.example")

    def log_in(self, password: str | None = None, name: str = "anna"):
        return self.client.post(
            "/api/v1/session", json={"name": name, "password": self.password if password is None else password}
        )

    def status(self, **kwargs: object) -> int:
        return self.client.get("/api/v1/cameras", **kwargs).status_code

    def token(self, days: int = 1) -> tuple[str, dict[str, str]]:
        token, secret = new_token(self.context.store, "anna", days, self.context.clock)
        return token.id, {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def closed(context: ApiContext) -> Closed:
    return Closed(context)


def test_an_account_is_made_once_and_only_where_others_can_connect(context: ApiContext):
    assert ensure_account(context.store, context.settings, context.clock) is None
    assert context.store.accounts.all() == []
    password = ensure_account(context.store, OPEN_TO_ALL, context.clock)
    assert re.fullmatch(r"([a-z2-9]{5}-){3}[a-z2-9]{5}", password)
    assert ensure_account(context.store, OPEN_TO_ALL, context.clock) is None
    (admin,) = context.store.accounts.all()
    assert (admin.name, admin.role) == ("admin", Role.ADMIN)
    assert admin.digest.startswith("$argon2id$")
    assert password not in admin.digest
    assert matches(password, admin.digest)
    assert not matches(password + "x", admin.digest)


def test_equal_passwords_have_different_digests():
    assert digest_password("a") != digest_password("a")


@pytest.mark.parametrize("name", ["", "Anna", "1anna", "an na", "a" * 41, "ana/b", "анна"])
def test_a_name_that_is_none_is_refused(context: ApiContext, name: str):
    with pytest.raises(ConfigError, match="no name"):
        add_account(context.store, name, Role.OPERATOR, context.clock)
    assert not context.store.accounts.any()


def test_a_name_that_is_taken_is_refused(closed: Closed):
    with pytest.raises(ConfigError, match="already"):
        add_person(closed.context)


def test_a_server_open_to_others_without_an_account_does_not_start(tmp_path: Path):
    context = make_context(tmp_path, settings=OPEN_TO_ALL)
    with pytest.raises(ConfigError, match="no account"):
        create_app(context)
    ensure_account(context.store, OPEN_TO_ALL, context.clock)
    create_app(context)
    context.store.close()


def test_without_accounts_one_is_local(client: TestClient):
    me = client.get("/api/v1/session").json()
    assert (me["name"], me["kind"], me["role"]) == ("local", "local", "admin")


def test_a_first_account_closes_a_running_server(client: TestClient, context: ApiContext):
    assert client.get("/api/v1/cameras").status_code == 200
    add_person(context)
    assert client.get("/api/v1/cameras").status_code == 401


def test_disabling_the_last_account_does_not_open_the_server(closed: Closed):
    closed.context.store.accounts.disable("anna")
    assert closed.status() == 401
    assert TestClient(create_app(closed.context), base_url="http://127.0.0.1").get("/metrics").status_code == 401


@pytest.mark.parametrize(
    "path", ["/api/v1/cameras", "/api/v1/events", "/metrics", "/api/v1/openapi.json", "/api/v1/no", "/api/v1/session"]
)
def test_nothing_is_shown_without_a_login(closed: Closed, path: str):
    answer = closed.client.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_browser_is_led_to_the_login_page_and_asked_nothing_by_itself(closed: Closed):
    answer = closed.client.get("/", headers={"Accept": "text/html"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert closed.client.get("/login").status_code == 200
    assert closed.client.get("/assets/style.css").status_code == 200
    fetched = closed.client.get("/api/v1/cameras", headers={"Sec-Fetch-Mode": "cors"})
    assert "www-authenticate" not in fetched.headers


def test_health_needs_no_login(closed: Closed):
    assert closed.client.get("/healthz").json() == {"status": "ok"}


def test_the_session_knows_its_person_and_logging_out_closes_it(closed: Closed):
    answer = closed.log_in()
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert closed.client.get("/api/v1/session").json() == {
        "name": "anna",
        "kind": "account",
        "role": "operator",
        "permissions": ["decide", "events", "export", "health", "imagery", "originals"],
    }
    token = closed.client.cookies["custodes_session"]
    assert closed.client.delete("/api/v1/session").status_code == 204
    closed.client.cookies.set("custodes_session", token)
    assert closed.status() == 401


def test_a_session_expires(tmp_path: Path):
    clock = ManualClock()
    closed = Closed(make_context(tmp_path, clock, ServerSettings(session_hours=1)))
    closed.log_in()
    clock.sleep(3599)
    assert closed.status() == 200
    clock.sleep(2)
    assert closed.status() == 401
    closed.context.store.close()


def test_scripts_use_basic(closed: Closed):
    assert closed.status(auth=("anna", closed.password)) == 200
    assert closed.status(auth=("anna", closed.password)) == 200
    assert closed.status(auth=("anna", "wrong")) == 401
    assert closed.status(auth=("boris", closed.password)) == 401
    assert closed.status(headers={"Authorization": "Basic ?"}) == 401
    assert closed.status(headers={"Authorization": "Basic YW5uYQ=="}) == 401


def test_one_persons_password_is_not_anothers(closed: Closed):
    other = add_person(closed.context, "boris")
    assert closed.status(auth=("anna", closed.password)) == 200
    assert closed.status(auth=("anna", other)) == 401
    assert closed.status(auth=("boris", other)) == 200


def test_an_unknown_name_costs_and_says_what_a_wrong_password_does(closed: Closed, monkeypatch: pytest.MonkeyPatch):
    checked = []
    monkeypatch.setattr(
        "custodes.api.sessions.matches", lambda password, digest: checked.append(digest) or matches(password, digest)
    )
    wrong, unknown = closed.log_in("wrong"), closed.log_in("wrong", "nobody")
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json())
    assert wrong.status_code == 401
    known, dummy = checked
    assert known == closed.context.store.accounts.get("anna").digest
    assert dummy != known
    assert dummy.rpartition("$")[0].rpartition("$")[0] == known.rpartition("$")[0].rpartition("$")[0]  # the same cost


def test_a_token_acts_for_its_account(closed: Closed):
    token_id, bearer = closed.token()
    me = closed.client.get("/api/v1/session", headers=bearer).json()
    assert (me["name"], me["kind"], me["role"]) == ("anna", "token", "operator")
    (used,) = closed.context.on_token_use.__self__
    assert (used.name, used.token) == ("anna", token_id)
    secret = bearer["Authorization"].removeprefix("Bearer ")
    (kept,) = closed.context.store.accounts.tokens()
    assert secret not in str(kept)
    assert len(secret) >= 43
    assert closed.status(headers={"Authorization": "Bearer " + secret[:-1]}) == 401
    assert closed.status(headers={"Authorization": "Bearer " + kept.digest}) == 401
    assert closed.status(headers={"Authorization": "Bearer "}) == 401
    assert closed.status(auth=("anna", secret)) == 401


def test_a_token_ends_on_its_day(closed: Closed):
    _, bearer = closed.token(days=2)
    closed.context.clock.now_ns = NOON_NS + 2 * DAY_NS - 1
    assert closed.status(headers=bearer) == 200
    closed.context.clock.now_ns += 1
    assert closed.status(headers=bearer) == 401


def test_a_revoked_token_ends_at_once(closed: Closed):
    token_id, bearer = closed.token()
    _, other = closed.token()
    assert closed.status(headers=bearer) == 200
    closed.context.store.accounts.revoke(token_id)
    assert closed.status(headers=bearer) == 401
    assert closed.status(headers=other) == 200


def test_a_token_use_that_cannot_be_logged_is_refused(context: ApiContext):
    def fail(_person: object) -> None:
        raise OSError

    closed = Closed(replace(context, on_token_use=fail))
    _, bearer = closed.token()
    assert closed.status(headers=bearer) == 503
    assert closed.status(auth=("anna", closed.password)) == 200


def test_disabling_ends_sessions_tokens_and_passwords_at_once(closed: Closed):
    _, bearer = closed.token()
    closed.log_in()
    assert closed.status() == closed.status(headers=bearer) == 200
    closed.context.store.accounts.disable("anna")
    assert closed.status() == 401
    closed.client.cookies.clear()
    assert closed.status(headers=bearer) == 401
    assert closed.status(auth=("anna", closed.password)) == 401
    with pytest.raises(ConfigError):
        closed.token()


def test_a_token_of_a_disabled_account_is_worth_nothing_even_if_it_was_not_revoked(closed: Closed):
    _, bearer = closed.token()
    with closed.context.store._database.write() as connection:
        connection.exec_driver_sql("UPDATE accounts SET disabled = 1")
    assert not closed.context.store.accounts.tokens()[0].revoked
    assert closed.status(headers=bearer) == 401


def test_a_new_password_ends_sessions_and_the_one_before(closed: Closed):
    closed.log_in()
    assert closed.status(auth=("anna", closed.password)) == 200
    fresh = new_password(closed.context.store, "anna")
    assert closed.status() == 401
    assert closed.status(auth=("anna", closed.password)) == 401
    assert closed.status(auth=("anna", fresh)) == 200


def test_a_store_that_fails_lets_nobody_in(closed: Closed, monkeypatch: pytest.MonkeyPatch):
    closed.log_in()

    def fail(_name: str) -> None:
        raise OSError

    monkeypatch.setattr(closed.context.store.accounts, "get", fail)
    assert closed.status() == 503


def test_guessing_is_slowed_down_and_the_right_password_waits_too(closed: Closed):
    for _ in range(5):
        assert closed.log_in("guess").status_code == 401
    answer = closed.log_in()
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("name", ["anna", "nobody"])
def test_a_name_guessed_from_many_addresses_waits(closed: Closed, name: str):
    keeper = closed.client.app.state.keeper
    for number in range(5):
        assert keeper.log_in(f"192.0.2.{number}", name, "guess").wait_s == 0
    assert keeper.log_in("192.0.2.9", name, closed.password).wait_s == 1
    assert keeper.log_in("192.0.2.9", "boris", "guess").wait_s == 0


def test_an_address_that_tries_many_names_waits_and_a_success_elsewhere_does_not_help(closed: Closed):
    keeper = closed.client.app.state.keeper
    for number in range(5):
        keeper.log_in("192.0.2.1", f"name{number}", "guess")
    assert keeper.log_in("192.0.2.2", "anna", closed.password).account is not None
    assert keeper.log_in("192.0.2.1", "anna", closed.password).wait_s == 1


def test_bursts_are_reported_without_address_or_unknown_name(closed: Closed):
    keeper, clock = closed.client.app.state.keeper, closed.context.clock
    bursts: list[LoginBurst] = closed.context.on_login_burst.__self__
    for _ in range(10):
        keeper.log_in("192.0.2.1", "my password", "guess")
        clock.sleep(300)
    assert [(burst.by, burst.failures) for burst in bursts] == [("address", 5), ("address", 10)]
    assert len({burst.who for burst in bursts}) == 1
    assert not {"192.0.2.1", "my password"} & {burst.who for burst in bursts}
    bursts.clear()
    for number in range(5):
        keeper.log_in(f"192.0.2.{10 + number}", "anna", "guess")
    assert bursts == [LoginBurst("account", "anna", 5)]


def test_a_burst_that_cannot_be_reported_lets_nobody_in(context: ApiContext):
    def fail(_burst: object) -> None:
        raise OSError

    closed = Closed(replace(context, on_login_burst=fail))
    assert [closed.log_in("guess").status_code for _ in range(6)] == [401] * 5 + [429]


def test_many_guesses_at_once_are_counted_before_the_next_is_looked_at(closed: Closed):
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(closed.log_in("guess").status_code)) for _ in range(20)]
    with closed.client:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(statuses) == {401, 429}
    assert statuses.count(401) <= 6


def test_waiting_grows_up_to_five_minutes_and_ends_with_success():
    clock = ManualClock()
    throttle = Throttle(clock)
    waits = []
    for number in range(20):
        assert throttle.failed("address") == number + 1
        waits.append(throttle.wait_s("address"))
        clock.sleep(waits[-1])
        assert throttle.wait_s("address") == 0
    assert waits[:8] == [0, 0, 0, 0, 1, 2, 4, 8]
    assert waits[-1] == 300
    assert throttle.wait_s("another") == 0
    throttle.succeeded("address")
    assert throttle.failed("address") == 1
    assert throttle.wait_s("address") == 0


def test_reports_of_a_long_burst_grow_rare():
    assert [count for count in range(200) if tells_burst(count)] == [5, 10, 20, 40, 80, 160]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "Custodes.LOCALHOST"])
def test_loopback_names(host: str):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["::", "", "192.168.1.2", "localhost.example", "127.0.0.1.example"])
def test_other_names(host: str):
    assert not is_loopback(host)
