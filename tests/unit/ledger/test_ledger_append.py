"""Appending: durable, in batches, by one process, and whole after a crash at any instant."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from custodes.domain.errors import ConfigError, IntegrityError, StoreError
from custodes.ledger import FolderReader, KeyKind, Leaf, Ledger, Policy, SigningKey, read_checkpoint, verify_all
from custodes.ledger.disk import PARTIAL, write_durably
from custodes.ledger.reader import read_entries
from custodes.ledger.tiles import ENTRIES, Tile

KEY = SigningKey("example.org/log", KeyKind.LOG, b"\1" * 32)
POLICY = Policy(logs=(KEY.verifier,))


def leaves(count: int, first: int = 0) -> list[Leaf]:
    return [Leaf(1_700_000_000 + at, "heartbeat", "gate", "", f"{at:064x}") for at in range(first, first + count)]


def opened(folder: Path, **options: object) -> Ledger:
    return Ledger(folder / "public", folder / "state", KEY, **options)  # type: ignore[arg-type]


def written(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write as `write_durably` does, but without waiting for the disk."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / PARTIAL).write_bytes(content)
        (folder / PARTIAL).replace(folder / name)


def audited(folder: Path) -> int:
    reader = FolderReader(folder / "public")
    result = verify_all(reader, POLICY.accept(read_checkpoint(reader)).checkpoint)
    assert result.beyond == 0
    return result.leaves


def test_batches_of_every_size_can_be_audited(tmp_path: Path) -> None:
    first = 0
    with opened(tmp_path) as log:
        assert audited(tmp_path) == 0
        for count in (1, 2, 0, 252, 1, 1, 300, 512, 3):
            assert log.append(leaves(count, first)) == range(first, first + count)
            first += count
            assert audited(tmp_path) == log.size == first
    bundle = read_entries(FolderReader(tmp_path / "public"), Tile(ENTRIES, 0))
    assert [Leaf.parse(entry).at(0) for entry in bundle] == leaves(256)
    left = sorted(path.relative_to(tmp_path / "public").as_posix() for path in tmp_path.rglob("*.p/*"))
    widths = {name: [path.rpartition("/")[2] for path in left if path.startswith(f"tile/{name}/")] for name in "01"}
    assert widths == {"0": ["45", "48"], "1": ["1", "2", "4"]}
    assert [path for path in left if "entries" in path] == ["tile/entries/004.p/45", "tile/entries/004.p/48"]


def test_a_reopened_log_goes_on(tmp_path: Path) -> None:
    for turn in range(5):
        with opened(tmp_path) as log:
            assert log.append(leaves(70, turn * 70)) == range(turn * 70, turn * 70 + 70)
        assert audited(tmp_path) == turn * 70 + 70


def test_threads_share_a_log(tmp_path: Path) -> None:
    with opened(tmp_path) as log, ThreadPoolExecutor(4) as pool:
        ranges = list(pool.map(lambda _: log.append(leaves(3)), range(20)))
    assert sorted(index for one in ranges for index in one) == list(range(60))
    assert audited(tmp_path) == 60


def test_two_processes_cannot_append(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(StoreError, match="The log is in use"):
        opened(tmp_path)
    opened(tmp_path).close()


def test_an_unfit_set_up_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="all in there is public"):
        Ledger(tmp_path, tmp_path / "state", KEY)
    with pytest.raises(ConfigError, match="key of a witness"):
        Ledger(tmp_path / "a", tmp_path / "b", SigningKey("w.example", KeyKind.WITNESS, b"\1" * 32))


def test_cosignatures_survive_opening(tmp_path: Path) -> None:
    from custodes.ledger.cosignature import cosign
    from custodes.ledger.note import Note

    with opened(tmp_path) as log:
        log.append(leaves(3))
    path = tmp_path / "public/checkpoint"
    note = Note.parse(path.read_bytes())
    cosigned = bytes(note.plus(cosign(note, SigningKey("w.example", KeyKind.WITNESS, b"\2" * 32), 5)))
    path.write_bytes(cosigned)
    opened(tmp_path).close()
    assert path.read_bytes() == cosigned


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: shutil.rmtree(folder / "state"), "has no state of it"),
        (lambda folder: (folder / "state/checkpoint").write_bytes(b""), "cut off"),
        (lambda folder: shutil.rmtree(folder / "public"), "is missing"),
        (lambda folder: (folder / "public/tile/0/000.p/5").write_bytes(bytes(160)), "do not hash to what was signed"),
        (lambda folder: shutil.copy(folder / "older", folder / "state/checkpoint"), "restored from an older copy"),
    ],
)
def test_folders_that_do_not_belong_together_are_refused(tmp_path: Path, harm: object, message: str) -> None:
    with opened(tmp_path) as log:
        log.append(leaves(3))
        shutil.copy(tmp_path / "public/checkpoint", tmp_path / "older")
        log.append(leaves(2))
    harm(tmp_path)  # type: ignore[operator]
    with pytest.raises(IntegrityError) as caught:
        opened(tmp_path)
    assert message in caught.value.diagnostics()


def test_another_key_cannot_go_on(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with pytest.raises(IntegrityError, match="No log of the policy signed"):
        Ledger(tmp_path / "public", tmp_path / "state", SigningKey("example.org/log", KeyKind.LOG, b"\2" * 32))


def test_a_failed_append_closes_the_log(tmp_path: Path) -> None:
    room = 2

    def full(folder: Path, files: Mapping[str, bytes]) -> None:
        nonlocal room
        if not room:
            raise StoreError("The disk is full")
        room -= 1
        write_durably(folder, files)

    opened(tmp_path).close()
    log = opened(tmp_path, write=full)
    with pytest.raises(StoreError, match="disk is full"):
        log.append(leaves(3))
    with pytest.raises(StoreError, match="The log is closed"):
        log.append(leaves(3))
    with opened(tmp_path) as again:
        assert again.size == 3
        assert again.append(leaves(1)) == range(3, 4)
    assert audited(tmp_path) == 4


def test_files_and_their_folders_are_on_the_disk_before_the_index_is_returned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, str]] = []
    sync, replace = os.fsync, Path.replace

    def noted_sync(handle: int) -> None:
        done.append(("synced", Path(f"/proc/self/fd/{handle}").readlink().relative_to(tmp_path).as_posix()))
        sync(handle)

    def noted_replace(path: Path, target: Path) -> Path:
        done.append(("placed", target.relative_to(tmp_path).as_posix()))
        return replace(path, target)

    with opened(tmp_path) as log:
        monkeypatch.setattr(os, "fsync", noted_sync)
        monkeypatch.setattr(Path, "replace", noted_replace)
        log.append(leaves(3))
    placed = [(at, name) for at, (what, name) in enumerate(done) if what == "placed"]
    names = [name for _, name in placed]
    assert names == ["public/tile/entries/000.p/3", "public/tile/0/000.p/3", "state/checkpoint", "public/checkpoint"]
    for at, name in placed:
        assert done[at - 1] == ("synced", f"{name.partition('/')[0]}/{PARTIAL}")
        assert ("synced", name.rpartition("/")[0]) in done[at:]
    tiles_synced = max(at for at, one in enumerate(done) if one == ("synced", "public/tile/0/000.p"))
    state_synced = max(at for at, one in enumerate(done) if one == ("synced", "state"))
    assert tiles_synced < done.index(("placed", "state/checkpoint")) < state_synced
    assert state_synced < done.index(("placed", "public/checkpoint"))
    assert {("synced", "public"), ("synced", "public/tile"), ("synced", "public/tile/0")} <= set(done)


def test_the_state_is_private(tmp_path: Path) -> None:
    Ledger(tmp_path / "public", tmp_path / "deep/state", KEY).close()
    assert (tmp_path / "deep/state").stat().st_mode & 0o777 == 0o700


def test_a_write_that_fails_says_so(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be written to"):
        write_durably(tmp_path, {"a/b": b"content"})
    with pytest.raises(StoreError, match="cannot be made"):
        Ledger(tmp_path / "public", tmp_path / "a/state", KEY)


@pytest.mark.parametrize(("before", "batch", "step"), [(0, 1, 1), (5, 2, 7), (255, 2, 997)])
def test_a_crash_at_any_byte_leaves_a_valid_prefix(tmp_path: Path, before: int, batch: int, step: int) -> None:
    """Every write of an append, cut at every `step`th byte: tiles even in place, as if the rename had come first."""
    writes: list[tuple[Path, str, bytes]] = []

    def noted(folder: Path, files: Mapping[str, bytes]) -> None:
        writes.extend((folder, name, content) for name, content in files.items())
        written(folder, files)

    with opened(tmp_path / "good") as log:
        log.append(leaves(before))
    shutil.copytree(tmp_path / "good", tmp_path / "start")
    with opened(tmp_path / "good", write=noted) as log:
        log.append(leaves(batch, before))
    writes = [(tmp_path / "crashed" / folder.name, name, content) for folder, name, content in writes]
    assert [name for _, name, _ in writes][-2:] == ["checkpoint", "checkpoint"]
    signed = next(at for at, (folder, _, _) in enumerate(writes) if folder.name == "state")
    for at, (folder, name, content) in enumerate(writes):
        for cut in (*range(0, len(content), step), len(content)):
            shutil.rmtree(tmp_path / "crashed", ignore_errors=True)
            shutil.copytree(tmp_path / "start", tmp_path / "crashed")
            for done in writes[:at]:
                written(done[0], {done[1]: done[2]})
            path = folder / (PARTIAL if name == "checkpoint" else name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content[:cut])
            assert published_size(tmp_path / "crashed") == before
            with opened(tmp_path / "crashed", write=written) as log:
                assert log.size == (before + batch if at > signed else before)
                log.append(leaves(1, 900))
                assert audited(tmp_path / "crashed") == log.size


def published_size(folder: Path) -> int:
    """Return what an outsider's checkpoint says right after the crash."""
    reader = FolderReader(folder / "public")
    return POLICY.accept(read_checkpoint(reader)).checkpoint.size


APPENDER = """
import sys
from pathlib import Path
from custodes.ledger import KeyKind, Leaf, Ledger, SigningKey

folder = Path(sys.argv[1])
log = Ledger(folder / "public", folder / "state", SigningKey("example.org/log", KeyKind.LOG, bytes([1]) * 32))
print("open", flush=True)
while True:
    indices = log.append([Leaf(at, "heartbeat", "gate", "", "0" * 64) for at in range(37)])
    print(indices.stop, flush=True)
"""


def test_a_killed_process_loses_nothing_it_promised(tmp_path: Path) -> None:
    promised = 0
    for turn in range(6):
        process = subprocess.Popen([sys.executable, "-c", APPENDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        time.sleep(0.02 + 0.017 * turn)
        process.send_signal(signal.SIGKILL)
        said = [line for line in process.stdout.read().split("\n") if line]
        process.wait()
        promised = int(said[-1]) if said else promised
        opened(tmp_path).close()
        assert audited(tmp_path) >= promised
    assert promised > 0
