"""An entry on trial, and the rules that are the same for every kind of stream (docs/protocol.md §3).

1. It is in its place: a known version, this stream, this workspace, nothing where nothing belongs.
2. What its author had seen is a prefix of what we hold; otherwise the histories have forked.
3. The author's chain is as we know it and does not run backwards, and the device is active in it.
4. The signature holds over the very bytes that travelled, and the body is the signed one.
What the author may do (5) and what the op asks for (6) is in the module of each kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from cerby_wire.entries import ID_LENGTH, body_hash, device_id
from cerby_wire.errors import Behind, Refused, require
from cerby_wire.headers import NO_MESSAGES, NOWHERE, START, Entry, Header, Position, UserGenesis
from cerby_wire.primitives import verify
from cerby_wire.state import AccountState, State, UserState, WorkspaceState

AnyState = TypeVar("AnyState", bound=State)


class Surroundings(Protocol):
    """What is held beside the stream at hand. Answers None for what is not held; asks nobody else."""

    def user(self, user: bytes) -> UserState | None:
        """The chain of a person."""

    def workspace(self) -> WorkspaceState | None:
        """The one workspace."""

    def head(self, stream: bytes, n: int) -> bytes | None:
        """The head hash of a held stream after its entry `n`."""

    def message_head(self, account: bytes, generation: bytes, index: int) -> bytes | None:
        """The hash of a held message (cerby_wire.records.message_head)."""

    def service_key(self) -> bytes:
        """The pinned public key of the service."""


@dataclass(frozen=True, slots=True)
class Trial:
    """An entry with everything it is judged by. `n`, `hash`, `head` are its place, its hash and the head after it."""

    entry: Entry
    header: Header
    stream: bytes
    state: State | None
    around: Surroundings
    n: int
    hash: bytes
    head: bytes


def is_prefix(trial: Trial, stream: bytes, held: Position, cited: Position) -> bool:
    """Whether a cited position that is not ahead of what is held is in the history held here."""
    if cited.n == held.n:
        return cited.head == held.head
    return cited.head == (trial.around.head(stream, cited.n) if cited.n else b"")


def check_place(trial: Trial, expected: bytes | None) -> None:
    """Rule 1. Raises Refused."""
    header, state = trial.header, trial.state
    tag = str(header.act.__struct_config__.tag)
    require(tag.startswith(f"{header.kind}."), "act_of_another_kind", "The act belongs to another kind of stream.")
    is_genesis = tag.endswith(".genesis")
    require(is_genesis or state is not None, "no_genesis", "The stream does not begin with its genesis.")
    require(state is None or not is_genesis, "second_genesis", "The stream has its genesis already.")
    require(header.stream == (state.stream if state else NOWHERE), "another_stream", "It belongs to another stream.")
    require(expected in (None, trial.stream), "not_the_expected_stream", "This is not the stream that was asked for.")
    require(header.workspace == _workspace(trial), "another_workspace", "It belongs to another workspace.")
    if header.kind == "user":
        require(header.author == header.stream, "another_author", "A person's chain is written by that person.")
        require(header.chain == START, "unused_field", "A chain entry cites no other chain.")
    else:
        require(len(header.author) == ID_LENGTH, "another_author", "Its author is not a person.")
    if header.kind != "account":
        require(header.ws == START, "unused_field", "Only account entries cite the workspace.")
        require(header.msgs == NO_MESSAGES, "unused_field", "Only account entries cite messages.")


def _workspace(trial: Trial) -> bytes:
    """The workspace id that the header has to carry."""
    if trial.header.kind == "user":
        return NOWHERE
    if trial.header.kind == "workspace":
        return trial.state.stream if trial.state else NOWHERE
    return workspace_of(trial).stream


def workspace_of(trial: Trial) -> WorkspaceState:
    """The workspace as held here. Raises Behind if there is none yet."""
    workspace = trial.around.workspace()
    if workspace is None:
        raise Behind(trial.header.workspace, max(trial.header.ws.n, 1))
    return workspace


def check_seen(trial: Trial) -> None:
    """Rule 2, for this stream, the workspace and the messages. Raises Refused, Behind."""
    header = trial.header
    held = Position(trial.state.n, trial.state.head) if trial.state else START
    same_history = header.seen.n <= held.n and is_prefix(trial, trial.stream, held, header.seen)
    require(same_history, "fork", "Its author saw another history of this stream.")
    if header.kind != "account":
        return
    workspace = workspace_of(trial)
    if header.ws.n > workspace.n:
        raise Behind(workspace.stream, header.ws.n)
    same_history = is_prefix(trial, workspace.stream, Position(workspace.n, workspace.head), header.ws)
    require(same_history, "workspace_fork", "Its author saw another history of the workspace.")
    _check_messages(trial)


def _check_messages(trial: Trial) -> None:
    """Two devices that were shown different messages find out here; a message not held yet is compared later."""
    cited = trial.header.msgs
    if cited == NO_MESSAGES:
        return
    require(cited.index > 0, "unused_field", "No message is cited, but something is said about it.")
    held = trial.around.message_head(trial.stream, cited.generation, cited.index)
    require(held in (None, cited.head), "message_fork", "Its author was shown another message than we were.")
    known = trial.state.msgs if isinstance(trial.state, AccountState) else NO_MESSAGES
    same_place = (cited.generation, cited.index) == (known.generation, known.index)
    require(not same_place or cited == known, "message_fork", "Two authors were shown different messages.")


def known_chain(trial: Trial, user: bytes, cited: Position, floor: int) -> UserState:
    """A person's chain that holds the cited position, which is not below `floor`. Raises Refused, Behind."""
    state = trial.around.user(user)
    if state is None or cited.n > state.n:
        raise Behind(user, max(cited.n, 1))
    require(cited.n >= floor, "chain_runs_backwards", "A newer state of that person's devices was cited before.")
    same_history = is_prefix(trial, user, Position(state.n, state.head), cited)
    require(cited.n > 0 and same_history, "chain_fork", "That person's chain is another one than we know.")
    return state


def signing_key(trial: Trial, floor: int) -> bytes:
    """Rule 3: the public key of the author's device, which is active at the cited position. Raises Refused, Behind."""
    device, act = trial.header.device, trial.header.act
    if isinstance(act, UserGenesis):
        require(device == device_id(act.device), "device_not_active", "A person's chain is begun by its first device.")
        return act.device.sign
    if isinstance(trial.state, UserState):
        user, n = trial.state, trial.state.n
        active = user.device_active(device, n) or device == user.recovery(n)
    else:
        user, n = known_chain(trial, trial.header.author, trial.header.chain, floor), trial.header.chain.n
        active = user.device_active(device, n)
    require(active, "device_not_active", "The device was not a trusted session of its author there.")
    return user.device_public(device).sign


def check_signature(trial: Trial, public: bytes) -> None:
    """Rule 4. Raises Refused."""
    verify(public, f"entry/{trial.header.kind}", trial.entry.header, trial.entry.signature)
    body_fits = body_hash(trial.entry.body) == trial.header.body
    require(body_fits, "another_body", "The body is not the one that was signed.")


def check_no_body(trial: Trial) -> None:
    """For acts that carry nothing beside their header. Raises Refused."""
    require(trial.entry.body == b"", "unused_body", "This act carries no body.")


def held(trial: Trial, kind: type[AnyState]) -> AnyState:
    """The state that the entry follows. `check_place` has made sure of its kind; this says so to the type checker."""
    if not isinstance(trial.state, kind):
        raise mistaken(trial)
    return trial.state


def mistaken(trial: Trial) -> Refused:
    """For an act and a state that do not belong together; `check_place` has ruled that out."""
    return Refused("act_of_another_kind", f"A {trial.header.kind} stream cannot take this act here.")
