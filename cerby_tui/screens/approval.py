"""*Trust this session?*: the popup that comes up, wherever one is in the app, when a device asks to be trusted."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.widget import Widget
from textual.widgets import Input, Static

from cerby_tui import terminal_text, words
from cerby_tui.commands import bindings
from cerby_tui.errors import CerbyError, OfflineError, RefusedError, UsageError
from cerby_tui.messages import Pressed, RowOpened
from cerby_tui.screens.approval_steps import DIGITS, AskStep, CodeStep, LimitStep, OverStep, Step, TakingStep
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.screens.desk import Desk
from cerby_tui.team_values import PendingSession, TrustedSession

ENDED = "The request has ended after five minutes. If it was yours, begin again on the new device."
ELSEWHERE = "It was answered on another of your sessions, or the new device gave up."
TAKEN = "It is being answered on another of your sessions."
APPROVED = "{name} is a trusted session now. Confirm on it that it was approved here."
DENIED = "Denied: the device is not trusted. If the request was not yours, somebody knows your e-mail address, no more."
LIVES_ON = {"too_many_devices", "name_taken", "wrong_code", "unavailable", "too_many_requests", "resend_later", "stale"}
"""Refusals after which the same request can still be approved."""


class ApprovalScreen(Dialog[None]):
    """Asks, takes the typed code, and says how it ended. Esc leaves the request open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "app.focus_previous", show=False),
        *bindings("approval"),
    ]
    interrupts = True

    def __init__(self, desk: Desk, request: PendingSession) -> None:
        super().__init__()
        self.desk = desk
        self.request = request
        self._called = self._code = ""
        self._free_at = 0
        self._busy = False

    def body(self) -> Iterable[Widget]:
        """The step, and what is left of the time."""
        yield caption("Trust this session?", "title")
        yield VerticalGroup(self._first(), id="step")
        yield Static(id="left", markup=False)

    def on_mount(self) -> None:
        """Ask, and count down."""
        self.set_interval(1.0, self.count_down)
        self.call_later(self.count_down)
        if self.step:
            self.step.enter()

    def _first(self) -> Step:
        """The question; or the code, for a request that was answered from here before."""
        if self.request.taken_here:
            self._called = self.desk.memory.asked.get(self.request.id, "")
            return CodeStep(self._called)
        return AskStep(words.age(self.request.asked, self.desk.now()), self.request.address)

    @property
    def step(self) -> Step | None:
        """The step that is shown."""
        return next(iter(self.query(Step)), None)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return isinstance(self.step, OverStep)

    async def _show(self, step: Step) -> None:
        group = self.query_one("#step")
        await group.remove_children()
        await group.mount(step)
        step.enter()
        self.refresh_bindings()

    async def _end(self, sentence: str, *, good: bool = False) -> None:
        self._busy = False
        self.query_one("#left", Static).update("")
        await self._show(OverStep(sentence, good=good))

    # --- time, and what happens elsewhere

    async def count_down(self) -> None:
        """What is left of the request; when it is over nothing can be approved."""
        if self.over or self._busy or not self.is_mounted:
            return
        now, step = self.desk.now(), self.step
        if now >= self.request.expires:
            await self._end(ENDED)
            return
        self.query_one("#left", Static).update(f"ends in {words.remaining(self.request.expires, now)}")
        if isinstance(step, CodeStep) and self._free_at:
            if now < self._free_at:
                step.tell(f"Wrong code. The next try is possible in {words.remaining(self._free_at, now)}.", bad=True)
            else:
                self._free_at = 0
                step.again("Type the code again.")

    async def look(self, pending: Sequence[PendingSession]) -> None:
        """Take over what happened to the request elsewhere."""
        if self.over or self._busy:
            return
        mine = next((one for one in pending if one.id == self.request.id), None)
        if mine is None:
            await self._end(ELSEWHERE if self.desk.now() < self.request.expires else ENDED)
        elif mine.taken_elsewhere:
            await self._end(TAKEN)

    # --- answers

    @on(Pressed)
    def pressed(self, event: Pressed) -> None:
        """A button."""
        if event.sender.id == "close":
            self.dismiss(None)
        elif event.sender.id == "deny":
            self._begin(self._deny)
        elif isinstance(self.step, AskStep):
            self._begin(self._take)
        else:
            self.submitted()

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Enter in the code or the name: approve."""
        step = self.step
        if not isinstance(step, CodeStep) or self._busy or self._free_at:
            return
        self._code, self._called = step.code, step.name_typed
        if len(self._code) != DIGITS:
            step.again(f"The code has {DIGITS} digits.")
        elif not self._called:
            step.again("The device needs a name.", name=True)
        else:
            self._begin(self._approve)

    def _begin(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if not self._busy:
            self._busy = True
            self.run_worker(work(), exclusive=True, group="approval")

    async def _deny(self) -> None:
        try:
            await self.desk.session.devices.deny(self.request.id)
        except CerbyError as error:
            await self._failed(error)
        else:
            await self._end(DENIED, good=True)

    async def _take(self) -> None:
        await self._show(TakingStep())
        try:
            self._called = await self.desk.session.devices.take(self.request.id)
        except OfflineError as error:
            self._busy = False
            ask = AskStep(words.age(self.request.asked, self.desk.now()), self.request.address)
            await self._show(ask)
            ask.tell(error.whole(), bad=True)
        except CerbyError as error:
            await self._end(error.whole())
        else:
            self._busy = False
            self.desk.memory.asked[self.request.id] = self._called
            await self._show(CodeStep(self._called))

    async def _approve(self) -> None:
        step = self.step
        if isinstance(step, CodeStep):
            step.hold(True)
            step.tell("Approving…")
        try:
            if await self._name_is_taken():
                await self._ask_code_again(f"You have a session called {terminal_text.line(self._called)}.", name=True)
                return
            await self.desk.session.devices.approve(self.request.id, self._code, self._called)
        except CerbyError as error:
            await self._failed(error)
        else:
            await self._end(APPROVED.format(name=terminal_text.line(self._called)), good=True)

    async def _name_is_taken(self) -> bool:
        live = [one for one in await self.desk.session.devices.own() if one.status != "Removed"]
        return any(one.name.casefold() == self._called.casefold() for one in live)

    async def _failed(self, error: CerbyError) -> None:
        """What can be mended is mended here; what cannot ends the request."""
        code, wait = (error.code, error.retry_after) if isinstance(error, RefusedError) else ("", 0)
        if code == "too_many_devices":
            await self._ask_which_goes()
        elif isinstance(error, UsageError | OfflineError) or code in LIVES_ON or wait:
            await self._ask_code_again(error.whole(), name=code == "name_taken")
            self._slow_down(wait)
        else:
            await self._end(error.whole())

    async def _ask_code_again(self, sentence: str, *, name: bool = False) -> None:
        self._busy = False
        step = self.step
        if isinstance(step, CodeStep):
            step.again(sentence, name=name)
        elif step:
            step.tell(sentence, bad=True)

    def _slow_down(self, seconds: int) -> None:
        step = self.step
        if seconds and isinstance(step, CodeStep):
            self._free_at = self.desk.now() + seconds * words.SECOND
            step.hold(True)

    # --- the limit

    async def _ask_which_goes(self) -> None:
        own = await self.desk.session.devices.own()
        live = [one for one in own if one.status != "Removed" and not one.this]
        self._busy = False
        await self._show(LimitStep(sorted(live, key=lambda one: one.last_contact), self.desk.now()))

    @on(RowOpened)
    def chosen_to_go(self, event: RowOpened) -> None:
        """Ask once more, with what there is to know before, and remove it."""
        from cerby_tui.screens.confirm import ConfirmScreen

        event.stop()
        step = self.step
        if not isinstance(step, LimitStep) or self._busy:
            return
        chosen = step.sessions[event.index]
        warnings = [terminal_text.line(said) for said in self.desk.session.devices.warnings(chosen.device)]
        said = "\n\n".join([terminal_text.line(chosen.name), *warnings])

        def answered(yes: bool | None) -> None:
            if yes:
                self._begin(lambda: self._make_room(chosen))

        self.app.push_screen(ConfirmScreen("Remove device?", said, yes="Remove device", no="Cancel"), answered)

    async def _make_room(self, chosen: TrustedSession) -> None:
        try:
            await self.desk.session.devices.remove(chosen.device)
        except CerbyError as error:
            await self._ask_code_again(error.whole())
            return
        self.say(f"{terminal_text.line(chosen.name)} is no trusted session any more.")
        await self._show(CodeStep(self._called, self._code))
        await self._approve()

    def action_later(self) -> None:
        """Leave; while it is open it waits in My trusted devices."""
        if self._busy:
            self.say("It is being answered just now; please wait.", "warning")
            return
        if not self.over:
            left = words.remaining(self.request.expires, self.desk.now())
            self.say(f"The request waits for {left} in My trusted devices (T).", "warning")
        self.dismiss(None)
