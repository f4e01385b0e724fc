"""Every way in which an invite can be no good: each is told in a sentence of its own, and spends nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from cerby_service.database import invites as rows
from cerby_service.database import people
from cerby_service.database.invites import InviteRow
from cerby_tui.enrolling.joining import Joining
from cerby_tui.errors import Alarm, CerbyError, OfflineError, RefusedError, UsageError
from cerby_tui.session import Session
from cerby_wire.primitives import SigningKey
from cerby_wire.records import Profile, sign_record
from cerby_wire.texts import InviteString, parse_invite
from tests.devices import enrol
from tests.fakes import FrozenClock
from tests.joined import begun, confirm_kit, invited, join
from tests.rig import ServiceRig, service_rig

DAYS = 86_400.0
PEOPLE = iter(range(1000))
Stranger = Callable[[], Joining]


def address() -> str:
    """An address that no test has used."""
    return f"person{next(PEOPLE)}@invite.example"


@pytest.fixture
async def ada(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Session]:
    """The session of Ada, who founded a workspace."""
    async with founder(rig, tmp_path / "ada", clock) as session:
        yield session


@asynccontextmanager
async def founder(rig: ServiceRig, root: Path, clock: FrozenClock) -> AsyncIterator[Session]:
    """Somebody who founded a workspace."""
    session = (await enrol(rig, root, clock, email=address())).open()
    yield session
    await session.close()


@pytest.fixture
def stranger(tmp_path: Path, clock: FrozenClock) -> Stranger:
    """Makes devices that wait for an invite."""
    from cerby_tui.home import Home

    numbers = iter(range(100))
    return lambda: begun(Home(tmp_path / f"stranger{next(numbers)}").ready(), clock)


async def sentence(joining: Joining, invite: str, email: str, kind: type[CerbyError] = RefusedError) -> str:
    """What is said about an invite; nothing may have been sent to the address, and another may be pasted."""
    with pytest.raises(kind) as caught:
        await joining.request_code(invite, email, "Somebody")
    assert joining.step == "invite"
    return caught.value.whole()


async def test_a_used_invite(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, ada: Session, stranger: Stranger
) -> None:
    """One person, once."""
    email = address()
    new = await ada.invites.invite(email, "user")
    await join(rig, tmp_path / "bob", clock, new.text, email, "Bob")
    assert "was used already" in await sentence(stranger(), new.text, email)


async def test_a_withdrawn_invite(rig: ServiceRig, ada: Session, stranger: Stranger) -> None:
    """Withdrawn before it is pasted, or while the code is on its way."""
    first, second = address(), address()
    gone, going = await ada.invites.invite(first, "user"), await ada.invites.invite(second, "user")
    await ada.invites.withdraw(gone.invitation.id)
    assert "was withdrawn" in await sentence(stranger(), gone.text, first)
    assert rig.mail.letters[first][1:] == []
    late = stranger()
    await late.request_code(going.text, second, "Late")
    await ada.invites.withdraw(going.invitation.id)
    with pytest.raises(RefusedError, match="was withdrawn"):
        await late.confirm(rig.code_for(second))
    with pytest.raises(RefusedError, match="not open any more"):
        await ada.invites.withdraw(going.invitation.id)


async def test_an_expired_invite(tmp_path: Path, clock: FrozenClock, stranger: Stranger) -> None:
    """Seven days for members, three for Guests; the service counts them."""
    with service_rig(tmp_path / "own", clock=clock.now) as rig:
        async with founder(rig, tmp_path / "ada", clock) as ada:
            member, guest = address(), address()
            of_member, of_guest = await ada.invites.invite(member, "user"), await ada.invites.invite(guest, "guest")
            clock.advance(3 * DAYS)
            assert "has expired" in await sentence(stranger(), of_guest.text, guest)
            clock.advance(4 * DAYS - 1)
            await stranger().request_code(of_member.text, member, "In time")
            clock.advance(1)
            assert "has expired" in await sentence(stranger(), of_member.text, member)


def bad_strings() -> Iterator[tuple[str, str]]:
    """Strings that hold no invite, made from a good one, and what is said of each."""
    good = InviteString("https://cerby.example", bytes(20), bytes(20), bytes(20), bytes(16)).encode()
    yield good.replace("0", "1", 1), "It is mistyped."
    yield good[:-1] + ("0" if good[-1] != "0" else "1"), "It is mistyped."
    yield good + "0", "It is mistyped."
    yield good[:-10], "It is incomplete: the end is missing."
    yield good[:40], "It is incomplete: the end is missing."
    yield good[:-1] + "u", "It holds a character that no invite has."
    yield "cerby-token-" + good[13:], "It is a provisioning token: it creates a new workspace."
    yield "hello", "An invite begins with cerby-invite-."
    yield "", "An invite begins with cerby-invite-."


@pytest.mark.parametrize(("text", "said"), list(bad_strings()))
async def test_a_string_that_is_no_invite(text: str, said: str, stranger: Stranger) -> None:
    """Mistyped, incomplete, a token, or something else: told apart without asking anybody."""
    assert said in await sentence(stranger(), text, address(), UsageError)


async def test_a_newer_invite(monkeypatch: pytest.MonkeyPatch, stranger: Stranger) -> None:
    """An invite of a later version holds together, but is not guessed at."""
    monkeypatch.setattr("cerby_wire.texts.VERSION", b"\x02")
    text = InviteString("https://cerby.example", bytes(20), bytes(20), bytes(20), bytes(16)).encode()
    monkeypatch.undo()
    assert "newer version" in await sentence(stranger(), text, address(), UsageError)


async def test_an_invite_of_another_service(rig: ServiceRig, ada: Session, stranger: Stranger) -> None:
    """A service that is not the one named in the string gets nothing; one that is not there is said to be away."""
    email = address()
    string = parse_invite((await ada.invites.invite(email, "user")).text)
    other = replace(string, fingerprint=bytes(20)).encode()
    assert "not the service that the invite comes from" in await sentence(stranger(), other, email, Alarm)
    away = replace(string, origin="http://127.0.0.1:9").encode()
    assert "cannot be reached" in await sentence(stranger(), away, email, OfflineError)
    unknown = replace(string, secret=bytes(16)).encode()
    assert "knows no such invite" in await sentence(stranger(), unknown, email)
    assert len(rig.mail.letters[email]) == 1


async def test_an_invite_written_by_somebody_else(ada: Session, stranger: Stranger) -> None:
    """A service that puts its own invite in the place of the one in the string is found out."""
    email = address()
    string = parse_invite((await ada.invites.invite(email, "user")).text)
    text = replace(string, inviter=bytes(20)).encode()
    assert "written by somebody else" in await sentence(stranger(), text, email, Alarm)


async def test_an_inviter_who_may_no_longer(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, ada: Session, stranger: Stranger
) -> None:
    """An Admin's invites end with their being an Admin, before the code is asked for and after."""
    admin = (await invited(rig, ada, tmp_path / "ann", clock, email=address(), name="Ann", role="admin")).open()
    await admin.sync_now()
    email, other = address(), address()
    new, later = await admin.invites.invite(email, "user"), await admin.invites.invite(other, "user")
    late = stranger()
    await late.request_code(later.text, other, "Late")
    await ada.people.set_role(admin.people.me().user, "user")
    assert "may not invite to that role any more" in await sentence(stranger(), new.text, email)
    with pytest.raises(RefusedError, match="may not invite"):
        await late.confirm(rig.code_for(other))
    await admin.close()


async def test_the_address_of_another_person(rig: ServiceRig, ada: Session, stranger: Stranger) -> None:
    """Whoever finds the string needs the mailbox, too; no code goes to any other address."""
    email, thief = address(), address()
    new = await ada.invites.invite(email, "user")
    assert "another e-mail address" in await sentence(stranger(), new.text, thief)
    assert thief not in rig.mail.letters
    await stranger().request_code(new.text, f" {email.upper()} ", "Spelt otherwise")


async def test_a_member_is_not_invited_again(ada: Session) -> None:
    """Their address is known."""
    with pytest.raises(RefusedError, match="in the workspace already"):
        await ada.invites.invite(ada.people.me().email.upper(), "user")
    with pytest.raises(RefusedError, match="not an e-mail address"):
        await ada.invites.invite("nobody", "user")
    with pytest.raises(UsageError, match="may not invite"):
        await ada.invites.invite(address(), "owner")


async def test_the_letter_holds_no_secret(rig: ServiceRig, ada: Session) -> None:
    """It says who invites and what to do; the string goes another way, and the service never has it."""
    email = address()
    new = await ada.invites.invite(email, "user")
    (letter,) = rig.mail.letters[email]
    secret = parse_invite(new.text).secret
    assert new.mailed and "Ada Founder invited you" in letter and "cerby-tui join" in letter
    assert new.text[13:] not in letter
    assert secret not in b"".join(file.read_bytes() for file in rig.data.iterdir())
    assert new.text not in repr(new)


async def test_an_invite_stands_without_its_letter(rig: ServiceRig, ada: Session) -> None:
    """When no mail goes out, the inviter hears so, and passes the string on in any case."""
    rig.mail.refuse = True
    try:
        new = await ada.invites.invite(address(), "user")
    finally:
        rig.mail.refuse = False
    assert not new.mailed
    assert [one.id for one in await ada.invites.open()] == [new.invitation.id]


async def test_who_sees_which_invites(rig: ServiceRig, tmp_path: Path, clock: FrozenClock, ada: Session) -> None:
    """Administrators see all open invites, and withdraw those that they could have written; others see their own."""
    admin = (await invited(rig, ada, tmp_path / "ann", clock, email=address(), name="Ann", role="admin")).open()
    user = (await invited(rig, ada, tmp_path / "uma", clock, email=address(), name="Uma", role="user")).open()
    for session in (admin, user):
        await session.sync_now()
    above, below = await ada.invites.invite(address(), "super_admin"), await ada.invites.invite(address(), "guest")
    await admin.sync_now()
    shown = await admin.invites.open()
    assert {one.id: one.inviter for one in shown} == dict.fromkeys(
        (above.invitation.id, below.invitation.id), "Ada Founder"
    )
    assert await user.invites.open() == []
    assert [admin.invites.may_withdraw(one.invitation.id) for one in (above, below)] == [False, True]
    with pytest.raises(RefusedError, match="may not withdraw"):
        await admin.invites.withdraw(above.invitation.id)
    await admin.invites.withdraw(below.invitation.id)
    for session in (admin, user):
        await session.close()


async def test_the_service_keeps_what_became_of_an_invite(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, ada: Session
) -> None:
    """In step with the workspace: open, used or withdrawn. Of those that are over, it forgets the address."""
    used, gone, kept = [await ada.invites.invite(address(), "user") for _ in range(3)]
    await join(rig, tmp_path / "bob", clock, used.text, used.invitation.email, "Bob")
    await ada.invites.withdraw(gone.invitation.id)
    workspace = parse_invite(used.text).workspace

    def row(invite: bytes) -> InviteRow:
        found = rig.parts.database.read_now(lambda reading: rows.find(reading, workspace, invite))
        assert found is not None
        return found

    found = [row(one.invitation.id) for one in (used, gone, kept)]
    assert [one.state for one in found] == ["used", "withdrawn", "open"]
    assert [one.email for one in found] == ["", "", kept.invitation.email]


@pytest.mark.parametrize("signer", ["service", "own device"])
async def test_names_are_not_the_services_to_give(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, ada: Session, signer: str
) -> None:
    """A profile that the service made up, or that the workspace does not cite, is not believed."""
    email = address()
    new = await ada.invites.invite(email, "user")
    bob = await join(rig, tmp_path / "bob", clock, new.text, email, "Bob")
    session = bob.open()
    user, workspace = session.people.me().user, parse_invite(new.text).workspace
    await session.close()
    key = SigningKey(bytes(32)) if signer == "service" else bob.keys.sign
    lie = sign_record(key, Profile(user, bob.keys.id, "Ada Founder", email, bytes(16)))
    rig.parts.database.write_now(lambda writing: people.save_profile(writing, workspace, user, lie, email))
    await ada.sync_now()
    assert ada.people.name(user) == f"Person {user[:3].hex().upper()}"


async def test_a_guest_sees_only_their_company(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, ada: Session
) -> None:
    """The service hands a Guest the names of those they share an account with, and no others."""
    await invited(rig, ada, tmp_path / "bob", clock, email=address(), name="Bob")
    guest = await invited(rig, ada, tmp_path / "gus", clock, email=address(), name="Gus", role="guest")
    session = guest.open()
    await session.sync_now()
    assert {one.name for one in session.people.members() if not one.name.startswith("Person ")} == {"Gus"}
    await session.close()


async def test_a_kit_is_asked_back(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, ada: Session, stranger: Stranger
) -> None:
    """Joining ends with a kit of one's own, and not before two of its groups were given back."""
    email = address()
    new = await ada.invites.invite(email, "user")
    joining = stranger()
    await joining.request_code(new.text, email, "Kit")
    await joining.confirm(rig.code_for(email))
    assert not joining.confirm_kit(dict.fromkeys(joining.asked_back(), "AAAAA"))
    confirm_kit(joining)
    assert joining.step == "done"
