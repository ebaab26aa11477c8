"""Opens a door for people whom a recognition point has recognised: an example of what to do with custodes' webhooks.

    python door.py door.toml

It listens for webhooks, checks who they are from and how old they are, and switches a relay by MQTT or HTTP for a few
seconds. Whatever goes wrong, the door stays shut. It locks nobody out by itself: that takes two people, who confirm it
to custodes (`adverse.confirmed`).
"""

import base64
import hashlib
import hmac
import json
import logging
import ssl
import sys
import threading
import time
import tomllib
from collections import OrderedDict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

import httpx
import paho.mqtt.client as mqtt

log = logging.getLogger("door")

LONGEST_BODY = 65_536
OLDEST_S = 20.0
"""Whoever was recognised longer ago may have left."""
MOST_REMEMBERED = 10_000
OPENS = {"recognition.verified", "recognition.identified"}


class Relay(Protocol):
    """What holds the door."""

    def switch(self, *, on: bool) -> None:
        """Open (`on`) or shut it; raises OSError or ValueError where that fails."""
        ...


class MqttRelay:
    """A relay behind an MQTT broker, such as a Shelly: a text is published to a topic, at least once, not retained."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._topic = settings["topic"]
        self._texts = {True: settings.get("on", "on"), False: settings.get("off", "off")}
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        if "user" in settings:
            self._client.username_pw_set(settings["user"], Path(settings["password_file"]).read_text().strip())
        if settings.get("tls", False):
            self._client.tls_set_context(ssl.create_default_context())
        self._client.connect(settings["host"], settings.get("port", 1883))
        self._client.loop_start()

    def switch(self, *, on: bool) -> None:
        """Publish, and wait until the broker has it."""
        if not self._client.is_connected():
            raise OSError("the broker is away")  # a message that waits for it would open the door much later
        sent = self._client.publish(self._topic, self._texts[on], qos=1)
        sent.wait_for_publish(2.0)
        if not sent.is_published():
            raise OSError("the broker does not answer")


class HttpRelay:
    """A relay that is switched by an HTTP POST."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._urls = {True: settings["on_url"], False: settings["off_url"]}

    def switch(self, *, on: bool) -> None:
        """Post to the address."""
        try:
            httpx.post(self._urls[on], timeout=2.0).raise_for_status()
        except httpx.HTTPError as error:
            raise OSError(str(error) or type(error).__name__) from error


@dataclass
class Door:
    """One door: for whom it opens, and for how long.

    Attributes:
        camera: The camera whose recognition point is at it.
        relay: What holds it.
        open_s: For how many seconds it opens.
        locked_out: Random numbers of enrolments for which it stays shut, and until when (seconds since the Unix epoch).
    """

    camera: str
    relay: Relay
    open_s: float = 5.0
    locked_out: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _shuts: threading.Timer | None = None

    def take(self, message: dict[str, Any], now_s: float) -> None:
        """Act on a message whose sender is known."""
        data = message["data"]
        if data["camera"] != self.camera:
            return
        if message["type"] == "adverse.confirmed" and data["subject"]:
            self.locked_out[data["subject"]] = now_s + float(data["lasts_s"])
            log.warning("two people confirmed that %s stays outside", data["subject"])
        elif message["type"] in OPENS and data["subject"]:
            if self.locked_out.get(data["subject"], 0.0) > now_s:
                log.warning("%s stays outside", data["subject"])
            else:
                self.open()

    def open(self) -> None:
        """Open it, and shut it `open_s` later."""
        with self._lock:
            self.relay.switch(on=True)
            if self._shuts is not None:
                self._shuts.cancel()
            self._shuts = threading.Timer(self.open_s, self._shut)
            self._shuts.daemon = True
            self._shuts.start()
        log.info("open")

    def _shut(self) -> None:
        try:
            self.relay.switch(on=False)
            log.info("shut")
        except OSError as error:
            log.error("it does not shut: %s", error)  # noqa: TRY400


class Sender:
    """Knows messages of the one custodes server that shares a secret with this program (Standard Webhooks 1.0.0)."""

    def __init__(self, secret: str) -> None:
        self._key = base64.b64decode(secret.strip().removeprefix("whsec_"))
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, headers: dict[str, str], body: bytes, now_s: float) -> bool:
        """Return whether the message is from that server, fresh, and not told before."""
        name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        signed = hmac.digest(self._key, b".".join((name.encode(), stamp.encode(), body)), hashlib.sha256)
        given = headers.get("webhook-signature", "")
        expected = f"v1,{base64.b64encode(signed).decode()}"
        if not any(hmac.compare_digest(one.encode(), expected.encode()) for one in given.split(" ")):
            return False
        return stamp.isdecimal() and abs(now_s - int(stamp)) <= OLDEST_S and self._is_new(name)

    def _is_new(self, name: str) -> bool:
        with self._lock:
            if name in self._seen:
                return False
            self._seen[name] = None
            if len(self._seen) > MOST_REMEMBERED:
                self._seen.popitem(last=False)
            return True


def handler(sender: Sender, door: Door) -> type[BaseHTTPRequestHandler]:
    """Return what answers requests."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 5

        def do_POST(self) -> None:  # the standard library wants this name
            """Take a message."""
            self.send_response(self._taken())
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _taken(self) -> int:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > LONGEST_BODY:
                return 413
            body = self.rfile.read(int(length))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if not sender.knows(headers, body, time.time()):
                return 401
            try:
                door.take(json.loads(body), time.time())
            except (OSError, ValueError, KeyError, TypeError) as error:
                log.error("the door stays shut: %r", error)  # noqa: TRY400
                return 500
            return 204

        def log_message(self, *_: object) -> None:
            """Say nothing of each request."""

    return Handler


def main(path: Path) -> None:
    """Serve until interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    settings = tomllib.loads(path.read_text(encoding="utf-8"))
    relay: Relay = MqttRelay(settings["mqtt"]) if "mqtt" in settings else HttpRelay(settings["http"])
    door = Door(settings["camera"], relay, float(settings.get("open_s", 5.0)))
    sender = Sender((path.parent / settings["secret"]).read_text(encoding="ascii"))
    address = settings.get("host", "127.0.0.1"), settings.get("port", 8090)
    with ThreadingHTTPServer(address, handler(sender, door)) as server:
        log.info("listening at %s:%d", *server.server_address[:2])
        server.serve_forever()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit()
