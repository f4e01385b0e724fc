"""Signed requests: HTTP Message Signatures (RFC 9421) by Ed25519 over a content digest (RFC 9530).

There is one profile: method, target URI and digest are always covered, the content type where there is a body, the
idempotency key where there is one; all four parameters are there. Times are UTC milliseconds here, seconds on the wire.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from hashlib import sha256

from msgspec import Struct

from cerby_wire.errors import Refused, require
from cerby_wire.primitives import SigningKey, verify_raw
from cerby_wire.shapes import CLOCK_TOLERANCE, MSGPACK, SIGNATURE_TAG

NAME = "cerby"
_PARAMETERS = ("created", "keyid", "alg", "tag")
_INPUT = re.compile(rf'{NAME}=(\(([^()]*)\)((?:;[a-z]+=(?:\d{{1,15}}|"[\x20-\x21\x23-\x5b\x5d-\x7e]*"))*))')
_SIGNATURE = re.compile(rf"{NAME}=:([A-Za-z0-9+/]{{86}}==):")


class _Input(Struct, frozen=True):
    """A parsed Signature-Input: the value as it stands, the covered components, the parameters."""

    value: str
    components: tuple[str, ...]
    created: int
    key_id: bytes


def content_digest(body: bytes) -> str:
    """The Content-Digest field of a body (RFC 9530, SHA-256)."""
    return f"sha-256=:{base64.b64encode(sha256(body).digest()).decode()}:"


def sign_request(
    key: SigningKey,
    device_id: bytes,
    method: str,
    url: str,
    body: bytes,
    created: int,
    idempotency_key: str | None = None,
    content_type: str = MSGPACK,
) -> dict[str, str]:
    """The header fields that make a signed request. `url` is whole, with the origin the service is known by."""
    fields = {"content-digest": content_digest(body)}
    if body:
        fields["content-type"] = content_type
    if idempotency_key is not None:
        fields["idempotency-key"] = idempotency_key
    components = " ".join(f'"{name}"' for name in _covered(fields, body))
    parameters = f'created={created // 1000};keyid="{device_id.hex()}";alg="ed25519";tag="{SIGNATURE_TAG}"'
    value = f"({components});{parameters}"
    signature = key.sign_raw(signature_base(_values(method, url, fields, _covered(fields, body)), value))
    return fields | {
        "signature-input": f"{NAME}={value}",
        "signature": f"{NAME}=:{base64.b64encode(signature).decode()}:",
    }


def verify_request(public: bytes, method: str, url: str, headers: Mapping[str, str], body: bytes, now: int) -> None:
    """Check a request against a device's key. `headers` answers to lower-case names. Raises Refused.

    Rules: `bad_signature`, `clock_skew` (its time is more than five minutes off), `bad_digest`.
    """
    stated = _parse(headers)
    complete = sorted(stated.components) == sorted(_covered(headers, body))
    require(complete, "bad_signature", "The signature does not cover what it has to.")
    base = signature_base(_values(method, url, headers, stated.components), stated.value)
    verify_raw(public, base, _signature(headers))
    in_time = abs(now - stated.created * 1000) <= CLOCK_TOLERANCE * 1000
    require(in_time, "clock_skew", "The request was signed more than five minutes ago or ahead.")
    require(headers["content-digest"] == content_digest(body), "bad_digest", "The body is not the signed one.")


def request_key_id(headers: Mapping[str, str]) -> bytes:
    """The id of the device that claims to have signed. Raises Refused for a request that is not signed our way."""
    return _parse(headers).key_id


def _covered(headers: Mapping[str, str], body: bytes) -> tuple[str, ...]:
    """The components that have to be covered, in the order in which we write them."""
    always = ("@method", "@target-uri", "content-digest")
    typed = ("content-type",) if body else ()
    keyed = ("idempotency-key",) if "idempotency-key" in headers else ()
    return (*always, *typed, *keyed)


def signature_base(components: Mapping[str, str], parameters: str) -> bytes:
    """What is signed (RFC 9421 §2.5): a line for each component, in order, and one for the signature parameters.

    Raises Refused for a value with control characters, which could pass for a line of its own.
    """
    printable = all(value.isprintable() for value in components.values())
    require(printable, "bad_signature", "A signed field holds control characters.")
    lines = [f'"{name}": {value}' for name, value in components.items()]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode()


def _values(method: str, url: str, headers: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """The covered components with their values, in the order in which they are covered."""
    derived = {"@method": method, "@target-uri": url}
    return {name: derived[name] if name in derived else headers.get(name, "").strip() for name in names}


def _parse(headers: Mapping[str, str]) -> _Input:
    """The Signature-Input field, which has to be of our one profile. Raises Refused."""
    found = _INPUT.fullmatch(headers.get("signature-input", ""))
    if found is None:
        raise Refused("bad_signature", "The request is not signed, or not in the one way it can be.")
    value, components, parameters = found.groups()
    pairs = [part.partition("=") for part in parameters.split(";")[1:]]
    stated = {name: text.strip('"') for name, _, text in pairs}
    whole = sorted(name for name, _, _ in pairs) == sorted(_PARAMETERS)
    require(whole, "bad_signature", "The parameters of the signature are not the ones required.")
    ours = (stated["alg"], stated["tag"]) == ("ed25519", SIGNATURE_TAG) and stated["created"].isdigit()
    require(ours, "bad_signature", "The signature is of another algorithm or for another purpose.")
    names = tuple(name.strip('"') for name in components.split(" "))
    return _Input(value, names, int(stated["created"]), _from_hex(stated["keyid"]))


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Refused("bad_signature", "The key id is not the id of a device.") from None


def _signature(headers: Mapping[str, str]) -> bytes:
    found = _SIGNATURE.fullmatch(headers.get("signature", ""))
    if found is None:
        raise Refused("bad_signature", "There is no signature of the form required.")
    try:
        return base64.b64decode(found[1], validate=True)
    except binascii.Error:
        raise Refused("bad_signature", "There is no signature of the form required.") from None
