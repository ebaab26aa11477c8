"""Keeps worker processes running and hands on what they say."""

import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

from custodes.domain.cameras import CameraState, CameraStatus
from custodes.domain.time import Clock
from custodes.pipeline.messages import Message
from custodes.pipeline.shard import Shard

log = logging.getLogger(__name__)

_SHORTEST_S, _LONGEST_S = 0.5, 30.0
_STABLE_S = 30.0


class Supervisor:
    """Starts a process for each shard, starts it again when it dies, and ends with all of them.

    Args:
        shards: One for each worker process.
        on_message: Called from a thread of its own for each message of a worker.
        clock: Wall time.
    """

    def __init__(self, shards: Sequence[Shard], on_message: Callable[[Message], None], clock: Clock) -> None:
        self._on_message = on_message
        self._clock = clock
        self._stop = threading.Event()
        self._pipes: dict[int, Connection] = {}
        self._threads = [
            threading.Thread(target=self._keep, args=(shard,), name=f"worker-{shard.number}", daemon=True)
            for shard in shards
        ]

    def start(self) -> None:
        """Start every worker."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop every worker, waiting for open recordings to be closed."""
        self._stop.set()
        for pipe in list(self._pipes.values()):
            try:
                pipe.send("stop")
            except OSError:
                continue
        for thread in self._threads:
            thread.join(15.0)

    def _keep(self, shard: Shard) -> None:
        delay_s = _SHORTEST_S
        while not self._stop.is_set():
            process, pipe = _spawn(shard)
            self._pipes[shard.number] = pipe
            stable = threading.Event()
            timer = threading.Timer(_STABLE_S, stable.set)
            timer.start()
            self._relay(pipe)
            try:
                process.wait(10.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            timer.cancel()
            if self._stop.is_set():
                return
            self._say_down(shard)
            delay_s = _SHORTEST_S if stable.is_set() else min(delay_s * 2, _LONGEST_S)
            log.error(
                "worker %d ended with code %s; starting it again in %.1f s", shard.number, process.returncode, delay_s
            )
            self._stop.wait(delay_s)

    def _say_down(self, shard: Shard) -> None:
        for camera in shard.cameras:
            reason = "its worker ended and is started again"
            self._on_message(CameraStatus(camera, CameraState.OFFLINE, reason, self._clock.utc_ns()))

    def _relay(self, pipe: Connection) -> None:
        while True:
            try:
                message = pipe.recv()
            except (EOFError, OSError):
                return
            self._on_message(message)


def _spawn(shard: Shard) -> tuple["subprocess.Popen[bytes]", Connection]:
    """Start a worker process and give it `shard`; return it with our end of the socket to it."""
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", "custodes.pipeline", str(theirs.fileno())]
        # One heap for all threads: each camera has several, and heaps of their own would hold on to what is freed.
        environment = {"MALLOC_ARENA_MAX": "1", **os.environ}
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment)  # noqa: S603  our own module
    connection = Connection(ours.detach())
    connection.send(shard)
    return process, connection
