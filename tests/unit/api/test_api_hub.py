import asyncio
import threading

from api_support import GATE, NOON_NS, YARD, make_event, make_fragment, make_status
from custodes.api import LiveHub
from custodes.domain.events import EventKind


async def _numbers(viewer, count: int) -> list[int]:
    return [(await viewer.next(1)).number for _ in range(count)]


def test_a_late_viewer_gets_the_init_fragment_and_the_newest():
    async def run() -> list[int]:
        hub = LiveHub()
        for number in range(5):
            hub.publish(make_fragment(number))
        with hub.view(GATE) as viewer:
            hub.publish(make_fragment(5))
            return await _numbers(viewer, 3)

    assert asyncio.run(run()) == [0, 4, 5]


def test_a_new_stream_replaces_the_old_and_strays_are_ignored():
    async def run() -> list[tuple[str, int]]:
        hub = LiveHub()
        hub.publish(make_fragment(0))
        hub.publish(make_fragment(1))
        hub.publish(make_fragment(0, "two"))
        hub.publish(make_fragment(2))
        with hub.view(GATE) as viewer:
            hub.publish(make_fragment(1, "two"))
            fragments = [await viewer.next(1) for _ in range(2)]
            assert await viewer.next(0.01) is None
        return [(fragment.stream, fragment.number) for fragment in fragments]

    assert asyncio.run(run()) == [("two", 0), ("two", 1)]


def test_a_slow_viewer_loses_the_oldest_but_never_the_init_fragment():
    async def run() -> None:
        hub = LiveHub()
        hub.publish(make_fragment(0))
        with hub.view(GATE) as viewer:
            for number in range(1, 21):
                hub.publish(make_fragment(number))
            numbers = await _numbers(viewer, 8)
            assert numbers == [0, *range(14, 21)]
            assert viewer.dropped == 13
            assert hub.viewer_counts()[GATE] == (1, 13)
        assert hub.viewer_counts()[GATE] == (0, 13)

    asyncio.run(run())


def test_a_reader_thread_wakes_a_waiting_viewer():
    async def run() -> int:
        hub = LiveHub()
        hub.publish(make_fragment(0))
        with hub.view(GATE) as viewer:
            assert (await viewer.next(1)).number == 0
            thread = threading.Timer(0.05, hub.publish, [make_fragment(1)])
            thread.start()
            fragment = await viewer.next(5)
            thread.join()
        return fragment.number

    assert asyncio.run(run()) == 1


def test_viewers_of_one_camera_see_nothing_of_another():
    async def run() -> None:
        hub = LiveHub()
        with hub.view(YARD) as viewer:
            hub.publish(make_fragment(0))
            assert await viewer.next(0.01) is None

    asyncio.run(run())


def test_a_listener_gets_present_statuses_first_and_only_the_newest_of_each():
    async def run() -> None:
        hub = LiveHub()
        hub.publish(make_status(fps=1.0))
        with hub.listen() as listener:
            hub.publish(make_status(fps=2.0))
            hub.publish(event := make_event())
            assert await listener.next(1) == [make_status(fps=2.0), event]
            assert await listener.next(0.01) == []
        assert hub.status(GATE) == make_status(fps=2.0)
        assert hub.status(YARD) is None

    asyncio.run(run())


def test_publishing_goes_on_when_a_listeners_loop_has_ended():
    hub = LiveHub()

    async def leave_open() -> object:
        manager = hub.listen()
        manager.__enter__()
        return manager

    manager = asyncio.run(leave_open())
    hub.publish(make_status())
    assert hub.status(GATE) == make_status()
    assert manager


def test_a_changed_event_counts_once():
    hub = LiveHub()
    event = make_event()
    hub.publish(event)
    hub.publish(event)
    hub.publish(make_event(NOON_NS + 1_000_000_000))
    assert hub.event_counts() == {(GATE, EventKind.APPEARED): 2}
