"""Signed requests: RFC 9421's own vector, an independent implementation in both directions, and what is refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms

from cerby_wire.primitives import SigningKey
from cerby_wire.requests import content_digest, request_key_id, sign_request, signature_base, verify_request
from cerby_wire.shapes import SIGNATURE_TAG
from tests.fakes import NOON
from tests.people import refused

KEY, DEVICE = SigningKey(bytes(range(32))), bytes(range(16))
URL = "https://cerby.example/v1/push?since=a%20b"
BODY = b"\x81\xa1a\x01"


def _signed(**changes: Any) -> dict[str, str]:
    arguments: dict[str, Any] = {
        "method": "POST",
        "url": URL,
        "body": BODY,
        "created": NOON,
        "idempotency_key": "key-1",
    }
    return sign_request(KEY, DEVICE, **(arguments | changes))


def _verify(headers: dict[str, str], **changes: Any) -> None:
    arguments: dict[str, Any] = {"method": "POST", "url": URL, "body": BODY, "now": NOON}
    verify_request(KEY.public, headers=headers, **(arguments | changes))


class _Resolver(HTTPSignatureKeyResolver):
    """Hands the other implementation our key."""

    def resolve_public_key(self, key_id: str) -> Any:
        assert key_id == DEVICE.hex()
        return Ed25519PublicKey.from_public_bytes(KEY.public)

    def resolve_private_key(self, key_id: str) -> Any:
        assert key_id == DEVICE.hex()
        return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def test_the_vector_of_the_rfc() -> None:
    """RFC 9421 B.2.6: signature base and Ed25519 signature."""
    seed = base64.urlsafe_b64decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU=")
    components = {
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "@method": "POST",
        "@path": "/foo",
        "@authority": "example.com",
        "content-type": "application/json",
        "content-length": "18",
    }
    names = " ".join(f'"{name}"' for name in components)
    base = signature_base(components, f'({names});created=1618884473;keyid="test-key-ed25519"')
    expected = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    assert base64.b64encode(SigningKey(seed).sign_raw(base)).decode() == expected


def test_the_digest_of_the_rfc() -> None:
    """RFC 9530 B.1: the SHA-256 digest of its first example."""
    digest = content_digest(b'{"hello": "world"}\n')
    assert digest == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"


@pytest.mark.parametrize(("method", "body", "key"), [("POST", BODY, "key-1"), ("POST", BODY, None), ("GET", b"", None)])
def test_an_independent_implementation_accepts_ours(method: str, body: bytes, key: str | None) -> None:
    """`http-message-signatures` verifies signature, coverage, tag and digest."""
    headers = _signed(method=method, body=body, idempotency_key=key)
    request = httpx.Request(method, URL, content=body, headers=headers)
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=_Resolver())
    covered = ["@method", "@target-uri", "content-digest"]
    covered += ["content-type"] if body else []
    covered += ["idempotency-key"] if key else []
    verifier.verify(request, max_age=None, expect_tag=SIGNATURE_TAG, require_components=covered, body=body)


def test_we_accept_an_independent_implementation() -> None:
    """Whatever the order of its parameters and components."""
    headers = {
        "content-type": "application/msgpack",
        "idempotency-key": "key-1",
        "content-digest": content_digest(BODY),
    }
    request = httpx.Request("POST", URL, content=BODY, headers=headers)
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Resolver()).sign(
        request,
        key_id=DEVICE.hex(),
        created=datetime.fromtimestamp(NOON / 1000, UTC),
        label="cerby",
        tag=SIGNATURE_TAG,
        body=BODY,
        use_existing_digest=True,
        covered_component_ids=["idempotency-key", "content-type", "@target-uri", "content-digest", "@method"],
    )
    _verify(dict(request.headers))
    assert request_key_id(request.headers) == DEVICE


def test_ours_verify() -> None:
    """With and without a body and an idempotency key."""
    _verify(_signed())
    _verify(_signed(body=b"", idempotency_key=None), body=b"")
    assert "content-type" not in _signed(body=b"")


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "GET"},
        {"url": "https://evil.example/v1/push?since=a%20b"},
        {"url": "https://cerby.example/v1/push"},
        {"url": "http://cerby.example/v1/push?since=a%20b"},
    ],
)
def test_a_request_is_for_one_place(changes: dict[str, Any]) -> None:
    """Another method, service, scheme or query: a request relayed to another service is refused there."""
    with refused("bad_signature"):
        _verify(_signed(), **changes)


def test_another_key_is_refused() -> None:
    """The signature is checked against the device's key, not the one that came along."""
    headers = sign_request(SigningKey(bytes(32)), DEVICE, "POST", URL, BODY, NOON)
    with refused("bad_signature"):
        _verify(headers)


@pytest.mark.parametrize("offset", [-300_999, 300_001])
def test_a_request_is_good_for_five_minutes(offset: int) -> None:
    """A replay outside the window, or a clock that is off, is told apart from a bad signature."""
    _verify(_signed(), now=NOON + 300_000)
    _verify(_signed(), now=NOON - 300_000)
    with refused("clock_skew"):
        _verify(_signed(), now=NOON + offset)


def test_another_body_is_refused() -> None:
    """The digest is signed, and compared with what came."""
    with refused("bad_digest"):
        _verify(_signed(), body=BODY + b"x")
    with refused("bad_signature"):
        _verify(_signed() | {"content-digest": content_digest(b"x")})


@pytest.mark.parametrize("name", ["content-digest", "content-type", "idempotency-key", "signature-input", "signature"])
def test_no_field_can_be_taken_away(name: str) -> None:
    """What has to be covered has to be there."""
    headers = _signed()
    del headers[name]
    with refused("bad_signature"):
        _verify(headers)


@pytest.mark.parametrize("name", ["content-type", "idempotency-key"])
def test_no_field_can_be_changed(name: str) -> None:
    """An idempotency key that somebody changed on the way is noticed."""
    with refused("bad_signature"):
        _verify(_signed() | {name: "other"})


def test_no_idempotency_key_can_be_added() -> None:
    """One that is not covered is not taken for one that is."""
    with refused("bad_signature"):
        _verify(_signed(idempotency_key=None) | {"idempotency-key": "key-1"})


def test_a_body_takes_a_signed_type() -> None:
    """A body cannot be slipped under a request that was signed without one."""
    with refused("bad_signature"):
        _verify(_signed(body=b"") | {"content-type": "application/msgpack"})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('alg="ed25519"', 'alg="hmac-sha256"'),
        ('tag="cerby-v1"', 'tag="other"'),
        (";created=", ";expires=1;created="),
        (';alg="ed25519"', ""),
        (';tag="cerby-v1"', ""),
        ("created=", 'created="x";nonce='),
        ('keyid="0001', 'keyid="zz01'),
        ("cerby=(", "other=("),
        ('"@method" ', ""),
        ('"@method"', '"@method" "@method"'),
        ('"@method"', '"date"'),
        ('"@method"', '"@method";req'),
    ],
)
def test_there_is_one_profile(old: str, new: str) -> None:
    """Other algorithms, purposes, parameters, labels and coverage are refused, signed or not."""
    headers = _signed()
    value = headers["signature-input"].replace(old, new, 1)
    assert value != headers["signature-input"]
    with refused("bad_signature"):
        _verify(headers | {"signature-input": value})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('alg="ed25519"', 'alg="rsa-pss-sha512"'),
        ('tag="cerby-v1"', 'tag="other"'),
        ("created=1767182400", 'created="x"'),
        ('"@method" ', '"@method" "@method" '),
        ('"content-digest" ', ""),
    ],
)
def test_there_is_one_profile_however_well_it_is_signed(old: str, new: str) -> None:
    """A signature that the device made for another purpose, or over less, is no signed request."""
    headers = _signed()
    value = headers["signature-input"].removeprefix("cerby=").replace(old, new, 1)
    names = value[1 : value.index(")")].replace('"', "").split()
    known = headers | {"@method": "POST", "@target-uri": URL}
    base = signature_base({name: known[name] for name in names}, value)
    signature = f"cerby=:{base64.b64encode(KEY.sign_raw(base)).decode()}:"
    with refused("bad_signature"):
        _verify(headers | {"signature-input": f"cerby={value}", "signature": signature})


@pytest.mark.parametrize("signature", ["", "cerby=::", "cerby=:AAAA:", "other=:AAAA:", "cerby=:" + "!" * 86 + "==:"])
def test_a_signature_has_one_form(signature: str) -> None:
    """64 bytes in base 64 under our label."""
    with refused("bad_signature"):
        _verify(_signed() | {"signature": signature})


def test_a_field_cannot_pass_for_two_lines() -> None:
    """A line break inside a value would be another line of what is signed."""
    with refused("bad_signature"):
        signature_base({"idempotency-key": 'a\n"@method": GET'}, "()")
