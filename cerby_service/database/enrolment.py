"""Provisioning tokens and e-mailed codes. Neither secrets nor addresses are stored, only hashes of them."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import func, insert, select, update

from cerby_service.database.tables import tokens, verifications
from cerby_service.database.work import Reading, Writing


class TokenRow(Struct, frozen=True):
    """A provisioning token; `workspace` and `request` are empty until something was founded with it."""

    hash: bytes
    workspace: bytes
    request: bytes


class VerificationRow(Struct, frozen=True):
    """An e-mailed code. `state` is `open`, `void` (a newer one was asked for, or too many tries) or `used`."""

    id: bytes
    token: bytes
    email_hash: bytes
    device: bytes
    code_hash: bytes
    tries: int
    state: str
    at: int
    expires: int


_VERIFICATION = tuple(verifications.c[name] for name in VerificationRow.__struct_fields__)


def add_token(writing: Writing, hashed: bytes, at: int) -> None:
    """Keep a new token."""
    writing.run(insert(tokens).values(hash=hashed, at=at, workspace=b"", request=b""))


def find_token(reading: Reading, hashed: bytes) -> TokenRow | None:
    """The token with that hash."""
    columns = (tokens.c.hash, tokens.c.workspace, tokens.c.request)
    row = reading.row(select(*columns).where(tokens.c.hash == hashed).with_for_update())
    return TokenRow(*row) if row else None


def bind_token(writing: Writing, hashed: bytes, workspace: bytes, request: bytes) -> None:
    """The token founded a workspace, by a request with that hash."""
    writing.run(update(tokens).where(tokens.c.hash == hashed).values(workspace=workspace, request=request))


def find_verification(reading: Reading, verification: bytes) -> VerificationRow | None:
    """The e-mailed code with that id."""
    row = reading.row(select(*_VERIFICATION).where(verifications.c.id == verification).with_for_update())
    return VerificationRow(*row) if row else None


def newest_to(reading: Reading, email_hash: bytes) -> int:
    """When the newest code to an address was asked for; 0 if never."""
    newest = select(func.max(verifications.c.at)).where(verifications.c.email_hash == email_hash)
    return reading.value(newest) or 0


def asked_with(reading: Reading, token: bytes, since: int) -> int:
    """How many codes were asked for with a token since a time."""
    asked = (verifications.c.token == token, verifications.c.at >= since)
    return int(reading.value(select(func.count()).where(*asked)) or 0)


def add_verification(writing: Writing, row: VerificationRow) -> None:
    """Keep a new code; the older ones of the same token are void from now on."""
    void(writing, row.token)
    writing.run(insert(verifications).values(**{name: getattr(row, name) for name in row.__struct_fields__}))


def void(writing: Writing, token: bytes) -> None:
    """Nothing that was asked for with a token is good any more."""
    mine = (verifications.c.token == token, verifications.c.state == "open")
    writing.run(update(verifications).where(*mine).values(state="void"))


def note_try(writing: Writing, verification: bytes, tries: int, state: str) -> None:
    """A code was tried."""
    this = verifications.c.id == verification
    writing.run(update(verifications).where(this).values(tries=tries, state=state))


def forget(writing: Writing, verification: bytes) -> None:
    """A code whose letter could not be sent: another may be asked for at once."""
    this = verifications.c.id == verification
    writing.run(update(verifications).where(this).values(state="void", at=0))
