"""What the popup *Trust this session?* shows, step after step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, VerticalGroup
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from cerby_tui import terminal_text, words
from cerby_tui.commands import only
from cerby_tui.screens.base import caption
from cerby_tui.screens.choose import Choice, ChoiceList
from cerby_tui.team_values import TrustedSession
from cerby_tui.widgets.button import Press
from cerby_tui.widgets.entry import Entry

DIGITS = 8
LONGEST_NAME = 60
ONLY_YOURS = (
    "Approve only if you are setting up a device yourself just now, and have it before you. You then type the code "
    "that it shows."
)


class Step(VerticalGroup):
    """One step of the popup."""

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something below."""
        for said in self.query("#said").results(Static):
            said.set_class(bad, "bad")
            said.update(Content(terminal_text.visible(("✗ " if bad else "") + text)))

    def enter(self) -> None:
        """Put the focus where it belongs."""


class Quiet(Static, can_focus=True):
    """Text that takes the focus and no key, so that what somebody was typing when the popup came answers nothing."""

    BINDINGS: ClassVar[list[BindingType]] = []


class AskStep(Step):
    """Says that a device asks. The focus is on neither answer."""

    def __init__(self, asked: str, address: str) -> None:
        super().__init__()
        self._asked, self._address = asked, address

    def compose(self) -> Iterable[Widget]:
        """When and from where it asked, and the answers."""
        place = f" from {terminal_text.line(self._address)}" if self._address else ""
        text = f"A device asks to become one of your trusted sessions. It asked {self._asked}{place}."
        yield Quiet(Content(text), id="asked")
        yield caption(ONLY_YOURS, "muted")
        yield Static(id="said", markup=False)
        with Horizontal(classes="buttons"):
            yield Press("Deny", id="deny")
            yield Press("Approve", id="approve")

    def enter(self) -> None:
        """Neither answer: Tab goes to them."""
        self.query_one("#asked").focus()


class TakingStep(Step):
    """Waits for the other device."""

    def compose(self) -> Iterable[Widget]:
        """One sentence."""
        yield Quiet("Waiting for the new device to show its code…", id="asked")

    def enter(self) -> None:
        """There is nothing to press."""
        self.query_one("#asked").focus()


class CodeStep(Step):
    """Asks for the code that the new device shows, and for its name."""

    def __init__(self, name: str, code: str = "") -> None:
        super().__init__()
        self._called, self._code = terminal_text.line(name), code

    def compose(self) -> Iterable[Widget]:
        """Code, name, answers."""
        yield caption("Type the eight digits that the new device shows. If it shows none, deny.", "muted")
        yield Entry(self._code, id="code", placeholder="Code, like 9430-5256", max_length=12, restrict=r"[0-9 \-]*")
        yield caption("Device name", "muted")
        yield Entry(self._called, id="name", placeholder="Device name", max_length=LONGEST_NAME)
        yield Static(id="said", markup=False)
        with Horizontal(classes="buttons"):
            yield Press("Deny", id="deny")
            yield Press("Approve", id="approve", default=True)

    def enter(self) -> None:
        """The code first."""
        self.query_one("#code").focus()

    @property
    def code(self) -> str:
        """The digits that were typed."""
        return "".join(filter(str.isdigit, self.query_one("#code", Entry).value))

    @property
    def name_typed(self) -> str:
        """The name that the device is to have."""
        return self.query_one("#name", Entry).value.strip()

    def hold(self, locked: bool) -> None:
        """While it is being tried, or after a wrong try, nothing can be typed."""
        held = self.query_one("#code", Entry)
        held.disabled = locked
        for button in self.query(Press):
            button.disabled = locked
        if not locked and self.screen.focused is None:
            held.focus()

    def again(self, sentence: str, *, name: bool = False) -> None:
        """Say what was wrong, and let it be typed again."""
        self.hold(False)
        self.tell(sentence, bad=True)
        if not name:
            self.query_one("#code", Entry).value = ""
        self.query_one("#name" if name else "#code", Entry).focus()


class LimitStep(Step):
    """There are as many sessions as there can be: one of them has to go first."""

    def __init__(self, sessions: Sequence[TrustedSession], now: int) -> None:
        super().__init__()
        self.sessions = sessions
        self._now = now

    def compose(self) -> Iterable[Widget]:
        """The sessions, those that were away for longest first."""
        yield caption(f"You have {len(self.sessions) + 1} trusted sessions, and there can be no more.", "title")
        yield caption("Choose one to remove; this device stays. Then the new one is approved.", "muted")
        yield ChoiceList([Choice(one.device, one.name, self._about(one)) for one in self.sessions])
        yield Static(id="said", markup=False)

    def _about(self, one: TrustedSession) -> str:
        return f"{one.how} · last contact {words.ago(one.last_contact, self._now)}"

    def enter(self) -> None:
        """Choose."""
        listed = self.query_one(ChoiceList)
        listed.styles.height = max(min(2 * len(self.sessions), self.app.size.height - 16), 2)
        listed.focus()


class OverStep(Step):
    """How it ended."""

    BINDINGS: ClassVar[list[BindingType]] = only("close")

    def __init__(self, sentence: str, *, good: bool) -> None:
        super().__init__()
        self._sentence, self._good = sentence, good

    def compose(self) -> Iterable[Widget]:
        """One sentence and a way out."""
        text = Content(terminal_text.visible(("✓ " if self._good else "! ") + self._sentence))
        yield Static(text, id="over", classes="good" if self._good else "warn")
        with Horizontal(classes="buttons"):
            yield Press("Close", id="close", default=True)

    def enter(self) -> None:
        """Enter leaves."""
        self.query_one("#close").focus()
