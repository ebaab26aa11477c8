"""The store of one server: one database, a class for each kind of thing in it."""

from pathlib import Path
from typing import Final, Self

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import select, union

from custodes.domain.errors import StoreError
from custodes.domain.events import CameraId
from custodes.store import schema
from custodes.store.accounts import Accounts
from custodes.store.database import Database
from custodes.store.events import Events
from custodes.store.figures import Figures, figures
from custodes.store.gaps import Gaps
from custodes.store.holds import Holds
from custodes.store.owed import Owed
from custodes.store.private import PrivateTexts
from custodes.store.segments import Segments

_MIGRATIONS: Final = Path(__file__).with_name("migrations")


class Store:
    """Everything that a server remembers beside files. Threads may share it; processes open their own.

    Attributes:
        events: What happened.
        segments: Index of recordings.
        gaps: Intervals without pictures.
        holds: What must not be deleted yet.
        owed: What the log lacks.
        accounts: Who may use the server, and their API tokens.
    """

    def __init__(self, database: Database, careful: Database, texts: PrivateTexts) -> None:
        self._database = database
        self._careful = careful
        self.events: Final = Events(database)
        self.segments: Final = Segments(database)
        self.gaps: Final = Gaps(database)
        self.holds: Final = Holds(database, texts)
        self.owed: Final = Owed(careful, texts)
        self.accounts: Final = Accounts(careful, texts)

    @classmethod
    def open(cls, path: Path, texts: PrivateTexts) -> Self:
        """Open the database at `path`, creating it or bringing its tables up to date.

        Args:
            path: The database file.
            texts: Encrypts names and reasons.

        Raises:
            StoreError: It cannot be used, or a newer custodes made it.
        """
        careful = Database(path, careful=True)
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        try:
            with careful.write() as connection:
                config.attributes.update(connection=connection, texts=texts)
                command.upgrade(config, "head")
        except CommandError as error:
            raise StoreError(
                f"The database {path} was made by a newer custodes", why=str(error), fix="install that version again"
            ) from error
        careful.shed()
        return cls(Database(path), careful, texts)

    def cameras(self) -> set[CameraId]:
        """Return the cameras of which something is kept."""
        kept = union(*(select(table.c.camera) for table in (schema.events, schema.segments, schema.gaps)))
        with self._database.read() as connection:
            return {CameraId(name) for name in connection.execute(kept).scalars()}

    def figures(self, camera: CameraId) -> Figures | None:
        """Return figures about what is kept of `camera`, None where nothing is."""
        return figures(self._database, camera)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()
        self._careful.close()
