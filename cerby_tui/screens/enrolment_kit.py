"""The last steps of setting up a first device: the recovery kit, and two of its groups asked back."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from cerby_tui.errors import UsageError
from cerby_tui.screens.enrolment_steps import EnrolmentStep
from cerby_tui.screens.kit_face import KitFace, SquareScreen
from cerby_tui.widgets.entry import Entry


class KitStep(EnrolmentStep):
    """Shows the recovery kit."""

    title = "Your recovery kit"
    explanation = (
        "Write it down or print it, and keep it away from this device. It is the only way back into the workspace if "
        "all your devices are lost. It is not shown again. Enter goes on: two groups are asked back. s shows it as "
        "a square for a camera."
    )
    can_focus = True

    def questions(self) -> Iterable[Widget]:
        """The groups with their numbers, and where they are good for."""
        yield KitFace(self.enrolment.kit())

    def on_mount(self) -> None:
        """Enter is all it takes."""
        self.focus()

    def on_key(self, event: object) -> None:
        """Enter goes on, S shows the square."""
        key = getattr(event, "key", "")
        if key == "enter":
            self.post_message(self.Submitted())
        elif key in ("s", "S"):
            self.app.push_screen(SquareScreen(self.enrolment.kit()))

    async def submit(self) -> None:
        """Nothing is kept yet: the groups are asked back first."""


class CheckStep(EnrolmentStep):
    """Asks two groups back."""

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


KitStep.following, CheckStep.before = CheckStep, KitStep
