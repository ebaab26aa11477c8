"""What is held about one person who enrolled, put together from where it is: identities, templates, the log."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from custodes.app.server_identity import ServerIdentity, opened_identity
from custodes.app.settings import Settings, load_settings
from custodes.charter import Charters
from custodes.domain.errors import ConfigError
from custodes.domain.time import SystemClock
from custodes.identity.archive import Archive, Enrolment, Logged
from custodes.identity.identities import Identity
from custodes.journal import CharterArchive, Entry, Kind
from custodes.pipeline.shard import Folders
from custodes.store import Bodies, Store

FIELD = "subject"
"""Field of the log's private bodies that holds the random number of an enrolment."""


@dataclass(frozen=True, slots=True)
class SubjectRecords:
    """Answers what is held about a person.

    Attributes:
        settings: Of the server.
        charters: Those that its cameras had last.
        folders: Of the server.
        store: Has what the log lacks yet.
        held: What the server holds about people who enrolled.
    """

    settings: Settings
    charters: Charters
    folders: Folders
    store: Store
    held: ServerIdentity

    def identity(self, subject: str) -> Identity:
        """Return who is enrolled under `subject`.

        Raises:
            ConfigError: Nobody is.
        """
        identity = self.held.identities.get(subject)
        if identity is None:
            raise ConfigError(
                f"nobody is enrolled under {subject[:40]!r}",
                why="there never was, or it has ended",
                fix="`custodes subject list` shows all",
            )
        return identity

    def history(self, subject: str) -> list[Logged]:
        """Return what was logged about `subject` and is not erased yet, oldest first; what the log lacks comes last."""
        return [*self._logged(subject), *self._owed(subject)]

    def archive(self, subject: str, now_ns: int) -> Archive:
        """Return everything that is held about `subject`, whose enrolment may have ended.

        Args:
            subject: Random number of the enrolment.
            now_ns: Nanoseconds since the Unix epoch.

        Raises:
            ConfigError: Nothing is held.
        """
        identity, history = self.held.identities.get(subject), self.history(subject)
        if identity is None and not history:
            self.identity(subject)
        fields = {
            "subject": subject,
            "made": now_ns,
            "enrolment": self._enrolment(identity) if identity else None,
            "history": tuple(history),
        }
        return Archive.build(fields, "The archive")

    def _enrolment(self, identity: Identity) -> Enrolment:
        held = next(iter(self.held.safe.opened([identity.subject])), None)
        return Enrolment(
            person=identity.person,
            enrolled=identity.enrolled_ns,
            consent=identity.consent,
            model=held.model if held else None,
            template=held.vector if held else None,
        )

    def _logged(self, subject: str) -> Iterable[Logged]:
        path = self.folders.journal / "bodies.db"
        if not path.exists():
            return []
        with closing(Bodies.open(path, self.folders.texts())) as bodies:
            return [
                Logged(leaf=body.seq, at=body.at_ns, type=body.type, camera=body.camera, fields=dict(body.fields))
                for body in bodies.with_field(FIELD, subject)
            ]

    def _owed(self, subject: str) -> Iterable[Logged]:
        return [
            Logged(leaf=None, at=owed.at_ns, type=owed.kind, camera=owed.camera, fields=dict(owed.fields))
            for owed in self.store.owed.waiting()
            if owed.fields.get(FIELD) == subject
        ]


@contextmanager
def opened_records(config: Path) -> Iterator[SubjectRecords]:
    """Lend what the server of a configuration holds about people; beside it, if it runs.

    Raises:
        ConfigError: The configuration is wrong, or nobody can enrol here.
        StoreError: Something cannot be used.
    """
    settings = load_settings(config)
    folders = settings.folders
    folders.make()
    with closing(Store.open(folders.database, folders.texts())) as store:

        def log(entry: Entry) -> None:
            note_soon(store, entry.kind, dict(entry.body), entry.camera)

        charters = CharterArchive(folders.charters).last()
        with opened_identity(settings, charters, SystemClock(), log) as held:
            yield SubjectRecords(settings, charters, folders, store, held)


def note_soon(store: Store, kind: Kind, fields: dict[str, str], camera: str = "") -> None:
    """Have the server log it, as soon as it runs."""
    store.owed.add(kind, fields, SystemClock().utc_ns(), camera=camera)
