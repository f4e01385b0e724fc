"""Inviting somebody: the form, and the string for them, which is shown once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from cerby_tui import terminal_text, words
from cerby_tui.commands import only
from cerby_tui.errors import CerbyError
from cerby_tui.messages import CopyWanted, Pressed, RowOpened
from cerby_tui.screens.administering import ROLE_MEANINGS
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.screens.choose import Choice, ChoiceList
from cerby_tui.team_values import NewInvite
from cerby_tui.widgets.button import Press
from cerby_tui.widgets.entry import Entry

if TYPE_CHECKING:
    from cerby_tui.session import Session
    from cerby_wire.headers import WorkspaceRole

LONGEST_ADDRESS = 254


class NewInviteScreen(Dialog[NewInvite]):
    """Asks for an address and a role; answers the invite that was written, or None."""

    BINDINGS: ClassVar[list[BindingType]] = only("cancel-dialog")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._roles: tuple[WorkspaceRole, ...] = session.invites.roles()
        self._busy = False

    def body(self) -> Iterable[Widget]:
        """The address, the roles, and a line for what there is to say."""
        yield caption("Invite to the workspace", "title")
        yield Entry(placeholder="E-mail address", max_length=LONGEST_ADDRESS)
        yield caption("Workspace role", "muted")
        yield ChoiceList([Choice(role, words.workspace_role(role), ROLE_MEANINGS[role]) for role in self._roles])
        yield Static(id="said", markup=False)
        with Horizontal(classes="buttons"):
            yield Press("Invite", default=True)

    def on_mount(self) -> None:
        """The address first; User is the usual role."""
        listed = self.query_one(ChoiceList)
        listed.styles.height = max(min(2 * len(self._roles), self.app.size.height - 16), 2)
        listed.index = self._roles.index("user") if "user" in self._roles else 0
        self.query_one(Entry).focus()

    def on_key(self, event: events.Key) -> None:
        """↓ leads from the address to the roles."""
        if event.key == "down" and self.query_one(Entry).has_focus:
            event.stop()
            self.query_one(ChoiceList).focus()

    @on(Input.Submitted)
    @on(RowOpened)
    @on(Pressed)
    def entered(self) -> None:
        """Enter anywhere: write the invite."""
        address = self.query_one(Entry).value.strip()
        role = self._roles[self.query_one(ChoiceList).index] if self._roles else None
        if not address or role is None:
            self._tell("Type the e-mail address of the person.", bad=True)
            self.query_one(Entry).focus()
        elif not self._busy:
            self._busy = True
            self._tell("Writing the invite…")
            self.run_worker(self._invite(address, role), exclusive=True)

    async def _invite(self, address: str, role: WorkspaceRole) -> None:
        try:
            made = await self._session.invites.invite(address, role)
        except CerbyError as error:
            self._tell(error.whole(), bad=True)
        else:
            self.dismiss(made)
        finally:
            self._busy = False

    def _tell(self, text: str, *, bad: bool = False) -> None:
        said = self.query_one("#said", Static)
        said.set_class(bad, "bad")
        said.update(Content(terminal_text.visible(("✗ " if bad else "") + text)))

    def action_close(self) -> None:
        """Invite nobody."""
        if not self._busy:
            self.dismiss(None)


class InviteScreen(Dialog[None]):
    """Shows the string for the invited person, once: it is kept nowhere."""

    BINDINGS: ClassVar[list[BindingType]] = only("copy-invite", "close")

    def __init__(self, made: NewInvite, now: int) -> None:
        super().__init__(classes="wide")
        self._made = made
        self._now = now
        self._copied = False
        self._warned = False

    def body(self) -> Iterable[Widget]:
        """What to do with it, and the string."""
        invite = self._made.invitation
        address = terminal_text.line(invite.email)
        yield caption(f"Invite for {address}", "title")
        yield caption(
            f"Send them this string yourself, in a way that only they read. It is good once, for "
            f"{words.span_left(invite.expires, self._now)}, and is not shown again.",
            "muted",
        )
        yield Static(Content(terminal_text.visible(self._made.text)), id="string")
        told = (
            f"A mail told {address} that it comes from you; the string is not in it."
            if self._made.mailed
            else f"No mail could be sent to {address}: tell them yourself."
        )
        yield caption(f"{told} They run: cerby-tui join", "muted")
        with Horizontal(classes="buttons"):
            yield Press("Copy", id="copy", default=True)
            yield Press("Done", id="done")

    def on_mount(self) -> None:
        """Copying comes first."""
        self.query_one("#copy").focus()

    @on(Pressed)
    def pressed(self, event: Pressed) -> None:
        """A button."""
        if event.sender.id == "copy":
            self.action_copy()
        else:
            self.action_close()

    def action_copy(self) -> None:
        """The whole string."""
        self._copied = True
        self.post_message(CopyWanted(self._made.text, "Invite"))
        self.query_one("#done").focus()

    def action_close(self) -> None:
        """Leave; a string that was not copied is warned about once, because it cannot be shown again."""
        if self._copied or self._warned:
            self.dismiss(None)
            return
        self._warned = True
        self.say("The string was not copied and is not shown again. Esc once more leaves it.", "warning")
