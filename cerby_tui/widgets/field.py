"""A field of the account page: its label and value, and below them, while it is focused, what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.strip import Strip
from textual.timer import Timer

from cerby_tui import terminal_text
from cerby_tui.commands import COMMANDS, bindings, key_words
from cerby_tui.messages import CopyWanted, FieldActed, FieldChanged
from cerby_tui.widgets.editor import Editor
from cerby_tui.widgets.ink import Inked, Line

LABEL_WIDTH = 33
REVEAL_SECONDS = 20.0
"""A revealed value hides itself after this long, and as soon as the focus leaves it."""


Kind = Literal["text", "long", "secret", "phone", "app"]


@dataclass(frozen=True)
class FieldSpec:
    """One field. `value` is what editing starts from and, unless `copies` says otherwise, what is copied."""

    name: str
    label: str
    value: str
    kind: Kind = "text"
    section: str = ""
    shown: str = ""
    """What stands for the value when it is not hidden; the value itself if empty."""
    remark: str = ""
    """Said after the value, always."""
    why: str = ""
    """Said in place of an action that is not there."""
    copies: str = ""
    actions: frozenset[str] = frozenset()
    """Of edit, copy_value, reveal, create_number, number_added, remove_field, keep, compare."""
    clash: str = ""
    """What is to be said if two people changed the field at once."""


_HINTS = (
    ("create_number", "create-number"),
    ("number_added", "number-added"),
    ("keep", "keep-mine"),
    ("keep", "keep-theirs"),
    ("compare", "compare"),
    ("copy_value", "copy-value"),
    ("edit", "edit"),
    ("reveal", "reveal"),
    ("remove_field", "remove-field"),
)


ACTIONS = frozenset(action for action, _command in _HINTS)
"""What a field offers or not."""


class FieldFace(Inked):
    """How a field looks: section, label, value, what is to be said about it, and its actions while it is focused."""

    spec: FieldSpec
    revealed = False
    editor: Editor | None = None
    first = False
    """Whether it stands at the top of the page, where a section needs no distance."""

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The lines that the words need at this width; an editor finds its own height."""
        if self.editor:
            return super().get_content_height(container, viewport, width)
        words = (self._value_lines(width), self._clash_lines(width), self._why_lines(width))
        return self.head() + sum(map(len, words)) + 1

    def lay_out(self) -> None:
        """The words changed."""
        self.refresh(layout=True)

    def on_resize(self) -> None:
        """What has the focus stays in sight, with its actions."""
        if self.has_focus:
            self.scroll_visible(animate=False)

    def head(self) -> int:
        """Lines above the label: the section with its distance."""
        return (2 if self.first else 3) if self.spec.section else 0

    def _clash_lines(self, width: int) -> list[str]:
        if not self.spec.clash:
            return []
        return terminal_text.wrap(terminal_text.line(self.spec.clash), _beside(width))

    def _why_lines(self, width: int) -> list[str]:
        return terminal_text.wrap(self.spec.why, _beside(width)) if self.spec.why else []

    def _value_lines(self, width: int) -> list[str]:
        spec = self.spec
        text = spec.value if self.revealed else (spec.shown or spec.value)
        if not text:
            return ["—"]
        shown = terminal_text.visible(text) if spec.kind == "long" else terminal_text.line(text)
        return terminal_text.wrap(shown, _beside(width))

    def render_line(self, y: int) -> Strip:
        """Section, label and value lines, the clash, and the actions while focused."""
        width = self.content_size.width
        line = Line(width, self.rich_style)
        y -= self.head()
        if y < 0:
            return line.left(self.spec.section if y == -2 else "", self.ink("chip")).strip()
        line.left("▌ " if self.has_focus else "  ", self.ink("edge-focus"))
        values = self._value_lines(width)
        if y < len(values):
            return self._value_line(line, values, y)
        line.gap(LABEL_WIDTH)
        y -= len(values)
        below = [(text, "warn") for text in self._clash_lines(width)]
        below += [(text, "muted") for text in self._why_lines(width)]
        if y < len(below):
            text, ink = below[y]
            return line.left(text, self.ink(ink)).strip()
        if self.has_focus and not self.editor:
            self._actions(line)
        return line.strip()

    def _value_line(self, line: Line, values: list[str], y: int) -> Strip:
        label = self.spec.label if y == 0 else ""
        line.left(terminal_text.fit(terminal_text.line(label), LABEL_WIDTH - 2), self.ink("muted")).gap(2)
        if self.editor:
            return line.strip()
        empty = not self.spec.value and not self.spec.shown
        line.left(values[y], self.ink("faint" if empty else "title" if self.has_focus else "text"))
        if y == 0 and self.spec.remark:
            line.gap(2).left(self.spec.remark, self.ink("muted"))
        return line.strip()

    def _actions(self, line: Line) -> None:
        for key, word in self._hints():
            line.left(key, self.ink("title")).gap().left(word, self.ink("accent")).gap(2)

    def _hints(self) -> Iterable[tuple[str, str]]:
        keys = {
            active.binding.id: key for key, active in reversed(self.screen.active_bindings.items()) if active.binding.id
        }
        for action, command_id in _HINTS:
            if action in self.spec.actions:
                command = COMMANDS[command_id]
                hint = "hide" if action == "reveal" and self.revealed else command.hint
                yield key_words(keys.get(command_id, command.keys.split(",")[0])), hint


def _beside(width: int) -> int:
    """Cells beside the label."""
    return max(width - LABEL_WIDTH - 2, 20)


class Field(FieldFace, can_focus=True):
    """One field. Posts CopyWanted, FieldChanged when an edit is done, FieldActed for what its screen must do.

    `suggest` completes app names while the app is edited.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings("field")

    def __init__(self, spec: FieldSpec, suggest: Callable[[str], list[str]] | None = None) -> None:
        super().__init__()
        self.spec = spec
        self._suggest = suggest
        self._hiding: Timer | None = None

    def show(self, spec: FieldSpec) -> None:
        """The account changed; an edit under way is not disturbed."""
        self.spec = spec
        self.lay_out()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An action that the field does not offer is absent, not disabled."""
        if action in ACTIONS:
            return action in self.spec.actions and not self.editor
        if action.startswith("app.focus"):
            return not self.editor
        return super().check_action(action, parameters)

    def on_blur(self) -> None:
        """Nothing stays revealed behind one's back."""
        self._hide()

    def action_reveal(self) -> None:
        """Show the value, or hide it again."""
        if self.revealed:
            self._hide()
        else:
            self.revealed = True
            self._hiding = self.set_timer(REVEAL_SECONDS, self._hide)
            self.lay_out()
            self.post_message(FieldActed(self.spec.name, "revealed"))

    def _hide(self) -> None:
        if self.revealed:
            self.revealed = False
            if self._hiding:
                self._hiding.stop()
            self.lay_out()

    def action_copy_value(self) -> None:
        """The value as it is, not as it is shown."""
        self.post_message(CopyWanted(self.spec.copies or self.spec.value, self.spec.label))
        self.post_message(FieldActed(self.spec.name, "copied"))

    def action_create_number(self) -> None:
        """Have a number made."""
        self.post_message(FieldActed(self.spec.name, "create_number"))

    def action_number_added(self) -> None:
        """The person says that the number is in the app."""
        self.post_message(FieldActed(self.spec.name, "number_added"))

    def action_remove_field(self) -> None:
        """Take a custom field away."""
        self.post_message(FieldActed(self.spec.name, "remove_field"))

    def action_keep(self, whose: str) -> None:
        """Settle a clash."""
        self.post_message(FieldActed(self.spec.name, f"keep_{whose}"))

    def action_compare(self) -> None:
        """Both values of a clash beside each other."""
        self.post_message(FieldActed(self.spec.name, "compare"))

    async def action_edit(self) -> None:
        """Edit in place. One field at a time: the screen is asked first."""
        self.post_message(FieldActed(self.spec.name, "edit"))

    async def begin_edit(self) -> None:
        """Put the editor where the value stood."""
        self._hide()
        kind = self.spec.kind
        editor = Editor(self.spec.value, long=kind == "long", secret=kind == "secret", suggest=self._suggest)
        editor.styles.margin = (self.head(), 0, 0, LABEL_WIDTH + 2)
        self.editor = editor
        await self.mount(editor)
        self.refresh()

    async def end_edit(self) -> None:
        """Back to showing the value."""
        self.editor = None
        await self.query(Editor).remove()
        self.lay_out()
        self.focus()

    async def on_editor_done(self, event: Editor.Done) -> None:
        """The edit is to be kept."""
        event.stop()
        self.post_message(FieldChanged(self.spec.name, event.value))

    def on_click(self, event: events.Click) -> None:
        """A click on a focused field edits it."""
        if event.chain == 2 and "edit" in self.spec.actions and not self.editor:
            self.post_message(FieldActed(self.spec.name, "edit"))
