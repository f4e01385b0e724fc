"""What is opened, shown and copied on screen is signed for the activity log, and nothing of it is what it was."""

from __future__ import annotations

from collections.abc import Callable

from cerby_tui.vault.seen import SeenQueue
from cerby_tui.widgets.field import Field
from cerby_wire.activity import Seen
from cerby_wire.encoding import decode
from tests.fakes import FrozenClock
from tests.ui.gallery import WIDE, StillSession, app_over, keys, open_account, settle


async def noted(session: StillSession) -> list[tuple[str, str]]:
    """What waits to be sent, in the order in which it happened."""
    queue = SeenQueue(session._ground.writing.vault.database)
    waiting = await session._ground.call(queue.waiting, 100)
    found = [decode(signed.raw, Seen) for signed in waiting.values()]
    return [(seen.how, seen.what) for seen in found]


async def test_a_card_and_its_secrets(still: StillSession, clock: FrozenClock) -> None:
    """Opening a card, showing its password, copying its password and a plain field; hiding again is nothing."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        for name, pressed in (("password", ("space", "space", "c")), ("username", ("c",))):
            next(each for each in pilot.app.screen.query(Field) if each.spec.name == name).focus()
            await settle(pilot)
            await keys(pilot, *pressed)
        assert await noted(still) == [
            ("viewed", "account"),
            ("viewed", "password"),
            ("copied", "password"),
            ("copied", "username"),
        ]


async def test_a_message_its_code_and_its_text(still: StillSession, clock: FrozenClock) -> None:
    """Opening a message, copying its code, copying its text; the list of messages alone is nothing."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "i")
        assert await noted(still) == []
        await keys(pilot, "enter", "c", "y")
        assert await noted(still) == [("viewed", "message"), ("copied", "code"), ("copied", "message")]


async def test_codes_copied_from_lists(still: StillSession, clock: FrozenClock) -> None:
    """The code on a card, and the code in the Shared Inbox."""
    async with app_over(still, clock).run_test(size=WIDE) as pilot:
        await keys(pilot, "slash", *"brand page", "enter", "c")
        assert await noted(still) == [("copied", "code")]
        clock.advance(61)
        await keys(pilot, "i", "c")
        assert await noted(still) == [("copied", "code")] * 2


async def test_both_values_of_a_clash(enter: Callable[[str], StillSession], clock: FrozenClock) -> None:
    """Two passwords side by side, once they are shown."""
    session = enter("Bob")
    async with app_over(session, clock).run_test(size=WIDE) as pilot:
        await open_account(pilot, "Payroll")
        next(each for each in pilot.app.screen.query(Field) if each.spec.name == "password").focus()
        await settle(pilot)
        await keys(pilot, "s")
        assert ("viewed", "password") not in await noted(session)
        await keys(pilot, "space")
        assert ("viewed", "password") in await noted(session)
