"""Beside the fields: the newest code in large figures, and how far the phone number has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from textual.containers import VerticalGroup
from textual.strip import Strip
from textual.widget import Widget

from cerby_tui import terminal_text
from cerby_tui.widgets.big_code import BigCode
from cerby_tui.widgets.ink import Inked, Line


@dataclass(frozen=True)
class Step:
    """A step of the association. `done` ones carry when."""

    words: str
    done: bool
    when: str = ""


class Steps(Inked):
    """A heading and steps with ticks; a step that is not done has an empty circle."""

    def __init__(self) -> None:
        super().__init__()
        self._heading = ""
        self._steps: Sequence[Step] = ()
        self._sentence = ""

    def show(self, heading: str, steps: Sequence[Step], sentence: str = "") -> None:
        """Show steps and a sentence below them."""
        self._heading, self._steps, self._sentence = heading, steps, sentence
        self._lay_out()

    def on_resize(self) -> None:
        """Wrap the sentence anew."""
        self._lay_out()

    def _lay_out(self) -> None:
        self.styles.height = 2 + len(self._steps) + len(self._wrapped())
        self.refresh()

    def _wrapped(self) -> list[str]:
        return ["", *terminal_text.wrap(self._sentence, max(self.content_size.width, 20))] if self._sentence else []

    def render_line(self, y: int) -> Strip:
        """Heading, steps, sentence."""
        line = Line(self.content_size.width, self.rich_style)
        if y == 0:
            line.left(self._heading, self.ink("chip"))
        elif 2 <= y < 2 + len(self._steps):
            step = self._steps[y - 2]
            line.right(step.when, self.ink("faint"))
            line.left("✓ " if step.done else "○ ", self.ink("good" if step.done else "muted"))
            line.left(step.words, self.ink("text" if step.done else "muted"))
        elif y >= 2:
            below = self._wrapped()[y - 2 - len(self._steps) :]
            line.left(below[0] if below else "", self.ink("muted"))
        return line.strip()


class Heading(Inked):
    """One line of heading."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def render_line(self, y: int) -> Strip:
        """The heading."""
        line = Line(self.content_size.width, self.rich_style)
        return line.left(self._text if y == 0 else "", self.ink("chip")).strip()


class AccountSide(VerticalGroup):
    """The pane at the right of an account page. `now` is UTC milliseconds."""

    def __init__(self, now: Callable[[], int]) -> None:
        super().__init__()
        self._now = now

    def compose(self) -> Iterable[Widget]:
        """The code above the steps."""
        yield Heading("Newest code")
        yield BigCode(self._now)
        yield Steps()
