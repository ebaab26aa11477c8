"""Having a log cosigned: by real witnesses, some of them slow, dead, forgetful or lying."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from custodes.domain.errors import ConfigError, IntegrityError, StoreError
from custodes.domain.time import SystemClock
from custodes.ledger import FolderReader, Leaf, Ledger, Policy, SigningKey, read_checkpoint, verify_all
from custodes.ledger.cosignature import cosign
from custodes.ledger.cosigner import Cosigner
from custodes.ledger.note import Note
from custodes.witness import Witness, create_app
from sim.logs import LOG, WITNESSES, serving


class Door:
    """Before a witness: lets through, holds until told, or answers something else."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.asked = 0
        self.opened = threading.Event()
        self.opened.set()
        self.instead: PlainTextResponse | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.asked += 1
            await asyncio.to_thread(self.opened.wait)
        await (self.instead or self._app)(scope, receive, send)


class Setting:
    """A log, three witnesses of which two are needed, and what connects them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self.witnesses = [
            stack.enter_context(Witness(key, [LOG.verifier], folder / key.verifier.name, SystemClock()))
            for key in WITNESSES
        ]
        self.doors = [Door(create_app(one)) for one in self.witnesses]
        urls = [stack.enter_context(serving(door)) for door in self.doors]
        lines = [f"witness w{at} {key.verifier} {urls[at]}\n" for at, key in enumerate(WITNESSES)]
        text = f"log {LOG.verifier}\n{''.join(lines)}group two 2 w0 w1 w2\nquorum two\n"
        self.policy = Policy.parse(text.encode())
        self.log = self.open("log")
        self.cosigner = self.cosign(self.log)

    def open(self, name: str) -> Ledger:
        folder = self.folder / name
        return self._stack.enter_context(Ledger(folder / "public", folder / "state", LOG, policy=self.policy))

    def cosign(self, log: Ledger, timeout_s: float = 60.0) -> Cosigner:
        return self._stack.enter_context(Cosigner(log, SystemClock(), timeout_s=timeout_s))

    def published(self) -> bytes:
        return (self.folder / "log/public/checkpoint").read_bytes()


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    with ExitStack() as stack:
        yield Setting(tmp_path, stack)


def leaves(count: int, camera: str = "gate") -> list[Leaf]:
    return [Leaf(1_700_000_000, "heartbeat", camera, "", f"{at:064x}") for at in range(count)]


def audited(setting: Setting) -> int:
    """Return how many leaves an outsider with the policy finds in what is published."""
    reader = FolderReader(setting.folder / "log/public")
    return verify_all(reader, setting.policy.accept(read_checkpoint(reader)).checkpoint).leaves


def until_all_cosigned(log: Ledger, cosigner: Cosigner) -> None:
    while log.accepted is None or log.accepted.witnesses.keys() != {"w0", "w1", "w2"}:
        cosigner.cosign()
        time.sleep(0.01)


def until_complained(cosigner: Cosigner, name: str) -> str:
    while name not in cosigner.complaints:
        cosigner.cosign()
        time.sleep(0.01)
    return cosigner.complaints[name]


def test_a_quorum_and_more(setting: Setting) -> None:
    assert setting.log.accepted is None
    for count in (1, 3, 300):
        setting.log.append(leaves(count))
        accepted = setting.cosigner.cosign()
        assert accepted is not None
        assert accepted.checkpoint.size == setting.log.size == audited(setting)
    assert setting.cosigner.wait_cosigned(303, 0).checkpoint.size == 304
    until_all_cosigned(setting.log, setting.cosigner)
    assert setting.log.accepted is not None
    assert bytes(setting.log.accepted.note) == setting.published()
    assert setting.cosigner.complaints == {}


def test_nobody_is_asked_for_what_was_cosigned(setting: Setting) -> None:
    setting.log.append(leaves(1))
    until_all_cosigned(setting.log, setting.cosigner)
    for _ in range(3):
        setting.cosigner.cosign()
    asked = [door.asked for door in setting.doors]
    assert asked == [1, 1, 1]
    setting.cosign(setting.log).cosign()
    assert [door.asked for door in setting.doors] == asked


def test_a_slow_witness_holds_up_nobody(setting: Setting) -> None:
    setting.doors[0].opened.clear()
    for turn in (1, 2, 3):
        setting.log.append(leaves(1))
        accepted = setting.cosigner.cosign()
        assert accepted is not None
        assert (accepted.checkpoint.size, accepted.witnesses.keys()) == (turn, {"w1", "w2"})
    assert setting.doors[0].asked == 1
    setting.doors[0].opened.set()
    until_all_cosigned(setting.log, setting.cosigner)


def test_appends_that_outrun_the_witnesses_lose_nothing(setting: Setting) -> None:
    """With one dead and one slow witness, an older checkpoint is published as soon as it is cosigned, and stays."""
    setting.log.append(leaves(2))
    until_all_cosigned(setting.log, setting.cosigner)
    setting.doors[0].instead = PlainTextResponse("no", 500)
    setting.doors[1].opened.clear()
    setting.doors[1].asked = 0
    setting.log.append(leaves(3))
    asking = threading.Thread(target=setting.cosigner.cosign)
    asking.start()
    while not setting.doors[1].asked:
        setting.log.append(leaves(40))
    setting.log.append(leaves(200))
    assert setting.log.accepted is not None
    assert audited(setting) == setting.log.accepted.checkpoint.size == 2
    setting.doors[1].opened.set()
    asking.join()
    size = setting.log.accepted.checkpoint.size
    assert 5 <= size < setting.log.size
    assert audited(setting) == size
    with pytest.raises(IntegrityError, match="is not covered by a cosigned checkpoint") as caught:
        setting.cosigner.wait_cosigned(setting.log.size, 0)
    assert "HTTP 500" in caught.value.diagnostics()
    assert setting.cosigner.wait_cosigned(setting.log.size - 1, 60).checkpoint.size == setting.log.size


def test_waiting_until_a_witness_is_back(setting: Setting) -> None:
    (index,) = setting.log.append(leaves(1))
    for door in setting.doors[:2]:
        door.instead = PlainTextResponse("later", 503)
    with pytest.raises(IntegrityError, match="Leaf 0 is not covered"):
        setting.cosigner.wait_cosigned(index, 0.3)
    waiting = threading.Timer(0.3, lambda: setattr(setting.doors[0], "instead", None))
    waiting.start()
    assert setting.cosigner.wait_cosigned(index, 60).witnesses.keys() == {"w0", "w2"}


def test_a_witness_that_knows_less_or_more_than_was_thought(setting: Setting) -> None:
    """A new cosigner knows no sizes; a witness that missed some time is behind."""
    setting.doors[2].instead = PlainTextResponse("away", 503)
    setting.log.append(leaves(5))
    setting.cosigner.cosign()
    setting.doors[2].instead = None
    setting.log.append(leaves(300))
    other = setting.cosign(setting.log)
    accepted = other.wait_cosigned(304, 60)
    assert accepted.checkpoint.size == 305
    until_all_cosigned(setting.log, other)


def test_a_log_restored_from_an_older_copy_is_told(setting: Setting) -> None:
    setting.log.append(leaves(9))
    setting.cosigner.cosign()
    older = setting.open("older")
    older.append(leaves(3))
    cosigner = setting.cosign(older)
    assert cosigner.cosign() is None
    assert "cosigned 9 leaves of this log, which has 3" in cosigner.complaints["w0"]


@pytest.mark.parametrize("count", [9, 12])
def test_another_log_with_the_same_key_is_told(setting: Setting, count: int) -> None:
    setting.log.append(leaves(9))
    setting.cosigner.cosign()
    other = setting.open("other")
    other.append(leaves(count, "door"))
    cosigner = setting.cosign(other)
    assert cosigner.cosign() is None
    assert "cosigned another tree of 9 leaves" in cosigner.complaints["w1"]


class Liar:
    """Cosigns whatever it is shown, in its own way."""

    def __init__(self, key: SigningKey, way: str) -> None:
        self._key = key
        self._way = way

    async def add(self, request: Any) -> PlainTextResponse:
        note = Note.parse((await request.body()).partition(b"\n\n")[2])
        line = str(cosign(note, self._key, 1_700_000_000))
        other = str(cosign(Note("other\n", ()), self._key, 1_700_000_000))
        answers = {"other text": other, "garbage": "\xff\n\n\n", "nothing": "", "long": line * 30_000}
        return PlainTextResponse(answers.get(self._way, line))


@pytest.mark.parametrize("way", ["other text", "garbage", "nothing", "long", "other key"])
def test_lies_are_not_published(setting: Setting, way: str) -> None:
    key = SigningKey(WITNESSES[0].verifier.name, WITNESSES[0].verifier.kind, b"\11" * 32)
    liar = Liar(key if way == "other key" else WITNESSES[0], way)
    app = Starlette(routes=[Route("/add-checkpoint", liar.add, methods=["POST"])])
    setting.doors[0].instead = app  # type: ignore[assignment]
    setting.log.append(leaves(3))
    setting.cosigner.wait_cosigned(2, 60)
    until_complained(setting.cosigner, "w0")
    assert setting.log.accepted.witnesses.keys() == {"w1", "w2"}  # type: ignore[union-attr]
    assert len(Note.parse(setting.published()).signatures) == 3


def test_a_witness_that_tells_ever_other_sizes_is_given_up(setting: Setting) -> None:
    sizes = iter(range(1, 100))

    async def add(request: Any) -> PlainTextResponse:
        return PlainTextResponse(f"{next(sizes)}\n", 409, {"Content-Type": "text/x.tlog.size"})

    setting.doors[0].instead = Starlette(routes=[Route("/add-checkpoint", add, methods=["POST"])])  # type: ignore[assignment]
    setting.log.append(leaves(50))
    setting.cosigner.wait_cosigned(49, 60)
    assert "another size each time" in until_complained(setting.cosigner, "w0")
    assert next(sizes) == 4


def test_silence_is_given_up(setting: Setting) -> None:
    for door in setting.doors:
        door.opened.clear()
    setting.log.append(leaves(1))
    assert setting.cosign(setting.log, timeout_s=0.2).cosign() is None
    for door in setting.doors:
        door.opened.set()


def test_addresses_are_needed(tmp_path: Path) -> None:
    for text, what in (("", "no address for the witness w"), ("ftp://w.example", "is not an address")):
        policy = Policy.parse(f"log {LOG.verifier}\nwitness w {WITNESSES[0].verifier} {text}\nquorum w\n".encode())
        with Ledger(tmp_path / "p", tmp_path / "s", LOG, policy=policy) as log, pytest.raises(ConfigError, match=what):
            Cosigner(log, SystemClock())


def signed(log: Ledger, *witnesses: int) -> Note:
    note = log.newest
    for at in witnesses:
        note = note.plus(cosign(log.newest, WITNESSES[at], 1_700_000_000))
    return note


def test_what_is_published_by_hand(setting: Setting) -> None:
    log = setting.log
    log.append(leaves(3))
    three = signed(log, 0, 1)
    with pytest.raises(IntegrityError, match="Too few witnesses"):
        log.publish(signed(log, 2))
    log.append(leaves(4))
    assert log.publish(three).checkpoint.size == 3
    seven = signed(log, 1, 2)
    assert log.publish(seven).checkpoint.size == 7
    assert log.publish(three).checkpoint.size == 7
    assert log.publish(signed(log, 0, 1)).witnesses.keys() == {"w0", "w1", "w2"}
    stranger = cosign(log.newest, SigningKey("stranger", WITNESSES[0].verifier.kind, b"\12" * 32), 5)
    before = setting.published()
    log.publish(seven.plus(stranger))
    assert setting.published() == before
    other = setting.open("other")
    other.append(leaves(7, "door"))
    with pytest.raises(IntegrityError, match="two different trees of 7 leaves"):
        log.publish(signed(other, 0, 1))
    other.append(leaves(1))
    with pytest.raises(IntegrityError, match="published 8 leaves, but its state knows of 7"):
        log.publish(signed(other, 0, 1))
    log.close()
    with pytest.raises(StoreError, match="The log is closed"):
        log.publish(seven)


def test_a_cosigned_checkpoint_survives_opening_and_appending(setting: Setting) -> None:
    setting.log.append(leaves(3))
    setting.cosigner.cosign()
    cosigned = setting.published()
    setting.log.append(leaves(300))
    setting.log.close()
    again = setting.open("log")
    assert (again.size, setting.published()) == (303, cosigned)
    again.append(leaves(1))
    assert setting.published() == cosigned
    assert audited(setting) == 3
    assert setting.cosign(again).wait_cosigned(303, 60).checkpoint.size == 304


def test_a_published_checkpoint_of_another_tree_is_not_opened(setting: Setting) -> None:
    setting.log.append(leaves(3))
    other = setting.open("other")
    other.append(leaves(2, "door"))
    setting.log.close()
    (setting.folder / "log/public/checkpoint").write_bytes(bytes(signed(other, 0, 1)))
    with pytest.raises(IntegrityError, match="two different trees of 2 leaves"):
        setting.open("log")


def test_without_a_quorum_everything_is_published_at_once(tmp_path: Path) -> None:
    policy = Policy.parse(f"log {LOG.verifier}\nquorum none\n".encode())
    with Ledger(tmp_path / "p", tmp_path / "s", LOG, policy=policy) as log, Cosigner(log, SystemClock()) as cosigner:
        log.append(leaves(2))
        assert cosigner.wait_cosigned(1, 0).checkpoint.size == 2
        assert cosigner.cosign() == log.accepted


def test_a_policy_has_to_name_the_log(tmp_path: Path) -> None:
    policy = Policy.parse(b"quorum none\n")
    with pytest.raises(ConfigError, match="does not name the log's key"):
        Ledger(tmp_path / "p", tmp_path / "s", LOG, policy=policy)
