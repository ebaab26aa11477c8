"""Charters that change while the server runs: the old one lapses, the change is logged, then the new one holds."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from custodes.api import LiveHub
from custodes.app.activation import Activation, activate
from custodes.app.duty import repeating
from custodes.app.logbook import Logbook
from custodes.app.settings import Settings
from custodes.charter import Charters
from custodes.domain.cameras import CameraState, CameraStatus
from custodes.domain.errors import ConfigError
from custodes.domain.time import Clock, utc_day
from custodes.journal import CharterArchive
from custodes.pipeline.shard import Shard
from custodes.pipeline.supervisor import Supervisor

_log = logging.getLogger(__name__)

_EVERY_S: Final = 2.0
_CHANGING: Final = "its charter changed; it goes by the new one as soon as the log has it"

Fingerprint = tuple[tuple[object, ...], ...]
"""Names, sizes and times of all files in the folder of charters, and the day."""


class Recharter:
    """Looks after the folder of charters every few seconds.

    A change counts once nobody has written for a moment. A camera whose charter changed, ended or is valid no more is
    denied everything and its worker stopped first; only once the log has the change does it run by the new one, with
    the cameras that share its worker. Where that fails, it stays dark and is tried again.

    Args:
        settings: Of the server.
        activation: What the charters made of the cameras at the start.
        archive: Every version.
        clock: Wall time.
    """

    def __init__(self, settings: Settings, activation: Activation, archive: CharterArchive, clock: Clock) -> None:
        self._settings = settings
        self._activation = activation
        self._archive = archive
        self._clock = clock
        self._in_force = dict(activation.charters)
        self._last = dict(archive.last().by_camera)
        self._done = self._seen = self._fingerprint()
        self.changed: Final = threading.Event()
        """Set after each change."""
        self.charters: Final = Charters(self._in_force)
        """The charters in force; always the present ones."""
        self.last: Final = Charters(self._last)
        """The charters that cameras had last, also of those that are dark or gone; always the present ones."""

    @contextmanager
    def watching(
        self,
        supervisor: Supervisor,
        logbook: Logbook,
        hub: LiveHub,
        shards: Callable[[Activation, Sequence[Shard]], list[Shard]],
    ) -> Iterator[None]:
        """Take up changes in the background.

        Args:
            supervisor: Of the workers.
            logbook: Logs what changed.
            hub: Is told which cameras are dark.
            shards: Returns what workers are given to do, by what they were given before.
        """

        def look() -> None:
            if self._settled():
                self._take_up(supervisor, logbook, hub, shards)

        with repeating(look, _EVERY_S, name="charters", failed="charters that changed are not in force"):
            yield

    def _settled(self) -> bool:
        """Return whether something changed since it was taken up last, and nothing since the last look."""
        now = self._fingerprint()
        settled = now == self._seen != self._done
        self._seen = now
        return settled

    def _take_up(
        self,
        supervisor: Supervisor,
        logbook: Logbook,
        hub: LiveHub,
        shards: Callable[[Activation, Sequence[Shard]], list[Shard]],
    ) -> None:
        seen, before, now = self._seen, self._in_force, self._activated()
        changed = {one for one in {*before, *now.charters} if before.get(one) != now.charters.get(one)}
        for camera in changed:
            self._in_force.pop(camera, None)
            hub.publish(CameraStatus(camera, CameraState.DARK, _CHANGING, self._clock.utc_ns()))
        given = {shard.number: shard for shard in supervisor.shards}
        fresh = shards(now, supervisor.shards)
        supervisor.pause([one.number for one in fresh if one.number in given and _differs(one, given[one.number])])
        logbook.renew(now, changed)
        self._last.update(self._archive.last().by_camera)
        self._in_force.update(now.charters)
        for camera, why in now.dark.items():
            if self._activation.dark.get(camera) != why:
                _log.warning("%s is dark: %s", camera, why)
                hub.publish(CameraStatus(camera, CameraState.DARK, why, self._clock.utc_ns()))
        supervisor.renew(fresh)
        self._activation, self._done = now, seen
        self.changed.set()

    def _activated(self) -> Activation:
        try:
            return activate(self._settings, utc_day(self._clock.utc_ns()))
        except ConfigError as error:
            return Activation({}, dict.fromkeys(self._settings.cameras, str(error)))

    def _fingerprint(self) -> Fingerprint:
        day = (utc_day(self._clock.utc_ns()),)
        try:
            files = [(path.name, path.stat()) for path in sorted(self._settings.charters.iterdir())]
        except OSError as error:
            return day, (error.errno,)
        return day, *((name, is_.st_ino, is_.st_size, is_.st_mtime_ns) for name, is_ in files)


def _differs(one: Shard, other: Shard) -> bool:
    """Return whether a worker has to start again."""
    return one.charters != other.charters or one.retired != other.retired
