"""Numbered, reversible changes of the tables, applied when the service opens its database."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine


def _config(attributes: dict[str, object]) -> Config:
    config = Config()
    config.set_main_option("script_location", "cerby_service:migrations")
    config.attributes.update(attributes)
    return config


def upgrade(engine: Engine, to: str = "head") -> None:
    """Apply what is missing up to `to`, all of it in one transaction."""
    with engine.begin() as connection:
        command.upgrade(_config({"connection": connection}), to)


def downgrade(engine: Engine, to: str) -> None:
    """Go back to the numbered state `to` ("base" for none), in one transaction."""
    with engine.begin() as connection:
        command.downgrade(_config({"connection": connection}), to)
