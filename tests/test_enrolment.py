"""Setting up the first device, step by step, with every step lost once."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from cerby_tui.enrolling.founding import Founding
from cerby_tui.errors import Alarm, OfflineError, RefusedError, UsageError, WrongPassphrase
from cerby_tui.home import Home
from cerby_tui.keys import FLOOR
from cerby_tui.passphrase import check_passphrase, strength
from cerby_tui.session import open_session
from cerby_tui.values import CardFilter, Item
from tests.devices import EMAIL, NO_KEYRING, PASSPHRASE, enrol
from tests.fakes import FrozenClock
from tests.faults import LosesAnswers
from tests.rig import ServiceRig


def enrolment_in(home: Home, clock: FrozenClock, transport: httpx.AsyncBaseTransport | None = None) -> Founding:
    """An enrolment with cheap keys and no keyring."""
    return Founding(home, clock, keyring=NO_KEYRING, cost=FLOOR, transport=transport)


def begun(home: Home, clock: FrozenClock, transport: httpx.AsyncBaseTransport | None = None) -> Founding:
    """One whose passphrase is chosen."""
    enrolment = enrolment_in(home, clock, transport)
    enrolment.name_device("laptop")
    enrolment.choose_passphrase(PASSPHRASE)
    return enrolment


async def test_whole_enrolment(rig: ServiceRig, tmp_path: Path, clock: FrozenClock) -> None:
    """Token, e-mailed code and kit lead to a vault that opens with the passphrase and takes a first account."""
    device = await enrol(rig, tmp_path / "home", clock)
    assert device.home.enrolled()
    session = open_session(device.home, PASSPHRASE, clock=clock, keyring=NO_KEYRING)
    assert session.who()[:3] == ("Ada Founder", EMAIL, "first")
    account = await session.add_account(Item("First"))
    await session.sync_now()
    assert (session.waiting(), session.card(account).waiting) == ([], False)
    await session.close()


async def test_steps_in_order(rig: ServiceRig, home: Home, clock: FrozenClock) -> None:
    """Each step says what comes next, and a file that tells it apart from a finished device is there until the end."""
    enrolment = enrolment_in(home, clock)
    steps = [enrolment.step]
    enrolment.name_device("laptop")
    steps.append(enrolment.step)
    enrolment.choose_passphrase(PASSPHRASE)
    steps.append(enrolment.step)
    await enrolment.request_code(rig.token(), "b@example.org", "B")
    steps.append(enrolment.step)
    await enrolment.confirm(rig.code_for("b@example.org"))
    steps.append(enrolment.step)
    assert steps == ["name", "passphrase", "token", "code", "kit"]
    assert not home.enrolled()
    kit = enrolment.kit()
    assert not enrolment.confirm_kit(dict.fromkeys(enrolment.asked_back(), "AAAAA"))
    assert enrolment.confirm_kit({one: kit.groups[one - 1].lower() for one in enrolment.asked_back()})
    assert (enrolment.step, home.enrolled()) == ("done", True)
    session = enrolment.open()
    assert session.cards(CardFilter()) == []
    await session.close()


async def test_resumed_after_each_step(rig: ServiceRig, home: Home, clock: FrozenClock) -> None:
    """The program may end after any step; the passphrase brings everything back."""
    begun(home, clock)
    assert enrolment_in(home, clock).begun
    second = enrolment_in(home, clock)
    assert second.resume(PASSPHRASE) == "token"
    await second.request_code(rig.token(), "c@example.org", "C")
    third = enrolment_in(home, clock)
    assert third.resume(PASSPHRASE) == "code"
    await third.confirm(rig.code_for("c@example.org"))
    fourth = enrolment_in(home, clock)
    assert fourth.resume(PASSPHRASE) == "kit"
    assert fourth.kit() == third.kit()
    with pytest.raises(WrongPassphrase):
        enrolment_in(home, clock).resume("another passphrase")


async def test_lost_answer_founds_one_workspace(rig: ServiceRig, home: Home, clock: FrozenClock) -> None:
    """When the answer to founding is lost, doing it again gives the same workspace, although the token is spent."""
    line = LosesAnswers("/v1/workspaces")
    first = begun(home, clock, line)
    await first.request_code(rig.token(), "d@example.org", "D")
    with pytest.raises(OfflineError):
        await first.confirm(rig.code_for("d@example.org"))
    assert line.lost == 1
    second = enrolment_in(home, clock)
    second.resume(PASSPHRASE)
    await second.confirm("000000")  # whatever is typed now: it was founded
    assert second.step == "kit"
    assert second.kit().user == first.kit().user


async def test_lost_lease_is_asked_for_again(rig: ServiceRig, home: Home, clock: FrozenClock) -> None:
    """When only the first lease was lost, confirming again completes the vault."""
    enrolment = begun(home, clock, LosesAnswers("/v1/heads"))
    await enrolment.request_code(rig.token(), "e@example.org", "E")
    with pytest.raises(OfflineError):
        await enrolment.confirm(rig.code_for("e@example.org"))
    again = enrolment_in(home, clock)
    assert again.resume(PASSPHRASE) == "code"
    await again.confirm("")
    assert again.step == "kit"


async def test_mistyped_code_can_be_typed_again(rig: ServiceRig, home: Home, clock: FrozenClock) -> None:
    """A wrong code is refused and the right one then works."""
    enrolment = begun(home, clock)
    await enrolment.request_code(rig.token(), "f@example.org", "F")
    code = rig.code_for("f@example.org")
    wrong = "000000" if code != "000000" else "111111"
    with pytest.raises(RefusedError) as caught:
        await enrolment.confirm(wrong)
    assert caught.value.code == "wrong_code"
    await enrolment.confirm(code)
    assert enrolment.step == "kit"


async def test_token_of_another_service(rig: ServiceRig, home: Home, clock: FrozenClock) -> None:
    """A service whose key is not the one in the token gets nothing, not even the token's secret."""
    from cerby_wire.texts import ProvisioningToken  # to make a token of a service that does not exist

    enrolment = begun(home, clock)
    token = ProvisioningToken(rig.origin, bytes(20), bytes(16)).encode()
    with pytest.raises(Alarm, match="not the service"):
        await enrolment.request_code(token, "g@example.org", "G")
    assert "g@example.org" not in rig.mail.letters


async def test_mistyped_token(home: Home, clock: FrozenClock) -> None:
    """A token that does not hold together is refused without asking anybody."""
    with pytest.raises(UsageError, match="token"):
        await begun(home, clock).request_code("cerby-token-abc", "g@example.org", "G")


def test_discarded_device_leaves_nothing(home: Home, clock: FrozenClock) -> None:
    """Discarding a half-made device removes every file of it, and another can be begun."""
    begun(home, clock).discard()
    assert list(home.root.iterdir()) == []
    assert begun(home, clock).step == "token"


def test_second_device_is_not_begun_over_a_first(home: Home, clock: FrozenClock) -> None:
    """An earlier attempt is never overwritten by accident."""
    begun(home, clock)
    enrolment = enrolment_in(home, clock)
    enrolment.name_device("other")
    with pytest.raises(UsageError, match="begun"):
        enrolment.choose_passphrase(PASSPHRASE)


@pytest.mark.parametrize(
    ("passphrase", "alone", "good"),
    [
        ("short", False, False),
        ("aaaaaaaaaaaaaaaaaa", True, False),
        ("passwordpassword", True, False),
        ("tangled river", True, False),
        ("tangled river", False, True),
        (PASSPHRASE, True, True),
    ],
)
def test_passphrases_have_to_be_good(passphrase: str, alone: bool, good: bool) -> None:
    """What is short, repeated or common is refused; what stands alone has to be longer."""
    try:
        check_passphrase(passphrase, alone=alone)
    except UsageError:
        assert not good
    else:
        assert good


def test_strength_is_said_in_words() -> None:
    """The judgement comes with a word and, where it helps, with advice."""
    assert strength("").word == "very weak"
    assert strength("password1").advice
    assert strength(PASSPHRASE).score == 4


def test_a_very_long_passphrase_is_judged_by_its_beginning() -> None:
    """Longer ones than the estimator takes are as good as what they begin with."""
    assert strength(PASSPHRASE * 10).score == 4
    assert strength("a" * 100).score < 3
