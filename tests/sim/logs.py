"""Logs in memory, honest and not, and real witness programs that watch them."""

import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from custodes.ledger import Checkpoint, KeyKind, Leaf, SigningKey, VerifierKey, prove_consistency
from custodes.ledger.cosignature import cosign
from custodes.ledger.edge import Edge, grow
from custodes.ledger.note import Note

LOG = SigningKey("example.org/log", KeyKind.LOG, b"\1" * 32)
WITNESSES = [SigningKey(f"w{number}.example", KeyKind.WITNESS, bytes([number]) * 32) for number in (3, 4, 5)]
TIME_S = 1_700_000_000


@dataclass
class Files:
    """A published log in memory."""

    files: dict[str, bytes] = field(default_factory=dict)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def paths(self) -> Iterator[str]:
        return (path for path in self.files if path.startswith("tile/"))

    def but(self, path: str, content: bytes | None) -> "Files":
        rest = {name: data for name, data in self.files.items() if name != path}
        return Files(rest if content is None else rest | {path: content})

    def write(self, folder: Path) -> None:
        for path, content in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint.parse(Note.parse(self.files["checkpoint"]).text)

    def proof_from(self, old: Checkpoint) -> tuple[bytes, ...]:
        return prove_consistency(self, old, self.checkpoint)


def entry(at: int, seq: int | None = None) -> bytes:
    return bytes(Leaf(TIME_S + at, "consultation.live", "gate", "c" * 64, f"{at:064x}", at if seq is None else seq))


def entries(first: int, end: int) -> list[bytes]:
    return [entry(at) for at in range(first, end)]


def signed(edge: Edge, key: SigningKey = LOG, witnesses: tuple[SigningKey, ...] = ()) -> bytes:
    note = bare = Note.signed(Checkpoint("example.org/log", edge.size, edge.root()).text, key)
    for witness in witnesses:
        note = note.plus(cosign(bare, witness, TIME_S))
    return bytes(note)


def published(*batches: list[bytes], key: SigningKey = LOG, witnesses: tuple[SigningKey, ...] = ()) -> Files:
    edge, everything = Edge(), {}
    for batch in batches:
        edge, files = grow(edge, batch)
        everything |= {tile.path: content for tile, content in files.items()}
    return Files({"checkpoint": signed(edge, key, witnesses), **everything})


@contextlib.contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an ASGI application from a thread, and yield its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class WitnessProgram:
    """`python -m custodes.witness run`, a process of its own, as an outsider runs it."""

    def __init__(self, folder: Path, key: SigningKey, log: VerifierKey = LOG.verifier) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.verifier = key.verifier
        self.state = folder / "state"
        self._log = log
        self._key_file = folder / "key"
        folder.mkdir(parents=True, exist_ok=True)
        self._key_file.write_text(key.private_text(), encoding="utf-8")
        self._key_file.chmod(0o600)
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "custodes.witness", "run", *self._options()],
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        port = int(self.url.rpartition(":")[2])
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            assert self.process.poll() is None, "the witness ended"
            time.sleep(0.02)
        raise AssertionError("the witness does not listen")

    def _options(self) -> list[str]:
        port = self.url.rpartition(":")[2]
        return ["--key", str(self._key_file), "--log", str(self._log), "--state", str(self.state), "--port", port]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def running_witness(folder: Path, key: SigningKey) -> Iterator[WitnessProgram]:
    program = WitnessProgram(folder, key)
    try:
        yield program
    finally:
        program.kill()
