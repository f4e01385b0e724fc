"""Taking entries in: judged by the shared rules under the lock of their stream, stored, and their consequences kept.

What follows from an entry (who may see what, which devices may speak, where messages are sealed to) is written in the
same transaction, so that no request ever sees one without the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cerby_service import guarding
from cerby_service.activity_lines import drawn
from cerby_service.clock import Clock
from cerby_service.consequences import Consequences
from cerby_service.database import Change, Writing, streams
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

    def push(
        self,
        writing: Writing,
        workspace: bytes,
        user: bytes,
        pushed: PushEntry,
        *,
        alone: bool = True,
        back: bool = False,
    ) -> Pushed:
        """Take an entry that `user` sent, perhaps written by somebody else; answers for this entry alone.

        With `alone=False` the caller sees to it that nobody is left the only Owner of anything; `back` is for entries
        that a restored backup had lost.
        """
        row = streams.lock(writing, workspace, pushed.stream)
        held = self._states.of(row) if row else None
        place = streams.place_of(writing, workspace, entry_hash(pushed.entry))
        if place is not None and row is not None and place.stream == row.id and self._may_know(held, user, pushed):
            return Pushed("already", place.n, place.head)
        n, head = (row.n, row.head) if row else (0, b"")
        try:
            state = self._judge(writing, workspace, user, held, pushed, back)
            if alone and (leaving := guarding.lowered(pushed.entry)) and not back:
                guarding.check_not_alone(writing, workspace, leaving)
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
        writing.log(*drawn(workspace, entry, state, before))
        small = len(entry.header) + len(entry.body) + len(entry.signature) <= INLINE_RECORD
        event = HeadEvent(fresh.kind, state.stream, state.n, state.head, entry if small else None)
        writing.note(Change(workspace, "entry", state.stream, event, audience, n=state.n))

    def _judge(
        self, writing: Writing, workspace: bytes, user: bytes, held: State | None, pushed: PushEntry, back: bool
    ) -> State:
        """By the shared rules, and by what only the service knows. Raises Refused, Stale, Behind, NewerVersion."""
        header = read_header(pushed.entry)
        if header.kind in streams.SHARED and held is None:
            raise Refused("not_here", "People and workspaces begin elsewhere.")
        around = Shelf(writing, workspace, self._service_key, self._states)
        state = accept(held, pushed.entry, around, expected=pushed.stream)
        guarding.check(writing, around.workspace(), user, held, state, pushed.entry)
        if not back:
            guarding.check_today(around.workspace(), state, header)
        return state

    def _may_know(self, held: State | None, user: bytes, pushed: PushEntry) -> bool:
        """Whether somebody may hear that an entry is there: who sees its stream, and who wrote it."""
        return guarding.may_see(held, user) or read_header(pushed.entry).author == user


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
