"""*Recovery key*: tried without using it up, and replaced by a new one whose groups are asked back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from cerby_tui import terminal_text, words
from cerby_tui.commands import bindings, only
from cerby_tui.errors import CerbyError
from cerby_tui.kit import Kit, asked_back
from cerby_tui.messages import Pressed
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.screens.confirm import ConfirmScreen
from cerby_tui.screens.desk import Desk
from cerby_tui.screens.enrolment_ways import PastedEntry
from cerby_tui.screens.kit_face import KitFace, SquareScreen
from cerby_tui.widgets.button import Press
from cerby_tui.widgets.entry import Entry

EARLIER = 3
NEVER = "It was never tried. Type its code below: that opens a card with it, and uses nothing up."
UNCONFIRMED = "! Your new key counts already, but nobody has confirmed that it was written down."


class Saying(Dialog[bool]):
    """A dialog with a line for what there is to say."""

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something below the questions."""
        for said in self.query("#said").results(Static):
            said.set_class(bad, "bad")
            said.update(Content(terminal_text.visible(("✗ " if bad else "") + text)))


class RecoveryScreen(Saying):
    """How the kit stands, a line to try it, and a new one."""

    BINDINGS: ClassVar[list[BindingType]] = only("close")

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._recovery = desk.session.recovery

    def body(self) -> Iterable[Widget]:
        """When it was tried, the line, the buttons."""
        new = self._recovery.unconfirmed()
        yield caption("Recovery key", "title")
        yield caption(self._keys())
        yield caption(UNCONFIRMED if new else self._standing(), "warn" if new else "muted", id="standing")
        yield PastedEntry(id="code", placeholder="Recovery key, eight groups")
        yield Static(id="said", markup=False)
        with Horizontal(classes="buttons"):
            yield Press("Try it", id="try", default=True)
            yield Press("Show the new key" if new else "Generate new key", id="new")

    def on_mount(self) -> None:
        """Type at once."""
        super().on_mount()
        self.query_one("#code").focus()

    def _keys(self) -> str:
        """The key in force, and what became of those before."""
        first, *earlier = self._recovery.known()
        shown = ", ".join(f"{one.identifier} {one.status}" for one in earlier[:EARLIER])
        return f"{first.identifier} {first.status}" + (f"   Earlier: {shown}" if shown else "")

    def _standing(self) -> str:
        tried = self._recovery.last_drill()
        return f"It was last tried {words.ago(tried, self.desk.now())}, and worked." if tried else NEVER

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Enter tries the code."""
        event.stop()
        self._try()

    @on(Pressed)
    def pressed(self, event: Pressed) -> None:
        """Try it, or make a new one."""
        if event.sender.id == "try":
            self._try()
        elif new := self._recovery.unconfirmed():
            self._show(new)
        else:
            question = "Generate a new recovery key?"
            said = "The kit that you have is spent in the same moment, wherever it is. The service has to be reached."
            self.app.push_screen(ConfirmScreen(question, said, yes="Generate new key"), self._confirmed)

    def _confirmed(self, yes: bool | None) -> None:
        if yes:
            self.tell("Making a new key…")
            self.run_worker(self._replace(), exclusive=True, group="kit")

    async def _replace(self) -> None:
        try:
            await self._recovery.replace()
        except CerbyError as error:
            self.tell(error.whole(), bad=True)
            return
        self.tell("")
        new = self._recovery.unconfirmed()
        if new:
            self._show(new)

    def _show(self, kit: Kit) -> None:
        self.app.push_screen(NewKitScreen(self.desk, kit), self._shown)

    def _shown(self, confirmed: bool | None) -> None:
        if confirmed:
            self.say("The new recovery key is yours, and the one before is discarded.")
            self.dismiss(True)
        else:
            self.query_one("#standing", Static).update(Content(UNCONFIRMED))
            self.query_one("#new", Press).label = "Show the new key"

    def _try(self) -> None:
        code = self.query_one("#code", Entry).value
        self.run_worker(self._drill(code), exclusive=True, group="kit")

    async def _drill(self, code: str) -> None:
        try:
            said = await self._recovery.drill(code)
        except CerbyError as error:
            self.tell(error.whole(), bad=True)
            return
        self.query_one("#code", Entry).value = ""
        self.query_one("#standing", Static).update(Content(self._standing()))
        self.tell(f"✓ {said}")

    def action_close(self) -> None:
        """Leave."""
        self.dismiss(False)


class NewKitScreen(Dialog[bool]):
    """The new kit, until two of its groups were typed. Answers whether they were."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("kit")

    def __init__(self, desk: Desk, kit: Kit) -> None:
        super().__init__(classes="wide")
        self.desk = desk
        self._kit = kit

    def body(self) -> Iterable[Widget]:
        """What to do with it, and the kit."""
        yield caption("Store your new recovery key", "title")
        yield caption(
            "Write it down or print it, and keep it away from this device. The kit before is spent. Enter goes on: two "
            "groups are asked back. Until then it can be shown again.",
            "muted",
        )
        yield KitFace(self._kit)

    def action_written(self) -> None:
        """Ask two groups back."""
        self.app.push_screen(CheckScreen(self.desk, self._kit), self._checked)

    def _checked(self, right: bool | None) -> None:
        if right:
            self.dismiss(True)

    def action_square(self) -> None:
        """The kit as a square."""
        self.app.push_screen(SquareScreen(self._kit))

    def action_close(self) -> None:
        """Later."""
        self.dismiss(False)


class CheckScreen(Saying):
    """Asks two groups back."""

    BINDINGS: ClassVar[list[BindingType]] = only("close")

    def __init__(self, desk: Desk, kit: Kit) -> None:
        super().__init__()
        self.desk = desk
        self._asked = asked_back(kit.groups)

    def body(self) -> Iterable[Widget]:
        """The two groups."""
        yield caption("Two groups of your new key", "title")
        yield caption("This proves that it can be read. Esc shows the kit once more.", "muted")
        for number in self._asked:
            yield Entry(id=f"group-{number}", placeholder=f"Group {number}")
        yield Static(id="said", markup=False)

    def on_mount(self) -> None:
        """Type at once."""
        super().on_mount()
        self.query(Entry).first().focus()

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the second group, then compares."""
        event.stop()
        first, second = self.query(Entry)
        if event.input is first:
            second.focus()
        else:
            self.run_worker(self._compare(), exclusive=True, group="kit")

    async def _compare(self) -> None:
        answers = {number: self.query_one(f"#group-{number}", Entry).value for number in self._asked}
        if await self.desk.session.recovery.confirm(answers):
            self.dismiss(True)
        else:
            self.tell("That is not what the kit says. Esc shows it once more.", bad=True)

    def action_close(self) -> None:
        """Back to the kit."""
        self.dismiss(False)
