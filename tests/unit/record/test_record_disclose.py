"""Exports of redacted recordings: joined as they are, logged before anything is let go, and nothing on any failure."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest

from api_support import GATE, NOON_NS, TEXTS, ManualClock, make_charter, make_event
from custodes.app.ceremony import VerifiedDisclosure, verify_export
from custodes.charter import Charters
from custodes.domain.errors import ConfigError, CustodesError, IntegrityError, PolicyDenied, StoreError
from custodes.domain.events import CameraId
from custodes.domain.time import NS_PER_S
from custodes.journal import Entry, Journal, Witnessing
from custodes.journal.announce import announce
from custodes.ledger import Policy
from custodes.record.disclose import EVENTS, Discloser, Wanted
from custodes.store import Hold, Store
from custodes.vault.disclosure import Disclosure
from custodes.vault.manifest import MANIFEST
from custodes.vault.request import Announced
from sim.logs import LOG
from sim.recordings import record

POLICE = {"name": "Police", "reason": "Criminal procedure act, Art. 286", "receives": ["event", "recording"]}
COUNCIL = {"name": "City council", "reason": "Decides on the width of the path", "receives": ["event"]}
POLICY = Policy(logs=(LOG.verifier,))


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock(NOON_NS + 3600 * NS_PER_S)
        self.store = Store.open(folder / "custodes.db", TEXTS)
        self.recordings = folder / "recordings"
        self.recordings.mkdir()
        self.journal = Journal.open(folder / "log", folder / "journal", LOG, self.clock, texts=TEXTS, policy=POLICY)
        self.witnessing = Witnessing(self.journal, self.clock)
        self.charter = make_charter(GATE, recipients=[POLICE, COUNCIL])
        self.free = 1 << 40

    def discloser(self, announced: Any = None) -> Discloser:
        def logged(entry: Entry) -> Announced:
            return announce(entry, self.journal, self.witnessing)

        return Discloser(
            self.store,
            self.recordings,
            Charters({GATE: self.charter}),
            clock=self.clock,
            announce=announced or logged,
            free=lambda _: self.free,
        )

    def record(self, start_s: int, seconds: int, **options: Any) -> None:
        record(self.store, self.recordings, self.clock, GATE, NOON_NS + start_s * NS_PER_S, seconds, **options)

    def export(self, start_s: float = 0, end_s: float = 60, recipient: str = "Police", **given: Any) -> Disclosure:
        discloser = self.discloser(**given)
        manifest = discloser.disclose(discloser.select(wanted(start_s, end_s, recipient)), self.to, lambda _: None)
        (self.to / MANIFEST).write_bytes(manifest.canonical())
        return manifest.disclosure

    @property
    def to(self) -> Path:
        return self.folder / "export"

    def logged(self) -> list[dict[str, str]]:
        return [dict(body.fields) for body in self.journal.bodies.find("disclosure")]


def wanted(start_s: float = 0, end_s: float = 60, recipient: str = "Police", camera: str = GATE) -> Wanted:
    start_ns, end_ns = (NOON_NS + round(second * NS_PER_S) for second in (start_s, end_s))
    return Wanted(CameraId(camera), start_ns, end_ns, recipient, "Case 17/26", "anna", "account")


def seconds_of(path: Path) -> list[float]:
    """Times of the pictures in `path`, which all can be decoded."""
    with av.open(str(path)) as video:
        return [round(picture.time or 0.0, 3) for picture in video.decode(video=0)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.witnessing.stop()
    made.journal.close()
    made.store.close()


def test_an_export_is_one_video_with_events_and_a_manifest_that_outsiders_check(bench: Bench) -> None:
    bench.record(0, 5)
    bench.store.events.put(make_event(NOON_NS + NS_PER_S))
    disclosure = bench.export(0, 5)
    assert sorted(path.name for path in bench.to.iterdir()) == [EVENTS, MANIFEST, "recording.mp4"]
    assert seconds_of(bench.to / "recording.mp4") == [round(number / 10, 1) for number in range(50)]
    (event,) = json.loads((bench.to / EVENTS).read_bytes())["events"]
    assert (event["kind"], event["class_name"], event["start"]) == ("appeared", "person", "2026-01-01T12:00:01.000Z")
    (body,) = bench.logged()
    assert body["who"] == "anna"
    assert (body["recipient"], body["reason"], body["request"]) == ("Police", "Case 17/26", disclosure.id)
    assert {file.name: body[file.name] for file in disclosure.files} == {f.name: f.sha256 for f in disclosure.files}
    verified = verify_export(bench.to, POLICY)
    assert isinstance(verified, VerifiedDisclosure)
    assert verified.disclosure == disclosure
    assert verified.disclosure.missing == verified.disclosure.held == ()


def test_it_begins_with_the_keyframe_before_the_interval_and_ends_with_it(bench: Bench) -> None:
    bench.record(0, 8)
    disclosure = bench.export(2.5, 4.25)
    (part,) = disclosure.parts
    assert (part.start - NOON_NS, part.at_ms) == (2 * NS_PER_S, 0)
    times = seconds_of(bench.to / "recording.mp4")
    assert (times[0], times[-1]) == (0.0, 2.2)


def test_gaps_are_told_and_left_out_of_the_video(bench: Bench) -> None:
    bench.record(0, 3)
    bench.record(20, 3)
    bench.store.gaps.add(GATE, NOON_NS + 3 * NS_PER_S, NOON_NS + 20 * NS_PER_S, "no route to host")
    disclosure = bench.export(0, 30)
    assert [(one.at_ms, one.start - NOON_NS, one.end - NOON_NS) for one in disclosure.parts] == [
        (0, 0, 3 * NS_PER_S),
        (3000, 20 * NS_PER_S, 23 * NS_PER_S),
    ]
    assert [one.reason.partition(",")[0] for one in disclosure.missing] == ["no route to host", "nothing was recorded"]
    assert seconds_of(bench.to / "recording.mp4")[-1] == 5.9


def test_another_size_of_picture_begins_another_file(bench: Bench) -> None:
    bench.record(0, 2)
    bench.record(2, 2, size=(128, 96))
    disclosure = bench.export(0, 4)
    assert [part.file for part in disclosure.parts] == ["recording.mp4", "recording-2.mp4"]
    assert [len(seconds_of(bench.to / part.file)) for part in disclosure.parts] == [20, 20]


def test_what_a_hold_keeps_is_exported_and_what_expired_is_not(bench: Bench) -> None:
    bench.record(0, 4)
    bench.record(100, 4)
    bench.clock.sleep(80 * 3600)  # retention is 72 hours, and has not run yet
    with pytest.raises(ConfigError, match="nothing of gate"):
        bench.export(0, 110)
    end_ns = NOON_NS + 50 * NS_PER_S
    bench.store.holds.add(Hold(GATE, NOON_NS, end_ns, bench.clock.utc_ns() + NS_PER_S, "Case 17/26"))
    disclosure = bench.export(0, 110)
    assert [part.start - NOON_NS for part in disclosure.parts] == [0]
    assert [held.end for held in disclosure.held] == [end_ns]


def test_a_recipient_gets_what_the_charter_names(bench: Bench) -> None:
    bench.record(0, 3)
    bench.store.events.put(make_event(NOON_NS + NS_PER_S))
    disclosure = bench.export(0, 3, "City council")
    assert disclosure.what == ("event",)
    assert [file.name for file in disclosure.files] == [EVENTS]


@pytest.mark.parametrize(
    ("changes", "given", "why"),
    [
        ({}, {"recipient": "A newspaper"}, "names no recipient A newspaper.*names: City council, Police"),
        ({"recipients": []}, {}, "names no recipient Police"),
        ({}, {"camera": "yard"}, "there is no charter"),
        ({"cameras": ["yard"]}, {}, "not for camera gate"),
    ],
)
def test_what_the_charter_does_not_name_is_refused(
    bench: Bench, changes: dict[str, Any], given: dict[str, Any], why: str
) -> None:
    bench.record(0, 2)
    bench.charter = make_charter(*changes.pop("cameras", [GATE]), **{"recipients": [POLICE, COUNCIL], **changes})
    with pytest.raises(PolicyDenied, match=why):
        bench.discloser().select(wanted(**given))


def test_a_lapsed_charter_exports_nothing(bench: Bench) -> None:
    bench.record(0, 2)
    bench.clock.sleep(400 * 86_400)
    with pytest.raises(PolicyDenied, match="review of the necessity"):
        bench.discloser().select(wanted())


@pytest.mark.parametrize(("start_s", "end_s"), [(5, 5), (6, 5), (0, 86_401)])
def test_an_interval_has_to_be_one(bench: Bench, start_s: int, end_s: int) -> None:
    with pytest.raises(ConfigError, match="interval"):
        bench.discloser().select(wanted(start_s, end_s))


def refused(_: Entry) -> Announced:
    raise StoreError("The log cannot be written", why="the disk is full")


def test_nothing_is_left_where_it_cannot_be_logged(bench: Bench) -> None:
    bench.record(0, 3)
    with pytest.raises(StoreError, match="log cannot be written"):
        bench.export(announced=refused)
    assert not bench.to.exists()


def test_nothing_is_written_to_a_full_disk(bench: Bench) -> None:
    bench.record(0, 3)
    bench.free = 100_000_000
    with pytest.raises(StoreError, match="disk is full"):
        bench.export()
    assert not bench.to.exists()
    assert bench.logged() == []


def test_a_damaged_recording_is_named_and_nothing_exported(bench: Bench) -> None:
    bench.record(0, 3)
    (path, *_) = sorted(bench.recordings.rglob("*.mp4"))
    path.write_bytes(b"\0" * path.stat().st_size)
    with pytest.raises(IntegrityError, match=path.name):
        bench.export()
    assert not bench.to.exists()


def test_a_file_that_retention_deleted_meanwhile_is_missing_and_told(bench: Bench) -> None:
    bench.record(0, 8)
    discloser = bench.discloser()
    selected = discloser.select(wanted(0, 8))
    for path in sorted(bench.recordings.rglob("*.mp4"))[1:3]:
        path.unlink()
    disclosure = discloser.disclose(selected, bench.to, lambda _: None).disclosure
    assert [(one.start - NOON_NS, one.end - NOON_NS) for one in disclosure.missing] == [(2 * NS_PER_S, 6 * NS_PER_S)]


def test_a_charter_that_changes_meanwhile_stops_it(bench: Bench) -> None:
    bench.record(0, 3)
    first = bench.discloser().select(wanted())
    bench.charter = make_charter(GATE, recipients=[POLICE], controller=CONTROLLER, sign=SIGN)
    with pytest.raises(PolicyDenied, match="changed meanwhile"):
        bench.discloser().disclose(first, bench.to, lambda _: None)
    assert bench.logged() == []


CONTROLLER = {"name": "Example Town", "contact": "cameras@example.org"}
SIGN = {"text": "Example Town counts on this path. Questions: cameras@example.org"}


def change_file(folder: Path, _: Disclosure) -> None:
    data = bytearray((folder / "recording.mp4").read_bytes())
    data[-1] ^= 1
    (folder / "recording.mp4").write_bytes(data)


def drop_file(folder: Path, _: Disclosure) -> None:
    (folder / EVENTS).unlink()


def add_file(folder: Path, _: Disclosure) -> None:
    shutil.copy(folder / "recording.mp4", folder / "recording-2.mp4")


def change_recipient(folder: Path, _: Disclosure) -> None:
    rewrite(folder, recipient="A newspaper")


def change_file_and_hash(folder: Path, disclosure: Disclosure) -> None:
    change_file(folder, disclosure)
    video = next(file for file in disclosure.files if file.name == "recording.mp4")
    digest = hashlib.sha256((folder / "recording.mp4").read_bytes()).hexdigest()
    files = [file if file is not video else replace_file(file, digest) for file in disclosure.files]
    rewrite(folder, files=[file.model_dump(mode="json") for file in files])


def replace_file(file: Any, digest: str) -> Any:
    return file.model_copy(update={"sha256": digest})


def change_camera(folder: Path, _: Disclosure) -> None:
    rewrite(folder, camera="yard")


def rewrite(folder: Path, **changes: Any) -> None:
    content = json.loads((folder / MANIFEST).read_bytes())
    content["disclosure"] |= changes
    (folder / MANIFEST).write_text(json.dumps(content))


def break_proof(folder: Path, _: Disclosure) -> None:
    content = json.loads((folder / MANIFEST).read_bytes())
    content["announced"]["leaf"] = content["announced"]["leaf"].replace("disclosure.export", "disclosure.exporu")
    (folder / MANIFEST).write_text(json.dumps(content))


def drop_manifest(folder: Path, _: Disclosure) -> None:
    (folder / MANIFEST).unlink()


@pytest.mark.parametrize(
    ("tamper", "why"),
    [
        (change_file, "recording.mp4 was changed"),
        (drop_file, "events.json is missing"),
        (add_file, "recording-2.mp4 is not in the manifest"),
        (change_recipient, "announces another export"),
        (change_file_and_hash, "announces another export"),
        (change_camera, "does not announce this export"),
        (break_proof, "proof that leaf 0 is in the tree"),
        (drop_manifest, "holds no export"),
    ],
)
def test_whatever_is_changed_is_told(bench: Bench, tamper: Any, why: str) -> None:
    bench.record(0, 3)
    tamper(bench.to, bench.export(0, 3))
    with pytest.raises(CustodesError, match=why):
        verify_export(bench.to, POLICY)


def test_another_log_proves_nothing(bench: Bench) -> None:
    bench.record(0, 3)
    bench.export(0, 3)
    other = type(LOG).generate("other.example/log", LOG.verifier.kind)
    with pytest.raises(IntegrityError):
        verify_export(bench.to, Policy(logs=(other.verifier,)))


@pytest.mark.parametrize("reason", ["", " x ", "x" * 201])
def test_a_reason_has_to_fit_the_log(bench: Bench, reason: str) -> None:
    with pytest.raises(ConfigError, match="reason cannot be logged"):
        bench.discloser().select(replace(wanted(0, 3), reason=reason))
