"""What the app lets come up by itself: devices that ask for trust, news that must be read, the end of the session."""

from __future__ import annotations

from collections.abc import Sequence

from textual.await_complete import AwaitComplete
from textual.screen import Screen

from cerby_tui.errors import CerbyError
from cerby_tui.messages import SessionOver, Severity
from cerby_tui.screens.desk import Desk
from cerby_tui.screens.doors import Doors
from cerby_tui.screens.interruptions import ASKS, TYPED_INTO, Interruptions
from cerby_tui.team_values import Farewell
from cerby_tui.values import News


class Interrupting(Doors):
    """The part of the app that interrupts. What it says, how it locks and what it clears are told by its subclass."""

    interruptions: Interruptions

    def say(self, sentence: str, severity: Severity = "information") -> None:
        """Show a sentence for a while and keep it in the log of notices."""
        raise NotImplementedError

    async def action_lock(self) -> None:
        """Lock; the app knows how."""
        raise NotImplementedError

    async def clear_clipboard(self) -> None:
        """What is still ours must not stay behind."""
        raise NotImplementedError

    def tell(self, news: Sequence[News]) -> None:
        """Quiet news are said; loud ones wait to come up, and are kept in the log."""
        for each in news:
            if each.loud:
                self.notices.keep(each.sentence, "warning")
                self.interruptions.tell(each)
            else:
                self.say(each.sentence)

    def look_for_requests(self) -> None:
        """Ask which devices want to be trusted, and have the popup come up."""
        if self.desk:
            self.run_worker(self._look_for_requests(self.desk), exclusive=True, group="requests")

    async def _look_for_requests(self, desk: Desk) -> None:
        from cerby_tui.screens.approval import ApprovalScreen

        try:
            pending = await desk.session.devices.pending()
        except CerbyError:
            return  # whoever rang will ring again, and My trusted devices says why
        for screen in self.screen_stack:
            if isinstance(screen, ApprovalScreen):
                await screen.look(pending)
        fresh = self.interruptions.asked(pending)
        self.interrupt()
        if fresh and not isinstance(self.screen, ApprovalScreen):
            self.say(ASKS, "warning")

    def interrupt(self) -> None:
        """Let come up what waits, unless something is up already or somebody is in the middle of a word."""
        above = {type(screen).__name__ for screen in self.screen_stack}
        if not self.desk or above & {"ApprovalScreen", "LoudScreen"}:
            return
        typing = type(self.focused).__name__ in TYPED_INTO
        found = self.interruptions.next(self.desk.now(), typing=typing)
        if isinstance(found, News):
            from cerby_tui.screens.loud import LoudScreen

            self.push_screen(LoudScreen(found, self.desk))
        elif found:
            from cerby_tui.screens.approval import ApprovalScreen

            self.push_screen(ApprovalScreen(self.desk, found))

    async def see_whether_ended(self) -> None:
        """A session that was ended shows nothing any more: it locks, or says how it ended and what was deleted."""
        ended = self.desk.session.ended if self.desk else None
        if ended is None:
            return
        if ended.farewell is None:
            await self.action_lock()
        else:
            await self.end_with(ended.farewell)

    async def on_session_over(self, message: SessionOver) -> None:
        """It was found out while unlocking."""
        await self.end_with(message.farewell)

    async def end_with(self, farewell: Farewell) -> None:
        """Take everything that showed the vault off the screen, and say how this session ended."""
        from cerby_tui.screens.farewell import FarewellScreen

        zone = self.desk.zone if self.desk else None
        self.desk = None
        await self.clear_clipboard()
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        await self.replace_first(FarewellScreen(farewell, zone))

    def replace_first(self, screen: Screen[None]) -> AwaitComplete:
        """Put a screen in the place of the only one there is."""
        first = self.screen
        if not first._result_callbacks:
            first._push_result_callback(self, None)  # Textual takes one off every screen, and gives the first none
        return self.switch_screen(screen)
