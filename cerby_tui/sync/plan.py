"""From what is held here and what the service says it has to what must be asked for: pure and sorted."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from cerby_tui.vault.records import NOTHING, Span
from cerby_tui.vault.streams import Held
from cerby_wire.headers import MessagePosition
from cerby_wire.shapes import Heads, MessagesWanted, StreamHead

ORDER = {"user": 0, "workspace": 1, "personal": 2, "account": 3}
"""Streams that others are judged by come first."""

Spans = Mapping[tuple[bytes, bytes], Span]


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


def make_plan(held: Mapping[bytes, Held], spans: Spans, heads: Heads, *, restored: bool) -> Plan:
    """Compare. `restored` means that the service came back from a backup: it may then be shorter than we are."""
    ordered = sorted(heads.streams, key=lambda head: (ORDER.get(head.kind, 9), head.id))
    streams: list[tuple[bytes, int]] = []
    messages: list[MessagesWanted] = []
    send_back: list[tuple[bytes, int]] = []
    broken: list[Broken] = []
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
            said = _about_messages(head.id, head.messages, spans, current=head.messages.generation == heads.generation)
            messages += newer_messages(head.id, head.messages, spans)
            broken += [said] if said else []
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


def _about_messages(account: bytes, newest: MessagePosition, spans: Spans, *, current: bool) -> Broken | None:
    """What is wrong with what is said about messages. Of an earlier generation the service may have lost some."""
    span = spans.get((account, newest.generation), NOTHING)
    if newest.index == span.high and newest.head != span.head:
        return Broken(account, "account", "message_fork", "The service shows another message than the one held here.")
    if newest.index < span.high and current:
        said = "The service shows fewer messages than it had shown before."
        return Broken(account, "account", "messages_rolled_back", said)
    return None


def newer_messages(account: bytes, newest: MessagePosition, spans: Spans) -> tuple[MessagesWanted, ...]:
    """What is missing above what is held; a first fill starts with what is wanted most, the newest."""
    span = spans.get((account, newest.generation), NOTHING)
    if not span.high and newest.index:
        return (MessagesWanted(account, newest.generation, before=newest.index + 1),)
    if newest.index > span.high:
        return (MessagesWanted(account, newest.generation, after=span.high),)
    return ()


def older_messages(spans: Spans, closed: Collection[bytes]) -> tuple[MessagesWanted, ...]:
    """What is missing below what is held, for accounts that are not closed to us."""
    return tuple(
        MessagesWanted(account, generation, before=span.low)
        for (account, generation), span in sorted(spans.items(), key=lambda item: item[0])
        if span.low > 1 and account not in closed
    )
