"""Setting up this device as the first of a new workspace, step by step; Esc backs out of every one."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from cerby_tui.clock import Clock
from cerby_tui.errors import CerbyError
from cerby_tui.screens.base import Sized, sheet
from cerby_tui.screens.enrolment_steps import (
    Asked,
    CheckStep,
    CodeStep,
    KitStep,
    NameStep,
    PassphraseStep,
    ResumeStep,
    StepBox,
    TokenStep,
)
from cerby_tui.widgets.bars import BottomBar

if TYPE_CHECKING:
    from cerby_tui.enrolling.base import Enrolling
    from cerby_tui.enrolling.ways import Ways
    from cerby_tui.session import Session


class EnrolmentScreen(Sized[None]):
    """Shows the step that has to be done next. `opened` gets the session of the new device.

    Without an attempt in hand (`ways.begin`) it first asks for the passphrase of the earlier one.
    """

    CSS_PATH = sheet("enrolment")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back_out", "Back", show=False),
        Binding("ctrl+r", "another_code", "Another code", show=False),
    ]

    def __init__(
        self,
        ways: Ways,
        opened: Callable[[Session], None],
        clock: Clock,
        enrolment: Enrolling[Any] | None = None,
    ) -> None:
        super().__init__()
        self._ways = ways
        self._attempt = enrolment
        self._opened = opened
        self._clock = clock
        self._asked: Asked | None = None
        self._busy = False

    def compose(self) -> Iterable[Widget]:
        """The present step."""
        with VerticalScroll(classes="column", can_focus=False):
            yield self._first()
        yield BottomBar()

    def on_mount(self) -> None:
        """The few keys of every step."""
        self.query_one(BottomBar).hints = (("Enter", "go on"), ("Esc", "back"), ("F1", "all keys"))

    def _first(self) -> StepBox:
        return ResumeStep(self._ways, self._clock) if self._attempt is None else self._next()

    @property
    def _enrolment(self) -> Enrolling[Any]:
        """The attempt that goes on: the one given, or the one that the passphrase opened."""
        attempt = self._attempt or self._ways.in_hand
        if attempt is None:
            raise LookupError("no attempt is in hand")
        return attempt

    def _next(self) -> StepBox:
        """The step that the enrolment says comes now."""
        enrolment, clock = self._enrolment, self._clock
        step = enrolment.step
        if step == "name":
            return NameStep(enrolment, clock, platform.node().partition(".")[0])
        if step == "passphrase":
            return PassphraseStep(enrolment, clock)
        if step == "token":
            return TokenStep(enrolment, clock)
        if step == "code":
            return CodeStep(enrolment, clock, self._asked)
        return KitStep(enrolment, clock)

    @property
    def step(self) -> StepBox:
        """The step on screen."""
        return self.query_one(StepBox)

    async def _show(self, step: StepBox) -> None:
        column = self.query_one(VerticalScroll)
        await column.remove_children(StepBox)
        await column.mount(step)

    @on(StepBox.Submitted)
    def submitted(self) -> None:
        """Do the step beside everything else: some take seconds, some need the network."""
        if not self._busy:
            self._busy = True
            self.run_worker(self._submit(self.step), exclusive=True, group="step")

    async def _submit(self, step: StepBox) -> None:
        try:
            await step.submit()
        except CerbyError as error:
            step.tell(error.whole(), bad=True)
        else:
            await self._go_on(step)
        finally:
            self._busy = False

    async def _go_on(self, done: StepBox) -> None:
        if isinstance(done, TokenStep):
            self._asked = done.asked
        if isinstance(done, KitStep):
            await self._show(CheckStep(self._enrolment, self._clock))
        elif self._enrolment.step == "done":
            self._opened(await asyncio.to_thread(self._enrolment.open))
        else:
            await self._show(self._next())

    async def action_back_out(self) -> None:
        """To the kit from its check, to the name from the passphrase, else to the first screen."""
        if self._busy:
            self.say("One moment: this step is being done.", "warning")
        elif isinstance(self.step, CheckStep):
            await self._show(KitStep(self._enrolment, self._clock))
        elif isinstance(self.step, PassphraseStep):
            await self._show(NameStep(self._enrolment, self._clock, platform.node().partition(".")[0]))
        else:
            self.dismiss(None)

    async def action_another_code(self) -> None:
        """Ask for another code: the same way, with what was typed before."""
        step = self.step
        if not isinstance(step, CodeStep):
            return
        if self._asked is None:
            await self._show(TokenStep(self._enrolment, self._clock))
        elif self._clock.now() < self._asked.again:
            step.tell("Another code can be asked for in a moment.", bad=True)
        else:
            self.run_worker(self._ask_again(step, self._asked), exclusive=True, group="step")

    async def _ask_again(self, step: CodeStep, asked: Asked) -> None:
        try:
            self._asked = await asked.send(self._enrolment, self._clock)
        except CerbyError as error:
            step.tell(error.whole(), bad=True)
        else:
            await self._show(CodeStep(self._enrolment, self._clock, self._asked))
            self.say("Another code is on its way; the one before is void.")
