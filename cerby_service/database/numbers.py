"""Offers and numbers: rows of the one state machine that spends money."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from cerby_service.database.dialect import insert_unless_there
from cerby_service.database.tables import access, changes, idempotency, numbers, offers
from cerby_service.database.work import Reading, Writing
from cerby_wire.shapes import NumberView, SignedRecord

State = Literal["committing", "unsure", "active", "releasing", "quarantined", "gone", "failed"]
Kind = Literal["voip", "non_voip"]
RECEIVING: tuple[State, ...] = ("committing", "unsure", "active", "releasing")
"""A number in these states may be ours already, or is still: what comes in is delivered."""
LIVE: tuple[State, ...] = (*RECEIVING, "quarantined")
HOLDING: tuple[State, ...] = ("committing", "unsure", "active")
"""An account in whose name one of these stands gets no other number."""


class OfferRow(Struct, frozen=True):
    """A number that was offered. `state` is `open`, `used` or `closed`."""

    workspace: bytes
    id: bytes
    account: bytes
    user: bytes
    app: str
    carrier: str
    e164: str
    kind: Kind
    region: str
    expires: int
    state: str
    raw: bytes
    signature: bytes
    at: int

    @property
    def signed(self) -> SignedRecord:
        """The offer as the service signed it."""
        return SignedRecord(self.raw, self.signature)


class NumberRow(Struct, frozen=True):
    """A number from its commit on. `attempted` is when the carrier was last asked to sell, `due` when to act next."""

    workspace: bytes
    id: bytes
    account: bytes
    user: bytes
    offer: bytes
    app: str
    carrier: str
    e164: str
    kind: Kind
    state: State
    reason: str = ""
    provider_id: str = ""
    line_type: str = ""
    line_type_at: int = 0
    next_offer: bytes = b""
    raw: bytes = b""
    signature: bytes = b""
    attempted: int = 0
    since: int = 0
    due: int = 0

    @property
    def view(self) -> NumberView:
        """The number as clients see it."""
        record = SignedRecord(self.raw, self.signature) if self.raw else None
        return NumberView(self.id, self.account, self.e164, self.kind, self.state, self.reason, record)


class KeyRow(Struct, frozen=True):
    """An idempotency key: whose it is, what was sent with it, which number it led to."""

    user: bytes
    body_hash: bytes
    number: bytes


_OFFER = tuple(offers.c[name] for name in OfferRow.__struct_fields__)
_NUMBER = tuple(numbers.c[name] for name in NumberRow.__struct_fields__)
_RECEIVING = select(*_NUMBER).where(
    numbers.c.live == bindparam("of_number"),
    numbers.c.carrier == bindparam("at_carrier"),
    numbers.c.state.in_(RECEIVING),
)


def add_offer(writing: Writing, row: OfferRow) -> bool:
    """Hold a number for somebody; False if somebody else holds it or it is ours already."""
    ours = select(numbers.c.id).where(numbers.c.live == row.e164)
    if writing.row(ours) is not None:
        return False
    values = {name: getattr(row, name) for name in OfferRow.__struct_fields__}
    return insert_unless_there(writing.connection, offers, {**values, "held": row.e164})


def find_offer(reading: Reading, workspace: bytes, offer: bytes) -> OfferRow | None:
    """An offer."""
    row = reading.row(select(*_OFFER).where(offers.c.workspace == workspace, offers.c.id == offer).with_for_update())
    return OfferRow(*row) if row else None


def open_offer(reading: Reading, workspace: bytes, account: bytes, user: bytes) -> OfferRow | None:
    """The offer that somebody holds for an account."""
    theirs = (offers.c.workspace == workspace, offers.c.account == account, offers.c.user == user)
    row = reading.row(select(*_OFFER).where(*theirs, offers.c.state == "open").order_by(offers.c.at.desc()))
    return OfferRow(*row) if row else None


def open_offers_of(reading: Reading, workspace: bytes, user: bytes) -> int:
    """How many offers somebody holds."""
    theirs = (offers.c.workspace == workspace, offers.c.user == user, offers.c.state == "open")
    return int(reading.value(select(func.count()).select_from(offers).where(*theirs)) or 0)


def end_offer(writing: Writing, workspace: bytes, offer: bytes, state: str) -> bool:
    """An open offer is used or closed; False if it was not open."""
    this = (offers.c.workspace == workspace, offers.c.id == offer, offers.c.state == "open")
    return writing.run(update(offers).where(*this).values(state=state, held=None)) == 1


def end_offers_before(writing: Writing, now: int) -> int:
    """Close every open offer whose time is over; returns how many."""
    over = (offers.c.state == "open", offers.c.expires <= now)
    return writing.run(update(offers).where(*over).values(state="closed", held=None))


def held_numbers(reading: Reading) -> set[str]:
    """Every number that is offered to somebody or ours."""
    held = reading.rows(select(offers.c.held).where(offers.c.held.is_not(None)))
    live = reading.rows(select(numbers.c.live).where(numbers.c.live.is_not(None)))
    return {row[0] for row in (*held, *live)}


def add_number(writing: Writing, row: NumberRow) -> bool:
    """Begin a number in `committing`; False if it is taken here, or the account has one."""
    values = {name: getattr(row, name) for name in NumberRow.__struct_fields__}
    return insert_unless_there(writing.connection, numbers, {**values, "live": row.e164, "holder": row.account})


def find_number(reading: Reading, workspace: bytes, number: bytes) -> NumberRow | None:
    """A number."""
    this = (numbers.c.workspace == workspace, numbers.c.id == number)
    row = reading.row(select(*_NUMBER).where(*this).with_for_update())
    return NumberRow(*row) if row else None


def change_number(writing: Writing, row: NumberRow, earlier: tuple[State, ...]) -> bool:
    """Write a number in its new state, if it still is in one of the earlier states; False if it moved on."""
    values: dict[str, object] = {name: getattr(row, name) for name in NumberRow.__struct_fields__}
    values["live"] = row.e164 if row.state in LIVE else None
    values["holder"] = row.account if row.state in HOLDING else None
    this = (numbers.c.workspace == row.workspace, numbers.c.id == row.id, numbers.c.state.in_(earlier))
    return writing.run(update(numbers).where(*this).values(**values)) == 1


def receiving(reading: Reading, carrier: str, e164: str) -> NumberRow | None:
    """The number at a carrier that messages to this E.164 are for."""
    row = reading.row(_RECEIVING, of_number=e164, at_carrier=carrier)
    return NumberRow(*row) if row else None


def held_by(reading: Reading, account: bytes) -> NumberRow | None:
    """The number that an account has, or is getting."""
    row = reading.row(select(*_NUMBER).where(numbers.c.holder == account))
    return NumberRow(*row) if row else None


def in_state(reading: Reading, states: tuple[State, ...], due: int | None = None) -> list[NumberRow]:
    """Every number in one of these states; with `due`, those whose time has come."""
    query = select(*_NUMBER).where(numbers.c.state.in_(states))
    if due is not None:
        query = query.where(numbers.c.due <= due)
    return [NumberRow(*row) for row in reading.rows(query.order_by(numbers.c.workspace, numbers.c.id))]


def by_reference(reading: Reading, number: bytes) -> NumberRow | None:
    """The number with this id, in whatever workspace: for what a carrier reports."""
    row = reading.row(select(*_NUMBER).where(numbers.c.id == number))
    return NumberRow(*row) if row else None


def use_key(writing: Writing, workspace: bytes, key: str, row: KeyRow, at: int) -> None:
    """Remember an idempotency key."""
    values = {"workspace": workspace, "key": key, "user": row.user, "body_hash": row.body_hash}
    writing.run(insert(idempotency).values(**values, number=row.number, at=at))


def find_key(reading: Reading, workspace: bytes, key: str) -> KeyRow | None:
    """What an idempotency key was used for."""
    columns = (idempotency.c.user, idempotency.c.body_hash, idempotency.c.number)
    this = (idempotency.c.workspace == workspace, idempotency.c.key == key)
    row = reading.row(select(*columns).where(*this).with_for_update())
    return KeyRow(*row) if row else None


def forget_keys_before(writing: Writing, at: int) -> int:
    """Forget idempotency keys older than that; returns how many."""
    return writing.run(delete(idempotency).where(idempotency.c.at < at))


def views(reading: Reading, workspace: bytes, user: bytes, since: int | None) -> list[NumberView]:
    """Numbers of the accounts that somebody sees: all that live, or those of accounts whose number changed."""
    theirs = select(access.c.stream).where(access.c.workspace == workspace, access.c.user == user)
    seen = and_(numbers.c.workspace == workspace, numbers.c.account.in_(theirs))
    if since is None:
        seen = and_(seen, numbers.c.state.in_(LIVE))
    else:
        about = (changes.c.workspace == workspace, changes.c.cursor > since, changes.c.what.in_(("number", "access")))
        seen = and_(seen, numbers.c.account.in_(select(changes.c.stream).where(*about)))
    query = select(*_NUMBER).where(seen).order_by(numbers.c.attempted, numbers.c.id)
    return [NumberRow(*row).view for row in reading.rows(query)]
