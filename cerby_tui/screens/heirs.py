"""The dialogs before somebody loses a role, the workspace, or hands over the Owner's seat: what it means, who takes
over what only they own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from cerby_tui import terminal_text, words
from cerby_tui.commands import only
from cerby_tui.messages import Pressed, RowOpened
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.screens.choose import Choice, ChooseScreen
from cerby_tui.team_values import Colleague, SoleOwned
from cerby_tui.widgets.button import Press
from cerby_tui.widgets.entry import Entry
from cerby_tui.widgets.ink import Line
from cerby_tui.widgets.line_list import LineList

TRANSFER = "transfer"
CLOSED = (
    "Choose a new Owner for each. Old content stays closed: nobody else has its key. Number and new messages go on."
)


@dataclass(frozen=True)
class Handover:
    """What is asked: the question, what follows from yes, the words on the button, and one more consequence."""

    question: str
    said: str
    yes: str
    after: str


def removal_of(person: Colleague) -> Handover:
    """The question before somebody is removed from the workspace."""
    name = terminal_text.line(person.name)
    return Handover(
        f"Remove {name} from the workspace?",
        "Their trusted sessions end at once and delete what they hold; the keys they had are renewed.",
        "Remove from workspace",
        "What they saw or copied they know: change it at its site.",
    )


class HeirList(LineList):
    """The accounts that need a new Owner, one line each."""

    BINDINGS: ClassVar[list[BindingType]] = only("choose-heir", "heir-for-all")

    def __init__(self, owned: Sequence[SoleOwned]) -> None:
        super().__init__()
        self.owned = owned
        self.heirs: dict[bytes, Colleague] = {}

    @property
    def count(self) -> int:
        """How many accounts there are."""
        return len(self.owned)

    def give(self, account: bytes, heir: Colleague) -> None:
        """Somebody takes over an account."""
        self.heirs[account] = heir
        self.redraw()

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """The account, and who takes it over."""
        one = self.owned[index]
        heir = self.heirs.get(one.account)
        line = Line(width, self.rich_style + self.ink("selected") if selected else self.rich_style)
        line.left("▌ " if selected else "  ", self.ink("edge-focus"))
        line.left(terminal_text.fit(account_name(one), width // 2 - 2), self.ink("title")).gap(2)
        line.left("→ ", self.ink("faint"))
        if heir:
            return [line.left(terminal_text.line(heir.name), self.ink("good")).strip()]
        return [line.left("choose a new Owner", self.ink("warn")).strip()]


def account_name(one: SoleOwned) -> str:
    """What an account is called where perhaps only its number can be read."""
    number = words.phone_number(terminal_text.line(one.e164))
    return terminal_text.line(one.label) or number or f"Account {one.account[:3].hex().upper()}"


class HeirsScreen(Dialog[dict[bytes, bytes]]):
    """Answers the new Owner of each account, or None. Yes is possible once every account has one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
        *only("cancel-dialog"),
    ]

    def __init__(self, question: Handover, owned: Sequence[SoleOwned], candidates: Sequence[Colleague]) -> None:
        super().__init__()
        self._question = question
        self._owned = owned
        self._candidates = candidates

    def body(self) -> Iterable[Widget]:
        """The question, what it means, the accounts, the answers."""
        asked = self._question
        yield caption(asked.question, "title")
        yield caption(asked.said, "muted")
        if self._owned:
            count = words.count_of(len(self._owned), "account has", "accounts have")
            yield caption(f"{count} no other Owner", "title", id="owned")
            yield caption(CLOSED, "muted")
            yield HeirList(self._owned)
        if asked.after:
            yield caption(asked.after, "muted")
        with Horizontal(classes="buttons"):
            yield Press("Cancel", id="no")
            yield Press(asked.yes, id="yes", disabled=bool(self._owned))

    def on_mount(self) -> None:
        """The accounts first; without any, the safe answer."""
        for listed in self.query(HeirList):
            listed.styles.height = max(min(len(self._owned), self.app.size.height - 22), 2)
            listed.focus()
            return
        self.query_one("#no").focus()

    @on(RowOpened)
    def choose_one(self, event: RowOpened) -> None:
        """Choose who takes over the selected account."""
        event.stop()
        self._choose([self._owned[event.index]])

    def action_all(self) -> None:
        """Choose one who takes over everything that nobody takes over yet."""
        heirs = self.query_one(HeirList).heirs
        self._choose([one for one in self._owned if one.account not in heirs] or list(self._owned))

    def _choose(self, accounts: Sequence[SoleOwned]) -> None:
        known = set(accounts[0].collaborators) if len(accounts) == 1 else set()
        ordered = sorted(self._candidates, key=lambda one: (one.user not in known, not one.you))
        choices = [Choice(one.user, one.name, _about(one, on_it=one.user in known)) for one in ordered]
        by_id = {one.user: one for one in ordered}

        def chosen(value: bytes | str | None) -> None:
            if isinstance(value, bytes):
                for one in accounts:
                    self.query_one(HeirList).give(one.account, by_id[value])
                self._check_whole()

        name = account_name(accounts[0]) if len(accounts) == 1 else words.count_of(len(accounts), "account")
        self.app.push_screen(ChooseScreen(f"New Owner of {name}", choices), chosen)

    def _check_whole(self) -> None:
        heirs, yes = self.query_one(HeirList).heirs, self.query_one("#yes", Press)
        yes.disabled = len(heirs) < len(self._owned)
        if not yes.disabled:
            self.query_one("#no").focus()

    @on(Pressed)
    def pressed(self, event: Pressed) -> None:
        """An answer."""
        if event.sender.id == "no":
            self.dismiss(None)
            return
        heirs = {account: heir.user for listed in self.query(HeirList) for account, heir in listed.heirs.items()}
        self.dismiss(heirs)

    def action_close(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)


def _about(one: Colleague, *, on_it: bool) -> str:
    parts = [words.workspace_role(one.role), one.email]
    if one.you:
        parts.insert(0, "You")
    if on_it:
        parts.append("on this account already")
    return " · ".join(part for part in parts if part)


class TransferScreen(Dialog[bool]):
    """Asks for a typed word, because nobody but the new Owner can take it back."""

    BINDINGS: ClassVar[list[BindingType]] = only("cancel-dialog")

    def __init__(self, name: str) -> None:
        super().__init__()
        self._whose = terminal_text.line(name)

    def body(self) -> Iterable[Widget]:
        """What it means, and the line for the word."""
        yield caption(f"Make {self._whose} the Owner of the workspace?", "title")
        yield caption(
            f"There is exactly one Owner. You become Super Admin, and only {self._whose} can give the seat back.",
            "muted",
        )
        yield caption(f"Type the word {TRANSFER} to do it:", "muted")
        yield Entry(placeholder=TRANSFER, max_length=20)
        with Horizontal(classes="buttons"):
            yield Press("Transfer ownership", disabled=True, default=True)

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Entry).focus()

    @property
    def _typed(self) -> bool:
        return self.query_one(Entry).value.strip().lower() == TRANSFER

    @on(Input.Changed)
    def typed(self) -> None:
        """The button waits for the whole word."""
        self.query_one(Press).disabled = not self._typed

    @on(Input.Submitted)
    @on(Pressed)
    def entered(self) -> None:
        """Enter: do it, if the word stands there."""
        if self._typed:
            self.dismiss(True)
        else:
            self.say(f"Type the word {TRANSFER}, or leave with Esc.", "warning")

    def action_close(self) -> None:
        """Leave everything as it is."""
        self.dismiss(False)
