"""Recovery devices, so that a kit finds its person; those of spent kits stay, so that they can be told from unknown."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import select

from cerby_service.database.dialect import insert_or_replace
from cerby_service.database.tables import kits
from cerby_service.database.work import Reading, Writing


class KitRow(Struct, frozen=True):
    """The recovery device of a person, present or past."""

    device: bytes
    workspace: bytes
    user: bytes


_COLUMNS = tuple(kits.c[name] for name in KitRow.__struct_fields__)


def keep(writing: Writing, row: KitRow) -> None:
    """Note whose kit a recovery device belongs to."""
    values: dict[str, object] = {name: getattr(row, name) for name in row.__struct_fields__}
    insert_or_replace(writing.connection, kits, values)


def find(reading: Reading, device: bytes) -> KitRow | None:
    """Whose kit it is."""
    row = reading.row(select(*_COLUMNS).where(kits.c.device == device))
    return KitRow(*row) if row else None
