"""The steps that a pasted string and an e-mailed code take: a token creates a workspace, an invite joins one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual.events import Paste
from textual.widget import Widget
from textual.widgets import Static

from cerby_tui import words
from cerby_tui.errors import UsageError
from cerby_tui.screens.base import caption
from cerby_tui.screens.enrolment_steps import LATER, Asked, EnrolmentStep
from cerby_tui.widgets.entry import Entry

if TYPE_CHECKING:
    from cerby_tui.enrolling.mailed import Mailed


class PastedEntry(Entry):
    """A line for a string that may come in several lines, as mail programs break it."""

    def _on_paste(self, event: Paste) -> None:
        """Take all lines as one; Textual would take the first."""
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor("".join(event.text.split()))


class PastedStep(EnrolmentStep):
    """A string, name and e-mail address; has a code sent."""

    number = 3
    enrolment: Mailed[Any]
    field: ClassVar[str]
    """What the string is called among the entries, and how it begins."""
    mail: ClassVar[str]

    def questions(self) -> Iterable[Widget]:
        """Three lines."""
        yield PastedEntry(id=self.field, placeholder=f"cerby-{self.field}-…")
        yield Entry(id="name", placeholder="Your name, as colleagues know it")
        yield Entry(id="email", placeholder=self.mail)

    async def submit(self) -> None:
        """Ask the service to send the code."""
        self.tell("Asking the service to send a code…")
        typed = (self.value(self.field), self.value("email"), self.value("name"))
        self.asked = Asked.of(await self.enrolment.request_code(*typed), self.clock.now())


class TokenStep(PastedStep):
    """Creates a workspace."""

    title = "Create the workspace"
    explanation = "The provisioning token comes from whoever runs the service (cerby-service init). " + LATER
    field = "token"
    mail = "Your e-mail address; a six-digit code goes there"


class InviteStep(PastedStep):
    """Joins a workspace."""

    title = "Join by invite"
    explanation = "The invite is the line that a colleague gave you; it is good once, for your address alone. " + LATER
    field = "invite"
    mail = "The e-mail address that you were invited at"


class CodeStep(EnrolmentStep):
    """The e-mailed code; creates or joins the workspace."""

    enrolment: Mailed[Any]
    number = 4
    title = "Confirm your e-mail address"
    explanation = "Enter the six-digit code that was sent to you. " + LATER

    def questions(self) -> Iterable[Widget]:
        """Who invited, the code, and how long it is good for."""
        if invited_by := self.enrolment.invited_by:
            yield caption(invited_by)
        yield Entry(id="code", placeholder="Verification code", max_length=6, restrict=r"[0-9]*")
        yield Static(id="times", markup=False, classes="muted")

    def on_mount(self) -> None:
        """Count down."""
        self.set_interval(1.0, self._count)
        self._count()

    def _count(self) -> None:
        self.query_one("#times", Static).update(self._times())

    def _times(self) -> str:
        now, asked = self.clock.now(), self.asked
        if asked is None:
            return "Ctrl+R asks for another code."
        if now >= asked.ends:
            return "This code has ended. Ctrl+R asks for another one."
        later = "now" if now >= asked.again else f"in {words.remaining(asked.again, now)}"
        return f"It is good for {words.remaining(asked.ends, now)}. Ctrl+R asks for another one, {later}."

    async def submit(self) -> None:
        """Create or join the workspace, and write the vault."""
        self.tell("Joining the workspace…" if self.enrolment.way == "join" else "Creating the workspace…")
        await self.enrolment.confirm(self.value("code"))

    async def another(self) -> None:
        """Have another code sent. Raises UsageError where it is too early for one."""
        if self.asked is not None and self.clock.now() < self.asked.again:
            raise UsageError("Another code can be asked for in a moment.")
        self.asked = Asked.of(await self.enrolment.another_code(), self.clock.now())
        self._count()
