"""Choosing filters: sections of values to tick."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.strip import Strip
from textual.widget import Widget

from cerby_tui import terminal_text
from cerby_tui.commands import bindings, only
from cerby_tui.messages import RowOpened
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.values import CardFilter, InboxFilter
from cerby_tui.widgets.ink import Line
from cerby_tui.widgets.line_list import LineList

if TYPE_CHECKING:
    from cerby_tui.session import Session

Chosen = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Option:
    """A value that can be ticked, and the words for it."""

    section: str
    value: str
    words: str


@dataclass(frozen=True)
class Sections:
    """What can be chosen, and what is chosen already. Every section of `chosen` is answered."""

    options: tuple[Option, ...]
    chosen: Chosen


def card_sections(session: Session, chosen: CardFilter) -> Sections:
    """The filters of the cards screen."""
    options = [Option("App", slug, name) for slug, name in session.apps()]
    options += [Option("Collection", name, name) for name in session.collections()]
    options.append(Option("Status", "deleted", "Deleted accounts"))
    status = ("deleted",) if chosen.deleted else ()
    return Sections(tuple(options), {"App": chosen.apps, "Collection": chosen.collections, "Status": status})


def inbox_sections(session: Session, chosen: InboxFilter) -> Sections:
    """The filters of the Shared Inbox."""
    options = [Option("Type", "sms", "SMS"), Option("Content", "code", "Only messages with a code")]
    options += [Option("App", slug, name) for slug, name in session.apps()]
    options += [Option("Collection", name, name) for name in session.collections()]
    options += [Option("Account", card.id.hex(), card.label) for card in session.cards(CardFilter())]
    accounts = tuple(account.hex() for account in chosen.accounts)
    content = ("code",) if chosen.with_code else ()
    return Sections(
        tuple(options),
        {
            "App": chosen.apps,
            "Account": accounts,
            "Collection": chosen.collections,
            "Type": chosen.kinds,
            "Content": content,
        },
    )


class OptionList(LineList):
    """The options with their boxes; the name of a section stands beside its first one."""

    BINDINGS: ClassVar[list[BindingType]] = only("apply")

    def __init__(self, options: Sequence[Option], chosen: set[tuple[str, str]]) -> None:
        super().__init__()
        self.options = options
        self.chosen = chosen

    @property
    def count(self) -> int:
        """How many options there are."""
        return len(self.options)

    def draw(self, index: int, width: int, selected: bool) -> list[Strip]:
        """One option."""
        option = self.options[index]
        ticked = (option.section, option.value) in self.chosen
        line = Line(width, self.rich_style + self.ink("selected") if selected else self.rich_style)
        first = index == 0 or self.options[index - 1].section != option.section
        line.left("▌ " if selected else "  ", self.ink("edge-focus"))
        line.left(terminal_text.fit(option.section if first else "", 12), self.ink("chip"))
        line.left("[x] " if ticked else "[ ] ", self.ink("accent" if ticked else "muted"))
        return [line.left(terminal_text.line(option.words), self.ink("title" if ticked else "text")).strip()]


class FiltersScreen(Dialog[Chosen]):
    """Space ticks, Enter applies, x clears; Esc leaves everything as it was."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("choose", without=("yes", "no", "apply", "take"))

    def __init__(self, sections: Sections) -> None:
        super().__init__()
        self._sections = sections

    def body(self) -> Iterable[Widget]:
        """The list of options."""
        chosen = {(section, value) for section, values in self._sections.chosen.items() for value in values}
        yield caption("Show only", "title")
        yield OptionList(self._sections.options, chosen)

    def on_mount(self) -> None:
        """As tall as there are options, as far as there is room."""
        options = self.query_one(OptionList)
        options.styles.height = min(len(self._sections.options), max(self.app.size.height - 10, 4))
        options.focus()

    def action_choose(self) -> None:
        """Tick or untick the selected option."""
        options = self.query_one(OptionList)
        option = options.options[options.index]
        options.chosen ^= {(option.section, option.value)}
        options.redraw_cell(options.index)

    def action_clear(self) -> None:
        """Untick everything."""
        options = self.query_one(OptionList)
        options.chosen.clear()
        options.redraw()

    def on_row_opened(self, event: RowOpened) -> None:
        """Enter: answer what is ticked, in the order of the options."""
        event.stop()
        options = self.query_one(OptionList)
        answer: Chosen = dict.fromkeys(self._sections.chosen, ())
        for option in options.options:
            if (option.section, option.value) in options.chosen:
                answer[option.section] += (option.value,)
        self.dismiss(answer)

    def action_close(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)
