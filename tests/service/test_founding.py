"""E-mailed codes and founding a workspace: what is refused, what may be asked again, what is kept."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from cerby_service.database import people
from cerby_tui.errors import RefusedError
from cerby_wire.primitives import SigningKey
from cerby_wire.shapes import Found, StartVerification, Verification
from cerby_wire.texts import parse_token
from tests.fakes import FrozenClock
from tests.people import fresh_device
from tests.rig import ServiceRig
from tests.service.member import Member


async def start(member: Member, token: str) -> Verification:
    """Ask for a code."""
    asked = StartVerification(member.email, member.device.public, parse_token(token).secret)
    return await member.api.start_verification(asked)


async def ready(member: Member) -> Found:
    """A request that would found a workspace, with the right code."""
    token = member.rig.token()
    verification = await start(member, token)
    return member.founding(token, verification.id, member.rig.code_for(member.email))


def other_code(code: str) -> str:
    """Six digits that are not these."""
    return f"{(int(code) + 1) % 1_000_000:06}"


async def test_a_workspace_is_founded(stranger: Member) -> None:
    """With token and code, the workspace, the person and the device are known, and heads name the three streams."""
    founded = await stranger.found()
    heads = await stranger.api.heads("")

    assert (stranger.workspace, stranger.user, stranger.device.id) == (founded.workspace, founded.user, founded.device)
    assert {"user", "workspace", "personal"} == {stream.kind for stream in heads.streams}
    assert heads.full


async def test_a_lost_answer_is_given_again(stranger: Member) -> None:
    """The same request is answered the same for as long as it is sent, even after the code is long over."""
    founding = await ready(stranger)
    first = await stranger.api.found(founding)

    assert first == await stranger.api.found(founding)
    assert first == await stranger.api.found(replace(founding, code="000000"))


async def test_a_token_founds_one_workspace(stranger: Member, rig: ServiceRig) -> None:
    """Once used, a token founds nothing else, and gets nobody another code."""
    token = rig.token()
    verification = await start(stranger, token)
    await stranger.api.found(stranger.founding(token, verification.id, rig.code_for(stranger.email)))
    other = Member(rig, "bob@example.com")

    with pytest.raises(RefusedError) as caught:
        await start(other, token)
    assert "token_used" == caught.value.code
    with pytest.raises(RefusedError) as caught:
        await other.api.found(other.founding(token, verification.id, "000000"))
    assert "token_used" == caught.value.code
    await other.api.close()


async def test_a_made_up_token_gets_no_letter(stranger: Member, rig: ServiceRig) -> None:
    """Without a token that was issued here, no letter is sent."""
    with pytest.raises(RefusedError) as caught:
        await stranger.api.start_verification(StartVerification(stranger.email, stranger.device.public, b"x" * 16))

    assert "bad_token" == caught.value.code
    assert {} == dict(rig.mail.letters)


async def test_five_wrong_codes_void_the_code(stranger: Member) -> None:
    """The fifth wrong code ends it: after that, the right one is refused too."""
    founding = await ready(stranger)
    wrong = replace(founding, code=other_code(founding.code))
    codes = []
    for attempt in (wrong, wrong, wrong, wrong, wrong, founding):
        with pytest.raises(RefusedError) as caught:
            await stranger.api.found(attempt)
        codes.append(caught.value.code)

    assert ["wrong_code"] * 4 + ["too_many_tries"] * 2 == codes


async def test_tries_at_once_are_all_counted(stranger: Member) -> None:
    """Sending many guesses in parallel gives no more than five of them."""
    founding = await ready(stranger)
    wrong = replace(founding, code=other_code(founding.code))
    answers = await asyncio.gather(*(stranger.api.found(wrong) for _ in range(12)), return_exceptions=True)

    codes = [answer.code for answer in answers if isinstance(answer, RefusedError)]
    assert 4 == codes.count("wrong_code")
    assert 8 == codes.count("too_many_tries")


async def test_a_code_is_good_for_five_minutes(stranger: Member, clock: FrozenClock) -> None:
    """One second before it works, at five minutes it is over."""
    founding = await ready(stranger)
    clock.advance(300)

    with pytest.raises(RefusedError) as caught:
        await stranger.api.found(founding)
    assert "code_expired" == caught.value.code
    clock.advance(-1)
    await stranger.api.found(founding)


async def test_another_code_comes_after_a_minute_and_voids_the_first(
    stranger: Member, rig: ServiceRig, clock: FrozenClock
) -> None:
    """Within the minute it is refused with the seconds to wait; later the first code is void."""
    token = rig.token()
    first = await start(stranger, token)
    first_code = rig.code_for(stranger.email)
    clock.advance(20)
    with pytest.raises(RefusedError) as caught:
        await start(stranger, token)
    assert ("resend_later", 40) == (caught.value.code, caught.value.retry_after)
    clock.advance(40)
    second = await start(stranger, token)
    founding = stranger.founding(token, first.id, first_code)

    with pytest.raises(RefusedError) as caught:
        await stranger.api.found(founding)
    assert "code_expired" == caught.value.code
    await stranger.api.found(replace(founding, verification=second.id, code=rig.code_for(stranger.email)))


async def test_a_letter_that_cannot_be_sent_is_said(stranger: Member, rig: ServiceRig) -> None:
    """When the mail server refuses, the caller hears so and may try again at once."""
    token = rig.token()
    rig.mail.refuse = True
    with pytest.raises(RefusedError) as caught:
        await start(stranger, token)
    assert "mail_failed" == caught.value.code
    rig.mail.refuse = False

    assert 300 == (await start(stranger, token)).expires_in


@pytest.mark.parametrize(
    "email", ["", "ada", "a@b\r\nBcc: eve@example.com", "a b@example.com", "ada@example.com, eve@x.y"]
)
async def test_only_addresses_get_letters(stranger: Member, rig: ServiceRig, email: str) -> None:
    """What is no single address is refused before anything is sent."""
    stranger.email = email
    with pytest.raises(RefusedError) as caught:
        await start(stranger, rig.token())

    assert "bad_request" == caught.value.code


async def test_the_code_is_bound_to_address_and_device(stranger: Member, rig: ServiceRig) -> None:
    """A code mailed to one address founds nothing for another address, nor from another device."""
    token = rig.token()
    verification = await start(stranger, token)
    code = rig.code_for(stranger.email)
    other = Member(rig, "eve@example.com")
    with pytest.raises(RefusedError) as caught:
        await other.api.found(other.founding(token, verification.id, code))
    assert "wrong_code" == caught.value.code
    await other.api.close()
    stranger.email = "eve@example.com"

    with pytest.raises(RefusedError) as caught:
        await stranger.api.found(stranger.founding(token, verification.id, code))
    assert "wrong_code" == caught.value.code


async def test_the_founding_device_has_to_sign(stranger: Member) -> None:
    """A request signed by another device than the one that begins the chain is refused."""
    founding = await ready(stranger)
    stranger.api._device = fresh_device()  # signs from now on

    with pytest.raises(RefusedError) as caught:
        await stranger.api.found(founding)
    assert "bad_signature" == caught.value.code


async def test_the_device_is_the_one_that_is_named(stranger: Member, rig: ServiceRig) -> None:
    """Signed by the right key under the id of another device, a first request is refused."""
    asked = StartVerification(stranger.email, stranger.device.public, parse_token(rig.token()).secret)
    stranger.api._device.id = fresh_device().id
    with pytest.raises(RefusedError) as caught:
        await stranger.api.start_verification(asked)

    assert "bad_signature" == caught.value.code
    assert {} == dict(rig.mail.letters)


async def test_a_device_founds_one_workspace(stranger: Member, rig: ServiceRig) -> None:
    """A session that belongs to a workspace cannot be taken into a second one, with whatever token."""
    first = await ready(stranger)
    await stranger.api.found(first)
    again = replace(first, token=parse_token(rig.token()).secret)
    with pytest.raises(RefusedError) as caught:
        await stranger.api.found(again)

    assert "forbidden" == caught.value.code


async def test_beginnings_have_to_belong_together(stranger: Member, rig: ServiceRig) -> None:
    """Private settings of somebody else, or a profile signed by another key, found nothing."""
    founding = await ready(stranger)
    other = Member(rig, "bob@example.com")
    foreign = other.founding(rig.token())
    forged = replace(founding.profile, signature=SigningKey(bytes(32)).sign("profile", founding.profile.raw))
    for bad in (replace(founding, personal=foreign.personal), replace(founding, profile=forged)):
        with pytest.raises(RefusedError) as caught:
            await stranger.api.found(bad)
        assert "bad_request" == caught.value.code
    await other.api.close()

    await stranger.api.found(founding)


async def test_nothing_readable_is_kept_of_address_and_code(stranger: Member, rig: ServiceRig) -> None:
    """Until somebody founds with it, an address is not in the data directory, and the code never is."""
    await start(stranger, rig.token())
    code = rig.code_for(stranger.email)
    stored = b"".join(file.read_bytes() for file in rig.data.iterdir())

    assert stranger.email.encode() not in stored
    assert code.encode() not in stored


async def test_the_founder_is_the_owner(ada: Member, rig: ServiceRig) -> None:
    """The service knows the founder's role and the device's key from the streams, not from the request."""
    device = rig.parts.database.read_now(lambda reading: people.find_device(reading, ada.device.id))

    assert device is not None
    assert ("owner", "active", ada.device.public.sign) == (device.role, device.state, device.sign)
