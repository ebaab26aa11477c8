"""Keeps worker processes running and hands on what they say."""

import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from multiprocessing.connection import Connection

from custodes.domain.cameras import CameraState, CameraStatus
from custodes.domain.time import Clock
from custodes.pipeline.messages import Message
from custodes.pipeline.shard import Shard

log = logging.getLogger(__name__)

_SHORTEST_S, _LONGEST_S = 0.5, 30.0
_STABLE_S = 30.0
_PATIENCE_S = 15.0
"""How long a worker may take to close its recordings, seconds."""


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
        self._changed = threading.Condition()
        self._shards = {shard.number: shard for shard in shards}
        self._running: dict[int, tuple[subprocess.Popen[bytes], Connection]] = {}
        self._paused: set[int] = set()
        self._threads: dict[int, threading.Thread] = {}

    @property
    def shards(self) -> tuple[Shard, ...]:
        """What the workers are given to do."""
        return tuple(self._shards.values())

    def start(self) -> None:
        """Start every worker."""
        for number in self._shards:
            if number not in self._threads:
                name = f"worker-{number}"
                self._threads[number] = threading.Thread(target=self._keep, args=(number,), name=name, daemon=True)
                self._threads[number].start()

    def pause(self, numbers: Collection[int]) -> None:
        """Return once the workers of these shards have ended; `renew` starts them again.

        A worker that does not end in time is killed.
        """
        with self._changed:
            self._paused |= set(numbers)
            self._tell_to_stop(numbers)
            if not self._changed.wait_for(lambda: not self._running.keys() & set(numbers), _PATIENCE_S):
                for number in self._running.keys() & set(numbers):
                    log.error("worker %d does not stop and is killed", number)
                    self._running[number][0].kill()
                self._changed.wait_for(lambda: not self._running.keys() & set(numbers), _PATIENCE_S)

    def renew(self, shards: Sequence[Shard]) -> None:
        """Give workers that are paused what `shards` say, and start them again; new ones are added."""
        with self._changed:
            self._shards |= {shard.number: shard for shard in shards}
            self._paused.clear()
            self._changed.notify_all()
        self.start()

    def stop(self) -> None:
        """Stop every worker, waiting for open recordings to be closed."""
        self._stop.set()
        with self._changed:
            self._tell_to_stop(list(self._running))
            self._changed.notify_all()
        for thread in self._threads.values():
            thread.join(_PATIENCE_S)

    def _tell_to_stop(self, numbers: Collection[int]) -> None:
        for number in numbers:
            try:
                if number in self._running:
                    self._running[number][1].send("stop")
            except OSError:
                continue

    def _keep(self, number: int) -> None:
        delay_s = _SHORTEST_S
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stop.is_set() or number not in self._paused)
                if self._stop.is_set():
                    return
                shard = self._shards[number]
                process, pipe = self._running[number] = _spawn(shard)
            stable = threading.Event()
            timer = threading.Timer(_STABLE_S, stable.set)
            timer.start()
            self._relay(pipe)
            _wait(process)
            timer.cancel()
            with self._changed:
                del self._running[number]
                self._changed.notify_all()
                if self._stop.is_set() or number in self._paused:
                    continue
            self._say_down(shard)
            delay_s = _SHORTEST_S if stable.is_set() else min(delay_s * 2, _LONGEST_S)
            log.error("worker %d ended with code %s; starting it again in %.1f s", number, process.returncode, delay_s)
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


def _wait(process: "subprocess.Popen[bytes]") -> None:
    """Wait for a process that has closed its socket, and kill it where it goes on."""
    try:
        process.wait(10.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


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
