"""Joining while every request is lost once, before the service hears it and after; and while the service lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.enrolling import invitation
from cerby_tui.enrolling.joining import Joining
from cerby_tui.errors import Alarm, OfflineError, RefusedError
from cerby_tui.home import Home
from cerby_tui.session import Session
from cerby_wire.inviting import AskInvitation, InvitationAnswer
from cerby_wire.ledger import Ledger
from cerby_wire.shapes import About, Pulled, StoredEntry
from cerby_wire.texts import parse_invite
from tests.devices import PASSPHRASE, enrol
from tests.fakes import FrozenClock
from tests.faults import BadNetwork, Fault, Killed
from tests.joined import begun, confirm_kit, joining_in
from tests.rig import ServiceRig, service_rig

PEOPLE = iter(range(1000))
MOST_REQUESTS = 12
MINUTE = 61.0


@pytest.fixture
def rig(tmp_path: Path, clock: FrozenClock) -> Iterator[ServiceRig]:
    """A service whose clock the test moves, since a minute has to pass between two codes."""
    with service_rig(tmp_path / "own", clock=clock.now) as running:
        yield running


Lie = Callable[[msgspec.Struct], msgspec.Struct]


class Lies(httpx.AsyncBaseTransport):
    """Reaches the service, and changes the answers from one path."""

    def __init__(self, path: str, kind: type[msgspec.Struct], lie: Lie) -> None:
        self._real = httpx.AsyncHTTPTransport()
        self._path = path
        self._kind = kind
        self._lie = lie

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and change what comes back."""
        response = await self._real.handle_async_request(request)
        if request.url.path != self._path or response.status_code != 200:
            return response
        raw = await response.aread()
        await response.aclose()
        told = self._lie(msgspec.msgpack.decode(raw, type=self._kind))
        return httpx.Response(200, content=msgspec.msgpack.encode(told), request=request)

    async def aclose(self) -> None:
        """Close the real connections."""
        await self._real.aclose()


async def founder(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Session:
    """Ada, who founded a workspace."""
    return (await enrol(rig, tmp_path / "ada", clock, email=f"ada{next(PEOPLE)}@faults.example")).open()


async def stubborn(rig: ServiceRig, home: Home, clock: FrozenClock, text: str, email: str, line: BadNetwork) -> Joining:
    """Somebody who begins the program anew after each failure, until they are in."""
    begun(home, clock)
    for _ in range(5):
        joining = joining_in(home, clock, transport=line)
        try:
            if joining.resume(PASSPHRASE) == "invite":
                await joining.request_code(text, email, "Bob")
            await joining.confirm(rig.code_for(email))
        except (OfflineError, Killed):
            clock.advance(MINUTE)
        except RefusedError as refused:
            assert refused.code == "resend_later"
            clock.advance(MINUTE)
        else:
            return joining
    raise AssertionError("the join never ended")


@pytest.mark.parametrize("fault", ["dead before", "lost", "twice"])
async def test_every_request_fails_once(rig: ServiceRig, tmp_path: Path, clock: FrozenClock, fault: Fault) -> None:
    """Killed before whichever request, its answer lost, or sent twice: the person gets in, once, with one device."""
    ada = await founder(rig, tmp_path, clock)
    for nth in range(MOST_REQUESTS):
        email, line = f"bob{nth}@faults.example", BadNetwork()
        new = await ada.invites.invite(email, "user")
        line.faults = ["fine"] * nth + [fault]
        joining = await stubborn(rig, Home(tmp_path / f"bob{nth}").ready(), clock, new.text, email, line)
        confirm_kit(joining)
        session = joining.open()
        assert [one.you for one in session.people.members()].count(True) == 1
        await session.close()
        if line.faults:
            break
    await ada.sync_now()
    assert nth > 6 and line.faults, "every request has had its turn"
    emails = [one.email for one in ada.people.members()]
    assert len(emails) == len(set(emails)) == nth + 2
    await ada.close()


def without_last(kind: str) -> Lie:
    """An answer without the newest entries of the workspace, or of everybody's chain."""

    def lie(told: msgspec.Struct) -> msgspec.Struct:
        assert isinstance(told, InvitationAnswer)
        entries = [one for one in told.entries if (_kind(one) == "workspace") != (kind == "workspace")]
        kept = [one for one in told.entries if one not in entries]
        return replace(told, entries=[*entries, *kept[:-1]])

    return lie


def _kind(one: StoredEntry) -> str:
    from cerby_wire.entries import read_header

    return read_header(one.entry).kind


def other_key(told: msgspec.Struct) -> msgspec.Struct:
    """Another service key than the one that the invite names."""
    assert isinstance(told, About)
    return replace(told, service_key=bytes(32))


def bent_entry(told: msgspec.Struct) -> msgspec.Struct:
    """An entry with another signature."""
    assert isinstance(told, InvitationAnswer)
    first = told.entries[0]
    return replace(
        told, entries=[StoredEntry(first.stream, 1, replace(first.entry, signature=bytes(64))), *told.entries[1:]]
    )


def other_inviter(told: msgspec.Struct) -> msgspec.Struct:
    """Somebody else's profile as the inviter's."""
    assert isinstance(told, InvitationAnswer) and told.inviter is not None
    return replace(told, inviter=replace(told.inviter, signature=bytes(64)))


LIES = [
    ("/v1/", About, other_key, "service_key"),
    ("/v1/invitations", InvitationAnswer, without_last("workspace"), "no_such_invite"),
    ("/v1/invitations", InvitationAnswer, without_last("user"), "withheld"),
    ("/v1/invitations", InvitationAnswer, bent_entry, "bad_signature"),
    ("/v1/invitations", InvitationAnswer, lambda told: replace(told, entries=[]), "another_workspace"),
]


@pytest.mark.parametrize(("path", "kind", "lie", "rule"), LIES)
async def test_lies_about_the_invite(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, path: str, kind: type[msgspec.Struct], lie: Lie, rule: str
) -> None:
    """Whatever is left out, forged or exchanged is an alarm before anything is sent to anybody."""
    ada = await founder(rig, tmp_path, clock)
    email = "eve@faults.example"
    new = await ada.invites.invite(email, "user")
    joining = begun(Home(tmp_path / "eve").ready(), clock, transport=Lies(path, kind, lie))
    with pytest.raises(Alarm) as caught:
        await joining.request_code(new.text, email, "Eve")
    assert (caught.value.rule, joining.step) == (rule, "invite")
    assert len(rig.mail.letters[email]) == 1
    await ada.close()


async def test_another_workspace_of_the_inviters(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """Not even one that the inviter founded, with the same invite in it, takes the place of the one in the string."""
    ada = await enrol(rig, tmp_path / "ada", clock, email="ada@faults.example")
    session = ada.open()
    new = await session.invites.invite("ida@faults.example", "user")
    await session.close()
    string = parse_invite(new.text)

    def lie(told: msgspec.Struct) -> msgspec.Struct:
        assert isinstance(told, InvitationAnswer)
        ledger = Ledger(rig.parts.key.public)
        chain = [one for one in told.entries if _kind(one) == "user"]
        ledger.add(chain[0].entry)
        ledger.add(authoring.workspace_genesis(Author.of(ada.keys, string.inviter, ledger), bytes(32)))
        author = Author.of(ada.keys, string.inviter, ledger)
        ledger.add(authoring.invite(author, authoring.invite_key(string.secret), "admin", bytes(32)))
        workspace = ledger.entries[author.workspace]
        others = [StoredEntry(author.workspace, n, entry) for n, entry in enumerate(workspace, 1)]
        return replace(told, entries=[*chain, *others])

    line = Lies("/v1/invitations", InvitationAnswer, lie)
    joining = begun(Home(tmp_path / "ida").ready(), clock, transport=line)
    with pytest.raises(Alarm, match="another workspace"):
        await joining.request_code(new.text, "ida@faults.example", "Ida")


async def test_a_name_that_is_not_the_inviters(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """A profile that does not hold is not shown; the invite itself is as good as before."""
    ada = await founder(rig, tmp_path, clock)
    new = await ada.invites.invite("fay@faults.example", "user")
    line = Lies("/v1/invitations", InvitationAnswer, other_inviter)
    joining = begun(Home(tmp_path / "fay").ready(), clock, transport=line)
    await joining.request_code(new.text, "fay@faults.example", "Fay")
    assert joining.invited_by == "Somebody whose name the service does not show invited you as User."
    await ada.close()


async def test_a_workspace_without_the_person(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """A service that says "joined" and shows a workspace without the join is an alarm; no vault is written."""
    ada = await founder(rig, tmp_path, clock)
    email = "gil@faults.example"
    new = await ada.invites.invite(email, "user")

    def cut(told: msgspec.Struct) -> msgspec.Struct:
        assert isinstance(told, Pulled)
        return replace(told, entries=[one for one in told.entries if not (_kind(one) == "workspace" and one.n > 2)])

    home = Home(tmp_path / "gil").ready()
    joining = begun(home, clock, transport=Lies("/v1/pull", Pulled, cut))
    await joining.request_code(new.text, email, "Gil")
    with pytest.raises(Alarm, match="without this person"):
        await joining.confirm(rig.code_for(email))
    assert not home.vault.exists()
    honest = joining_in(home, clock)
    honest.resume(PASSPHRASE)
    await honest.confirm("")
    assert honest.step == "kit"
    await ada.close()


async def test_an_invitation_in_many_pages(
    rig: ServiceRig, tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workspace too large for one answer comes in pages, one entry each if need be."""
    monkeypatch.setattr(invitation, "AskInvitation", partial(AskInvitation, budget=1))
    ada = await founder(rig, tmp_path, clock)
    for nth in range(3):
        email = f"hal{nth}@faults.example"
        new = await ada.invites.invite(email, "user")
        joining = begun(Home(tmp_path / f"hal{nth}").ready(), clock)
        await joining.request_code(new.text, email, "Hal")
        await joining.confirm(rig.code_for(email))
        assert joining.step == "kit"
    await ada.close()
