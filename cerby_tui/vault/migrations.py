"""The tables of the vault. Streams, records, keys and the outbox are the truth; views can be rebuilt from them.

`user_version` tells how many migrations a file has seen, so that an up-to-date vault opens without loading
sqlite-utils.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cerby_tui.errors import VaultDamaged
from cerby_tui.vault.database import Database

if TYPE_CHECKING:
    import sqlite_utils

NEWEST = 2

TRUTH: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "meta": ({"name": str, "value": bytes}, ("name",)),
    "streams": (
        {"id": bytes, "kind": str, "n": int, "head": bytes, "state": bytes}
        | {"stopped": str, "sentence": str, "lost": int},
        ("id",),
    ),
    "entries": (
        {"stream": bytes, "n": int, "header": bytes, "body": bytes, "signature": bytes}
        | {"hash": bytes, "head": bytes, "at": int},
        ("stream", "n"),
    ),
    "records": (
        {"account": bytes, "generation": bytes, "idx": int, "raw": bytes, "signature": bytes}
        | {"sealed": bytes, "head": bytes},
        ("account", "generation", "idx"),
    ),
    "seeds": ({"generation": int, "seed": bytes}, ("generation",)),
    "account_keys": ({"account": bytes, "epoch": int, "key": bytes}, ("account", "epoch")),
    "numbers": (
        {"id": bytes, "account": bytes, "e164": str, "kind": str, "state": str, "reason": str, "since": int}
        | {"record": bytes, "signature": bytes},
        ("id",),
    ),
    "people": ({"user": bytes, "name": str, "email": str}, ("user",)),
    "outbox": (
        {"id": int, "op": bytes, "stream": bytes, "act": str, "base": int, "changes": bytes, "since": int}
        | {"sent": bytes, "refused": str, "label": str},
        ("id",),
    ),
    "under_way": ({"hash": bytes, "stream": bytes, "entry": bytes, "since": int}, ("hash",)),
}

VIEWS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "slots": ({"slot": int, "content": bytes}, ("slot",)),
    "accounts": (
        {"rowid": int, "account": bytes, "label": str, "app": str, "username": str, "contact": str}
        | {"notes": str, "extra": str, "item": bytes, "versions": int, "modified_by": str},
        ("rowid",),
    ),
    "cards": (
        {"account": bytes, "sort_label": str, "app": str, "app_name": str, "recent": int, "deleted": int}
        | {"card": bytes},
        ("account",),
    ),
    "filed": ({"account": bytes, "collection": str}, ("account", "collection")),
    "messages": (
        {"rowid": int, "account": bytes, "generation": bytes, "idx": int, "received_at": int, "kind": str}
        | {"sender": str, "recipient": str, "part_text": str, "text": str, "code": str, "confidence": float}
        | {"domain": str, "read": int, "part": int, "parts": int, "missing": int, "reference": str, "hidden": int},
        ("rowid",),
    ),
}

INDEXES: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("entries", ("hash",), True),
    ("outbox", ("stream",), False),
    ("accounts", ("account",), True),
    ("cards", ("deleted", "sort_label"), False),
    ("messages", ("account", "generation", "idx"), True),
    ("messages", ("hidden", "received_at", "idx"), False),
    ("messages", ("account", "hidden", "received_at"), False),
    ("numbers", ("account",), False),
)

# What came later, by migration.
LATER: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "log": ({"n": int, "hash": bytes}, ("n",)),
    "seen": ({"id": bytes, "raw": bytes, "signature": bytes, "since": int}, ("id",)),
}

SEARCHED = {"accounts": ("label", "app", "username", "contact", "notes", "extra"), "messages": ("text", "sender")}


def migrate(database: Database) -> None:
    """Bring a vault file up to date. Raises VaultDamaged for a file of a newer program."""
    seen = int(database.value("PRAGMA user_version") or 0)
    if seen > NEWEST:
        raise VaultDamaged(
            "This vault was written by a newer version of cerby-tui.",
            safe="Nothing was changed.",
            next_step="Install the newer version.",
        )
    if seen == NEWEST:
        return
    import sqlite_utils  # 80 ms, and an up-to-date vault does not need it

    migrations = sqlite_utils.Migrations("cerby_tui")
    migrations(name="0001_tables")(_tables)
    migrations(name="0002_activity")(_activity)
    with database.raw() as connection:
        # Plug-ins would be handed the decrypted connection.
        migrations.apply(sqlite_utils.Database(connection, execute_plugins=False))
    database.execute(f"PRAGMA user_version={NEWEST}")


def _tables(tables: sqlite_utils.Database) -> None:
    _create(tables, TRUTH | VIEWS)
    for name, columns_of_index, unique in INDEXES:
        tables.table(name).create_index(columns_of_index, unique=unique)
    for name, searched in SEARCHED.items():
        _full_text(tables, name, searched)


def _activity(tables: sqlite_utils.Database) -> None:
    """What was viewed and copied until the service has it, and the hashes of the activity log."""
    _create(tables, LATER)


def _create(tables: sqlite_utils.Database, wanted: dict[str, tuple[dict[str, Any], tuple[str, ...]]]) -> None:
    for name, (columns, keys) in wanted.items():
        required = set(columns) - set(keys)
        tables.table(name).create(columns, pk=keys if len(keys) > 1 else keys[0], not_null=required)


def _full_text(tables: sqlite_utils.Database, name: str, columns: tuple[str, ...]) -> None:
    """An FTS5 index beside a table, kept by triggers that fire only when a searched column changes."""
    listed, new, old = (", ".join(prefix + column for column in columns) for prefix in ("", "new.", "old."))
    forget = f"INSERT INTO {name}_fts ({name}_fts, rowid, {listed}) VALUES ('delete', old.rowid, {old});"  # noqa: S608
    add = f"INSERT INTO {name}_fts (rowid, {listed}) VALUES (new.rowid, {new});"  # noqa: S608
    tables.execute(
        f"CREATE VIRTUAL TABLE {name}_fts USING fts5({listed}, content='{name}', content_rowid='rowid',"
        " tokenize='unicode61 remove_diacritics 2', prefix='1 2 3')"
    )
    tables.execute(f"CREATE TRIGGER {name}_ai AFTER INSERT ON {name} BEGIN {add} END")
    tables.execute(f"CREATE TRIGGER {name}_ad AFTER DELETE ON {name} BEGIN {forget} END")
    tables.execute(f"CREATE TRIGGER {name}_au AFTER UPDATE OF {listed} ON {name} BEGIN {forget} {add} END")
