"""The vault as what surrounds an acceptance or a new entry: chains, workspace and heads as they are held."""

from __future__ import annotations

from cerby_tui.vault.database import Database
from cerby_tui.vault.meta import Identity
from cerby_tui.vault.records import Records
from cerby_tui.vault.streams import Held, Streams
from cerby_wire.headers import Entry
from cerby_wire.state import State, UserState, WorkspaceState


class Around:
    """Answers as `cerby_wire.trial.Surroundings` from a connection to the vault."""

    def __init__(self, database: Database, identity: Identity) -> None:
        self._streams = Streams(database)
        self._records = Records(database)
        self._identity = identity

    def state(self, stream: bytes) -> State | None:
        """The state of a stream."""
        return self._streams.state(stream)

    def held(self, stream: bytes) -> Held | None:
        """How far a stream is held."""
        return self._streams.one(stream)

    def user(self, user: bytes) -> UserState | None:
        """The chain of a person."""
        state = self.state(user)
        return state if isinstance(state, UserState) else None

    def workspace(self) -> WorkspaceState | None:
        """The workspace that this vault belongs to."""
        state = self.state(self._identity.workspace)
        return state if isinstance(state, WorkspaceState) else None

    def head(self, stream: bytes, n: int) -> bytes | None:
        """The head hash after entry `n`."""
        return self._streams.head(stream, n)

    def entry(self, stream: bytes, n: int) -> Entry | None:
        """Entry `n` of a held stream."""
        return self._streams.entry(stream, n)

    def message_head(self, account: bytes, generation: bytes, index: int) -> bytes | None:
        """The chain hash of a held message."""
        return self._records.head(account, generation, index)

    def service_key(self) -> bytes:
        """The pinned key of the service."""
        return self._identity.service_key
