"""What an acceptance needs around an entry, read from the database of one workspace."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

from cerby_service.database import Reading, messages, streams
from cerby_wire.state import State, UserState, WorkspaceState, decode_state

AnyState = TypeVar("AnyState", bound=State)
KEPT_STATES = 2_000


class States:
    """Decoded states by stream and head, so that a busy stream is not decoded for every entry. One thread uses it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[bytes, bytes], State] = OrderedDict()

    def of(self, row: streams.StreamRow) -> State:
        """The state of a stream as its row has it."""
        name = (row.id, row.head)
        state = self._kept.pop(name, None) or decode_state(row.state)
        self._kept[name] = state
        if len(self._kept) > KEPT_STATES:
            self._kept.popitem(last=False)
        return state


class Shelf:
    """Answers as `cerby_wire.trial.Surroundings` for one workspace."""

    def __init__(self, reading: Reading, workspace: bytes, service_key: bytes, states: States) -> None:
        self._reading = reading
        self._workspace = workspace
        self._service_key = service_key
        self._states = states

    def user(self, user: bytes) -> UserState | None:
        """The chain of a person."""
        return self._state(user, UserState)

    def workspace(self) -> WorkspaceState | None:
        """The workspace."""
        return self._state(self._workspace, WorkspaceState)

    def head(self, stream: bytes, n: int) -> bytes | None:
        """The head hash of a stream after its entry `n`."""
        return streams.head_at(self._reading, self._workspace, stream, n)

    def message_head(self, account: bytes, generation: bytes, index: int) -> bytes | None:
        """The hash of a message."""
        return messages.head_of(self._reading, self._workspace, account, generation, index)

    def service_key(self) -> bytes:
        """Our own public key."""
        return self._service_key

    def _state(self, stream: bytes, kind: type[AnyState]) -> AnyState | None:
        row = streams.find(self._reading, self._workspace, stream)
        state = self._states.of(row) if row else None
        return state if isinstance(state, kind) else None
