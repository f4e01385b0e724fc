"""Numbers that are given back, looked up, or held no longer."""

from __future__ import annotations

import pytest

from cerby_service.database import numbers
from cerby_tui.errors import RefusedError
from cerby_wire.shapes import NUMBERS, NumberView
from tests.fakes import FrozenClock
from tests.rig import ServiceRig
from tests.service.faulty import Line
from tests.service.member import Member
from tests.service.numbers.purchases import number_of, owned, release


async def test_a_released_number_receives_for_a_day_and_rests_for_ninety(
    ada: Member, rig: ServiceRig, clock: FrozenClock
) -> None:
    """Releasing waits a day, then the carrier gets it back; it is offered to nobody until its quarantine is over."""
    card, committed = await ada.numbered()
    states = [(await release(ada, committed.number.id)).state]
    await rig.parts.sweeper.sweep()
    assert 1 == len(await owned(rig))
    for days in (1, 90):
        clock.advance(days * 86_400)
        cursor = (await ada.api.heads("")).cursor
        await rig.parts.sweeper.sweep()
        states += [view.state for view in (await ada.api.heads(cursor)).numbers]
        held = await rig.parts.database.read(numbers.held_numbers)
        assert (committed.number.e164 in held) is (days == 1)

    assert ["releasing", "quarantined", "gone"] == states
    assert [] == await owned(rig)
    assert (await ada.offer(card.id)).id


async def test_a_release_can_be_taken_back_within_the_day(ada: Member, rig: ServiceRig, clock: FrozenClock) -> None:
    """Kept in time, the number stays active and the carrier is never told."""
    _, committed = await ada.numbered()
    await release(ada, committed.number.id)
    kept = await ada.api.ask("POST", f"{NUMBERS}/{committed.number.id.hex()}/keep", None, NumberView)
    clock.advance(86_400)
    await rig.parts.sweeper.sweep()

    assert "active" == kept.state == (await number_of(ada)).state
    assert 1 == len(await owned(rig))


async def test_a_release_that_is_due_is_not_taken_back(ada: Member, rig: ServiceRig, clock: FrozenClock) -> None:
    """From the end of the day on the carrier may have it back already, so keeping it is refused."""
    _, committed = await ada.numbered()
    await release(ada, committed.number.id)
    clock.advance(86_400)
    with pytest.raises(RefusedError) as caught:
        await ada.api.ask("POST", f"{NUMBERS}/{committed.number.id.hex()}/keep", None, NumberView)

    assert ("forbidden", "releasing") == (caught.value.code, (await number_of(ada)).state)


async def test_a_release_waits_for_a_silent_carrier(
    ada: Member, rig: ServiceRig, clock: FrozenClock, line: Line
) -> None:
    """If the carrier does not answer, the number stays releasing and the next sweep tries again."""
    _, committed = await ada.numbered()
    await release(ada, committed.number.id)
    clock.advance(86_400)
    line.cut = lambda _request: True
    await rig.parts.sweeper.sweep()
    assert "releasing" == (await number_of(ada)).state
    line.cut = lambda _request: False
    await rig.parts.sweeper.sweep()

    assert "quarantined" == (await number_of(ada)).state


async def test_line_types_are_looked_up_once(ada: Member, rig: ServiceRig, line: Line) -> None:
    """After a purchase the lookup's word is kept with its date, and not asked for again."""
    _, committed = await ada.numbered("strict-app")
    for _ in range(2):
        await rig.parts.reconciler.look_up_lines()
    asked = [path for _, path in line.requests if path == committed.number.e164]
    row = rig.parts.database.read_now(lambda r: numbers.find_number(r, ada.workspace, committed.number.id))

    assert 1 == len(asked)
    assert row and "mobile" == row.line_type


async def test_a_held_offer_ends_by_itself(ada: Member, rig: ServiceRig, clock: FrozenClock) -> None:
    """After its ten minutes the sweeper frees the number for others."""
    card = await ada.account()
    offer = await ada.offer(card.id)
    clock.advance(600)
    await rig.parts.sweeper.sweep()

    assert offer.e164 not in await rig.parts.database.read(numbers.held_numbers)
