"""The steps of coming back with the recovery kit: what is on it, whose it is, and asking again for a lost answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from cerby_tui.enrolling.recovering import Recovering
from cerby_tui.errors import UsageError
from cerby_tui.kit import user_groups
from cerby_tui.screens.base import caption
from cerby_tui.screens.enrolment_steps import LATER, EnrolmentStep
from cerby_tui.screens.enrolment_ways import PastedEntry
from cerby_tui.terminal_text import line
from cerby_tui.words import count_of

NOT_COMPARED = "! None of your sessions wrote down the key of this service, so it could not be compared."
COMPARED = "✓ The service has the key that your other sessions know."


class RecoveryStep(EnrolmentStep):
    """Asks for what is on the kit."""

    enrolment: Recovering
    number = 3
    title = "Vault recovery"
    explanation = "Address and code are on the kit. Nothing is used up before you have seen whose it is. " + LATER

    def questions(self) -> Iterable[Widget]:
        """Address and code."""
        yield PastedEntry(id="origin", placeholder="Service, like https://cerby.example.com")
        yield PastedEntry(id="code", placeholder="Recovery key: eight groups, or what the square says")

    async def submit(self) -> None:
        """Look whose it is."""
        self.tell("Asking the service…")
        await self.enrolment.look(self.value("origin"), self.value("code"))


class _Plain(EnrolmentStep):
    """A step that Enter is enough for."""

    can_focus = True

    def on_mount(self) -> None:
        """Enter is all it takes."""
        self.focus()

    def on_key(self, event: object) -> None:
        """Enter goes on."""
        if getattr(event, "key", "") == "enter":
            self.post_message(self.Submitted())


class UseStep(_Plain):
    """Says whose kit it is, and uses it."""

    enrolment: Recovering
    number = 4
    before: ClassVar[type[EnrolmentStep] | None] = RecoveryStep
    title = "Is this you?"
    explanation = (
        "Compare the user id with the one on your kit. Enter uses the kit: this device becomes a trusted session, your "
        "other sessions are told, and a new kit takes the place of this one. Esc goes back."
    )

    def questions(self) -> Iterable[Widget]:
        """Name, address, user id, sessions, service."""
        whose = self.enrolment.whose
        if whose is None:
            raise UsageError("The kit has to be looked at first.")
        stay = f"{count_of(whose.sessions, 'trusted session')} of yours will stay trusted beside this one."
        yield caption(f"{line(whose.name)}\n{line(whose.email)}", "title")
        yield caption(f"User id {user_groups(whose.user)}\n{stay}")
        yield caption(COMPARED if whose.pinned else NOT_COMPARED, "good" if whose.pinned else "warn")

    async def submit(self) -> None:
        """Use it."""
        self.tell("Adding this device, and making your new kit…")
        await self.enrolment.use()


class SentStep(_Plain):
    """Asks again for the answer to an attempt that was cut short."""

    enrolment: Recovering
    number = 4
    title = "Your kit may have been used already"
    explanation = "An earlier attempt ended before the service answered. Enter asks it again; that is always safe."

    async def submit(self) -> None:
        """Ask again."""
        self.tell("Asking the service…")
        await self.enrolment.finish()
