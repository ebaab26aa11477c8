"""Digests of secrets, by name."""

from sqlalchemy import select

from custodes.store import schema
from custodes.store.database import Database, upsert


class Secrets:
    """Table of digests, such as the one of the server's password; never a secret itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, name: str, digest: str) -> None:
        """Keep `digest` (at most 200 characters) under `name`, replacing what is there."""
        with self._database.write() as connection:
            connection.execute(upsert(schema.secrets, {"name": name, "value": digest}))

    def get(self, name: str) -> str | None:
        """Return the digest kept under `name`, None where there is none."""
        with self._database.read() as connection:
            return connection.execute(select(schema.secrets.c.value).where(schema.secrets.c.name == name)).scalar()
