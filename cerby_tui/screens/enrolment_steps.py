"""The first steps of setting up a device, and what all steps are made of: each asks for one thing until it is right."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from textual.containers import VerticalGroup
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from cerby_tui import terminal_text, words
from cerby_tui.clock import Clock
from cerby_tui.errors import UsageError
from cerby_tui.screens.base import caption
from cerby_tui.widgets.entry import Entry
from cerby_wire.shapes import Verification

if TYPE_CHECKING:
    from cerby_tui.enrolling.base import Enrolling
    from cerby_tui.enrolling.ways import Ways

LATER = "Esc leaves; you can go on another time."


class Asked(NamedTuple):
    """A code is on its way: when it ends, and when another one can be asked for; UTC milliseconds."""

    ends: int
    again: int

    @classmethod
    def of(cls, sent: Verification, now: int) -> Asked:
        """What the service has said just now."""
        return cls(now + sent.expires_in * words.SECOND, now + sent.resend_in * words.SECOND)


class StepBox(VerticalGroup):
    """One step. `submit` does it and raises CerbyError with a sentence if it cannot be done."""

    number: ClassVar[int] = 0
    """Its place among the steps, the last one unless it says otherwise."""
    title: ClassVar[str] = ""
    explanation: ClassVar[str] = ""
    before: ClassVar[type[EnrolmentStep] | None] = None
    """Where Esc leads; None for the first screen."""
    following: ClassVar[type[EnrolmentStep] | None] = None
    """What comes after this one in any case; None where the attempt says what is next."""
    asked: Asked | None = None
    """The code that was asked for last."""

    class Submitted(Message):
        """Enter on the last line of the step."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def compose(self) -> Iterable[Widget]:
        """Title, explanation, what is asked for, and a line for what there is to say."""
        yield from self.place()
        yield caption(self.title, "title")
        yield caption(self.explanation, "muted")
        yield from self.questions()
        yield Static(id="said")

    def place(self) -> Iterable[Widget]:
        """Which step of how many this is."""
        return ()

    def questions(self) -> Iterable[Widget]:
        """What is asked for."""
        return ()

    async def submit(self) -> None:
        """Do the step."""

    def on_mount(self) -> None:
        """Type at once."""
        for entry in self.query(Entry):
            entry.focus()
            break

    def value(self, name: str) -> str:
        """What was typed into an entry."""
        return self.query_one(f"#{name}", Entry).value

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something below the questions."""
        said = self.query_one("#said", Static)
        said.set_class(bad, "bad")
        said.update(Content(terminal_text.visible(("✗ " if bad else "") + text)))
        self.call_after_refresh(said.scroll_visible, animate=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next entry; on the last one the step is done."""
        event.stop()
        entries = list(self.query(Entry))
        following = entries[entries.index(event.input) + 1 :] if event.input in entries else []
        if following:
            following[0].focus()
        else:
            self.post_message(self.Submitted())


class EnrolmentStep(StepBox):
    """A step of an attempt that is in hand."""

    def __init__(self, enrolment: Enrolling[Any], clock: Clock) -> None:
        super().__init__(clock)
        self.enrolment = enrolment

    def place(self) -> Iterable[Widget]:
        """Which step of how many this is."""
        steps = self.enrolment.steps
        yield caption(f"Step {self.number or steps} of {steps}", "muted")


class NameStep(EnrolmentStep):
    """Names the device."""

    number = 1
    title = "Name your device"
    explanation = "You will know it by this name among your trusted sessions."

    def questions(self) -> Iterable[Widget]:
        """One line, with what the machine calls itself."""
        yield Entry(platform.node().partition(".")[0], id="device", placeholder="Device name")

    async def submit(self) -> None:
        """Keep the name."""
        self.enrolment.name_device(self.value("device"))


class PassphraseStep(EnrolmentStep):
    """Chooses the passphrase, and writes the key file."""

    number = 2
    before = NameStep
    title = "Choose a passphrase"
    explanation = "It locks the vault on this device. Nobody can reset it; several unrelated words are easiest to keep."

    def questions(self) -> Iterable[Widget]:
        """Twice, the strength, and what the system's keyring adds."""
        yield Entry(id="first", password=True, placeholder="Passphrase")
        yield Static(id="strength", markup=False, classes="muted")
        yield Entry(id="second", password=True, placeholder="The same again")
        yield Static(id="keyring", markup=False, classes="muted")

    def on_mount(self) -> None:
        """The keyring is asked beside everything else: it may want to be unlocked first."""
        self.run_worker(self._ask_keyring())

    async def _ask_keyring(self) -> None:
        sentence = await asyncio.to_thread(self.enrolment.keyring_sentence)
        self.query_one("#keyring", Static).update(Content(terminal_text.visible(sentence)))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Judge the first one with every key; the word lists are loaded in a thread."""
        if event.input.id == "first":
            self.run_worker(self._judge(event.value), exclusive=True, group="strength")

    async def _judge(self, passphrase: str) -> None:
        from cerby_tui.passphrase import strength

        found = await asyncio.to_thread(strength, passphrase)
        blocks = "■" * (found.score + 1) + "□" * (4 - found.score)
        said = f"{blocks} {found.word}. {found.advice}" if passphrase else ""
        self.query_one("#strength", Static).update(Content(terminal_text.visible(said)))

    async def submit(self) -> None:
        """Both must be the same; deriving the key takes its time on purpose."""
        first, second = self.value("first"), self.value("second")
        if first != second:
            raise UsageError("The two passphrases differ.", next_step="Type them again.")
        self.tell("Making the keys of this device…")
        await asyncio.to_thread(self.enrolment.choose_passphrase, first)


class ResumeStep(StepBox):
    """Opens what an earlier attempt left."""

    title = "Go on setting up this device"
    explanation = "The passphrase that you chose for it opens what is there already."

    def __init__(self, ways: Ways, clock: Clock) -> None:
        super().__init__(clock)
        self._ways = ways

    def questions(self) -> Iterable[Widget]:
        """One line."""
        yield Entry(id="first", password=True, placeholder="Passphrase")

    async def submit(self) -> None:
        """Open."""
        self.tell("Opening…")
        await asyncio.to_thread(self._ways.resume, self.value("first"))
