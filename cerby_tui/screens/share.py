"""Sharing an account: find people, tick them, choose their role, confirm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from cerby_tui import terminal_text, words
from cerby_tui.commands import bindings, only
from cerby_tui.messages import Pressed, RowOpened
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.team_values import Colleague
from cerby_tui.widgets.button import Press
from cerby_tui.widgets.entry import Entry
from cerby_tui.widgets.ink import Line, highlighted
from cerby_tui.widgets.line_list import LineList
from cerby_wire.headers import AccountRole

Candidate = tuple[Colleague, tuple[AccountRole, ...]]

NOBODY_LEFT = ("Everybody is on this account", "M shows the members; who may invite does it there.")
NOBODY_FOUND = ("Nobody is found", "Fewer words find more.")


class PeopleList(LineList):
    """The people who can be put on the account; who can only be a Collaborator stands last, in a section of its own."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        super().__init__()
        self.people = list(candidates)
        self.ticked: dict[bytes, Candidate] = {}
        self.role: AccountRole = "collaborator"
        self._words: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.people)

    def show(self, people: Sequence[Candidate], wanted: Sequence[str]) -> None:
        """Offer these, the first selected."""
        self.people, self._words = list(people), tuple(wanted)
        self.empty = NOBODY_FOUND if wanted else NOBODY_LEFT
        self.index = 0
        self.redraw()

    def tick(self) -> None:
        """Choose the selected person, or leave them out."""
        if self.people:
            one = self.people[self.index]
            if self.ticked.pop(one[0].user, None) is None:
                self.ticked[one[0].user] = one
            self.redraw_cell(self.index)

    def role_of(self, candidate: Candidate) -> AccountRole:
        """The role that somebody would get."""
        return self.role if self.role in candidate[1] else "collaborator"

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """A box, the name and address, and the role they would get."""
        one, roles = self.people[index]
        ticked = one.user in self.ticked
        line = Line(width, self.rich_style + self.ink("selected") if selected else self.rich_style)
        line.left("▌ " if selected else "  ", self.ink("edge-focus"))
        line.left("[x] " if ticked else "[ ] ", self.ink("accent" if ticked else "muted"))
        fixed = f"{words.workspace_role(one.role)}: Collaborator" if len(roles) == 1 else ""
        line.right(" ").right(fixed or words.account_role(self.role_of((one, roles))), self.ink("muted"))
        name = terminal_text.clip(terminal_text.line(one.name), max(line.free - 2, 0))
        for piece, ink in highlighted(name, self._words, self.ink("title"), self.ink("match")):
            line.left(piece, ink)
        line.gap(2).left(terminal_text.line(one.email), self.ink("muted"), room=max(line.free - 2, 0))
        return [line.strip()]


class ShareScreen(Dialog[dict[bytes, AccountRole]]):
    """Answers the people with their roles, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("share"),
        *only("close"),
        Binding("up", "move('up')", show=False, priority=True),
        Binding("down", "move('down')", show=False, priority=True),
    ]

    def __init__(self, label: str, candidates: Sequence[Candidate]) -> None:
        super().__init__(classes="wide")
        self._label = label
        self._candidates = sorted(candidates, key=lambda one: (len(one[1]) == 1, one[0].name.casefold()))

    def body(self) -> Iterable[Widget]:
        """A line to search with, the people, the role."""
        yield caption(f"Share {terminal_text.line(self._label)}", "title")
        yield Entry(placeholder="find people by name or address")
        people = PeopleList(self._candidates)
        people.empty = NOBODY_LEFT
        yield people
        yield Static(id="said", markup=False)
        with Horizontal(classes="buttons"):
            yield Press("Confirm", default=True)

    def on_mount(self) -> None:
        """Type first."""
        listed = self.query_one(PeopleList)
        listed.styles.height = max(min(len(self._candidates), self.app.size.height - 16), 4)
        self._show_role()
        self.query_one(Entry).focus()

    def _show_role(self) -> None:
        chosen = self.query_one(PeopleList).role
        marks = [f"({'•' if role == chosen else ' '}) {words.account_role(role)}" for role in ("collaborator", "owner")]
        fixed = any(len(roles) == 1 for _one, roles in self._candidates)
        only_one = "   Login-Only and Guest Users become Collaborators." if fixed else ""
        self.query_one("#said", Static).update(f"Role  {'   '.join(marks)}   Ctrl+T{only_one}")

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Filter with every key."""
        wanted = event.value.lower().split()
        found = [one for one in self._candidates if _fits(one[0], wanted)]
        self.query_one(PeopleList).show(found, wanted)

    @on(Input.Submitted)
    @on(RowOpened)
    def entered(self, event: Input.Submitted | RowOpened) -> None:
        """Enter ticks who is selected."""
        event.stop()
        self.action_tick()

    def action_tick(self) -> None:
        """Choose the selected person, or leave them out."""
        self.query_one(PeopleList).tick()

    def action_another_role(self) -> None:
        """Owner or Collaborator, for all that are ticked."""
        people = self.query_one(PeopleList)
        people.role = "owner" if people.role == "collaborator" else "collaborator"
        people.redraw()
        self._show_role()

    async def action_move(self, how: str) -> None:
        """The arrow keys move the selection, while one types too."""
        await self.query_one(PeopleList).run_action(how)

    @on(Pressed)
    def action_confirm(self) -> None:
        """Answer who is ticked."""
        people = self.query_one(PeopleList)
        if people.ticked:
            self.dismiss({user: people.role_of(one) for user, one in people.ticked.items()})
        elif self._candidates:
            self.say("Nobody is ticked yet: Enter ticks the selected person.", "warning")

    def action_close(self) -> None:
        """Share with nobody."""
        self.dismiss(None)


def _fits(one: Colleague, wanted: Sequence[str]) -> bool:
    text = f"{one.name} {one.email}".lower()
    return all(word in text for word in wanted)
