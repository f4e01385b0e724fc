"""Signed requests: what the service does not take for a request of a session, and what it says then."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from cerby_tui import authoring
from cerby_tui.errors import RefusedError, SessionRemoved
from cerby_wire.requests import sign_request
from cerby_wire.shapes import BODY_LIMIT, HEADS, JSON, MSGPACK, PULL, PUSH, Heads, Problem, Pull
from tests.fakes import FrozenClock
from tests.people import fresh_device
from tests.rig import ServiceRig
from tests.service.member import Member


async def send(
    rig: ServiceRig, method: str, path: str, headers: dict[str, str], body: bytes = b"", **more: Any
) -> httpx.Response:
    """A request as it stands, straight to the application."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(rig.app), base_url=rig.origin) as client:
        return await client.request(method, path, headers=headers, content=body, **more)


def signed(
    member: Member, rig: ServiceRig, method: str = "GET", path: str = HEADS, body: bytes = b""
) -> dict[str, str]:
    """The header fields that this member's client would send."""
    return sign_request(member.device.sign, member.device.id, method, rig.origin + path, body, rig.parts.clock())


def problem(answer: httpx.Response) -> Problem:
    """The problem document of an answer."""
    return msgspec.msgpack.decode(answer.content, type=Problem)


async def test_an_unsigned_request_is_refused(ada: Member, rig: ServiceRig) -> None:
    """Without a signature there is no answer but a problem document."""
    answer = await send(rig, "GET", HEADS, {})

    assert (401, "bad_signature") == (answer.status_code, problem(answer).code)


async def test_a_changed_body_is_refused(ada: Member, rig: ServiceRig) -> None:
    """A body that was changed on the way is refused, whatever the rest says."""
    body = msgspec.msgpack.encode(Pull())
    headers = signed(ada, rig, "POST", PULL, body)
    answer = await send(rig, "POST", PULL, headers, msgspec.msgpack.encode(Pull(budget=1)))

    assert (401, "bad_digest") == (answer.status_code, problem(answer).rule)


async def test_a_signature_holds_for_one_place_only(ada: Member, rig: ServiceRig) -> None:
    """Signed for another path, query, method or service, it is refused here."""
    headers = signed(ada, rig)
    elsewhere = sign_request(
        ada.device.sign, ada.device.id, "GET", f"https://evil.example{HEADS}", b"", rig.parts.clock()
    )
    answers = [
        await send(rig, "GET", f"{HEADS}?since=1", headers),
        await send(rig, "POST", HEADS, headers),
        await send(rig, "GET", HEADS, elsewhere),
        await send(rig, "GET", HEADS, elsewhere | {"host": "evil.example"}),
    ]

    assert [401, 404, 401, 401] == [answer.status_code for answer in answers]


async def test_the_host_header_decides_nothing(ada: Member, rig: ServiceRig) -> None:
    """A request signed for our origin holds whatever host a proxy wrote."""
    answer = await send(rig, "GET", HEADS, signed(ada, rig) | {"host": "internal:8080"})

    assert 200 == answer.status_code


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-299, 200), (299, 200), (301, 401)])
async def test_clocks_may_differ_by_five_minutes(
    ada: Member, rig: ServiceRig, clock: FrozenClock, seconds: int, status: int
) -> None:
    """Beyond five minutes a request is refused, and the refusal carries the service's time."""
    headers = signed(ada, rig)
    clock.advance(-seconds)
    answer = await send(rig, "GET", HEADS, headers)

    assert status == answer.status_code
    if status != 200:
        assert ("clock_skew", clock.now()) == (problem(answer).code, problem(answer).time)


async def test_the_client_corrects_its_clock(ada: Member) -> None:
    """A client whose clock is an hour off is told the time, and its next attempt is taken."""
    ada.api.offset = -3_600_000

    assert ada.workspace in {stream.id for stream in (await ada.api.heads("")).streams}


async def test_an_unknown_device_is_refused(ada: Member) -> None:
    """A signature by a device in nobody's chain is refused."""
    ada.api._device = fresh_device()
    with pytest.raises(RefusedError) as caught:
        await ada.api.heads("")

    assert "unknown_device" == caught.value.code


async def test_another_key_under_a_known_id_is_refused(ada: Member, rig: ServiceRig) -> None:
    """Naming somebody's device is not enough: its key has to have signed."""
    thief = fresh_device()
    headers = sign_request(thief.sign, ada.device.id, "GET", rig.origin + HEADS, b"", rig.parts.clock())

    assert "bad_signature" == problem(await send(rig, "GET", HEADS, headers)).code


async def test_the_recovery_device_gets_nothing(ada: Member) -> None:
    """The recovery device stands in the chain, but is no session: it is handed no ciphertext."""
    ada.api._device = ada.recovery
    with pytest.raises(RefusedError) as caught:
        await ada.api.heads("")

    assert "unknown_device" == caught.value.code


async def test_a_revoked_device_hears_that_it_was_removed(ada: Member, rig: ServiceRig) -> None:
    """A second device works until it is revoked; from then on every request says `session_removed`."""
    second = fresh_device()
    state = ada.ledger.user(ada.user)
    assert state
    await ada.push(authoring.add_device(ada.device, state, ada.keys, second.public))
    ada.api._device = second
    assert (await ada.api.heads("")).streams
    ada.api._device = ada.device
    state = ada.ledger.user(ada.user)
    assert state
    revocation, ada.keys = authoring.revoke_device(ada.device, state, ada.keys, second.id)
    await ada.push(revocation)
    ada.api._device = second

    with pytest.raises(SessionRemoved):
        await ada.api.heads("")


async def test_only_the_device_itself_hears_that_it_was_removed(ada: Member, rig: ServiceRig) -> None:
    """Somebody who only names a device learns nothing about it."""
    with_a_bad_signature = signed(ada, rig) | {"signature": "cerby=:" + "A" * 86 + "==:"}

    assert "bad_signature" == problem(await send(rig, "GET", HEADS, with_a_bad_signature)).code


async def test_without_a_digest_nothing_is_believed(ada: Member, rig: ServiceRig) -> None:
    """A signature over an absent digest does not cover the body, and is refused."""
    url = rig.origin + HEADS
    value = f'("@method" "@target-uri" "content-digest");created={rig.parts.clock() // 1000}'
    value += f';keyid="{ada.device.id.hex()}";alg="ed25519";tag="cerby-v1"'
    base = f'"@method": GET\n"@target-uri": {url}\n"content-digest": \n"@signature-params": {value}'
    signature = base64.b64encode(ada.device.sign.sign_raw(base.encode())).decode()
    headers = {"signature-input": f"cerby={value}", "signature": f"cerby=:{signature}:"}

    assert 401 == (await send(rig, "GET", HEADS, headers)).status_code


async def test_json_is_spoken_on_request(ada: Member, rig: ServiceRig) -> None:
    """The same structs travel as JSON when both sides say so, errors as problem+json."""
    body = msgspec.json.encode(Pull({ada.workspace: 0}))
    headers = sign_request(
        ada.device.sign, ada.device.id, "POST", rig.origin + PULL, body, rig.parts.clock(), content_type=JSON
    )
    answer = await send(rig, "POST", PULL, headers | {"accept": JSON}, body)
    refused = await send(rig, "GET", HEADS, {"accept": JSON})

    assert 1 == len(answer.json()["entries"])
    assert "application/problem+json" == refused.headers["content-type"]
    assert "bad_signature" == refused.json()["code"]


async def test_answers_are_not_to_be_kept_by_anybody(ada: Member, rig: ServiceRig) -> None:
    """Every answer forbids caches and names the database's generation and the time."""
    for headers in ({}, signed(ada, rig)):
        answer = await send(rig, "GET", HEADS, headers)
        assert "private, no-store" == answer.headers["cache-control"]
        assert rig.parts.database.generation.hex() == answer.headers["cerby-generation"]
        assert str(rig.parts.clock()) == answer.headers["cerby-time"]


async def test_a_body_over_one_mebibyte_is_not_read(ada: Member, rig: ServiceRig) -> None:
    """A body that is too large is refused before anything is made of it."""
    body = bytes(BODY_LIMIT + 1)
    answer = await send(rig, "POST", PUSH, signed(ada, rig, "POST", PUSH, body), body)

    assert (413, "too_large") == (answer.status_code, problem(answer).code)


async def test_a_body_without_a_stated_length_is_cut_off_too(ada: Member, rig: ServiceRig) -> None:
    """A body that comes in pieces is refused as soon as it is over the limit, long before its end."""
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1
            yield bytes(BODY_LIMIT // 8)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(rig.app), base_url=rig.origin) as client:
        answer = await client.post(PUSH, content=pieces(), headers=signed(ada, rig, "POST", PUSH))

    assert 413 == answer.status_code
    assert sent < 12


ENDLESS = b"\x81\xa1x" + b"\x91" * 10_000 + b"\xc0"


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x80\x80", msgspec.msgpack.encode({"entries": "no"}), ENDLESS])
async def test_a_body_that_is_no_request_is_refused(ada: Member, rig: ServiceRig, body: bytes) -> None:
    """Nonsense gets a problem document, never a server error."""
    headers = signed(ada, rig, "POST", PUSH, body) | {"content-type": MSGPACK}
    answer = await send(rig, "POST", PUSH, headers, body)

    assert answer.status_code in (400, 401)


async def test_an_unknown_path_is_a_problem_document_too(rig: ServiceRig) -> None:
    """What is not in the route table is answered like every other refusal."""
    answer = await send(rig, "GET", "/v1/nothing", {})

    assert (404, "not_found") == (answer.status_code, problem(answer).code)


async def test_a_heads_answer_decodes_from_both_formats(ada: Member, rig: ServiceRig) -> None:
    """JSON and msgpack carry the same heads."""
    as_json = await send(rig, "GET", HEADS, signed(ada, rig) | {"accept": JSON})
    as_msgpack = await send(rig, "GET", HEADS, signed(ada, rig))

    one, other = (
        msgspec.json.decode(as_json.content, type=Heads),
        msgspec.msgpack.decode(as_msgpack.content, type=Heads),
    )
    assert one.streams == other.streams
