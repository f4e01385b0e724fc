"""The line above every screen (where am I, how do things stand) and the two below it (what was said, which keys)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from textual.reactive import reactive
from textual.strip import Strip

from cerby_tui import terminal_text, words
from cerby_tui.commands import COMMANDS, NOT_IN_FOOTER, Command, key_words
from cerby_tui.messages import Severity
from cerby_tui.values import SyncStatus
from cerby_tui.widgets.ink import Inked, Line

NOTICE_LINES = 3
CRUMB = " › "
NOTICE_MARKS: dict[Severity, tuple[str, str]] = {
    "information": ("✓", "good"),
    "warning": ("!", "warn"),
    "error": ("✗", "bad"),
}


def status_words(status: SyncStatus, zone: tzinfo | None = None) -> tuple[str, str]:
    """How things stand with the service, in words, and the ink to say it in."""
    parts = {
        "live": ["● live"],
        "polling": ["◐ polling"],
        "starting": ["◌ connecting"],
        "offline": ["◌ offline"],
        "stopped": ["○ not syncing"],
        "alarm": ["▲ alarm"],
    }[status.state]
    if status.progress:
        parts.append(terminal_text.line(status.progress))
    if status.waiting:
        parts.append(f"{status.waiting:,} waiting")
    if status.refused:
        parts.append(f"{status.refused:,} could not be saved")
    if status.state in ("offline", "polling", "stopped"):
        last = words.clock_time(status.last_contact, zone) if status.last_contact else "never"
        parts.append(f"last {last}")
    ink = {"live": "good", "alarm": "bad", "offline": "warn"}.get(status.state, "muted")
    return " · ".join(parts), "bad" if status.refused else ink


class TopBar(Inked):
    """One line: the trail to this place at the left, a note in the middle, the state of the service at the right."""

    trail: reactive[tuple[str, ...]] = reactive(())
    note: reactive[str] = reactive("")
    status: reactive[SyncStatus | None] = reactive(None)
    countdown: reactive[str] = reactive("")

    def __init__(self, zone: tzinfo | None = None) -> None:
        super().__init__()
        self._zone = zone

    def render_line(self, y: int) -> Strip:
        """The whole bar."""
        line = Line(self.content_size.width, self.rich_style)
        if self.status:
            text, ink = status_words(self.status, self._zone)
            line.right(text, self.ink(ink), room=max(line.free // 2, 24))
        if self.countdown:
            line.right("   ").right(self.countdown, self.ink("accent"))
        line.left("cerby", self.ink("faint")).gap(2)
        for depth, step in enumerate(self.trail):
            last = depth == len(self.trail) - 1
            line.left(terminal_text.line(step), self.ink("title" if last else "muted"), room=max(line.free - 3, 0))
            if not last:
                line.left(CRUMB, self.ink("faint"))
        if self.note and line.free > terminal_text.width(self.note) + 6:
            line.gap(3).left(self.note, self.ink("muted"))
        return line.strip()


class BottomBar(Inked):
    """The newest notice and, below it, the keys that matter most here. `? all keys` is always the last one."""

    hints: reactive[tuple[tuple[str, str], ...]] = reactive(())
    notice: reactive[str] = reactive("")
    severity: Severity = "information"

    def say(self, sentence: str, severity: Severity) -> None:
        """Show a notice until another one, or "", replaces it."""
        self.severity = severity
        self.notice = sentence

    def _notice_lines(self) -> list[str]:
        return terminal_text.wrap(terminal_text.line(self.notice), max(self.content_size.width - 2, 10))[:NOTICE_LINES]

    def watch_notice(self) -> None:
        """A long notice takes lines of its own: it never covers what is focused."""
        self.styles.height = len(self._notice_lines()) + 1 if self.size.width else 2

    def on_resize(self) -> None:
        """Wrap the notice anew."""
        self.watch_notice()

    def render_line(self, y: int) -> Strip:
        """A line of the notice, or the line of keys."""
        line = Line(self.content_size.width, self.rich_style)
        said = self._notice_lines()
        at = y - (self.size.height - 1 - len(said))  # a bar that is kept tall speaks from its foot
        if at < len(said):
            if self.notice and at >= 0:
                mark, ink = NOTICE_MARKS[self.severity]
                line.left(mark if at == 0 else " ", self.ink(ink)).gap()
                line.left(said[at], self.ink("text" if self.severity == "information" else ink))
            return line.strip()
        for key, word in fitting(self.hints, self.content_size.width):
            line.left(key, self.ink("title")).gap().left(word, self.ink("muted")).gap(3)
        return line.strip()


def fitting(hints: Sequence[tuple[str, str]], width: int) -> list[tuple[str, str]]:
    """As many hints as fit whole, in order; the last one always."""
    if not hints:
        return []
    *others, last = hints
    taken: list[tuple[str, str]] = []
    free = width - _hint_width(last)
    for hint in others:
        free -= _hint_width(hint) + 3
        if free < 0:
            break
        taken.append(hint)
    return [*taken, last]


def _hint_width(hint: tuple[str, str]) -> int:
    return terminal_text.width(hint[0]) + 1 + terminal_text.width(hint[1])


def footer_hints(active: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Hints for the commands that work now, given as (command id, keys), most useful first, *all keys* last."""
    found: dict[str, tuple[Command, str]] = {}
    for command_id, keys in active:
        command = COMMANDS.get(command_id)
        if command and command_id not in found and command.rank < NOT_IN_FOOTER:
            found[command_id] = (command, keys)
    ordered = sorted(found.values(), key=lambda each: each[0].rank)
    hints = [(key_words(keys), command.hint or command.label.lower()) for command, keys in ordered]
    help_keys = next((keys for command_id, keys in active if command_id == "help"), "question_mark")
    return (*hints, (key_words(help_keys), COMMANDS["help"].hint))
