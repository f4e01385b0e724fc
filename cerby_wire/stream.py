"""Acceptance: a state and an entry give a state, or an error that names the rule (docs/protocol.md §3).

The same function judges at the service before it stores and at every client before it believes. It is pure: no clock,
no I/O, and nothing is half applied.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from cerby_wire.accept_account import judge_account
from cerby_wire.accept_personal import judge_personal
from cerby_wire.accept_user import judge_user
from cerby_wire.accept_workspace import judge_workspace
from cerby_wire.entries import entry_hash, next_head, read_header, read_keys, step, stream_id
from cerby_wire.headers import Entry
from cerby_wire.state import AccountState, PersonalState, State, WorkspaceState
from cerby_wire.trial import Surroundings, Trial, check_place, check_seen, check_signature, signing_key, workspace_of

__all__ = ["Surroundings", "accept", "entry_hash", "next_head", "read_header", "read_keys", "stream_id"]

_JUDGES: dict[str, Callable[[Trial], State]] = {
    "user": judge_user,
    "workspace": judge_workspace,
    "account": judge_account,
    "personal": judge_personal,
}


def accept(state: State | None, entry: Entry, around: Surroundings, *, expected: bytes | None = None) -> State:
    """Judge the entry that follows `state` (None for a genesis) and return the state after it.

    `expected` is the id of the stream that was asked for. Raises Refused (Stale if its author was only late), Behind
    if it cites what is not held yet, NewerVersion.
    """
    trial = _trial(state, entry, around)
    check_place(trial, expected)
    check_seen(trial)
    check_signature(trial, signing_key(trial, _chain_floor(trial)))
    judged = _JUDGES[trial.header.kind](trial)
    return replace(judged, n=trial.n, head=trial.head)


def _trial(state: State | None, entry: Entry, around: Surroundings) -> Trial:
    """The entry with everything it is judged by. Raises Refused, NewerVersion."""
    header, named = read_header(entry), entry_hash(entry)
    return Trial(
        entry=entry,
        header=header,
        stream=state.stream if state else stream_id(entry),
        state=state,
        around=around,
        n=state.n + 1 if state else 1,
        hash=named,
        head=step(state.head if state else b"", named),
    )


def _chain_floor(trial: Trial) -> int:
    """The newest position of the author's chain that this stream, and the workspace it cites, have had."""
    author, ws = trial.header.author, trial.header.ws
    match trial.state:
        case WorkspaceState() as workspace:
            return workspace.chain_at(author, workspace.n).n
        case PersonalState() as personal:
            return personal.chain
        case AccountState() as account:
            return max(workspace_of(trial).chain_at(author, ws.n).n, account.chains.get(author, 0))
    return 0
