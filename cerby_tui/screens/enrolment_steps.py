"""The steps of setting up a device: each one asks for one thing, and can be repeated until it is right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from cerby_tui.enrolling.base import Enrolling
    from cerby_tui.enrolling.ways import Ways

GROUPS_A_LINE = 4
LATER = "Esc leaves; you can go on another time."


@dataclass(frozen=True)
class Asked:
    """A request for a code, kept so that another can be asked for. Times are UTC milliseconds, 0 before it was sent."""

    token: str
    email: str
    name: str
    ends: int = 0
    again: int = 0

    def __repr__(self) -> str:
        return "Asked(…)"

    async def send(self, enrolment: Enrolling[Any], clock: Clock) -> Asked:
        """Have a code sent; answers the request with its times."""
        sent = await enrolment.request_code(self.token, self.email, self.name)
        now = clock.now()
        return replace(self, ends=now + sent.expires_in * words.SECOND, again=now + sent.resend_in * words.SECOND)


class StepBox(VerticalGroup):
    """One step. `submit` does it and raises CerbyError with a sentence if it cannot be done."""

    number = 0
    title = ""
    explanation = ""

    class Submitted(Message):
        """Enter on the last line of the step."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def compose(self) -> Iterable[Widget]:
        """Title, explanation, what is asked for, and a line for what there is to say."""
        yield caption(f"Step {self.number} of 5", "muted")
        yield caption(self.title, "title")
        yield caption(self.explanation, "muted")
        yield from self.questions()
        yield Static(id="said")

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


class NameStep(EnrolmentStep):
    """Names the device."""

    number = 1
    title = "Name your device"
    explanation = "You will know it by this name among your trusted sessions."

    def __init__(self, enrolment: Enrolling[Any], clock: Clock, suggestion: str) -> None:
        super().__init__(enrolment, clock)
        self._suggestion = suggestion

    def questions(self) -> Iterable[Widget]:
        """One line."""
        yield Entry(self._suggestion, id="device", placeholder="Device name")

    async def submit(self) -> None:
        """Keep the name."""
        self.enrolment.name_device(self.value("device"))


class PassphraseStep(EnrolmentStep):
    """Chooses the passphrase, and writes the key file."""

    number = 2
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

    number = 2
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


class TokenStep(EnrolmentStep):
    """Token, name and e-mail address; has a code sent."""

    number = 3
    title = "Create the workspace"
    explanation = "The provisioning token comes from whoever runs the service (cerby-service init). " + LATER

    asked: Asked | None = None
    """What was asked for, once it was."""

    def questions(self) -> Iterable[Widget]:
        """Three lines."""
        yield Entry(id="token", placeholder="cerby-token-…")
        yield Entry(id="name", placeholder="Your name, as colleagues know it")
        yield Entry(id="email", placeholder="Your e-mail address; a six-digit code goes there")

    async def submit(self) -> None:
        """Ask the service to send the code."""
        self.tell("Asking the service to send a code…")
        asked = Asked(self.value("token"), self.value("email"), self.value("name"))
        self.asked = await asked.send(self.enrolment, self.clock)


class CodeStep(EnrolmentStep):
    """The e-mailed code; founds the workspace."""

    number = 4
    title = "Confirm your e-mail address"
    explanation = "Enter the six-digit code that was sent to you. " + LATER

    def __init__(self, enrolment: Enrolling[Any], clock: Clock, asked: Asked | None) -> None:
        super().__init__(enrolment, clock)
        self.asked = asked

    def questions(self) -> Iterable[Widget]:
        """The code and how long it is good for."""
        yield Entry(id="code", placeholder="Verification code", max_length=6, restrict=r"[0-9]*")
        yield Static(id="times", markup=False, classes="muted")

    def on_mount(self) -> None:
        """Count down."""
        self.set_interval(1.0, self._count)
        self._count()

    def _count(self) -> None:
        self.query_one("#times", Static).update(self._times())

    def _times(self) -> str:
        now, asked = self.clock.now(), self.asked
        if asked is None:
            return "Ctrl+R asks for another code."
        if now >= asked.ends:
            return "This code has ended. Ctrl+R asks for another one."
        later = "now" if now >= asked.again else f"in {words.remaining(asked.again, now)}"
        return f"It is good for {words.remaining(asked.ends, now)}. Ctrl+R asks for another one, {later}."

    async def submit(self) -> None:
        """Found the workspace and write the vault."""
        self.tell("Creating the workspace…")
        await self.enrolment.confirm(self.value("code"))


class KitStep(EnrolmentStep):
    """Shows the recovery kit."""

    number = 5
    title = "Your recovery kit"
    explanation = (
        "Write it down or print it, and keep it away from this device. It is the only way back into the workspace if "
        "all your devices are lost. It is not shown again. Enter goes on: two groups are asked back."
    )
    can_focus = True

    def questions(self) -> Iterable[Widget]:
        """The groups with their numbers, and where they are good for."""
        kit = self.enrolment.kit()
        numbered = [f"{at:>2} {group}" for at, group in enumerate(kit.groups, 1)]
        lines = [numbered[at : at + GROUPS_A_LINE] for at in range(0, len(numbered), GROUPS_A_LINE)]
        yield Static(Content("\n\n".join("     ".join(line) for line in lines)), id="groups")
        yield caption(f"Service {kit.origin}\nUser    {kit.user}", "muted")

    def on_mount(self) -> None:
        """Enter is all it takes."""
        self.focus()

    def on_key(self, event: object) -> None:
        """Enter goes on."""
        if getattr(event, "key", "") == "enter":
            self.post_message(self.Submitted())

    async def submit(self) -> None:
        """Nothing is kept yet: the groups are asked back first."""


class CheckStep(EnrolmentStep):
    """Asks two groups back."""

    number = 5
    title = "Two groups of your recovery kit"
    explanation = "This proves that it can be read. Esc shows the kit once more."

    def questions(self) -> Iterable[Widget]:
        """The two groups."""
        for number in self.enrolment.asked_back():
            yield Entry(id=f"group-{number}", placeholder=f"Group {number}")

    async def submit(self) -> None:
        """Compare."""
        answers = {number: self.value(f"group-{number}") for number in self.enrolment.asked_back()}
        if not self.enrolment.confirm_kit(answers):
            raise UsageError("That is not what the kit says.", next_step="Esc shows it once more.")
