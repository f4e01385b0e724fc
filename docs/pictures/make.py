"""Takes the README's pictures of the cards and the inbox: the app itself over a vault like the demo's."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from cerby_tui.demo.cards import demo_cards
from cerby_tui.home import Home
from tests.fakes import FrozenClock
from tests.stage import Founder, Numbered, Text, build
from tests.ui.gallery import CODE, StillSession, app_over, keys

HERE = Path(__file__).parent


def founded() -> Founder:
    """The demo's accounts, some numbers, and texts of the last hours."""
    founder = Founder()
    for place, card in enumerate(demo_cards()):
        number = Numbered(f"+1206555{100 + place:04}", "voip") if card.numbered else None
        account = founder.account(card.item, number)
        for age, (sender, text) in enumerate(reversed(card.texts)):
            founder.message(account, Text(text, sender, 1_200.0 * (place + 1) + 700 * age))
        if card.item.app == "sandbox-social":
            founder.message(account, Text(CODE, "73225", 12.0))
    return founder


async def take(root: Path) -> None:
    """Open the app, picture the cards, press `i`, picture the inbox."""
    home, founder, clock = Home(root).ready(), founded(), FrozenClock()
    build(home, founder, clock)
    session = StillSession(home, founder.device, clock)
    app = app_over(session, clock)
    async with app.run_test(size=(120, 36)) as pilot:
        await keys(pilot, "l")
        HERE.joinpath("cards.svg").write_text(app.export_screenshot())
        await keys(pilot, "i")
        HERE.joinpath("inbox.svg").write_text(app.export_screenshot())
    await session.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(take(Path(folder)))
