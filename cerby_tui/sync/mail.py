"""Pulled messages on trial: a run of one account and generation, upwards from what is held or downwards below it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from cerby_tui.sync.plan import Broken
from cerby_tui.vault.around import Around
from cerby_tui.vault.records import Records
from cerby_wire.encoding import decode
from cerby_wire.errors import Refused
from cerby_wire.messages import accept_message
from cerby_wire.records import Message, message_head
from cerby_wire.shapes import MessagesWanted, StoredMessage
from cerby_wire.state import AccountState

Key = tuple[bytes, bytes]


class Run(Struct, frozen=True):
    """The messages of one account and generation that hold, and the rule at which they stopped holding, if any."""

    account: bytes
    generation: bytes
    messages: list[tuple[int, StoredMessage]] = field(default_factory=list)
    broken: Broken | None = None


def judge_messages(
    records: Records, around: Around, wanted: Iterable[MessagesWanted], found: Iterable[StoredMessage], oldest: int = 0
) -> list[Run]:
    """Judge an answer, account by account; what was not asked for is passed over. Nothing is written.

    What came before `oldest` (UTC ms) may be without its text.
    """
    runs: dict[Key, list[StoredMessage]] = {}
    for stored in found:
        if key := _claimed(stored):
            runs.setdefault(key, []).append(stored)
    return [
        _judge_run(records, around, one, runs[one.account, one.generation], oldest)
        for one in wanted
        if (one.account, one.generation) in runs
    ]


def _claimed(stored: StoredMessage) -> Key | None:
    """Where a message says it belongs; only used to sort it to a question."""
    try:
        message = decode(stored.record.raw, Message)
    except Refused:
        return None
    return message.account, message.generation


def _judge_run(
    records: Records, around: Around, wanted: MessagesWanted, found: list[StoredMessage], oldest: int
) -> Run:
    run = Run(wanted.account, wanted.generation)
    state = around.state(wanted.account)
    if not isinstance(state, AccountState):
        return run
    down = wanted.before > 0
    index = wanted.before - 1 if down else wanted.after + 1
    previous = None if down else records.head(wanted.account, wanted.generation, wanted.after)
    following = _record(records, wanted, wanted.before) if down else None
    for stored in found:
        try:
            message = accept_message(
                previous,
                index,
                stored.record,
                stored.sealed,
                around.service_key(),
                wanted.account,
                generation=wanted.generation,
                following=following,
                cited=state.msgs,
                oldest=oldest,
            )
        except Refused as refused:
            broken = Broken(wanted.account, "account", refused.rule, refused.sentence)
            return Run(wanted.account, wanted.generation, run.messages, broken)
        run.messages.append((index, stored))
        if down:
            index, following = index - 1, message
        else:
            index, previous = index + 1, message_head(stored.record)
    return run


def _record(records: Records, wanted: MessagesWanted, index: int) -> Message | None:
    stored = records.get(wanted.account, wanted.generation, index)
    return decode(stored.record.raw, Message) if stored else None
