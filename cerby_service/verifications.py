"""E-mailed six-digit codes: good for five minutes and five tries; another one after a minute voids the one before."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable

from cerby_service.clock import HOUR, MINUTE, Clock
from cerby_service.database import Database, Reading, Writing, enrolment
from cerby_service.database.enrolment import VerificationRow
from cerby_service.database.invites import InviteRow
from cerby_service.errors import Refusal
from cerby_service.keys import ServiceKey, fresh_id, token_hash
from cerby_service.mail import Mailer
from cerby_wire.entries import device_id
from cerby_wire.inviting import InviteProof
from cerby_wire.shapes import StartVerification, Verification

LIFE = 5 * MINUTE
RESEND = MINUTE
TRIES = 5
A_TOKEN_AN_HOUR = 20
WRONG = {
    "wrong_code": "That is not the code that was sent.",
    "code_expired": "The code is over, or a newer one was sent. Ask for another.",
    "too_many_tries": "The code was mistyped too often. Ask for another.",
}
"""What is said of a code that `check` does not take."""
ANOTHER_ADDRESS = "This invite is for another e-mail address. Use the one that you were invited at."
Invited = Callable[[Reading, InviteProof, bytes], InviteRow]
"""Finds the invite whose key spoke for a device. Raises Refusal if nobody can join by it."""
ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@<>()\[\],;:\"\\]{1,253}")


class Verifications:
    """Sends codes and checks them."""

    def __init__(self, database: Database, key: ServiceKey, mailer: Mailer, clock: Clock, invited: Invited) -> None:
        self._invited = invited
        self._database = database
        self._key = key
        self._mailer = mailer
        self._clock = clock

    async def start(self, asked: StartVerification) -> Verification:
        """Send a code to an address. Raises Refusal."""
        address = normal_address(asked.email)
        code, verification = f"{secrets.randbelow(1_000_000):06}", fresh_id()
        now = self._clock()
        secret = asked.token if asked.purpose == "found" else asked.key
        row = VerificationRow(
            id=verification,
            token=token_hash(secret),
            email_hash=self._email_hash(address),
            device=device_id(asked.device),
            code_hash=self._code_hash(verification, code),
            tries=0,
            state="open",
            at=now,
            expires=now + LIFE,
        )
        await self._database.write(lambda writing: self._add(writing, asked, address, row))
        try:
            await self._mailer.send_code(address, code, LIFE // MINUTE)
        except Refusal:
            await self._database.write(lambda writing: enrolment.forget(writing, verification))
            raise
        return Verification(verification, expires_in=LIFE // 1000, resend_in=RESEND // 1000)

    def check(self, writing: Writing, verification: bytes, code: str, token: bytes, email: str, device: bytes) -> str:
        """Try a code: "" if it is right and now used, else the error code of what is wrong; both are stored.

        `token` is what the code was asked for with: the secret of a token, or the public key of an invite.
        """
        row = enrolment.find_verification(writing, verification)
        wanted = (token_hash(token), self._email_hash(normal_address(email)), device)
        if row is None or (row.token, row.email_hash, row.device) != wanted:
            return "wrong_code"
        if row.state == "void" and row.tries >= TRIES:
            return "too_many_tries"
        if row.state != "open" or self._clock() >= row.expires:
            return "code_expired"
        if hmac.compare_digest(row.code_hash, self._code_hash(verification, code.strip())):
            enrolment.note_try(writing, verification, row.tries, "used")
            return ""
        tries = row.tries + 1
        enrolment.note_try(writing, verification, tries, "void" if tries >= TRIES else "open")
        return "too_many_tries" if tries >= TRIES else "wrong_code"

    def _add(self, writing: Writing, asked: StartVerification, address: str, row: VerificationRow) -> None:
        """Keep a code if one may be sent. Raises Refusal."""
        if asked.purpose == "join":
            invite = self._invited(writing, InviteProof(asked.workspace, asked.key, asked.proof), row.device)
            if invite.email != address:
                raise Refusal("another_address", ANOTHER_ADDRESS)
        else:
            _check_token(writing, row)
        self._check_pace(writing, row)
        enrolment.add_verification(writing, row)

    def _check_pace(self, reading: Reading, row: VerificationRow) -> None:
        wait = enrolment.newest_to(reading, row.email_hash) + RESEND - row.at
        if wait > 0:
            seconds = -(-wait // 1000)
            raise Refusal("resend_later", f"Another code can be sent in {seconds} s.", retry_after=seconds)
        if enrolment.asked_with(reading, row.token, row.at - HOUR) >= A_TOKEN_AN_HOUR:
            raise Refusal(
                "too_many_requests", "Too many codes were asked for with that token.", retry_after=HOUR // 1000
            )

    def _code_hash(self, verification: bytes, code: str) -> bytes:
        # Six digits are guessed at once by whoever has the hash, unless the hash needs our key.
        return self._key.keyed_hash("code", verification, code.encode())

    def _email_hash(self, address: str) -> bytes:
        return self._key.keyed_hash("email", address.encode())


def _check_token(reading: Reading, row: VerificationRow) -> None:
    """The token is one of ours, and nothing was founded with it. Raises Refusal."""
    token = enrolment.find_token(reading, row.token)
    if token is None:
        raise Refusal("bad_token", "This service did not issue that provisioning token.")
    if token.workspace:
        raise Refusal("token_used", "A workspace was founded with that token already.")


def normal_address(email: str) -> str:
    """An e-mail address in the one spelling that is compared. Raises Refusal."""
    address = email.strip()
    if not ADDRESS.fullmatch(address) or not address.isprintable():
        raise Refusal("bad_request", "That is not an e-mail address.")
    return address.lower()
