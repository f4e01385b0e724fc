"""What all screens have in common: the bars, keys for the footer, a word when the terminal is too small."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widget import Widget

from cerby_tui.commands import TYPED, bindings
from cerby_tui.errors import CerbyError
from cerby_tui.messages import GenerateWanted, Noticed, Severity, Uncovered
from cerby_tui.paths import styles_directory
from cerby_tui.screens.desk import Desk
from cerby_tui.values import Changed
from cerby_tui.widgets.bars import BottomBar, TopBar, footer_hints
from cerby_tui.widgets.too_small import TooSmall

NEEDED = (60, 16)
"""Columns and lines below which nothing can be laid out honestly."""
WIDE = 100
"""From this many columns on there is room for two panes."""

T = TypeVar("T")


def sheet(name: str) -> Path:
    """The stylesheet of a screen."""
    return styles_directory() / f"{name}.tcss"


class Sized(Screen[ScreenResultType]):
    """Knows when the terminal is too small, and says the size it needs instead of drawing half of itself."""

    async def on_resize(self, event: events.Resize) -> None:
        """Cover everything with one sentence, or uncover it."""
        small = event.size.width < NEEDED[0] or event.size.height < NEEDED[1]
        covers = self.query(TooSmall)
        if small and not covers:
            await self.mount(TooSmall(*NEEDED))
        elif not small and covers:
            await covers.remove()

    def on_screen_resume(self) -> None:
        """A notice outlives the screen on which it was said."""
        self.post_message(Uncovered())

    def vault_changed(self, changed: Changed) -> None:
        """Take over a change of the vault, if this screen shows anything of it."""

    def say(self, sentence: str, severity: Severity = "information") -> None:
        """Put a sentence beside the keys and into the log of notices."""
        self.post_message(Noticed(sentence, severity))

    async def attempt(self, act: Awaitable[T]) -> T | None:
        """Wait for an act of the session; if it fails, say the whole sentence and answer None."""
        try:
            return await act
        except CerbyError as error:
            self.say(error.whole(), "error")
            return None

    async def done(self, act: Awaitable[object]) -> bool:
        """Wait for an act of the session that answers nothing; if it fails, say the whole sentence and answer False."""
        try:
            await act
        except CerbyError as error:
            self.say(error.whole(), "error")
            return False
        return True

    def on_generate_wanted(self, message: GenerateWanted) -> None:
        """Have a password made up."""
        from cerby_tui.screens.generator import GeneratorScreen

        message.stop()
        self.app.push_screen(GeneratorScreen(), lambda made: message.take(made) if made else None)

    def show_notice(self, sentence: str, severity: Severity) -> None:
        """Show a notice above the keys; an empty one takes it away."""
        for bar in self.query(BottomBar):
            bar.say(sentence, severity)

    def active_commands(self) -> list[tuple[str, str]]:
        """The commands that work here and now, as (id, first key), those of the focused widget first."""
        found: dict[str, str] = {}
        typing = type(self.focused).__name__ in ("Entry", "SearchEntry", "Area", "Input")
        for key, active in self.active_bindings.items():
            if typing and (len(key) == 1 or key in TYPED):
                continue
            if active.enabled and active.binding.id and active.binding.id not in found:
                found[active.binding.id] = key
        return list(found.items())


class Place(Sized[None]):
    """A whole-screen place between the bars. Subclasses give the body, the trail, and how to read again."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("place")

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._stale = False

    def compose(self) -> ComposeResult:
        """Bars around the body."""
        yield TopBar(self.desk.zone)
        yield from self.body()
        yield BottomBar()

    def body(self) -> Iterable[Widget]:
        """The widgets between the bars."""
        return ()

    def reread(self, changed: Changed) -> None:
        """Read from the session what `changed` touched."""

    def tick(self, countdown: str) -> None:
        """A second has passed; `countdown` is what is left of the clipboard's time."""
        self.query_one(TopBar).countdown = countdown

    def account_in_focus(self) -> bytes | None:
        """The account that a command without one should mean."""
        return None

    def on_mount(self) -> None:
        """Show the state of the service, and keep the keys in the footer true."""
        self.show_status()
        self.bindings_updated_signal.subscribe(self, lambda _screen: self.show_hints())
        self.show_hints()

    def vault_changed(self, changed: Changed) -> None:
        """Take over a change: at once if this place can be seen, else when it is seen again."""
        if not self.is_mounted:
            self._stale = True  # it is read again once everything stands
            return
        if changed.status:
            self.show_status()
        if not (changed.accounts or changed.new_messages or changed.everything):
            return
        stack = self.app.screen_stack
        if self in stack and all(isinstance(above, ModalScreen) for above in stack[stack.index(self) + 1 :]):
            self.reread(changed)
            self.refresh_bindings()  # there may be something to undo, or nothing any more
        else:
            self._stale = True

    def on_screen_resume(self) -> None:
        """What changed while this place was covered is read now."""
        self.show_status()
        if self._stale:
            self._stale = False
            self.reread(Changed(everything=True))

    def gone(self, sentence: str) -> None:
        """What this place shows is not there for this person any more: leave at once, with all that lies over it.

        What came up by itself is answered first; until then nothing of this place can be seen.
        """
        stack = self.app.screen_stack
        if any(isinstance(above, Dialog) and above.interrupts for above in stack[stack.index(self) + 1 :]):
            self._stale = True
            for child in self.children:
                child.visible = False
            return
        self.say(sentence, "warning")
        while self.app.screen is not self and self in self.app.screen_stack:
            self.app.pop_screen()
        self.dismiss(None)

    def show_status(self) -> None:
        """The state of the service into the top bar."""
        self.query_one(TopBar).status = self.desk.session.status()

    def show_hints(self) -> None:
        """The keys that work now into the bottom bar."""
        for bar in self.query(BottomBar):
            bar.hints = footer_hints(self.active_commands())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The demo menu exists in the demo only."""
        if action == "demo_menu":
            return bool(self.desk.demo)
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Leave this place."""
        self.dismiss(None)


class Dialog(Sized[ScreenResultType], ModalScreen[ScreenResultType]):
    """A box over the place it came from. Textual keeps the app's own keys out of it; those that must work come in."""

    CSS_PATH = sheet("dialog")
    BINDINGS: ClassVar[list[BindingType]] = bindings("everywhere", without=("palette",))
    interrupts: ClassVar[bool] = False
    """Whether it comes up by itself, and belongs to no place."""

    def __init__(self, classes: str | None = None) -> None:
        super().__init__(classes=classes)

    def compose(self) -> ComposeResult:
        """A box with the body and, at its foot, the keys that work in it."""
        from textual.containers import Vertical

        with Vertical(classes="box"):
            yield from self.body()
            yield BottomBar()

    def body(self) -> Iterable[Widget]:
        """The widgets of the box."""
        return ()

    def on_mount(self) -> None:
        """Keep the keys at the foot of the box true."""
        self.bindings_updated_signal.subscribe(self, lambda _screen: self.show_hints())
        self.show_hints()

    def show_hints(self) -> None:
        """The keys that work now."""
        for bar in self.query(BottomBar):
            bar.hints = footer_hints(self.active_commands())


def caption(text: str, *classes: str, **options: Any) -> Widget:
    """A few fixed or foreign words; never markup."""
    from textual.content import Content
    from textual.widgets import Static

    from cerby_tui.terminal_text import visible

    return Static(Content(visible(text)), classes=" ".join(("caption", *classes)), **options)
