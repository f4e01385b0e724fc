"""Setting up this device, step by step, whichever way it is; Esc backs out of every one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from cerby_tui.clock import Clock
from cerby_tui.errors import CerbyError
from cerby_tui.screens.base import Sized, sheet
from cerby_tui.screens.enrolment_steps import Asked, EnrolmentStep, ResumeStep, StepBox
from cerby_tui.screens.enrolment_ways import CodeStep
from cerby_tui.widgets.bars import BottomBar

if TYPE_CHECKING:
    from cerby_tui.enrolling.base import Enrolling, Step
    from cerby_tui.enrolling.ways import Ways
    from cerby_tui.session import Session

_SCREENS = "cerby_tui.screens"
BOXES: dict[Step, str] = {
    "name": f"{_SCREENS}.enrolment_steps:NameStep",
    "passphrase": f"{_SCREENS}.enrolment_steps:PassphraseStep",
    "token": f"{_SCREENS}.enrolment_ways:TokenStep",
    "invite": f"{_SCREENS}.enrolment_ways:InviteStep",
    "code": f"{_SCREENS}.enrolment_ways:CodeStep",
    "approval": f"{_SCREENS}.enrolment_approval:ApprovalStep",
    "waiting": f"{_SCREENS}.enrolment_approval:WaitingStep",
    "approved": f"{_SCREENS}.enrolment_approval:ApprovedStep",
    "recovery": f"{_SCREENS}.enrolment_recovery:RecoveryStep",
    "use": f"{_SCREENS}.enrolment_recovery:UseStep",
    "sent": f"{_SCREENS}.enrolment_recovery:SentStep",
    "kit": f"{_SCREENS}.enrolment_kit:KitStep",
}
"""The box of each step; loaded when it is shown, so that no way pays for the others."""


def box_of(step: Step) -> type[EnrolmentStep]:
    """The class that shows a step."""
    module, _, name = BOXES[step].partition(":")
    found: type[EnrolmentStep] = getattr(import_module(module), name)
    return found


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
            yield ResumeStep(self._ways, self._clock) if self._attempt is None else self._next()
        yield BottomBar()

    def on_mount(self) -> None:
        """The few keys of every step."""
        self.query_one(BottomBar).hints = (("Enter", "go on"), ("Esc", "back"), ("F1", "all keys"))

    @property
    def _enrolment(self) -> Enrolling[Any]:
        """The attempt that goes on: the one given, or the one that the passphrase opened."""
        attempt = self._attempt or self._ways.in_hand
        if attempt is None:
            raise LookupError("no attempt is in hand")
        return attempt

    def _next(self) -> EnrolmentStep:
        """The step that the attempt says comes now."""
        return self._box(box_of(self._enrolment.step))

    def _box(self, kind: type[EnrolmentStep]) -> EnrolmentStep:
        box = kind(self._enrolment, self._clock)
        box.asked = self._asked
        return box

    @property
    def step(self) -> StepBox:
        """The step on screen."""
        return self.query_one(StepBox)

    async def _show(self, step: StepBox) -> None:
        column = self.query_one(VerticalScroll)
        await column.remove_children(StepBox)
        column.scroll_home(animate=False)
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
        self._asked = done.asked
        if done.following is not None:
            await self._show(self._box(done.following))
        elif self._enrolment.step == "done":
            self._opened(await asyncio.to_thread(self._enrolment.open))
        else:
            await self._show(self._next())

    async def action_back_out(self) -> None:
        """To where the step says, else to the first screen."""
        if self._busy:
            self.say("One moment: this step is being done.", "warning")
        elif (before := self.step.before) is not None:
            await self._show(self._box(before))
        else:
            self.dismiss(None)

    def action_another_code(self) -> None:
        """Ask for another code, to the same address."""
        step = self.step
        if isinstance(step, CodeStep) and not self._busy:
            self.run_worker(self._ask_again(step), exclusive=True, group="step")

    async def _ask_again(self, step: CodeStep) -> None:
        try:
            await step.another()
        except CerbyError as error:
            step.tell(error.whole(), bad=True)
        else:
            self._asked = step.asked
            self.say("Another code is on its way; the one before is void.")
