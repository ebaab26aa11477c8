"""The door of `examples/door`: a real broker, the real program, webhooks as the server sends them."""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

paho = pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")

from api_support import GATE, make_charter, make_event  # noqa: E402
from custodes.api.adverse import Proposal  # noqa: E402
from custodes.app.webhook import Webhooks, WebhookSettings  # noqa: E402
from custodes.charter import Charters  # noqa: E402
from custodes.domain.events import EventKind  # noqa: E402
from custodes.domain.time import NS_PER_S, SystemClock  # noqa: E402
from custodes.identity import AdverseAction  # noqa: E402
from servers import free_port  # noqa: E402

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
DOOR = Path(__file__).parents[2] / "examples" / "door" / "door.py"
SUBJECT, OTHER = "ab" * 16, "cd" * 16
OPEN_S = 0.5

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")


class Site:
    """A broker, a relay that listens, the door, and what tells it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broker_port, self.door_port = free_port(), free_port()
        self.switched: list[str] = []
        self.came = threading.Condition()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.start_broker()
        self.relay = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self.relay.on_connect = lambda client, *_: client.subscribe("door/relay", qos=1)
        self.relay.on_message = self._note
        subscribed = threading.Event()
        self.relay.on_subscribe = lambda *_: subscribed.set()
        self.relay.connect("127.0.0.1", self.broker_port)
        self.relay.loop_start()
        assert subscribed.wait(10)
        hook = WebhookSettings(
            name="door",
            url=f"http://127.0.0.1:{self.door_port}/",
            recipient="Porter",
            kinds=(EventKind.VERIFIED, EventKind.NOT_RECOGNISED, "adverse.confirmed"),
            secret=folder / "door.secret",
        )
        receives = [{"name": "Porter", "reason": "Opens the door for staff by a relay.", "receives": ["event"]}]
        charters = Charters({GATE: make_charter(GATE, recipients=receives)})
        self.webhooks = Webhooks([hook], charters, lambda *_: None, SystemClock())
        self.start_door()

    def start_broker(self) -> None:
        assert MOSQUITTO
        config = self.folder / "mosquitto.conf"
        config.write_text(f"listener {self.broker_port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        self.broker = subprocess.Popen([MOSQUITTO, "-c", str(config)], stderr=subprocess.DEVNULL)
        self.processes.append(self.broker)
        deadline = time.monotonic() + 20
        while True:
            try:
                paho.Client(paho.CallbackAPIVersion.VERSION2).connect("127.0.0.1", self.broker_port)
            except OSError:
                assert time.monotonic() < deadline, "the broker does not start"
                time.sleep(0.05)
            else:
                return

    def start_door(self) -> None:
        config = self.folder / "door.toml"
        config.write_text(
            f'camera = "gate"\nsecret = "door.secret"\nport = {self.door_port}\nopen_s = {OPEN_S}\n'
            f'[mqtt]\nhost = "127.0.0.1"\nport = {self.broker_port}\ntopic = "door/relay"\n'
        )
        self.door = subprocess.Popen([sys.executable, str(DOOR), str(config)], stderr=subprocess.PIPE)
        self.processes.append(self.door)
        assert self.door.stderr
        assert b"listening" in self.door.stderr.readline()
        self.said: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.door.stderr
        for line in self.door.stderr:
            with self.came:
                self.said.append(line.decode())
                self.came.notify_all()

    def _note(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        with self.came:
            self.switched.append(message.payload.decode())
            self.came.notify_all()

    def wait_switched(self, *texts: str) -> None:
        with self.came:
            assert self.came.wait_for(lambda: self.switched == list(texts), 20), (self.switched, self.said)

    def wait_said(self, text: str) -> None:
        with self.came:
            assert self.came.wait_for(lambda: any(text in line for line in self.said), 20), self.said

    def close(self) -> None:
        self.relay.loop_stop()
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    one = Site(tmp_path)
    try:
        with one.webhooks:
            yield one
    finally:
        one.close()


def test_the_door_opens_for_who_is_recognised_and_shuts_again(site: Site) -> None:
    site.webhooks.tell(make_event(kind=EventKind.NOT_RECOGNISED))
    site.webhooks.tell(make_event(kind=EventKind.VERIFIED, subject=SUBJECT))
    site.wait_switched("on", "off")


def test_two_people_lock_one_person_out_and_nobody_else(site: Site) -> None:
    action = AdverseAction("keep out today", int(time.time()) * NS_PER_S, ("ann", "bob"))
    site.webhooks.tell_confirmed(Proposal("01" * 13, GATE, SUBJECT, 0, 3600, action))
    site.wait_said("two people confirmed")
    site.webhooks.tell(make_event(kind=EventKind.VERIFIED, subject=SUBJECT))
    site.wait_said("stays outside")
    site.webhooks.tell(make_event(kind=EventKind.VERIFIED, subject=OTHER))
    site.wait_switched("on", "off")


def test_without_its_broker_the_door_stays_shut_and_opens_for_nobody_later(site: Site) -> None:
    site.broker.kill()
    site.broker.wait()
    site.webhooks.tell(make_event(kind=EventKind.VERIFIED, subject=SUBJECT))
    site.wait_said("stays shut")
    assert site.switched == []


def test_who_does_not_have_the_secret_opens_nothing(site: Site) -> None:
    import httpx

    body = b'{"type":"recognition.verified","data":{"camera":"gate","subject":"' + SUBJECT.encode() + b'"}}'
    headers = {"webhook-id": "x", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,AAAA"}
    assert httpx.post(f"http://127.0.0.1:{site.door_port}/", content=body, headers=headers).status_code == 401
    assert site.switched == []
