import random
import threading
from collections.abc import Callable

import pytest

from custodes.capture import Backoff, Gap, Reconnector, StreamInfo, UnreachableError, VideoSource
from custodes.capture.raw import RawFrame
from custodes.domain.cameras import CameraState
from custodes.domain.errors import CaptureError
from custodes.domain.time import NS_PER_S
from sim.camera_simulator import START_NS, CameraSimulator, FakeClock, Freeze, Show, opener

UNREACHABLE = UnreachableError("cam cannot be opened", why="connection refused")
GARBAGE = CaptureError("cam cannot be opened", why="what it sends is not video")


class Run:
    """Runs a reconnector until the sessions are used up, keeping all it says and yields."""

    def __init__(self, clock: FakeClock, open_: Callable[[], VideoSource], **options: object) -> None:
        self.clock = clock
        self.states: list[tuple[CameraState, str]] = []
        self.infos: list[StreamInfo | None] = []
        self.items: list[RawFrame | Gap] = []
        self.stop = threading.Event()
        self._open = open_
        self.reconnector = Reconnector(
            self._next, on_state=self._on_state, stall_after_s=10, clock=clock, rng=random.Random(1), **options
        )
        self.items = list(self.reconnector.frames(self.stop))

    def _next(self) -> VideoSource:
        try:
            return self._open()
        except StopIteration:
            self.stop.set()
            raise UnreachableError("cam cannot be opened", why="the script is over") from None

    def _on_state(self, state: CameraState, reason: str, info: StreamInfo | None) -> None:
        self.states.append((state, reason))
        self.infos.append(info)

    @property
    def names(self) -> list[str]:
        return [state.value for state, _ in self.states]

    @property
    def gaps(self) -> list[Gap]:
        return [item for item in self.items if isinstance(item, Gap)]

    @property
    def frames(self) -> list[RawFrame]:
        return [item for item in self.items if isinstance(item, RawFrame)]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_a_healthy_camera_connects_and_goes_live(clock: FakeClock) -> None:
    source = CameraSimulator(clock, (Show(2),))
    run = Run(clock, opener(source))
    assert run.names[:2] == ["connecting", "live"]
    assert run.infos[1] == source.info
    assert len(run.frames) == 20
    assert source.closed


def test_a_lost_connection_is_found_again_and_leaves_a_gap(clock: FakeClock) -> None:
    lost = UnreachableError("cam stopped", why="connection reset by peer")
    run = Run(clock, opener(CameraSimulator(clock, (Show(1), lost)), CameraSimulator(clock, (Show(1),))))
    assert run.names[:4] == ["connecting", "live", "connecting", "live"]
    assert run.states[2][1] == "connection reset by peer; connecting again"
    gap = run.gaps[0]
    assert gap.start_ns == run.frames[9].time.utc_ns
    assert gap.end_ns == run.frames[10].time.utc_ns
    assert gap.reason == "connection reset by peer"
    assert run.items.index(gap) == 10


def test_a_camera_that_stays_away_becomes_offline_and_says_so_once(clock: FakeClock) -> None:
    run = Run(clock, opener(*[UNREACHABLE] * 6, CameraSimulator(clock)))
    assert run.names[:4] == ["connecting", "connecting", "offline", "live"]
    assert run.gaps[0].start_ns == START_NS


def test_garbage_is_failing_with_the_reason(clock: FakeClock) -> None:
    run = Run(clock, opener(GARBAGE, GARBAGE, CameraSimulator(clock)))
    assert run.names[:3] == ["connecting", "failing", "live"]
    assert "not video" in run.states[1][1]


def test_a_frozen_link_is_stalled_then_live_again(clock: FakeClock) -> None:
    frozen = CameraSimulator(clock, (Show(1), Freeze(3600), Show(1)))
    run = Run(clock, opener(frozen, CameraSimulator(clock)))
    assert run.names[:4] == ["connecting", "live", "stalled", "live"]
    assert frozen.closed
    assert run.gaps[0].end_ns - run.gaps[0].start_ns >= 10 * NS_PER_S


def test_a_pause_the_source_survives_is_a_gap_too(clock: FakeClock) -> None:
    run = Run(clock, opener(CameraSimulator(clock, (Show(1), Freeze(30), Show(1)), patience_s=60)))
    assert [gap.reason for gap in run.gaps[:1]] == ["no picture came"]
    assert len(run.frames) == 20


def test_a_changed_resolution_is_told(clock: FakeClock) -> None:
    run = Run(clock, opener(CameraSimulator(clock), CameraSimulator(clock, width=128, height=96)))
    assert {frame.width for frame in run.frames} == {64, 128}
    assert [info.width for info in run.infos if info] == [64, 128]


def test_waits_grow_with_failures_and_start_again_after_ten_good_seconds(clock: FakeClock) -> None:
    def waits(*sessions: VideoSource | CaptureError) -> list[float]:
        clock.slept.clear()
        Run(clock, opener(*sessions), backoff=Backoff(first_s=1, longest_s=8))
        return clock.slept

    assert sum(waits(*[GARBAGE] * 8)) == pytest.approx(0.75 * (1 + 2 + 4 + 8 * 5), rel=0.25)
    short = [step for _ in range(5) for step in (CameraSimulator(clock, (Show(2), UNREACHABLE)),)]
    long = [step for _ in range(5) for step in (CameraSimulator(clock, (Show(20), UNREACHABLE)),)]
    assert sum(waits(*short)) > 3 * sum(waits(*long))


def test_an_outage_that_lasts_at_the_end_is_yielded(clock: FakeClock) -> None:
    run = Run(clock, opener(CameraSimulator(clock, (Show(1),)), UNREACHABLE))
    assert run.gaps[-1].end_ns == clock.utc_ns()
    assert run.gaps[-1].start_ns == run.frames[-1].time.utc_ns


def test_stopping_a_live_camera_leaves_no_gap_and_closes_it(clock: FakeClock) -> None:
    source = CameraSimulator(clock, (Show(100),))
    stop = threading.Event()
    reconnector = Reconnector(lambda: source, on_state=lambda *_: None, stall_after_s=10, clock=clock)
    items = []
    for item in reconnector.frames(stop):
        items.append(item)
        if len(items) == 5:
            stop.set()
    assert len(items) == 5
    assert source.closed


def test_rest_reaches_this_session_at_once_and_the_next(clock: FakeClock) -> None:
    sources = [CameraSimulator(clock, (Show(2),)), CameraSimulator(clock, (Show(2),))]
    reconnector = Reconnector(
        opener(*sources), on_state=lambda *_: None, stall_after_s=10, clock=clock, backoff=Backoff()
    )
    stop = threading.Event()
    pictures = 0
    for item in reconnector.frames(stop):
        pictures += isinstance(item, RawFrame)
        if pictures == 5:
            assert not sources[0].resting
            reconnector.resting = True
            assert sources[0].resting
        if pictures == 25:
            assert sources[1].resting
            reconnector.resting = False
            assert not sources[1].resting
            stop.set()
    reconnector.resting = True
    assert not sources[1].resting


def test_delays_stay_within_their_bounds_for_ever() -> None:
    backoff, rng = Backoff(), random.Random(0)
    delays = [backoff.delay_s(failures, rng) for failures in (1, 2, 8, 10**6)]
    assert 0.25 <= delays[0] <= 0.5
    assert 30 <= delays[2] <= 60
    assert 30 <= delays[3] <= 60
    assert len({round(backoff.delay_s(9, rng), 3) for _ in range(20)}) > 10
