"""Delivering messages: each webhook on a thread of its own, so that a slow receiver holds up nobody else."""

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

import httpx

from custodes.api.adverse import Proposal
from custodes.api.models import EventItem
from custodes.app.webhook.message import Message, Secret
from custodes.app.webhook.settings import CONFIRMED, WebhookSettings
from custodes.charter import Charters, Export, Kept
from custodes.domain.errors import CustodesError
from custodes.domain.events import CameraId, Event
from custodes.domain.time import Clock

log = logging.getLogger(__name__)

_TIMEOUT_S: Final = 5.0
_FIRST_PAUSE_S: Final = 0.5
_STALE_S: Final = 30.0
"""A door must not open for somebody who left: what could not be delivered within so many seconds never is."""
_MOST_WAITING: Final = 256
_REMEMBERED: Final = 4096
"""Events of which it is known what was told."""
_AGAIN: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})

NoteDisclosure = Callable[[str, CameraId], None]
"""Returns once it is durably in the log that a recipient gets events of a camera; raises where it cannot be."""


class Webhooks(AbstractContextManager["Webhooks"]):
    """All webhooks of a server; a context in which they deliver.

    Each event is told when it begins and when it ends, once each.

    Args:
        settings: Of each.
        charters: What cameras may do.
        note: Has the disclosure logged before anything leaves.
        clock: Wall time and durations.

    Raises:
        ConfigError: A secret cannot be read or made.
    """

    def __init__(
        self, settings: Sequence[WebhookSettings], charters: Charters, note: NoteDisclosure, clock: Clock
    ) -> None:
        self._hooks = [_Hook(one, Secret.kept(one.secret), charters, note, clock) for one in settings]
        self._clock = clock
        self._told: OrderedDict[str, bool] = OrderedDict()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Begin to deliver."""
        for hook in self._hooks:
            hook.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it; what was not delivered by then is dropped."""
        for hook in self._hooks:
            hook.stop()

    def tell(self, event: Event) -> None:
        """Tell of `event`, new or changed. Never waits."""
        if not any(hook.wants(event.kind) for hook in self._hooks):
            return
        ended = event.end_ns is not None
        with self._lock:
            if self._told.get(event.event_id) in {ended, True}:
                return
            self._told[event.event_id] = ended
            if len(self._told) > _REMEMBERED:
                self._told.popitem(last=False)
        data = EventItem.of(event, thumbnail=False).model_dump(mode="json")
        name = f"{event.event_id}-{'end' if ended else 'start'}"
        self._send(Message(name, event.kind, event.camera, event.end_ns or event.start_ns, data))

    def tell_confirmed(self, proposal: Proposal) -> None:
        """Tell of something to somebody's disadvantage that two people have confirmed. Never waits."""
        data = {
            "camera": proposal.camera,
            "subject": proposal.subject or None,
            "what": proposal.action.what,
            "lasts_s": proposal.lasts_s,
        }
        self._send(Message(proposal.proposal_id, CONFIRMED, proposal.camera, self._clock.utc_ns(), data))

    def _send(self, message: Message) -> None:
        for hook in self._hooks:
            hook.offer(message)


class _Hook:
    """One webhook."""

    def __init__(
        self,
        settings: WebhookSettings,
        secret: Secret,
        charters: Charters,
        note: NoteDisclosure,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._charters = charters
        self._note = note
        self._clock = clock
        self._refused: set[CameraId] = set()
        self._waiting: queue.Queue[tuple[Message, float] | None] = queue.Queue(_MOST_WAITING)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"webhook-{settings.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            self._waiting.get_nowait()
            self._waiting.put_nowait(None)
        self._thread.join(2 * _TIMEOUT_S)

    def wants(self, kind: str) -> bool:
        return kind in self._settings.kinds

    def offer(self, message: Message) -> None:
        if not self.wants(message.kind):
            return
        try:
            self._waiting.put_nowait((message, self._clock.monotonic_s()))
        except queue.Full:
            log.warning("webhook %s: %d messages wait; one is dropped", self._settings.name, _MOST_WAITING)

    def _run(self) -> None:
        with httpx.Client(timeout=_TIMEOUT_S, headers={"User-Agent": "custodes"}) as client:
            while not self._stop.is_set():
                item = self._waiting.get()
                if item is not None:
                    self._deliver(client, *item)

    def _deliver(self, client: httpx.Client, message: Message, since_s: float) -> None:
        pause_s = _FIRST_PAUSE_S
        why = "it waited for too long"
        while self._clock.monotonic_s() - since_s < _STALE_S and not self._stop.is_set():
            why = self._attempt(client, message)
            if not why:
                return
            if self._stop.wait(pause_s):
                break
            pause_s *= 2
        log.warning("webhook %s: %s was not delivered: %s", self._settings.name, message.message_id, why)

    def _attempt(self, client: httpx.Client, message: Message) -> str:
        """Post `message` once; return why it has to be tried again, or an empty text."""
        name, camera = self._settings.name, CameraId(message.camera)
        request = Export(camera, Kept.EVENT, self._settings.recipient)
        decision = self._charters.decide(request, self._clock.utc_ns())
        if not decision.allowed:
            if camera not in self._refused:
                self._refused.add(camera)
                log.warning("webhook %s: nothing is told of %s: %s", name, camera, decision.reason)
            return ""
        self._refused.discard(camera)
        body = message.body()
        try:
            self._note(request.recipient, camera)
            headers = self._secret.headers(message.message_id, body, self._clock.utc_ns())
            with client.stream("POST", self._settings.url, content=body, headers=headers) as answer:
                status = answer.status_code
        except CustodesError as error:
            return str(error)
        except httpx.HTTPError as error:
            return type(error).__name__
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _AGAIN:
            return f"status {status}"
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            log.warning("webhook %s: the receiver refused %s: status %d", name, message.message_id, status)
        return ""
