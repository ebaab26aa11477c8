"""Looking through the memory of one's own process for bytes, without having them there."""

import gc
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MASK = 0xA5
_CHUNK = 8 << 20
_FORMS = ("<f4", "<f8")
_RUNS = (slice(4, 12), slice(68, 76))
"""Numbers in a row that make a needle."""


def masked(data: bytes) -> bytes:
    """Return `data` so that it is not there; twice, and it is."""
    return bytes(np.frombuffer(data, np.uint8) ^ MASK)


def needles_of(vector: NDArray[Any]) -> list[bytes]:
    """Return masked needles for runs of the numbers of `vector`, as they may be written in memory or a file."""
    needles = []
    for run in _RUNS:
        for form in _FORMS:
            part = vector[run].astype(form)
            needles.append(bytes(part.view(np.uint8) ^ MASK))
            part.fill(0)
    return needles


def found_in_memory(needles: list[bytes]) -> int:
    """Return how many of masked `needles` are anywhere in the writable memory of this process."""
    gc.collect()
    found: set[bytes] = set()
    overlap = max(map(len, needles), default=1)
    buffer = bytearray(_CHUNK + overlap)
    hidden = np.frombuffer(buffer, np.uint8)
    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
        for start, end in _writable():
            for at in range(start, end, _CHUNK):
                try:
                    memory.seek(at)
                    size = memory.readinto(memoryview(buffer)[: min(_CHUNK + overlap, end - at)])
                except (OSError, ValueError, OverflowError):
                    continue
                # In place, so that looking leaves no copy of what is looked for.
                np.bitwise_xor(hidden[:size], MASK, out=hidden[:size])
                found.update(needle for needle in needles if buffer.find(needle, 0, size) >= 0)
    return len(found)


def found_in_files(folder: Path, needles: list[bytes]) -> list[str]:
    """Return the files below `folder` that hold any of masked `needles`."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files for data in [path.read_bytes()] if any(masked(one) in data for one in needles)]


def _writable() -> list[tuple[int, int]]:
    spans = []
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        addresses, rights = line.split()[:2]
        if "rw" in rights and "[v" not in line:
            start, _, end = addresses.partition("-")
            spans.append((int(start, 16), int(end, 16)))
    return spans
