"""The kit in an open session: tried, replaced, its use told; and the key file that opens with it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cerby_tui.errors import LeaseOver, OfflineError, UsageError, WrongPassphrase
from cerby_tui.forgotten import open_with_kit, set_passphrase
from cerby_tui.keyfile import open_with_recovery, recovery_of
from cerby_tui.keys import ALONE
from cerby_tui.kit import asked_back, read_code
from cerby_tui.session import Session
from cerby_tui.sync.keepsafe import REPLACED
from cerby_tui.unlocking import unlock
from cerby_tui.values import News
from cerby_wire.shapes import PUSH
from cerby_wire.texts import recovery_code
from tests.devices import NO_KEYRING, PASSPHRASE, Device, add_device, until
from tests.fakes import FrozenClock
from tests.faults import LosesAnswers
from tests.kits import AGAIN, Kept, keep, recover
from tests.rig import ServiceRig


@pytest.fixture
def kept(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Kept:
    """Somebody with one device, one account and a kit."""
    return asyncio.run(keep(rig, tmp_path / "first", clock, f"{tmp_path.name}@example.org"))


async def synced(device: Device) -> Session:
    """The session of a device after a round."""
    session = device.open()
    await session.sync_now()
    return session


async def confirm(session: Session, groups: tuple[str, ...]) -> bool:
    """Type the groups that are asked back."""
    return await session.recovery.confirm({one: groups[one - 1] for one in asked_back(groups)})


async def test_a_drill_opens_a_card(kept: Kept, clock: FrozenClock) -> None:
    """The code alone opens the account key and the card; when that was is remembered, and nothing else changes."""
    session = await synced(kept.device)
    assert session.recovery.last_drill() == 0
    said = await session.recovery.drill(kept.code.replace("-", " ").lower())
    assert "the key of one account and the card “Trips”" in said
    assert session.recovery.last_drill() == clock.now()
    await session.close()


async def test_when_it_was_tried_is_known_elsewhere(
    rig: ServiceRig, kept: Kept, tmp_path: Path, clock: FrozenClock
) -> None:
    """Another trusted session of the same person knows when the kit was last tried."""
    session = await synced(kept.device)
    await session.recovery.drill(kept.code)
    await session.sync_now()
    await session.close()
    other = await synced(await add_device(rig, kept.device, tmp_path / "second"))
    assert other.recovery.last_drill() == clock.now()
    await other.close()


async def test_drill_names_the_mistyped_group(kept: Kept) -> None:
    """A mistyped group is named, before anything is opened."""
    session = kept.device.open()
    groups = kept.code.split("-")
    groups[2] = ("B" if groups[2][0] == "A" else "A") + groups[2][1:]
    with pytest.raises(UsageError, match="Group 3"):
        await session.recovery.drill("-".join(groups))
    await session.close()


async def test_drill_of_another_kit(kept: Kept) -> None:
    """A well-typed code of somebody else is told apart from an earlier kit of one's own."""
    session = kept.device.open()
    with pytest.raises(UsageError, match="somebody else's kit"):
        await session.recovery.drill(recovery_code(b"made somewhere else."))
    await session.close()


async def test_replacing_spends_the_old_kit(kept: Kept) -> None:
    """The new kit counts at once, the drill of the old one says so, and the old one opens the key file no more."""
    session = await synced(kept.device)
    groups = await session.recovery.replace()
    with pytest.raises(UsageError, match="earlier kit"):
        await session.recovery.drill(kept.code)
    assert "The kit works" in await session.recovery.drill("-".join(groups))
    path = kept.device.home.key_file
    with pytest.raises(WrongPassphrase, match="newer one has replaced it"):
        open_with_recovery(path, read_code(kept.code))
    assert open_with_recovery(path, read_code("-".join(groups))).seed == kept.device.keys.seed
    assert [one.status for one in session.recovery.known()] == ["Active", "Discarded"]
    await session.close()


async def test_every_device_wraps_anew(rig: ServiceRig, kept: Kept, tmp_path: Path) -> None:
    """Another device of the person hears of the replacement, rewrites its own key file, and says so."""
    told: list[str] = []
    second = await add_device(rig, kept.device, tmp_path / "second")
    other = await synced(second)
    assert recovery_of(second.home.key_file) == read_code(kept.code).id
    session = await synced(kept.device)
    for each in (session, other):
        each.subscribe(lambda changed: told.extend(one.sentence for one in changed.news))
    groups = await session.recovery.replace()
    assert REPLACED not in told
    await other.sync_now()
    assert told.count(REPLACED) == 1
    assert open_with_recovery(second.home.key_file, read_code("-".join(groups))).seed == second.keys.seed
    await session.close()
    await other.close()


async def test_a_new_kit_is_kept_until_confirmed(kept: Kept) -> None:
    """A kit that was made but not confirmed is shown again instead of another one, and forgotten afterwards."""
    session = await synced(kept.device)
    groups = await session.recovery.replace()
    await session.close()
    session = kept.device.open()
    assert (shown := session.recovery.unconfirmed()) and shown.groups == groups
    assert await session.recovery.replace() == groups
    assert not await session.recovery.confirm(dict.fromkeys(asked_back(groups), "AAAAA"))
    assert await confirm(session, groups)
    assert session.recovery.unconfirmed() is None
    assert await session.recovery.replace() != groups
    await session.close()


async def test_a_lost_answer_makes_no_second_kit(kept: Kept) -> None:
    """The service took the new kit and nobody heard: asked again, it is the same kit."""
    network = LosesAnswers(PUSH)
    session = kept.device.open(transport=network)
    with pytest.raises(OfflineError):
        await session.recovery.replace()
    await session.close()
    session = await synced(kept.device)
    shown = session.recovery.unconfirmed()
    assert shown and await session.recovery.replace() == shown.groups
    await session.close()


async def test_other_devices_are_told(rig: ServiceRig, kept: Kept, tmp_path: Path, clock: FrozenClock) -> None:
    """A device that was there hears of the use until it is acknowledged; the device that came back does not."""
    session = kept.device.open()
    told: list[News] = []
    session.subscribe(lambda changed: told.extend(changed.news))
    session.start()
    device, _code = await recover(rig, kept.code, tmp_path / "second", clock)
    await until(session, lambda: len(session.recovery.uses()) == 1)
    assert session.recovery.uses()[0].device == device.keys.id
    assert [(one.loud, one.title) for one in told if one.about] == [(True, "Your recovery key was used")]
    fresh = await synced(device)
    assert fresh.recovery.uses() == ()
    assert [one.status for one in fresh.recovery.known()] == ["Active", "Used"]
    await session.recovery.acknowledge()
    assert session.recovery.uses() == ()
    await session.close()
    await fresh.close()
    again = kept.device.open()
    assert again.recovery.uses() == ()
    await again.close()


def test_the_kit_opens_what_is_here(kept: Kept, clock: FrozenClock) -> None:
    """A forgotten passphrase: the kit sets a new one without the service, goes on working, and is not used up."""
    home = kept.device.home
    set_passphrase(home, kept.code, AGAIN, clock=clock, keyring=NO_KEYRING, cost=ALONE)
    with pytest.raises(WrongPassphrase):
        unlock(home, PASSPHRASE, NO_KEYRING)
    assert unlock(home, AGAIN, NO_KEYRING).seed == kept.device.keys.seed
    assert open_with_kit(home, kept.code).id == kept.device.keys.id


def test_a_weak_new_passphrase_changes_nothing(kept: Kept, clock: FrozenClock) -> None:
    """A weak passphrase, or another kit, leaves the key file as it was."""
    home = kept.device.home
    before = home.key_file.read_bytes()
    with pytest.raises(UsageError):
        set_passphrase(home, kept.code, "summer", clock=clock, keyring=NO_KEYRING)
    with pytest.raises(WrongPassphrase):
        set_passphrase(home, recovery_code(b"made somewhere else."), AGAIN, clock=clock, keyring=NO_KEYRING)
    assert home.key_file.read_bytes() == before


def test_the_kit_needs_a_lease_like_any_other(kept: Kept, clock: FrozenClock) -> None:
    """A vault that is out of contact for too long stays locked, whatever opens its key file."""
    clock.advance(15 * 86_400)
    with pytest.raises(LeaseOver):
        set_passphrase(kept.device.home, kept.code, AGAIN, clock=clock, keyring=NO_KEYRING, origin="http://127.0.0.1:9")
