"""Streams as they were received and verified: entries, heads, states, and which stream stopped at which rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import Any

from msgspec import Struct

from cerby_tui.vault.database import Database
from cerby_wire.entries import entry_hash, next_head, read_header
from cerby_wire.headers import AccountAdopt, Entry, Header, Kind, Position
from cerby_wire.state import AccountState, PersonalState, State, UserState, WorkspaceState, decode_state, encode_state


class Held(Struct, frozen=True):
    """How far a stream is held. `stopped` is the rule it stopped at; `lost` means that access to it has ended."""

    kind: Kind
    position: Position
    stopped: str = ""
    sentence: str = ""
    lost: bool = False


_HELD = "SELECT kind, n, head, stopped, sentence, lost, id FROM streams "


def _held(row: Sequence[Any]) -> Held:
    kind, n, head, stopped, sentence, lost, _stream = row
    return Held(kind, Position(n, head), stopped, sentence, bool(lost))


class Streams:
    """The `streams` and `entries` tables. Writing methods join a transaction that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def held(self) -> dict[bytes, Held]:
        """Every stream that is held, with its position."""
        return {row[-1]: _held(row) for row in self._database.rows(_HELD)}

    def one(self, stream: bytes) -> Held | None:
        """How far one stream is held."""
        row = self._database.row(_HELD + "WHERE id = ?", (stream,))
        return _held(row) if row else None

    def stopped(self) -> list[Held]:
        """Every stream that stopped at a broken rule, or needs a newer program."""
        return list(self.stopped_by_id().values())

    def stopped_by_id(self) -> dict[bytes, Held]:
        """As `stopped`, by the ids of the streams."""
        return {row[-1]: _held(row) for row in self._database.rows(_HELD + "WHERE stopped != '' ORDER BY id")}

    def state(self, stream: bytes) -> State | None:
        """The state a stream adds up to, or None."""
        raw = self._database.value("SELECT state FROM streams WHERE id = ?", (stream,))
        return decode_state(raw) if raw else None

    def user(self, user: bytes) -> UserState | None:
        """The chain of a person."""
        state = self.state(user)
        return state if isinstance(state, UserState) else None

    def workspace(self, workspace: bytes) -> WorkspaceState | None:
        """The workspace."""
        state = self.state(workspace)
        return state if isinstance(state, WorkspaceState) else None

    def account(self, account: bytes) -> AccountState | None:
        """An account."""
        state = self.state(account)
        return state if isinstance(state, AccountState) else None

    def personal(self, stream: bytes) -> PersonalState | None:
        """Somebody's private stream."""
        state = self.state(stream)
        return state if isinstance(state, PersonalState) else None

    def head(self, stream: bytes, n: int) -> bytes | None:
        """The head hash after entry `n` of a held stream."""
        found: bytes | None = self._database.value("SELECT head FROM entries WHERE stream = ? AND n = ?", (stream, n))
        return found

    def entry(self, stream: bytes, n: int) -> Entry | None:
        """Entry `n` of a stream."""
        row = self._database.row("SELECT header, body, signature FROM entries WHERE stream = ? AND n = ?", (stream, n))
        return Entry(*row) if row else None

    def entries(self, stream: bytes, after: int = 0) -> list[Entry]:
        """The entries after position `after`, in order."""
        sql = "SELECT header, body, signature FROM entries WHERE stream = ? AND n > ? ORDER BY n"
        return [Entry(*row) for row in self._database.rows(sql, (stream, after))]

    def handed_over(self, state: AccountState) -> bool:
        """Whether an account was handed to a new Owner after the newest version of its card was written."""
        later = self.entries(state.stream, state.item_at)
        return any(isinstance(read_header(entry).act, AccountAdopt) for entry in later)

    def author(self, stream: bytes, n: int) -> bytes:
        """Who wrote entry `n` of a stream; empty if it is not held."""
        raw = self._database.value("SELECT header FROM entries WHERE stream = ? AND n = ?", (stream, n))
        return read_header(Entry(raw, b"", b"")).author if raw else b""

    def headers(self, stream: bytes) -> list[Header]:
        """What all entries of a stream say, in order, without their bodies."""
        sql = "SELECT header FROM entries WHERE stream = ? ORDER BY n"
        return [read_header(Entry(row[0], b"", b"")) for row in self._database.rows(sql, (stream,))]

    def has(self, entry: bytes) -> bool:
        """Whether an entry with this hash is held."""
        return bool(self._database.value("SELECT count(*) FROM entries WHERE hash = ?", (entry,)))

    def stored_at(self, stream: bytes, n: int) -> int:
        """When entry `n` was written, as the service said, or else when it came here; UTC ms, 0 if it is not held."""
        return int(self._database.value("SELECT at FROM entries WHERE stream = ? AND n = ?", (stream, n)) or 0)

    def keep(self, kind: Kind, state: State, entries: Iterable[Entry], now: int, times: Iterable[int] = ()) -> None:
        """Store accepted entries that lead to `state`. Positions and heads follow from what is held.

        `times` are when the service stored them: only told to people, nothing is decided by them, and never later than
        `now`, when they came.
        """
        held = self._database.row("SELECT n, head FROM streams WHERE id = ?", (state.stream,))
        n, head = held or (0, b"")
        rows = []
        for entry, said in zip(entries, chain(times, repeat(0)), strict=False):
            n, head, at = n + 1, next_head(head, entry), said if 0 < said < now else now
            rows.append((state.stream, n, entry.header, entry.body, entry.signature, entry_hash(entry), head, at))
        if (n, head) != (state.n, state.head):
            raise ValueError("the entries do not lead to the state")
        self._database.many("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        sql = (
            "INSERT INTO streams VALUES (?, ?, ?, ?, ?, '', '', 0) ON CONFLICT (id) DO UPDATE SET"
            " n = excluded.n, head = excluded.head, state = excluded.state, stopped = '', sentence = '', lost = 0"
        )
        self._database.execute(sql, (state.stream, kind, n, head, encode_state(state)))

    def stop(self, stream: bytes, kind: str, rule: str, sentence: str) -> None:
        """Note that a stream stopped at a broken rule; what is held of it stays readable."""
        sql = (
            "INSERT INTO streams VALUES (?, ?, 0, x'', x'', ?, ?, 0)"
            " ON CONFLICT (id) DO UPDATE SET stopped = excluded.stopped, sentence = excluded.sentence"
        )
        self._database.execute(sql, (stream, kind, rule, sentence))

    def try_again(self) -> None:
        """Forget where streams stopped: the next page goes through the same checks again."""
        self._database.execute("UPDATE streams SET stopped = '', sentence = '' WHERE stopped != ''")

    def mark_lost(self, stream: bytes, *, lost: bool) -> None:
        """Note that access to a stream ended, or that it is back."""
        self._database.execute("UPDATE streams SET lost = ? WHERE id = ?", (lost, stream))
