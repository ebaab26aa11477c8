"""Sealed originals in the forecast: what they take, at which rate, and when they go."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_support import TEXTS, ManualClock, make_charter
from custodes.charter import Charters
from custodes.domain.time import NS_PER_S
from custodes.record import Forecast, RecordingSettings, forecast
from custodes.record.sealed import SealedRecorder, Vault
from custodes.store import Hold, Store
from custodes.vault.documents import HOUR_NS
from sim.originals import CHARTER, GATE, NAMES, NOON_NS, camera_file, custodians, key_pairs, packets, places
from sim.recordings import refuse

SETTINGS = RecordingSettings(min_free_gb=0)
KEPT = Charters(
    {
        GATE: make_charter(
            GATE,
            storage={"recording_hours": 24, "sealed_hours": 6},
            dpia={"reference": "DPIA 3/2026", "sha256": "a" * 64, "configuration": "b" * 64},
            custodians={"needed": 2, "names": list(NAMES[:3])},
        )
    }
)


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.store = Store.open(folder / "custodes.db", TEXTS)
        self.sealed, self.keys = places(folder)
        (folder / "data").mkdir(exist_ok=True)
        self.source = camera_file(folder / "camera.mp4")
        self.free = 1 << 50

    def seal(self, start_ns: int, until_ns: int) -> int:
        """Seal a few seconds as if it had gone on until `until_ns`; return the bytes."""
        vault = Vault(self.sealed, self.keys, custodians(key_pairs()), CHARTER)
        recorder = SealedRecorder(
            GATE, vault, clock=self.clock, on_notice=lambda _: None, on_alert=refuse, free=lambda _: 1 << 50
        )
        before = set(self.sealed.root.rglob("*.sealed"))
        for packet in packets(self.source, start_ns):
            recorder.write(packet)
        recorder.close()
        (part,) = set(self.sealed.root.rglob("*.sealed")) - before
        os.utime(part, ns=(until_ns, until_ns))
        return part.stat().st_size

    def expected(self) -> Forecast:
        return forecast(self.store, self.sealed, {GATE: SETTINGS}, KEPT, clock=self.clock, free=lambda _: self.free)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


def test_sealed_originals_are_counted_forecast_and_told_when_they_go(bench: Bench) -> None:
    size = bench.seal(NOON_NS + 600 * NS_PER_S, NOON_NS + 1000 * NS_PER_S)
    bench.clock.sleep(1000)
    expected = bench.expected()
    sealed = expected.cameras[GATE].sealed
    assert sealed.used_bytes == expected.used_bytes == size
    assert sealed.bytes_per_day == expected.bytes_per_day == pytest.approx(size / 400 * 86_400, rel=1e-6)
    assert sealed.needed_bytes == expected.needed_bytes == pytest.approx(size / 400 * 6 * 3600, rel=1e-6)
    assert sealed.goes_ns == NOON_NS + 6 * HOUR_NS
    assert expected.full_in_s is None
    bench.free = size
    assert bench.expected().full_in_s == pytest.approx(400)


def test_an_hour_after_another_counts_from_its_beginning(bench: Bench) -> None:
    first = bench.seal(NOON_NS + 3000 * NS_PER_S, NOON_NS + HOUR_NS)
    second = bench.seal(NOON_NS + HOUR_NS + 60 * NS_PER_S, NOON_NS + HOUR_NS + 400 * NS_PER_S)
    bench.clock.sleep(4000)
    rate = bench.expected().cameras[GATE].sealed.bytes_per_day
    assert rate == pytest.approx((first + second) / 1000 * 86_400, rel=1e-6)


def test_what_is_older_than_a_day_says_nothing_about_the_rate(bench: Bench) -> None:
    size = bench.seal(NOON_NS, NOON_NS + 400 * NS_PER_S)
    bench.clock.sleep(25 * 3600)
    sealed = bench.expected().cameras[GATE].sealed
    assert (sealed.used_bytes, sealed.bytes_per_day) == (size, 0)


def test_what_a_hold_keeps_does_not_go(bench: Bench) -> None:
    bench.seal(NOON_NS, NOON_NS + 400 * NS_PER_S)
    bench.seal(NOON_NS + 3 * HOUR_NS, NOON_NS + 3 * HOUR_NS + 400 * NS_PER_S)
    bench.store.holds.add(Hold(GATE, NOON_NS, NOON_NS + NS_PER_S, NOON_NS + 100 * HOUR_NS, "Case 17/26"))
    assert bench.expected().cameras[GATE].sealed.goes_ns == NOON_NS + 9 * HOUR_NS
