"""What the app does by itself: says notices, copies and clears, counts idle time, tells places what changed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from rich.text import Text
from textual import events
from textual.css.query import NoMatches
from textual.worker import WorkerFailed

from cerby_tui.clock import Clock
from cerby_tui.errors import CerbyError
from cerby_tui.logs import where
from cerby_tui.messages import CopyWanted, Noticed, Severity, VaultChanged
from cerby_tui.screens.base import Sized
from cerby_tui.screens.interrupting import Interrupting
from cerby_tui.screens.interruptions import Interruptions
from cerby_tui.screens.keeping import ChangeGate, ClipboardTimer, IdleWatch, Notices

TICK = 1.0
"""Seconds between looks at idle time, notices, the clipboard and the ages of codes."""


class Housekeeping(Interrupting):
    """Everything that happens between key presses."""

    def __init__(
        self, clock: Clock, environ: Mapping[str, str], ansi_color: bool | None, sheets: Sequence[Path]
    ) -> None:
        super().__init__(ansi_color=ansi_color, css_path=list(sheets))
        self.clock = clock
        self.environ = environ
        self.notices = Notices(clock)
        self.idle = IdleWatch(clock, float("inf"))
        self.interruptions = Interruptions(self.idle)
        self.gate = ChangeGate(lambda: self.post_message(VaultChanged()))
        self.clipboard_seconds: float = 30
        """Seconds after which a copied value is taken back."""
        self._copying: ClipboardTimer | None = None

    def on_mount(self) -> None:
        """Start looking at the clock."""
        self.set_interval(TICK, self._tick)

    async def on_event(self, event: events.Event) -> None:
        """Every key and mouse event means that somebody is there."""
        if isinstance(event, events.InputEvent):
            self.idle.touched()
        await super().on_event(event)

    def _fatal_error(self) -> None:
        """A crash says where it happened, never what was in memory: Textual would print the values of variables."""
        crash = self._exception
        error = crash.error if isinstance(crash, WorkerFailed) else crash
        logging.getLogger("cerby_tui.app").error("crashed", exc_info=error)
        place = where(error) if error else "an unknown place"
        sentences = (
            f"cerby-tui stopped because of a fault of its own: {place}.",
            "Nothing that was saved is lost, and the vault is locked. The log says the same: cerby-tui logs tail",
        )
        self._exit_renderables.append(Text("\n".join(sentences)))
        self._close_messages_no_wait()

    async def _tick(self) -> None:
        if self.idle.time_to_lock():
            self.run_worker(self.action_lock(), exclusive=True, group="leaving")
            return
        await self.see_whether_ended()
        if self._copying and self._copying.due():
            self.say(await self._copying.clear())
        # A screen that is being put together or taken apart has not all of its widgets.
        with suppress(NoMatches):
            if place := self.place():
                place.tick(self._copying.countdown() if self._copying else "")
            self._show_notice()
        self.interrupt()

    def say(self, sentence: str, severity: Severity = "information") -> None:
        """Show a sentence for a while and keep it in the log of notices; nothing to say is no notice."""
        if sentence:
            self.notices.add(sentence, severity)
            self._show_notice()

    def _show_notice(self) -> None:
        current = self.notices.current()
        if self.screen_stack and isinstance(self.screen, Sized):
            severity = current.severity if current else "information"
            self.screen.show_notice(current.sentence if current else "", severity)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Severity = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Whatever speaks the way Textual does is said the way we do: a toast would cover what is focused."""
        self.say(message, severity)

    def on_uncovered(self) -> None:
        """Another screen is on top."""
        self._show_notice()

    def on_noticed(self, message: Noticed) -> None:
        """A screen has something to say."""
        self.say(message.sentence, message.severity)

    async def clear_clipboard(self) -> None:
        """On the way out: what is still ours must not stay behind."""
        if self._copying:
            await self._copying.clear()

    def _to_terminal(self, sequence: str) -> None:
        if self._driver:
            self._driver.write(sequence)

    def on_copy_wanted(self, message: CopyWanted) -> None:
        """Copy beside everything else: a tool may take a moment."""
        self.run_worker(self._copy(message), group="copy", exclusive=True)

    async def _copy(self, message: CopyWanted) -> None:
        if self._copying is None:
            from cerby_tui.clipboard import Clipboard

            self._copying = ClipboardTimer(Clipboard(self._to_terminal, self.environ), self.clock)
        self.say(await self._copying.copy(message.value, message.what, self.clipboard_seconds))

    def copy_to_clipboard(self, text: str) -> None:
        """Textual's own widgets copy by the same way as everything else."""
        self.post_message(CopyWanted(text, "Selection"))

    async def on_vault_changed(self) -> None:
        """Something changed: every open place takes it over, and a new code is said at once."""
        changed = self.gate.take()
        await self.see_whether_ended()
        if self.desk is None:
            return
        for screen in tuple(self.screen_stack):
            if isinstance(screen, Sized):
                with suppress(NoMatches):
                    screen.vault_changed(changed)
        if changed.everything:
            self.follow_policy()
        if changed.new_messages:
            from cerby_tui.screens.news import news

            self.say(news(self.desk, changed.new_messages))
        self.tell(changed.news)
        if changed.requests:
            self.look_for_requests()
        self.interrupt()

    async def action_sync_now(self) -> None:
        """Ask the service now."""
        if self.desk:
            self.run_worker(self._sync_now(self.desk.session.sync_now()), exclusive=True, group="sync")

    async def _sync_now(self, syncing: Awaitable[None]) -> None:
        try:
            await syncing
        except CerbyError as error:
            self.say(error.whole(), "warning")
        else:
            self.say("Up to date.")
