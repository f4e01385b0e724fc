"""Texts that people carry: the provisioning token, the invite and the recovery code, in base 32 with a check.

The alphabet is Crockford's.

Case, spaces and hyphens do not matter; O reads as 0, I and L as 1.
"""

from __future__ import annotations

import hmac
import re
from urllib.parse import urlsplit

from msgspec import Struct

from cerby_wire.errors import Refused, require
from cerby_wire.primitives import digest

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TOKEN_PREFIX = "cerby-token-"  # noqa: S105 - a name for people, not a secret
INVITE_PREFIX = "cerby-invite-"
VERSION = b"\x01"
CHECK_LENGTH = 4
FINGERPRINT_LENGTH = 20
TOKEN_SECRET_LENGTH = 16
INVITE_HEAD = 1 + FINGERPRINT_LENGTH + 20 + 20 + 16 + 1
"""Version, fingerprint, workspace, inviter, secret, and the length of the origin that follows."""
RECOVERY_LENGTH = 20
RECOVERY_SYMBOLS = 40
GROUP = 5
HOST = re.compile(r"[0-9a-z._:-]+")

AROUND = " \t\r\n\"'<>`"
"""What people paste along: quotes and blanks around a text."""
_READ_AS = str.maketrans("OIL", "011", "- \t\r\n")


class Mistyped(Refused):
    """A code whose check fails. `group` is the group of five (from 1) that looks mistyped, 0 if none stands out."""

    def __init__(self, sentence: str, group: int = 0) -> None:
        super().__init__("mistyped", sentence)
        self.group = group


class ProvisioningToken(Struct, frozen=True):
    """What founds a workspace: where the service is, the fingerprint of its key, a secret that is good for once."""

    origin: str
    fingerprint: bytes
    secret: bytes

    def __repr__(self) -> str:
        return f"ProvisioningToken({self.origin!r}, …)"

    def encode(self) -> str:
        """The token as one pasteable string."""
        raw = VERSION + self.fingerprint + self.secret + self.origin.encode()
        return TOKEN_PREFIX + to_base32(raw + _check("token-check", raw)).lower()


def parse_token(text: str) -> ProvisioningToken:
    """Read a pasted token. Raises Refused with a sentence that says what is wrong with it."""
    text = text.strip(AROUND)
    pasted = text.lower().startswith(INVITE_PREFIX)
    require(not pasted, "invite_instead", "It is an invite: it joins a workspace that exists already.")
    require(text.lower().startswith(TOKEN_PREFIX), "bad_token", f"A provisioning token begins with {TOKEN_PREFIX}.")
    raw = from_base32(text[len(TOKEN_PREFIX) :])
    raw, check = raw[:-CHECK_LENGTH], raw[-CHECK_LENGTH:]
    fingerprint, secret = raw[1:21], raw[21:37]
    whole = len(raw) > 37 and hmac.compare_digest(check, _check("token-check", raw))
    require(whole, "bad_token", "The token is incomplete or mistyped.")
    require(raw[:1] == VERSION, "bad_token", "The token was made by a newer service.")
    return ProvisioningToken(_origin(raw[37:], "bad_token", "The token names no service."), fingerprint, secret)


class InviteString(Struct, frozen=True):
    """What an invited person pastes: service, workspace and inviter by what cannot be forged, and a secret for once."""

    origin: str
    fingerprint: bytes
    workspace: bytes
    inviter: bytes
    secret: bytes

    def __repr__(self) -> str:
        return f"InviteString({self.origin!r}, …)"

    def encode(self) -> str:
        """The invite as one pasteable string. Raises Refused for an origin of more than 255 bytes."""
        origin = self.origin.encode()
        require(len(origin) < 256, "bad_origin", "The address of the service is too long for an invite.")
        raw = VERSION + self.fingerprint + self.workspace + self.inviter + self.secret + bytes([len(origin)]) + origin
        return INVITE_PREFIX + to_base32(raw + _check("invite-check", raw)).lower()


def parse_invite(text: str) -> InviteString:
    """Read a pasted invite. Raises Refused with a sentence that says what is wrong with it."""
    text = text.strip(AROUND)
    pasted = text.lower().startswith(TOKEN_PREFIX)
    require(not pasted, "token_instead", "It is a provisioning token: it creates a new workspace.")
    require(text.lower().startswith(INVITE_PREFIX), "bad_invite", f"An invite begins with {INVITE_PREFIX}.")
    symbols = text[len(INVITE_PREFIX) :].upper().translate(_READ_AS)
    known = all(symbol in ALPHABET for symbol in symbols)
    require(known, "mistyped", "It holds a character that no invite has.")
    raw = _leading_bytes(symbols)
    whole = raw[:-CHECK_LENGTH], raw[-CHECK_LENGTH:]
    fits = hmac.compare_digest(whole[1], _check("invite-check", whole[0]))
    if not fits or to_base32(raw) != symbols:
        raise _bad_invite(symbols, raw)
    require(raw[:1] == VERSION, "newer_version", "It was made by a newer version of this program.")
    return _read_invite(whole[0])


def recovery_code(secret: bytes) -> str:
    """The 20-byte recovery secret as eight groups of five symbols."""
    raw = VERSION + secret
    text = to_base32(raw + _check("recovery-check", raw))
    return "-".join(text[at : at + GROUP] for at in range(0, RECOVERY_SYMBOLS, GROUP))


def parse_recovery_code(text: str) -> bytes:
    """The recovery secret of a typed code. Raises Mistyped, naming the group where that can be told."""
    symbols = text.upper().translate(_READ_AS)
    for at, symbol in enumerate(symbols):
        if symbol not in ALPHABET:
            raise Mistyped(f"Group {at // GROUP + 1} holds a character that no code has.", at // GROUP + 1)
    if len(symbols) != RECOVERY_SYMBOLS:
        raise _wrong_length(text, len(symbols))
    secret = _recovery_secret(symbols)
    if secret is None:
        raise _mistyped(symbols)
    return secret


def to_base32(raw: bytes) -> str:
    """Bytes as Crockford's base 32, the last symbol filled with zero bits."""
    length = (len(raw) * 8 + 4) // 5
    number = int.from_bytes(raw, "big") << (length * 5 - len(raw) * 8)
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(length - 1, -1, -1))


def from_base32(text: str) -> bytes:
    """Undo `to_base32`. Raises Refused for foreign symbols or a length that no bytes have."""
    symbols = text.upper().translate(_READ_AS)
    known = all(symbol in ALPHABET for symbol in symbols)
    require(known, "mistyped", "It holds a character that no such text has.")
    number = 0
    for symbol in symbols:
        number = number << 5 | ALPHABET.index(symbol)
    length, spare = divmod(len(symbols) * 5, 8)
    whole = spare < 5 and not number & ((1 << spare) - 1)
    require(whole, "mistyped", "It is incomplete.")
    return (number >> spare).to_bytes(length, "big")


def _read_invite(raw: bytes) -> InviteString:
    """The parts of an invite whose check holds. Raises Refused if it names no service."""
    origin = _origin(raw[INVITE_HEAD:], "bad_invite", "It names no service.")
    return InviteString(origin, raw[1:21], raw[21:41], raw[41:61], raw[61 : INVITE_HEAD - 1])


def _origin(raw: bytes, rule: str, sentence: str) -> str:
    """The address of a service; whoever made the text could have written anything. Raises Refused."""
    try:
        origin = raw.decode("ascii")
        parts = urlsplit(origin)
        named = origin.isprintable() and parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:  # not ASCII, brackets that do not close, a port that is no number
        raise Refused(rule, sentence) from None
    host = HOST.fullmatch(parts.hostname or "")
    bare = origin == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
    require(named and host is not None and bare, rule, sentence)
    return origin


def _bad_invite(symbols: str, raw: bytes) -> Refused:
    """Whether the end is missing, or something in it is wrong."""
    stated = INVITE_HEAD + raw[INVITE_HEAD - 1] + CHECK_LENGTH if len(raw) >= INVITE_HEAD else INVITE_HEAD
    if len(symbols) < (stated * 8 + 4) // 5:
        return Refused("incomplete", "It is incomplete: the end is missing.")
    return Refused("mistyped", "It is mistyped.")


def _leading_bytes(symbols: str) -> bytes:
    """As many whole bytes as there are in symbols that may have been cut off anywhere."""
    number = 0
    for symbol in symbols:
        number = number << 5 | ALPHABET.index(symbol)
    length, spare = divmod(len(symbols) * 5, 8)
    return (number >> spare).to_bytes(length, "big")


def _check(label: str, raw: bytes) -> bytes:
    return digest(label, raw)[:CHECK_LENGTH]


def _recovery_secret(symbols: str) -> bytes | None:
    """The secret in 40 symbols, if their check holds."""
    raw = from_base32(symbols)
    raw, check = raw[:-CHECK_LENGTH], raw[-CHECK_LENGTH:]
    fits = raw[:1] == VERSION and hmac.compare_digest(check, _check("recovery-check", raw))
    return raw[1:] if fits else None


def _wrong_length(text: str, symbols: int) -> Mistyped:
    """Which group is too short or too long, if the text was typed in eight groups."""
    groups = text.replace("-", " ").split()
    wrong = [number for number, group in enumerate(groups, 1) if len(group) != GROUP]
    if len(groups) * GROUP == RECOVERY_SYMBOLS:
        return Mistyped(f"Group {wrong[0]} does not have five characters.", wrong[0])
    return Mistyped(f"A recovery code has 40 letters and digits; this has {symbols}.")


def _mistyped(symbols: str) -> Mistyped:
    """Name the group in which one other symbol, or two neighbours exchanged, would make the check hold."""
    for at in range(RECOVERY_SYMBOLS):
        one_other = (symbols[:at] + other + symbols[at + 1 :] for other in ALPHABET)
        exchanged = symbols[:at] + symbols[at : at + 2][::-1] + symbols[at + 2 :]
        if any(_recovery_secret(candidate) is not None for candidate in (*one_other, exchanged)):
            group = at // GROUP + 1
            return Mistyped(f"Group {group} ({symbols[(group - 1) * GROUP : group * GROUP]}) is mistyped.", group)
    return Mistyped("The code is mistyped; compare all of its groups.")
