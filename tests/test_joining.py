"""Joining by an invite with no administrator online, over the real service with real mail; every step lost once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from cerby_tui.codes.extract import extract
from cerby_tui.enrolling.ways import Ways
from cerby_tui.errors import OfflineError, RefusedError, SessionRemoved, WrongPassphrase
from cerby_tui.home import Home
from cerby_tui.keys import FLOOR
from cerby_tui.session import Session, open_session
from cerby_tui.sync.beginning import writing_parts
from cerby_tui.values import Item
from cerby_tui.vault.marks import SERVICE_KEY, TRUST_SLOT
from cerby_tui.vault.vault import open_database
from cerby_wire.headers import Policy
from tests.devices import NO_KEYRING, PASSPHRASE, enrol
from tests.fakes import FrozenClock
from tests.joined import begun, confirm_kit, invited, joining_in
from tests.rig import ServiceRig
from tests.test_enrolment import LosesAnswers

PEOPLE = iter(range(1000))


def address() -> str:
    """An address that no test has used: a minute has to pass between two codes for one."""
    return f"person{next(PEOPLE)}@join.example"


class Meanwhile(httpx.AsyncBaseTransport):
    """Reaches the service; just before the first request for a path, something happens."""

    def __init__(self, path: str, act: object) -> None:
        self._real = httpx.AsyncHTTPTransport()
        self._path = path
        self._act = act
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Act once, then send."""
        if request.url.path == self._path:
            self.asked += 1
            if self.asked == 1:
                await self._act()  # type: ignore[operator]
        return await self._real.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the real connections."""
        await self._real.aclose()


@pytest.fixture
async def ada(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Session]:
    """The session of Ada, who founded a workspace."""
    session = (await enrol(rig, tmp_path / "ada", clock, email=address())).open()
    yield session
    await session.close()


async def test_an_invited_person_joins_while_nobody_is_online(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, ada: Session
) -> None:
    """Invite string, mailed code and kit lead to a vault of one's own, and both sides know each other by name."""
    email = address()
    bob = await invited(rig, ada, tmp_path / "bob", clock, email=email)
    session = open_session(bob.home, PASSPHRASE, clock=clock, keyring=NO_KEYRING)
    await session.sync_now()
    assert session.who()[:3] == ("Bob Builder", email, "first")
    both = {"Ada Founder": "owner", "Bob Builder": "user"}
    assert {one.name: one.role for one in session.people.members()} == both
    assert {one.name: one.role for one in ada.people.members()} == both
    assert await ada.invites.open() == []
    await session.close()


async def test_the_services_key_is_written_down(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, ada: Session
) -> None:
    """The first round puts the service's key into the private settings, so that a recovery can compare it."""
    bob = await invited(rig, ada, tmp_path / "bob", clock, email=address())
    session = bob.open()
    await session.sync_now()
    await session.close()
    database = open_database(bob.home, bob.keys.database_key)
    vault = writing_parts(database, bob.keys, extract, clock).vault
    assert vault.private(TRUST_SLOT) == {SERVICE_KEY: rig.parts.key.public}
    database.close()


async def test_steps_in_order(rig: ServiceRig, home: Home, clock: FrozenClock, ada: Session) -> None:
    """Each step says what comes next, and who invited is said before the code is typed."""
    email = address()
    new = await ada.invites.invite(email, "guest")
    joining = joining_in(home, clock)
    steps = [joining.step]
    joining.name_device("laptop")
    steps.append(joining.step)
    joining.choose_passphrase(PASSPHRASE)
    steps.append(joining.step)
    assert joining.invited_by == ""
    await joining.request_code(new.text, email, "Cleo")
    steps.append(joining.step)
    assert joining.invited_by.startswith("Ada Founder (") and joining.invited_by.endswith("invited you as Guest User.")
    await joining.confirm(rig.code_for(email))
    steps.append(joining.step)
    assert not home.enrolled()
    confirm_kit(joining)
    assert [*steps, joining.step] == ["name", "passphrase", "invite", "code", "kit", "done"]
    assert home.enrolled()


async def test_resumed_after_each_step(rig: ServiceRig, home: Home, clock: FrozenClock, ada: Session) -> None:
    """The program may end after any step; the passphrase alone brings everything back, the way included."""

    def again() -> Ways:
        return Ways(home, clock, keyring=NO_KEYRING, cost=FLOOR)

    email = address()
    new = await ada.invites.invite(email, "user")
    begun(home, clock)
    second = again().resume(PASSPHRASE)
    assert (second.way, second.step) == ("join", "invite")
    await second.request_code(new.text, email, "Dan")
    third = again().resume(PASSPHRASE)
    assert (third.step, third.invited_by) == ("code", second.invited_by)
    await third.confirm(rig.code_for(email))
    fourth = again().resume(PASSPHRASE)
    assert (fourth.step, fourth.kit()) == ("kit", third.kit())
    with pytest.raises(WrongPassphrase):
        again().resume("another passphrase")


async def test_a_lost_answer_joins_once(rig: ServiceRig, home: Home, clock: FrozenClock, ada: Session) -> None:
    """When the answer to the join is lost, doing it again leads to the same person, although the invite is used."""
    email = address()
    new = await ada.invites.invite(email, "user")
    line = LosesAnswers("/v1/joins")
    first = begun(home, clock, transport=line)
    await first.request_code(new.text, email, "Eve")
    with pytest.raises(OfflineError):
        await first.confirm(rig.code_for(email))
    await ada.people.set_policy(Policy(idle_lock=300))  # the workspace moves on meanwhile
    second = joining_in(home, clock)
    second.resume(PASSPHRASE)
    await second.confirm("000000")  # whatever is typed now: they are in
    assert (line.lost, second.step, second.kit().user) == (1, "kit", first.kit().user)
    await ada.sync_now()
    assert [one.name for one in ada.people.members()].count("Eve") == 1


async def test_a_lost_lease_is_asked_for_again(rig: ServiceRig, home: Home, clock: FrozenClock, ada: Session) -> None:
    """When the program ends between the join and the vault, confirming again completes it, with no code."""
    email = address()
    new = await ada.invites.invite(email, "user")
    joining = begun(home, clock, transport=LosesAnswers("/v1/heads"))
    await joining.request_code(new.text, email, "Fay")
    with pytest.raises(OfflineError):
        await joining.confirm(rig.code_for(email))
    again = joining_in(home, clock)
    assert again.resume(PASSPHRASE) == "code"
    await again.confirm("")
    assert again.step == "kit"


async def test_a_workspace_that_moves_on_is_followed(
    rig: ServiceRig, home: Home, clock: FrozenClock, ada: Session
) -> None:
    """Somebody changes the workspace just before the join arrives: it is written anew, and the code is still good."""
    email = address()
    new = await ada.invites.invite(email, "user")

    async def change() -> None:
        await ada.people.set_policy(Policy(idle_lock=120))

    line = Meanwhile("/v1/joins", change)
    joining = begun(home, clock, transport=line)
    await joining.request_code(new.text, email, "Gil")
    await joining.confirm(rig.code_for(email))
    assert (line.asked, joining.step) == (2, "kit")


async def test_a_mistyped_code_can_be_typed_again(
    rig: ServiceRig, home: Home, clock: FrozenClock, ada: Session
) -> None:
    """A wrong code is refused, nothing is used up by it, and the right one then works."""
    email = address()
    new = await ada.invites.invite(email, "user")
    joining = begun(home, clock)
    await joining.request_code(new.text, email, "Hal")
    code = rig.code_for(email)
    with pytest.raises(RefusedError) as caught:
        await joining.confirm("000000" if code != "000000" else "111111")
    assert caught.value.code == "wrong_code"
    assert [one.email for one in await ada.invites.open()] == [email]
    await joining.confirm(code)
    assert joining.step == "kit"


async def test_the_new_person_can_do_what_their_role_allows(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, ada: Session
) -> None:
    """An Admin who joined by invite invites on; a User may not, unless the policy lets them invite Guests."""
    admin = (await invited(rig, ada, tmp_path / "a", clock, email=address(), name="Ann", role="admin")).open()
    user = (await invited(rig, admin, tmp_path / "u", clock, email=address(), name="Uma", role="user")).open()
    for session in (admin, user):
        await session.sync_now()
    assert admin.invites.roles() == ("admin", "user", "login_only", "guest")
    assert user.invites.roles() == ()
    await ada.people.set_policy(Policy(inviters="user"))
    await user.sync_now()
    assert user.invites.roles() == ("guest",)
    await user.invites.invite(address(), "guest")
    for session in (admin, user):
        await session.close()


async def test_whoever_was_removed_comes_back_as_somebody_new(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, ada: Session
) -> None:
    """Their device opens nothing any more; invited anew, they are a member again under another id."""
    with_bob = await invited(rig, ada, tmp_path / "one", clock, email=address())
    (bob,) = [one for one in ada.people.members() if not one.you]
    await ada.people.remove(bob.user, {})
    old = with_bob.open()
    with pytest.raises(SessionRemoved):
        await old.sync_now()
    await old.close()
    await invited(rig, ada, tmp_path / "two", clock, email=address())
    both = [one for one in ada.people.members() if one.name == "Bob Builder"]
    assert [one.status for one in both] == ["active", "removed"]
    assert both[1].user == bob.user != both[0].user


async def test_sharing_introduces_a_guest(rig: ServiceRig, tmp_path: Path, clock: FrozenClock, ada: Session) -> None:
    """A Guest learns the name of whoever is on an account with them when it is shared, and of nobody else."""
    guest = (await invited(rig, ada, tmp_path / "gus", clock, email=address(), name="Gus", role="guest")).open()
    await invited(rig, ada, tmp_path / "bob", clock, email=address())
    me = guest.people.me().user
    account = await ada.add_account(Item("Shop"))
    await ada.sync_now()
    await ada.sharing.share(account, me, "collaborator")
    await ada.sync_now()
    await guest.sync_now()
    assert {one.name for one in guest.people.members() if not one.name.startswith("Person ")} == {"Gus", "Ada Founder"}
    await guest.close()
