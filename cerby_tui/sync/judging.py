"""A page of entries on trial: every stream as far as it goes, in an order in which what is cited comes first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msgspec import Struct, field

from cerby_tui.sync.plan import ORDER, Broken
from cerby_tui.vault.around import Around
from cerby_tui.vault.database import Database
from cerby_tui.vault.meta import Identity, Meta
from cerby_wire.entries import entry_hash, read_header
from cerby_wire.errors import Behind, NewerVersion, Refused
from cerby_wire.headers import Entry, Kind
from cerby_wire.hindsight import shut_out_since
from cerby_wire.shapes import StoredEntry
from cerby_wire.state import State
from cerby_wire.stream import accept

NEWER = "newer_version"
NEEDS_NEWER = "needs a newer version"


class Accepted(Struct, frozen=True):
    """Entries that follow what is held of one stream, the state after them, and when the service stored each (0: it
    did not say).
    """

    kind: Kind
    state: State
    entries: list[Entry]
    times: list[int] = field(default_factory=list)


class Late(Struct, frozen=True):
    """An accepted entry of an account whose author was known to be shut out before it came, and by which rule."""

    account: bytes
    author: bytes
    rule: str


class Verdict(Struct, frozen=True):
    """What became of a page. `needed` are positions that were cited and are not held yet."""

    accepted: list[Accepted] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    needed: dict[bytes, int] = field(default_factory=dict)
    late: list[Late] = field(default_factory=list)


class Judge(Around):
    """The vault's surroundings, and over them what was accepted in this page."""

    def __init__(self, database: Database, identity: Identity) -> None:
        super().__init__(database, identity)
        self._known = Meta(database).progress.workspace
        self._states: dict[bytes, State | None] = {}
        self._heads: dict[tuple[bytes, int], bytes] = {}
        self._times: dict[tuple[bytes, int], int] = {}

    def state(self, stream: bytes) -> State | None:
        """The newest state of a stream, this page included."""
        if stream not in self._states:
            self._states[stream] = super().state(stream)
        return self._states[stream]

    def head(self, stream: bytes, n: int) -> bytes | None:
        """The head hash after entry `n`, this page included."""
        return self._heads.get((stream, n)) or super().head(stream, n)

    def page(self, entries: Iterable[StoredEntry]) -> Verdict:
        """Judge everything that follows what is held. Nothing is written; a broken rule ends only its own stream."""
        verdict = Verdict()
        queues = self._queues(entries, verdict)
        taken: dict[bytes, list[Entry]] = {}
        progress = True
        while progress:
            verdict.needed.clear()
            progress = False
            for stream, queue in list(queues.items()):
                progress |= self._advance(stream, queue, taken.setdefault(stream, []), verdict)
                if not queue:
                    del queues[stream]
        for stream, accepted in taken.items():
            state = self._states.get(stream)
            if accepted and state is not None:
                verdict.late.extend(self._late(stream, accepted))
                places = range(state.n - len(accepted) + 1, state.n + 1)
                times = [self._times.get((stream, n), 0) for n in places]
                verdict.accepted.append(Accepted(read_header(accepted[0]).kind, state, accepted, times))
        return verdict

    def _queues(self, entries: Iterable[StoredEntry], verdict: Verdict) -> dict[bytes, deque[Entry]]:
        """The entries that continue what is held, by stream; those held already are compared, never replaced."""
        queues: dict[bytes, deque[Entry]] = {}
        for stored in entries:
            state = self.state(stored.stream)
            queue = queues.setdefault(stored.stream, deque())
            place = stored.n - (state.n if state else 0)
            if place == len(queue) + 1:
                queue.append(stored.entry)
                self._times[stored.stream, stored.n] = stored.at
            elif place <= 0 and not self._same(stored):
                said = "The service shows another entry than the one that is held at its place."
                verdict.broken.append(Broken(stored.stream, _kind(stored.entry), "rewritten", said))
        return dict(sorted(queues.items(), key=lambda item: ORDER.get(_kind_of(item[1]), 9)))

    def _same(self, stored: StoredEntry) -> bool:
        held = self.entry(stored.stream, stored.n)
        return held is not None and entry_hash(held) == entry_hash(stored.entry)

    def _late(self, stream: bytes, accepted: list[Entry]) -> list[Late]:
        """Entries of authors who were shut out when everything before was known here.

        An honest service takes nothing from them after that. What comes with a first fill, or after an absence from the
        account, is history.
        """
        held = self.held(stream)
        if held is None or held.lost or held.kind != "account" or not held.position.n:
            return []
        headers = [read_header(entry) for entry in accepted]
        found = [Late(stream, header.author, shut_out_since(header, self, self._known)) for header in headers]
        return [one for one in found if one.rule]

    def _advance(self, stream: bytes, queue: deque[Entry], taken: list[Entry], verdict: Verdict) -> bool:
        """Accept as many entries of one stream as possible; True if there was at least one."""
        before = len(taken)
        while queue:
            try:
                state = accept(self.state(stream), queue[0], self, expected=stream)
            except Behind as behind:
                verdict.needed[behind.stream] = max(behind.n, verdict.needed.get(behind.stream, 0))
                break
            except NewerVersion:
                verdict.broken.append(Broken(stream, _kind(queue[0]), NEWER, NEEDS_NEWER))
                queue.clear()
                break
            except Refused as refused:
                verdict.broken.append(Broken(stream, _kind(queue[0]), refused.rule, refused.sentence))
                queue.clear()
                break
            self._states[stream] = state
            self._heads[stream, state.n] = state.head
            taken.append(queue.popleft())
        return len(taken) > before


def _kind_of(queue: deque[Entry]) -> str:
    return _kind(queue[0]) if queue else ""


def _kind(entry: Entry) -> str:
    """What an entry says it is; only used for sorting and for telling people."""
    try:
        return read_header(entry).kind
    except (Refused, NewerVersion):
        return "account"
