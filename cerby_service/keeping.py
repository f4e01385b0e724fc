"""Taking entries in: judged by the shared rules under the lock of their stream, stored, and their consequences kept.

What follows from an entry (who may see what, which devices may speak, where messages are sealed to) is written in the
same transaction, so that no request ever sees one without the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cerby_service.clock import Clock
from cerby_service.consequences import Consequences
from cerby_service.database import Change, Writing, people, streams
from cerby_service.database.streams import Place, StreamRow
from cerby_service.shelf import Shelf, States
from cerby_wire.entries import entry_hash, read_header
from cerby_wire.errors import Behind, NewerVersion, Refused, Stale
from cerby_wire.headers import Entry
from cerby_wire.shapes import INLINE_RECORD, HeadEvent, Pushed, PushEntry
from cerby_wire.state import AccountState, PersonalState, State, UserState, WorkspaceState, encode_state
from cerby_wire.stream import accept

Removed = Callable[[Iterable[bytes]], None]


class Keeper:
    """Judges and stores entries. `removed` hears, after the commit, of devices that may not speak any more."""

    def __init__(self, service_key: bytes, clock: Clock, removed: Removed) -> None:
        self._service_key = service_key
        self._clock = clock
        self._states = States()
        self._consequences = Consequences(clock, removed)

    def push(self, writing: Writing, workspace: bytes, user: bytes, pushed: PushEntry) -> Pushed:
        """Take an entry that `user` sent, perhaps written by somebody else; answers for this entry alone."""
        row = streams.lock(writing, workspace, pushed.stream)
        held = self._states.of(row) if row else None
        digest = entry_hash(pushed.entry)
        place = streams.place_of(writing, workspace, digest)
        if place is not None and row is not None and place.stream == row.id and _may_write(held, user):
            return Pushed("already", place.n, place.head)
        n, head = (row.n, row.head) if row else (0, b"")
        try:
            if read_header(pushed.entry).kind in streams.SHARED and row is None:
                raise Refused("not_here", "People and workspaces begin elsewhere.")
            state = self._judge(writing, workspace, held, pushed)
            self._check_sender(writing, workspace, user, held, state)
        except Stale as error:
            return Pushed("stale", n, head, error.rule, error.sentence)
        except Behind as error:
            return Pushed("stale", n, head, "behind", f"It cites entry {error.n} of a stream that is shorter here.")
        except Refused as error:
            return Pushed("refused", n, head, error.rule, error.sentence)
        except NewerVersion as error:
            return Pushed("refused", n, head, "newer_version", str(error))
        self.store(writing, workspace, state, held, pushed.entry)
        return Pushed("accepted", state.n, state.head)

    def store(self, writing: Writing, workspace: bytes, state: State, before: State | None, entry: Entry) -> None:
        """Store an entry that was judged, with what follows from it."""
        fresh = _row(workspace, state, before)
        streams.save(writing, fresh, new=before is None)
        place = Place(state.stream, state.n, state.head)
        streams.append(writing, workspace, place, entry_hash(entry), entry, self._clock())
        audience = self._consequences.draw(writing, workspace, state, before)
        small = len(entry.header) + len(entry.body) + len(entry.signature) <= INLINE_RECORD
        event = HeadEvent(fresh.kind, state.stream, state.n, state.head, entry if small else None)
        writing.note(Change(workspace, "entry", state.stream, event, audience, n=state.n))

    def _judge(self, writing: Writing, workspace: bytes, held: State | None, pushed: PushEntry) -> State:
        around = Shelf(writing, workspace, self._service_key, self._states)
        return accept(held, pushed.entry, around, expected=pushed.stream)

    def _check_sender(self, writing: Writing, workspace: bytes, user: bytes, held: State | None, state: State) -> None:
        """Only who may see a stream may add to it. Raises Refused."""
        if not (_may_write(state, user) or (held is not None and _may_write(held, user))):
            raise Refused("not_allowed", "The sender may not see this stream.")
        if held is None and isinstance(state, PersonalState):
            there = streams.personal_of(writing, workspace, state.user)
            if there is not None:
                raise Refused("personal_exists", "That person has a personal stream already.")
        if isinstance(state, UserState):
            for device in state.active_devices(state.n):
                known = people.find_device(writing, device)
                if known is not None and (known.workspace, known.user) != (workspace, state.stream):
                    raise Refused("device_elsewhere", "That session belongs to somebody else, or to another workspace.")


def _may_write(state: State | None, user: bytes) -> bool:
    """Whether somebody may see the stream that this is the state of."""
    match state:
        case AccountState():
            return user in state.members
        case PersonalState():
            return user == state.user
    return state is not None


def _row(workspace: bytes, state: State, before: State | None) -> StreamRow:
    kinds: dict[type, str] = {
        UserState: "user",
        WorkspaceState: "workspace",
        AccountState: "account",
        PersonalState: "personal",
    }
    account = state if isinstance(state, AccountState) else None
    return StreamRow(
        workspace=workspace,
        id=state.stream,
        kind=kinds[type(state)],
        owner=state.user if isinstance(state, PersonalState) else b"",
        n=state.n,
        head=state.head,
        state=encode_state(state),
        epoch=account.epoch if account else 0,
        inbox=account.inbox if account else b"",
        deleted=account.deleted if account else False,
    )
