"""kill -9 in the middle of adopting charters and of expiring recordings: what is left holds together."""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from api_support import GATE, NOON_NS, TEXTS, YARD, ManualClock, make_charter
from custodes.charter import Charters
from custodes.domain.time import NS_PER_S
from custodes.journal import CharterArchive, Journal
from custodes.ledger import FolderReader, KeyKind, Leaf, Policy, SigningKey, read_checkpoint, verify_all
from custodes.record import RecordingSettings, Retention, reconcile
from custodes.store import FileBlobs, Segment, Store

KILLS = int(os.environ.get("CUSTODES_KILLS", "100"))
KEY = SigningKey("example.org/cameras", KeyKind.LOG, bytes(range(32)))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def killed(body: Callable[[], None], after_s: float) -> None:
    """Run `body` in a process of its own and kill that so many seconds after it began."""
    begun, begin = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(begin, b".")
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            sys.stderr = sys.stdout = nowhere
            try:
                body()
            finally:
                os._exit(0)
    os.read(begun, 1)
    for end in (begun, begin):
        os.close(end)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_charters_that_change_while_the_server_is_killed(tmp_path: Path) -> None:
    chance = random.Random(11)
    versions = [make_charter(GATE, YARD, storage={"recording_hours": hours}) for hours in range(1, 9)]

    def change() -> None:
        journal = Journal.open(tmp_path / "log", tmp_path / "private", KEY, ManualClock(), texts=TEXTS)
        archive = CharterArchive(tmp_path / "charters")
        while True:
            cameras = chance.choice(([GATE], [YARD], [GATE, YARD]))
            archive.adopt(dict.fromkeys(cameras, chance.choice(versions)), journal)

    adopted_most = 0
    for number in range(KILLS):
        chance.seed(number)
        killed(change, random.Random(number).uniform(0.0, 0.2))
        adopted = _adopted(tmp_path)
        archive = CharterArchive(tmp_path / "charters")
        for camera, charter in archive.last().by_camera.items():
            assert (camera, charter.version) in adopted
        for _, version in adopted:
            assert archive.get(version) is not None
        adopted_most = max(adopted_most, len(adopted))
    assert adopted_most > 2  # some came through, so the kills fell in between


def _adopted(folder: Path) -> set[tuple[str, str]]:
    """Open the log as the next start does, check it as an outsider does; return cameras and versions adopted in it."""
    Journal.open(folder / "log", folder / "private", KEY, ManualClock(), texts=TEXTS).close()
    reader = FolderReader(folder / "log")
    checkpoint = Policy(logs=(KEY.verifier,)).accept(read_checkpoint(reader)).checkpoint
    leaves: list[Leaf] = []
    verify_all(reader, checkpoint, check=lambda _index, entry: leaves.append(Leaf.parse(entry)))
    return {(leaf.camera, leaf.charter_hash) for leaf in leaves if leaf.type == "charter.adopted"}


def test_recordings_that_expire_while_the_worker_is_killed(tmp_path: Path) -> None:
    root, count = tmp_path / "recordings", 15
    (tmp_path / "stills").mkdir()
    blobs = FileBlobs(tmp_path / "stills")
    charters = Charters({GATE: make_charter(GATE, storage={"recording_hours": 1})})

    def expire() -> None:
        store = Store.open(tmp_path / "custodes.db", TEXTS)
        clock = ManualClock(NOON_NS + 7200 * NS_PER_S)
        cameras = {GATE: RecordingSettings()}
        Retention(store, blobs, root, cameras, charters, clock=clock, report=lambda _entry: None).expire()

    for number in range(KILLS):
        with_new_files(tmp_path / "custodes.db", root, number, count)
        killed(expire, random.Random(number).uniform(0.0, 0.15))
        store = Store.open(tmp_path / "custodes.db", TEXTS)
        reconcile(store, root, blobs, [GATE])
        listed = {root / segment.path for segment in store.segments.all(GATE)}
        assert listed == set(root.rglob("*.mp4"))
        store.close()
    expire()
    assert list(root.rglob("*.mp4")) == []


def with_new_files(database: Path, root: Path, number: int, count: int) -> None:
    """Record `count` files that have expired."""
    store = Store.open(database, TEXTS)
    for index in range(count):
        path = root / GATE / f"{number}-{index}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 100)
        start_ns = NOON_NS + (number * count + index) * 1_000_000
        store.segments.open(
            Segment(GATE, "one", f"{GATE}/{path.name}", start_ns, start_ns + 1000, 100, 10, "avc1", open=False)
        )
    store.close()
