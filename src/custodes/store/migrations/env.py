"""Runs the steps on the connection that `Store.open` lends, inside its transaction."""

from alembic import context

from custodes.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
