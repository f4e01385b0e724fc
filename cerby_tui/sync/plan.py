"""From what is held here and what the service says it has to what must be asked for: pure and sorted."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from cerby_tui.vault.streams import Held
from cerby_wire.headers import MessagePosition
from cerby_wire.shapes import Heads, MessagesWanted, StreamHead

ORDER = {"user": 0, "workspace": 1, "personal": 2, "account": 3}
"""Streams that others are judged by come first."""

Bounds = Mapping[tuple[bytes, bytes], tuple[int, int]]


class Broken(Struct, frozen=True):
    """A stream about which the service says something that cannot be true."""

    stream: bytes
    kind: str
    rule: str
    sentence: str


class Plan(Struct, frozen=True):
    """What to pull, what to send back, what to raise an alarm about, which streams were lost."""

    streams: tuple[tuple[bytes, int], ...] = ()
    messages: tuple[MessagesWanted, ...] = ()
    send_back: tuple[tuple[bytes, int], ...] = ()
    broken: tuple[Broken, ...] = ()
    lost: tuple[bytes, ...] = ()

    @property
    def pulls(self) -> bool:
        """Whether there is anything to ask for."""
        return bool(self.streams or self.messages)


def make_plan(held: Mapping[bytes, Held], bounds: Bounds, heads: Heads, *, restored: bool) -> Plan:
    """Compare. `restored` means that the service came back from a backup: it may then be shorter than we are."""
    ordered = sorted(heads.streams, key=lambda head: (ORDER.get(head.kind, 9), head.id))
    streams, messages, send_back, broken = [], [], [], []
    for head in ordered:
        here = held.get(head.id)
        n = here.position.n if here else 0
        if here and here.stopped:
            continue
        if head.n > n:
            streams.append((head.id, n))
        elif head.n < n and restored:
            send_back.append((head.id, head.n))
        elif found := _contradiction(head, here):
            broken.append(found)
            continue
        if head.messages and head.messages.index:
            wanted, wrong = _messages(head.id, head.messages, bounds)
            messages += wanted
            broken += wrong
    listed = {head.id for head in heads.streams}
    gone = {stream for stream in held if stream not in listed} if heads.full else set()
    if restored:  # what it does not even list, it may have lost as a whole
        send_back += [(stream, 0) for stream in gone if held[stream].position.n and not held[stream].lost]
        send_back.sort(key=lambda back: (ORDER.get(held[back[0]].kind, 9), back[0]))
        gone = set()
    lost = sorted(gone | (set(heads.lost) & set(held)))
    return Plan(tuple(streams), tuple(messages), tuple(send_back), tuple(broken), tuple(lost))


def _contradiction(head: StreamHead, here: Held | None) -> Broken | None:
    if here is None or (here.position.n, here.position.head) == (head.n, head.head):
        return None
    if head.n < here.position.n:
        said = "The service shows fewer entries than it had shown before."
        return Broken(head.id, head.kind, "rolled_back", said)
    return Broken(head.id, head.kind, "fork", "The service shows another history than the one that is held here.")


def _messages(account: bytes, newest: MessagePosition, bounds: Bounds) -> tuple[list[MessagesWanted], list[Broken]]:
    _low, high = bounds.get((account, newest.generation), (0, 0))
    if newest.index < high:
        said = "The service shows fewer messages than it had shown before."
        return [], [Broken(account, "account", "messages_rolled_back", said)]
    return list(newer_messages(account, newest, bounds)), []


def newer_messages(account: bytes, newest: MessagePosition, bounds: Bounds) -> tuple[MessagesWanted, ...]:
    """What is missing above what is held; a first fill starts with what is wanted most, the newest."""
    _low, high = bounds.get((account, newest.generation), (0, 0))
    if not high and newest.index:
        return (MessagesWanted(account, newest.generation, before=newest.index + 1),)
    if newest.index > high:
        return (MessagesWanted(account, newest.generation, after=high),)
    return ()


def older_messages(bounds: Bounds, closed: Collection[bytes]) -> tuple[MessagesWanted, ...]:
    """What is missing below what is held, for accounts that are not closed to us."""
    return tuple(
        MessagesWanted(account, generation, before=low)
        for (account, generation), (low, _high) in sorted(bounds.items())
        if low > 1 and account not in closed
    )
