"""The steps of adding this device to an account by another session: asking, the code, and what the other one said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Digits, Static

from cerby_tui import words
from cerby_tui.enrolling.new_device import NewDevice
from cerby_tui.errors import CerbyError, OfflineError, UsageError
from cerby_tui.screens.base import caption
from cerby_tui.screens.enrolment_steps import LATER, EnrolmentStep
from cerby_tui.screens.enrolment_ways import PastedEntry

EVERY = 1.0
"""Seconds between two looks after the request."""
ASKING = (
    "On another trusted session of yours a request comes up now; it is under “My trusted devices” too. "
    "Choose Approve there, and a code is shown here."
)
TYPING = "Type this code on your other session, and confirm it there."
NO_OTHER = "No other session at hand? Esc leaves. Discard this attempt then, and come back with your recovery kit."


class ApprovalStep(EnrolmentStep):
    """Asks whose device this is to be."""

    enrolment: NewDevice
    number = 3
    title = "Verify your identity"
    explanation = (
        "Another trusted session of yours approves this device. Have it at hand: it takes two minutes. " + LATER
    )

    def questions(self) -> Iterable[Widget]:
        """Service and address, as they were asked last."""
        origin, email = self.enrolment.asked
        yield PastedEntry(origin, id="origin", placeholder="Service, like https://cerby.example.com")
        yield PastedEntry(email, id="email", placeholder="Your e-mail address there")

    async def submit(self) -> None:
        """Ask."""
        self.tell("Asking the service…")
        await self.enrolment.ask(self.value("origin"), self.value("email"))


class _Focused(EnrolmentStep):
    """A step without anything to type."""

    can_focus = True

    def on_mount(self) -> None:
        """The keys go here."""
        self.focus()

    def on_key(self, event: events.Key) -> None:
        """Enter goes on."""
        if event.key == "enter":
            event.stop()
            self.post_message(self.Submitted())


class WaitingStep(_Focused):
    """Waits for the other session, and shows the code once it has answered."""

    enrolment: NewDevice
    number = 4
    before: ClassVar[type[EnrolmentStep] | None] = None
    title = "Waiting for approval"
    explanation = "Nothing comes to this device without the code that is shown here and typed there."
    _looking: Timer | None = None
    _asking = False

    def questions(self) -> Iterable[Widget]:
        """What to do, the code, what is left of the five minutes."""
        yield Static(Content(ASKING), id="todo", classes="caption")
        yield Digits(id="digits")
        yield Static(id="times", markup=False, classes="muted")
        yield caption(NO_OTHER, "muted")

    def on_mount(self) -> None:
        """Look at once, and then about every second."""
        super().on_mount()
        self._looking = self.set_interval(EVERY, self._look)
        self._show()
        self._look()

    def _look(self) -> None:
        """Look once more; one look that takes long is waited for."""
        if not self._asking:
            self._asking = True
            self.run_worker(self._ask(), group="look")

    async def _ask(self) -> None:
        try:
            stage = await self.enrolment.look()
        except OfflineError as error:
            self.tell(error.sentence, bad=True)
        except CerbyError as error:
            self._stop()
            again = " Enter goes back to the question." if self.enrolment.stage == "ask" else ""
            self.tell(error.whole() + again, bad=True)
        else:
            self.tell("")
            if stage == "confirm":
                self._stop()
                self.post_message(self.Submitted())
        finally:
            self._asking = False
        self._show()

    def _stop(self) -> None:
        if self._looking is not None:
            self._looking.stop()

    def _show(self) -> None:
        stage, digits = self.enrolment.stage, self.query_one("#digits", Digits)
        digits.display = stage == "code"
        if stage == "code":
            digits.update(self.enrolment.code())
        self.query_one("#todo", Static).update(Content(TYPING if stage == "code" else ASKING))
        left = words.remaining(self.enrolment.ends, self.clock.now())
        waiting = f"{left} left" if stage in ("wait", "code") else ""
        self.query_one("#times", Static).update(Content(waiting))

    async def submit(self) -> None:
        """There is something to go on with."""
        if self.enrolment.stage in ("wait", "code"):
            raise UsageError("Your other session has not approved this device yet.")


class ApprovedStep(_Focused):
    """The other end has approved; the person says that it is so."""

    enrolment: NewDevice
    number = 5
    title = "Does your other session say that this device is trusted?"
    explanation = (
        "Everything that it told this device was checked. Enter: yes, it says so. "
        "If it shows anything else, Esc, and discard this attempt."
    )

    def questions(self) -> Iterable[Widget]:
        """What is missing, if anything is."""
        if missing := self.enrolment.missing:
            accounts = words.count_of(missing, "account")
            yield caption(f"! {accounts} that your other session has cannot be had here any more.", "warn")

    async def submit(self) -> None:
        """Write the vault."""
        self.tell("Fetching and checking everything…")
        await self.enrolment.confirm()
