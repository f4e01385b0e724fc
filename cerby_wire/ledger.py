"""Streams held in memory, with their states and heads: what an acceptance needs around it, without any storage."""

from __future__ import annotations

from cerby_wire.entries import stream_id
from cerby_wire.headers import Entry
from cerby_wire.state import AccountState, PersonalState, State, UserState, WorkspaceState
from cerby_wire.stream import accept


class Ledger:
    """Holds one workspace and any number of other streams; answers as `Surroundings`."""

    def __init__(self, service_key: bytes = b"") -> None:
        self.entries: dict[bytes, list[Entry]] = {}
        self.states: dict[bytes, State] = {}
        self.message_heads: dict[tuple[bytes, bytes, int], bytes] = {}
        self._heads: dict[bytes, list[bytes]] = {}
        self._workspace = b""
        self._service_key = service_key

    def add(self, entry: Entry, *, expected: bytes | None = None) -> State:
        """Accept an entry and keep it. Raises like `accept`, and then keeps nothing of it."""
        stream = stream_id(entry)
        state = accept(self.states.get(stream), entry, self, expected=expected)
        self.states[stream] = state
        self.entries.setdefault(stream, []).append(entry)
        self._heads.setdefault(stream, [b""]).append(state.head)
        if isinstance(state, WorkspaceState):
            self._workspace = stream
        return state

    def copy(self) -> Ledger:
        """The same streams, to go another way from here."""
        other = Ledger(self._service_key)
        other.entries = {stream: list(entries) for stream, entries in self.entries.items()}
        other.states, other.message_heads = dict(self.states), dict(self.message_heads)
        other._heads = {stream: list(heads) for stream, heads in self._heads.items()}
        other._workspace = self._workspace
        return other

    def user(self, user: bytes) -> UserState | None:
        """The chain of a person."""
        state = self.states.get(user)
        return state if isinstance(state, UserState) else None

    def workspace(self) -> WorkspaceState | None:
        """The one workspace."""
        state = self.states.get(self._workspace)
        return state if isinstance(state, WorkspaceState) else None

    def account(self, account: bytes) -> AccountState:
        """An account that is held. Raises KeyError."""
        state = self.states[account]
        if not isinstance(state, AccountState):
            raise KeyError(account)
        return state

    def personal(self, stream: bytes) -> PersonalState:
        """Private settings that are held. Raises KeyError."""
        state = self.states[stream]
        if not isinstance(state, PersonalState):
            raise KeyError(stream)
        return state

    def head(self, stream: bytes, n: int) -> bytes | None:
        """The head hash of a held stream after its entry `n`."""
        heads = self._heads.get(stream, [b""])
        return heads[n] if 0 <= n < len(heads) else None

    def message_head(self, account: bytes, generation: bytes, index: int) -> bytes | None:
        """The hash of a held message."""
        return self.message_heads.get((account, generation, index))

    def service_key(self) -> bytes:
        """The public key of the service."""
        return self._service_key
