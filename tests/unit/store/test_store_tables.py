import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from api_support import GATE, NOON_NS, TEXTS, YARD, make_event
from custodes.domain.errors import StoreError
from custodes.domain.events import Event, EventKind
from custodes.domain.imagery import RedactedStill
from custodes.domain.time import NS_PER_S
from custodes.store import EventQuery, FileBlobs, Segment, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path / "custodes.db", TEXTS)
    yield made
    made.close()


def _segment(start_s: int, end_s: int | None, camera: str = GATE, size: int = 100) -> Segment:
    return Segment(
        camera=camera,
        stream="one",
        path=f"{camera}/{start_s}.mp4",
        start_ns=start_s * NS_PER_S,
        end_ns=None if end_s is None else end_s * NS_PER_S,
        bytes=size,
        init_bytes=10,
        codec="avc1.640016",
        open=end_s is None,
    )


def _found(store: Store, **query: object) -> list[Event]:
    return [one.event for one in store.events.find(EventQuery(**query)).items]


def test_an_event_comes_back_as_it_was(store: Store):
    for event in (
        make_event(),
        make_event(end_ns=None, box_norm=None, track_id=None, zone="yard", direction="forward"),
    ):
        store.events.put(event)
        assert store.events.get(event.event_id).event == event


def test_a_changed_event_keeps_its_thumbnail(store: Store):
    event = make_event(end_ns=None)
    store.events.put(event)
    store.events.set_thumbnail(event.event_id, "gate/one.jpg")
    changed = make_event(event_id=event.event_id, score=0.99)
    store.events.put(changed)
    stored = store.events.get(event.event_id)
    assert (stored.event, stored.thumbnail) == (changed, "gate/one.jpg")


def test_events_are_found_by_the_interval_they_overlap(store: Store):
    event = make_event(NOON_NS, end_ns=NOON_NS + 10 * NS_PER_S)
    lasting = make_event(NOON_NS + 1, end_ns=None)
    store.events.put(event)
    store.events.put(lasting)
    assert _found(store, start_ns=NOON_NS + 5 * NS_PER_S) == [lasting, event]
    assert _found(store, start_ns=NOON_NS + 11 * NS_PER_S) == [lasting]
    assert _found(store, end_ns=NOON_NS) == []
    assert _found(store, end_ns=NOON_NS + 1) == [event]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(offsets=st.lists(st.integers(0, 5), max_size=20), limit=st.integers(1, 7))
def test_pages_hold_every_event_once_newest_first(
    tmp_path_factory: pytest.TempPathFactory, offsets: list[int], limit: int
):
    store = Store.open(tmp_path_factory.mktemp("pages") / "custodes.db", TEXTS)
    events = [make_event(NOON_NS + offset * NS_PER_S) for offset in offsets]
    for event in events:
        store.events.put(event)
    found, before = [], None
    while True:
        page = store.events.find(EventQuery(limit=limit, before=before))
        found += [one.event for one in page.items]
        before = page.next
        if before is None:
            break
    store.close()
    assert found == sorted(events, key=lambda event: (event.start_ns, event.event_id), reverse=True)


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"cameras": (GATE,)},
        {"cameras": (GATE, YARD)},
        {"kind": EventKind.APPEARED},
        {"class_name": "person"},
        {"rule": "gate"},
        {"zone": "gate"},
    ],
    ids=str,
)
def test_no_search_reads_the_whole_table_or_sorts(store: Store, wanted: dict[str, Any]):
    query = EventQuery(**wanted, before=(NOON_NS, "0" * 26))
    plan = _plan(store, query)
    assert "USING INDEX" in plan
    assert "TEMP B-TREE" not in plan


def _plan(store: Store, query: EventQuery) -> str:
    seen = []
    from sqlalchemy import event as sa_event

    engine = store._database._engine
    sa_event.listen(engine, "before_execute", lambda _c, clause, *_: seen.append(clause))
    store.events.find(query)
    text = str(seen[-1].compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    with store._database.read() as connection:
        return "\n".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))


def test_open_events_of_a_dead_worker_end_at_their_key_moment(store: Store):
    mine, other = make_event(end_ns=None), make_event(camera=YARD, end_ns=None)
    done = make_event()
    for event in (mine, other, done):
        store.events.put(event)
    store.events.end_open(GATE)
    assert store.events.get(mine.event_id).event.end_ns == mine.key_ns
    assert store.events.get(other.event_id).event.end_ns is None
    assert store.events.get(done.event_id).event == done


def test_expired_events_are_gone_and_their_thumbnails_named(store: Store):
    old, new = make_event(NOON_NS), make_event(NOON_NS + NS_PER_S)
    for event in (old, new):
        store.events.put(event)
        store.events.set_thumbnail(event.event_id, f"gate/{event.event_id}.jpg")
    assert store.events.expire(GATE, NOON_NS + 1) == (1, [f"gate/{old.event_id}.jpg"])
    assert _found(store) == [new]


def test_an_event_may_outlive_its_thumbnail(store: Store):
    old, new = make_event(NOON_NS), make_event(NOON_NS + NS_PER_S)
    for event in (old, new):
        store.events.put(event)
        store.events.set_thumbnail(event.event_id, f"gate/{event.event_id}.jpg")
    assert store.events.strip(GATE, NOON_NS + 1) == [f"gate/{old.event_id}.jpg"]
    assert [one.thumbnail for one in store.events.find(EventQuery()).items] == [f"gate/{new.event_id}.jpg", None]
    assert store.events.strip(GATE, NOON_NS + 1) == []


def test_segments_are_found_by_overlap_oldest_first(store: Store):
    for start, end in ((20, 24), (10, 14), (14, None)):
        store.segments.open(_segment(start, end))
    found = store.segments.find(GATE, 12 * NS_PER_S, 20 * NS_PER_S)
    assert [segment.start_ns // NS_PER_S for segment in found] == [10, 14]
    assert store.segments.oldest(GATE) == found[0]
    assert store.segments.total_bytes() == store.segments.total_bytes(GATE) == 300
    assert store.segments.written(GATE, 11 * NS_PER_S) == (100, 4 * NS_PER_S)


def test_the_store_knows_every_camera_of_which_it_keeps_something(store: Store):
    assert store.cameras() == set()
    store.segments.open(_segment(1, 2))
    store.gaps.add(YARD, 1, 2, "")
    store.events.put(make_event(camera="porch"))
    assert store.cameras() == {GATE, YARD, "porch"}


def test_a_file_is_listed_once(store: Store):
    store.segments.open(_segment(1, None))
    with pytest.raises(StoreError):
        store.segments.open(_segment(1, None))


def test_gaps_are_found_by_overlap_and_their_reasons_cut(store: Store):
    store.gaps.add(GATE, 10, 20, "x" * 500)
    assert [gap.reason for gap in store.gaps.find(GATE, 15, 16)] == ["x" * 200]
    assert store.gaps.find(GATE, 20, 30) == store.gaps.find(YARD, 0, 100) == []
    store.gaps.expire(GATE, 21)
    assert store.gaps.find(GATE, 0, 100) == []


def test_threads_write_at_once_without_an_error(store: Store):
    failures = []

    def work(camera: str) -> None:
        try:
            for number in range(25):
                store.gaps.add(camera, number, number + 1, "")
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"camera-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert all(len(store.gaps.find(f"camera-{number}", 0, 100)) == 25 for number in range(8))


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    (tmp_path / "stills").mkdir()
    return FileBlobs(tmp_path / "stills")


STILL = RedactedStill._seal(b"\xff\xd8 jpeg", 4, 2)


def test_a_still_is_kept_replaced_and_deleted(blobs: FileBlobs):
    blobs.put_still("gate/one.jpg", STILL)
    blobs.put_still("gate/one.jpg", STILL)
    assert blobs.read("gate/one.jpg") == STILL.jpeg
    assert list(blobs.keys("gate")) == ["gate/one.jpg"]
    blobs.delete("gate/one.jpg")
    blobs.delete("gate/one.jpg")
    assert blobs.read("gate/one.jpg") is None


@pytest.mark.parametrize(
    "key", ["../one.jpg", "gate/../../etc/passwd", "/etc/passwd", "gate/one.png", "gate//one.jpg", ""]
)
def test_a_key_never_leaves_the_folder(blobs: FileBlobs, key: str):
    for use in (blobs.read, blobs.delete, lambda name: blobs.put_still(name, STILL)):
        with pytest.raises(StoreError):
            use(key)


def test_a_disk_that_fails_is_an_error_in_words_and_leaves_nothing(tmp_path: Path):
    (tmp_path / "gate").write_text("in the way")
    with pytest.raises(StoreError, match="not kept"):
        FileBlobs(tmp_path).put_still("gate/one.jpg", STILL)
