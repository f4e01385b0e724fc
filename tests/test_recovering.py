"""Coming back with the recovery kit alone, at the real service."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.enrolling.ways import Ways
from cerby_tui.errors import Alarm, OfflineError, RefusedError, UsageError
from cerby_tui.home import Home
from cerby_tui.keys import DeviceKeys, new_seed
from cerby_tui.kit import read_code
from cerby_tui.session import open_session
from cerby_tui.sync.api import Api
from cerby_wire.entries import next_head
from cerby_wire.ledger import Ledger
from cerby_wire.primitives import SigningKey
from cerby_wire.recovering import RECOVERY, AskRecovery, RecoveryAnswer, kit_link, prove
from cerby_wire.shapes import ABOUT, PULL, About, Pulled, StoredEntry, StreamHead
from cerby_wire.texts import recovery_code
from tests.devices import NO_KEYRING, add_device
from tests.fakes import NOON, FrozenClock
from tests.faults import BadNetwork, Fault, Killed, Lying
from tests.kits import AGAIN, Kept, confirm, keep, recover, recovering, replace_directly
from tests.rig import ServiceRig, service_rig


@pytest.fixture
def kept(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> Kept:
    """Somebody with one device, one account and a kit."""
    return asyncio.run(keep(rig, tmp_path / "first", clock, f"{tmp_path.name}@example.org"))


@pytest.fixture
def lost(tmp_path: Path) -> Home:
    """The home of a new device, when everything else is lost."""
    return Home(tmp_path / "new")


async def test_the_kit_alone_is_enough(rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock) -> None:
    """Address and code lead to a whole vault with its own passphrase, in which every account opens."""
    way = recovering(lost, clock)
    whose = await way.look(rig.origin, kept.code.lower())
    assert (whose.name, whose.sessions) == ("Ada Founder", 1)
    await way.use()
    assert way.step == "kit"
    confirm(way)
    session = open_session(lost, AGAIN, clock=clock, keyring=NO_KEYRING)
    await session.sync_now()
    assert session.account(kept.account).item.username == "ada"
    assert session.who()[:3] == ("Ada Founder", whose.email, "new laptop")
    await session.close()


async def test_the_square_says_where(rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock) -> None:
    """What the square on the kit says is enough without an address, and a user id tells whose kit it is."""
    way = recovering(lost, clock)
    whose = await way.look("", kit_link(rig.origin, kept.code))
    await way.use()
    assert whose.user == way.kit().user


async def test_a_kit_is_used_once(rig: ServiceRig, kept: Kept, tmp_path: Path, clock: FrozenClock) -> None:
    """The kit that was used opens nothing any more; the new one that was made does."""
    _device, fresh = await recover(rig, kept.code, tmp_path / "second", clock)
    with pytest.raises(RefusedError, match="used or replaced") as spent:
        await recovering(Home(tmp_path / "third"), clock).look(rig.origin, kept.code)
    assert spent.value.code == "kit_spent"
    device, _newest = await recover(rig, fresh, tmp_path / "fourth", clock)
    assert device.home.enrolled()


async def test_a_replaced_kit_is_spent(rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock) -> None:
    """A kit that was replaced on a trusted session does not come back."""
    await replace_directly(rig, kept.device, DeviceKeys.from_recovery(b"another kit, printed"))
    with pytest.raises(RefusedError, match="used or replaced"):
        await recovering(lost, clock).look(rig.origin, kept.code)


async def test_a_mistyped_group_is_named(rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock) -> None:
    """A wrong character is found without the service, and the sentence says in which group."""
    groups = kept.code.split("-")
    groups[4] = groups[4][:2] + ("X" if groups[4][2] != "X" else "Y") + groups[4][3:]
    with pytest.raises(UsageError, match=r"Group 5 \(.....\) is mistyped"):
        await recovering(lost, clock).look(rig.origin, "-".join(groups))


async def test_a_kit_of_elsewhere(rig: ServiceRig, lost: Home, clock: FrozenClock) -> None:
    """A well-typed code that this service never saw is told apart from one that is spent."""
    with pytest.raises(RefusedError, match="No vault at this service") as unknown:
        await recovering(lost, clock).look(rig.origin, recovery_code(b"made somewhere else."))
    assert unknown.value.code == "no_such_kit"


async def test_a_lost_answer_is_asked_for_again(tmp_path: Path, clock: FrozenClock) -> None:
    """The kit was used but nobody heard: the same bytes are sent again, an hour later, and all is well."""
    lost, network = Home(tmp_path / "new"), BadNetwork()
    with service_rig(tmp_path, clock=clock.now) as rig:
        kept = await keep(rig, tmp_path / "first", clock, "late@example.org")
        way = recovering(lost, clock, network)
        await way.look(rig.origin, kept.code)
        network.faults = ["fine"] * 3 + ["lost"]
        with pytest.raises(OfflineError):
            await way.use()
        clock.advance(3600)
        resumed = Ways(lost, clock, keyring=NO_KEYRING).resume(AGAIN)
        assert resumed.step == "sent" and resumed.sent
        await resumed.finish()
        confirm(resumed)
        letters = [letter for letter in rig.mail.letters["late@example.org"] if "recovery key was used" in letter]
    assert lost.enrolled()
    assert len(letters) == 1


async def test_too_late_to_begin_again(tmp_path: Path, clock: FrozenClock) -> None:
    """A request that never arrived is not taken an hour later: the kit, which is not used up, is typed again."""
    lost, network = Home(tmp_path / "new"), BadNetwork()
    with service_rig(tmp_path, clock=clock.now) as rig:
        kept = await keep(rig, tmp_path / "first", clock, "late@example.org")
        way = recovering(lost, clock, network)
        await way.look(rig.origin, kept.code)
        network.faults = ["fine"] * 3 + ["refused"]
        with pytest.raises(OfflineError):
            await way.use()
        clock.advance(3600)
        resumed = Ways(lost, clock, keyring=NO_KEYRING).resume(AGAIN)
        with pytest.raises(RefusedError):
            await resumed.finish()
        assert (resumed.step, resumed.sent) == ("recovery", False)
        await resumed.look(rig.origin, kept.code)
        await resumed.use()
        assert resumed.step == "kit"


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("fault", ["dead before", "dead after"])
async def test_killed_anywhere(
    rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock, place: int, fault: Fault
) -> None:
    """Killed before or after any request, the attempt goes on: with the kit where it was not used, else without."""
    network = BadNetwork()
    way = recovering(lost, clock, network)
    await way.look(rig.origin, kept.code)
    network.faults = [*["fine"] * place, fault]
    with pytest.raises(Killed):
        await way.use()
    resumed = Ways(lost, clock, keyring=NO_KEYRING).resume(AGAIN)
    if resumed.sent:
        with suppress(RefusedError):
            await resumed.finish()
    if resumed.step != "kit":
        await resumed.look(rig.origin, kept.code)
        await resumed.use()
    confirm(resumed)
    session = open_session(lost, AGAIN, clock=clock, keyring=NO_KEYRING)
    await session.sync_now()
    assert session.account(kept.account).item.label == "Trips"
    await session.close()


async def test_asked_again_at_once(rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock) -> None:
    """After a lost answer, trying the same step again is enough."""
    network = BadNetwork()
    way = recovering(lost, clock, network)
    await way.look(rig.origin, kept.code)
    network.faults = ["fine"] * 3 + ["lost"]
    with pytest.raises(OfflineError):
        await way.use()
    await way.use()
    assert way.step == "kit"


async def test_a_chain_that_moves_on(rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock) -> None:
    """A link that comes between looking and using is taken into account; the kit is used on the newest chain."""
    way = recovering(lost, clock)
    await way.look(rig.origin, kept.code)
    second = await add_device(rig, kept.device, lost.root.with_name("second"))
    await way.use()
    session = second.open()
    await session.sync_now()
    assert len(session.recovery.uses()) == 1
    await session.close()


async def test_pages(rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock, monkeypatch: Any) -> None:
    """More than fits into one answer is asked for page by page."""
    monkeypatch.setattr("cerby_service.recovery.PULL_LIMIT", 1)
    way = recovering(lost, clock)
    await way.look(rig.origin, kept.code)
    monkeypatch.undo()
    await way.use()
    assert way.step == "kit"


def longer(answer: RecoveryAnswer) -> RecoveryAnswer:
    """Says that there is more of a stream than is shown."""
    return replace(answer, streams=[replace(one, n=one.n + 1) for one in answer.streams])


def without_chain(answer: RecoveryAnswer) -> RecoveryAnswer:
    """Shows the workspace without the chain by which it is judged."""
    return replace(answer, entries=[one for one in answer.entries if one.stream != answer.user])


def shortened(answer: RecoveryAnswer) -> RecoveryAnswer:
    """Shows the chain as it was at its beginning, and says that this is all."""
    entries = [one for one in answer.entries if one.stream != answer.user or one.n == 1]
    genesis = next(one for one in entries if one.stream == answer.user)
    n, head = 1, next_head(b"", genesis.entry)
    streams = [replace(one, n=n, head=head) if one.id == answer.user else one for one in answer.streams]
    return replace(answer, entries=entries, streams=streams)


@pytest.mark.parametrize(("lie", "rule"), [(longer, "withheld"), (without_chain, "withheld")])
async def test_what_is_kept_back_is_noticed(
    rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock, lie: Any, rule: str
) -> None:
    """A service that shows less than there is raises an alarm, and the kit is not used up."""
    way = recovering(lost, clock, Lying(RECOVERY, RecoveryAnswer, lie))
    with pytest.raises(Alarm) as alarm:
        await way.look(rig.origin, kept.code)
    assert alarm.value.rule == rule
    assert not way.sent
    await recovering(Home(lost.root.with_name("honest")), clock).look(rig.origin, kept.code)


async def test_a_shortened_chain_is_noticed(rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock) -> None:
    """The chain as it once was, shown as all there is: what was written since then cites what is missing."""
    await add_device(rig, kept.device, lost.root.with_name("second"))
    session = kept.device.open()
    await session.set_favourite(kept.account, True)
    await session.sync_now()
    await session.close()
    way = recovering(lost, clock, Lying(RECOVERY, RecoveryAnswer, shortened))
    with pytest.raises(Alarm) as alarm:
        await way.look(rig.origin, kept.code)
    assert alarm.value.rule == "withheld"


async def test_another_service_key(rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock) -> None:
    """A service with another key than the one that the person's devices know is not talked to any further."""
    other = SigningKey(bytes(32)).public
    way = recovering(lost, clock, Lying(ABOUT, About, lambda about: replace(about, service_key=other)))
    with pytest.raises(Alarm) as alarm:
        await way.look(rig.origin, kept.code)
    assert alarm.value.rule == "service_key"
    assert (await recovering(Home(lost.root.with_name("honest")), clock).look(rig.origin, kept.code)).pinned


async def test_without_a_pinned_key_it_is_said(
    rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock, monkeypatch: Any
) -> None:
    """Where no device wrote the key of the service down, the person is told that it could not be compared."""
    monkeypatch.setattr("cerby_tui.enrolling.found_by_kit.TRUST_SLOT", 99)
    assert not (await recovering(lost, clock).look(rig.origin, kept.code)).pinned


async def test_the_proof_is_for_one_device(rig: ServiceRig, kept: Kept, tmp_path: Path, clock: FrozenClock) -> None:
    """A signature of the recovery device that was made for one device is of no use to another one, or later."""
    kit, mine, theirs = read_code(kept.code), DeviceKeys(new_seed()), DeviceKeys(new_seed())
    for device, created in ((theirs, NOON), (mine, NOON - 301_000)):
        api = Api(rig.origin, mine, clock)
        asked = AskRecovery(mine.public, prove(kit.sign, kit.id, device.id, created))
        with pytest.raises(RefusedError):
            await api.ask("POST", RECOVERY, asked, RecoveryAnswer)
        await api.close()


def invented(kit: DeviceKeys, service_key: bytes) -> RecoveryAnswer:
    """A person whom somebody with the public half of the recovery key made up around it."""
    mallory, ledger = DeviceKeys(new_seed()), Ledger(service_key)
    genesis, _seed = authoring.user_genesis(mallory, kit.public)
    user = ledger.add(genesis).stream
    profile, hashed = authoring.profile(mallory, user, "Ada Founder", "ada@example.org")
    workspace = ledger.add(authoring.workspace_genesis(Author.of(mallory, user, ledger), hashed)).stream
    personal = ledger.add(authoring.personal_genesis(Author.of(mallory, user, ledger))).stream
    kinds = {user: "user", workspace: "workspace", personal: "personal"}
    heads = [StreamHead(kinds[stream], stream, state.n, state.head) for stream, state in ledger.states.items()]
    entries = [StoredEntry(stream, 1, found[0]) for stream, found in ledger.entries.items()]
    return RecoveryAnswer(workspace, user, personal, heads, entries, profile)


async def test_an_invented_person(rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock) -> None:
    """Somebody made up around the recovery key has another user id, which is shown; nobody is swapped after that."""
    fake = invented(read_code(kept.code), rig.parts.key.public)
    swapped = recovering(lost, clock, Lying(RECOVERY, RecoveryAnswer, lambda _answer: fake))
    whose = await swapped.look(rig.origin, kept.code)
    assert (whose.user, whose.pinned) == (fake.user.hex(), False)
    answers = iter([False, True])
    later = recovering(
        Home(lost.root.with_name("later")),
        clock,
        Lying(RECOVERY, RecoveryAnswer, lambda answer: fake if next(answers) else answer),
    )
    await later.look(rig.origin, kept.code)
    with pytest.raises(Alarm) as alarm:
        await later.use()
    assert (alarm.value.rule, later.sent) == ("another_person", False)


async def test_its_own_act_has_to_be_shown(rig: ServiceRig, kept: Kept, lost: Home, clock: FrozenClock) -> None:
    """A service that took the act and then shows a chain without it is not believed; an honest answer heals it."""

    def without_the_newest(pulled: Pulled) -> Pulled:
        return replace(pulled, entries=[one for one in pulled.entries if one.n == 1])

    way = recovering(lost, clock, Lying(PULL, Pulled, without_the_newest))
    await way.look(rig.origin, kept.code)
    with pytest.raises(Alarm):
        await way.use()
    resumed = Ways(lost, clock, keyring=NO_KEYRING).resume(AGAIN)
    await resumed.finish()
    confirm(resumed)
    assert lost.enrolled()
