"""How alembic runs our migrations: on the connection it is handed, inside the transaction that is open there."""

from alembic import context

from cerby_service.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    # SQLite alters most things only by copying the table.
    render_as_batch=True,
)
context.run_migrations()
