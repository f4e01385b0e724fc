"""Leases, removals and lost accounts on the service's word alone, against a real client over a real socket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_tui.errors import Alarm, LeaseOver, SessionRemoved
from cerby_tui.keyfile import write_key_file
from cerby_tui.keys import FLOOR, DeviceKeys, new_seed
from cerby_tui.lease import check_lease, read_session_file
from cerby_tui.session import Session, open_session
from cerby_tui.values import CardFilter
from cerby_wire.headers import Policy
from cerby_wire.primitives import SigningKey
from cerby_wire.records import Lease, sign_record
from cerby_wire.removing import REMOVAL, RemovalEvidence
from cerby_wire.shapes import HEADS, PULL, Pulled, SignedRecord, StoredEntry
from tests.devices import NO_KEYRING, PASSPHRASE
from tests.fakes import NOON
from tests.hostile.scene import Scene, alarm, make_scene, said
from tests.hostile.service import Hostile
from tests.people import bent
from tests.rig import ServiceRig

ADA, BOB, CLEO = 0, 1, 2
DAY = 86_400_000
YEARS = 3650 * DAY


@pytest.fixture
async def scene(rig: ServiceRig, tmp_path: Path) -> AsyncIterator[Scene]:
    """Ada, Bob and Cleo with two sessions each."""
    made = await make_scene(rig, tmp_path, devices=2)
    yield made
    await made.close()


Grant = Callable[[Hostile, Scene, Lease], SignedRecord]


def stretched(layer: Hostile, _scene: Scene, lease: Lease) -> SignedRecord:
    """For years, where the policy says a fortnight."""
    return layer.signs(replace(lease, valid_until=lease.issued + YEARS))


def from_the_future(layer: Hostile, _scene: Scene, lease: Lease) -> SignedRecord:
    """As long as allowed, and signed years from now."""
    return layer.signs(replace(lease, issued=lease.issued + YEARS, valid_until=lease.valid_until + YEARS))


def of_another_session(layer: Hostile, scene: Scene, lease: Lease) -> SignedRecord:
    """Given to another session of the same person."""
    return layer.signs(replace(lease, device=scene.crowd[ADA].keys[1].id))


def by_another_key(_layer: Hostile, _scene: Scene, lease: Lease) -> SignedRecord:
    """Signed by somebody else."""
    return sign_record(SigningKey(os.urandom(32)), lease)


def as_a_message(layer: Hostile, _scene: Scene, lease: Lease) -> SignedRecord:
    """The right words, signed as something else."""
    signed = layer.signs(lease)
    return SignedRecord(signed.raw, layer.rig.parts.key._signing.sign("message", signed.raw))


LEASES: dict[str, tuple[str, Grant]] = {
    "stretched": ("lease_too_long", stretched),
    "from the future": ("lease_from_the_future", from_the_future),
    "of another session": ("another_session", of_another_session),
    "by another key": ("bad_signature", by_another_key),
    "21 signed as something else": ("bad_signature", as_a_message),
}


@pytest.mark.parametrize(("rule", "grant"), LEASES.values(), ids=LEASES.keys())
async def test_forged_lease(scene: Scene, rule: str, grant: Grant) -> None:
    """The lease before it stays in force, the person is told, and all else goes on."""
    account = await scene.account_of(ADA)
    session, layer = scene.open(ADA)
    home, keys = scene.crowd[ADA].devices[0].home, scene.crowd[ADA].keys[0]
    before = home.session_file.read_bytes()
    honest = check_lease(read_session_file(home.session_file, keys.mac_key), keys.id, NOON)
    forged = grant(layer, scene, honest)
    layer.heads(lambda told: replace(told, lease=forged))
    await session.sync_now()
    assert "lease that cannot be right" in said(session) and f"({rule})" in said(session)
    assert home.session_file.read_bytes() == before
    assert session.account(account).item.notes == "held before"
    layer.is_honest()
    await session.sync_now()
    assert session.status().state != "alarm"


async def test_lease_at_unlocking(scene: Scene) -> None:
    """Where the lease is over the service is asked for another; a stretched one counts only as far as the policy."""
    device = scene.crowd[ADA].devices[0]
    write_key_file(device.home.key_file, device.keys.seed, PASSPHRASE, cost=FLOOR)
    clock = device.clock
    layer = Hostile(scene.rig)
    facts = read_session_file(device.home.session_file, device.keys.mac_key)
    lease = check_lease(facts, device.keys.id, NOON)
    clock.advance(15 * 86400)

    def unlock(forged: Lease) -> Session:
        layer.is_honest()
        layer.heads(lambda told: replace(told, lease=layer.signs(forged)))
        return open_session(device.home, PASSPHRASE, clock=clock, keyring=NO_KEYRING, transport=layer)

    late = replace(lease, issued=clock.now() + YEARS, valid_until=clock.now() + YEARS + DAY)
    with pytest.raises(Alarm, match="ahead of this machine's clock"):
        await asyncio.to_thread(unlock, late)
    await (await asyncio.to_thread(unlock, replace(lease, issued=clock.now(), valid_until=clock.now() + YEARS))).close()
    clock.advance(13 * 86400)
    await (await asyncio.to_thread(open_session, device.home, PASSPHRASE, clock=clock, keyring=NO_KEYRING)).close()
    clock.advance(2 * 86400)
    with pytest.raises(LeaseOver):
        check_lease(read_session_file(device.home.session_file, device.keys.mac_key), device.keys.id, clock.now())


async def test_lease_follows_the_policy(scene: Scene) -> None:
    """A shorter policy shortens what the service may give, from the round in which it is seen."""
    session, layer = scene.open(ADA)
    await session.sync_now()
    await session.people.set_policy(Policy(offline_allowance=86400))
    await session.sync_now()
    assert session.status().state != "alarm"
    home, keys = scene.crowd[ADA].devices[0].home, scene.crowd[ADA].keys[0]
    lease = check_lease(read_session_file(home.session_file, keys.mac_key), keys.id, NOON)
    assert lease.valid_until - lease.issued == DAY
    forged = layer.signs(replace(lease, valid_until=lease.issued + 14 * DAY))
    layer.heads(lambda told: replace(told, lease=forged))
    await session.sync_now()
    assert "(lease_too_long)" in said(session)


# --- session_removed


def files(scene: Scene) -> dict[str, bytes]:
    """What is in Ada's home: the files without which nothing opens again."""
    home = scene.crowd[ADA].devices[0].home
    return {path.name: path.read_bytes() for path in (home.key_file, home.session_file)}


async def test_removed_without_a_signed_removal(scene: Scene) -> None:
    """A service that says that a session was removed locks it, deletes nothing, and it opens again."""
    account = await scene.account_of(ADA)
    device = scene.crowd[ADA].devices[0]
    write_key_file(device.home.key_file, device.keys.seed, PASSPHRASE, cost=FLOOR)
    before = files(scene)
    session, layer = scene.open(ADA)
    layer.refuses(HEADS, "session_removed", 403, "This trusted session was removed.")
    with pytest.raises(SessionRemoved) as caught:
        await session.sync_now()
    assert caught.value.farewell is None and session.ended is not None
    assert "locked" in caught.value.whole()
    await session.close()
    assert {name: raw for name, raw in files(scene).items() if name in before} == before
    again = await asyncio.to_thread(open_session, device.home, PASSPHRASE, clock=device.clock, keyring=NO_KEYRING)
    assert again.account(account).item.notes == "held before"
    await again.close()


async def test_removed_with_somebody_elses_removal(scene: Scene) -> None:
    """A removal of another session, however genuine, is no proof for this one; nor is one that nobody signed."""
    account = await scene.account_of(ADA)
    await scene.look()
    ada, n = scene.crowd[ADA], len(scene.entries(scene.crowd.workspace)) + 1
    removal = bent(authoring.remove(scene.author(BOB), scene.crowd[CLEO].user), DeviceKeys(new_seed()))
    mine = bent(authoring.suspend(scene.author(BOB), ada.user, ada.keys[0].id), scene.crowd[BOB].keys[0])
    for entry in (removal, mine):
        session, layer = scene.open(ADA)
        layer.refuses(HEADS, "session_removed", 403)
        shown = RemovalEvidence([StoredEntry(scene.crowd.workspace, n, entry)], NOON)
        layer.answers(REMOVAL, shown)
        with pytest.raises(SessionRemoved) as caught:
            await session.sync_now()
        assert caught.value.farewell is None
        assert session.account(account).item.notes == "held before"
        await session.close()


# --- access that is said to be lost


@pytest.mark.parametrize("full", [True, False], ids=["not listed", "said to be lost"])
async def test_lost_without_a_signed_list(scene: Scene, full: bool) -> None:
    """An account that the service says is not ours any more stays, with what waits for it, until that is proven."""
    account = await scene.account_of(ADA)
    session, layer = scene.open(ADA)
    await session.edit_account(account, {"email": "waits@example.org"})

    def lie(told: Any) -> Any:
        others = [one for one in told.streams if one.id != account]
        return replace(told, streams=others, full=full, lost=[] if full else [account])

    layer.tell(PULL, lambda _asked, honest: replace(honest, entries=[]), Pulled)
    if full:
        session._writing.vault.meta.progress = replace(session._writing.vault.meta.progress, cursor="")
    layer.heads(lie)
    await session.sync_now()
    assert alarm(session, account) == "loss_unproven"
    assert "the account “Mail”" in said(session) and "nobody has signed" in said(session)
    shown = session.account(account).item
    assert (shown.notes, shown.email, session.status().waiting) == ("held before", "waits@example.org", 1)


async def test_lost_by_a_signed_list(scene: Scene) -> None:
    """With the list that leaves somebody out, their card goes at once, and there is no alarm."""
    account = await scene.account_of(ADA, CLEO)
    await scene.act(who=CLEO)
    await scene.act(lambda session: session.sharing.remove(account, scene.crowd[CLEO].user))
    session, _layer = scene.open(CLEO)
    await session.sync_now()
    assert session.cards(CardFilter()) == []
    assert (alarm(session, account), session.status().state == "alarm") == ("", False)


async def test_back_on_after_a_while(scene: Scene) -> None:
    """Somebody who is put on an account again has it again, and what was written meanwhile is no alarm."""
    account = await scene.account_of(ADA, BOB, CLEO)
    for who in (BOB, CLEO):
        await scene.act(who=who)
    await scene.act(lambda session: session.sharing.remove(account, scene.crowd[CLEO].user))
    await scene.act(who=CLEO)
    await scene.act(lambda session: session.edit_account(account, {"notes": "by Bob"}), who=BOB)
    await scene.act(lambda session: session.people.remove(scene.crowd[BOB].user, {}))
    await scene.act(who=CLEO)
    await scene.act(lambda session: session.sharing.share(account, scene.crowd[CLEO].user, "collaborator"))
    session, _layer = scene.open(CLEO)
    await session.sync_now()
    assert (session.account(account).item.notes, session.status().state == "alarm") == ("by Bob", False)


async def test_workspace_said_to_be_lost(scene: Scene) -> None:
    """Nobody loses their workspace, their own chain or their settings by not being shown them."""
    account = await scene.account_of(ADA)
    session, layer = scene.open(ADA)
    session._writing.vault.meta.progress = replace(session._writing.vault.meta.progress, cursor="")
    layer.heads(lambda told: replace(told, streams=[], full=True))
    await session.sync_now()
    for stream in (scene.crowd.workspace, scene.crowd[ADA].user, scene.crowd[ADA].personal, account):
        assert alarm(session, stream) == "loss_unproven"
    assert said(session)
    assert session.account(account).item.notes == "held before"
    assert len(session.people.members()) == 3
