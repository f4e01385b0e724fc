"""How an offered number looks in its dialog, in each of its states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from textual.reactive import reactive
from textual.strip import Strip

from cerby_tui import terminal_text, words
from cerby_tui.values import OfferedNumber
from cerby_tui.widgets.ink import Inked, Line

Stage = Literal["asking", "offered", "committing", "refused", "expired"]
UNCERTAIN = "The carrier cannot hold it: somebody else may still be faster."
NOT_YET = "The number exists only once it is created. Until then it must not be used."
STAGE_WORDS = {
    "asking": "Asking the service for a number…",
    "committing": "Creating the phone number. This can take some seconds…",
    "expired": "The number is no longer held for you.",
}


@dataclass(frozen=True)
class Offering:
    """What the dialog is about just now. `said` is a refusal or something else worth a sentence."""

    stage: Stage = "asking"
    offer: OfferedNumber | None = None
    said: str = ""
    left: str = ""
    """What remains of the hold: `9:58`."""


class OfferFace(Inked):
    """The number, its kind, what remains of its hold, and one paragraph of what there is to say."""

    offering: reactive[Offering] = reactive(Offering())

    def watch_offering(self) -> None:
        """Other words, other lines."""
        self._lay_out()

    def on_resize(self) -> None:
        """Wrap anew."""
        self._lay_out()

    def _lay_out(self) -> None:
        self.styles.height = 4 + len(self._paragraph())

    def _paragraph(self) -> list[str]:
        shown = self.offering
        said = shown.said or STAGE_WORDS.get(shown.stage, "")
        if not said and shown.offer and not shown.offer.certain:
            said = UNCERTAIN
        return terminal_text.wrap(terminal_text.visible(said or NOT_YET), max(self.content_size.width, 20))

    def render_line(self, y: int) -> Strip:
        """Label, number, what there is to know about it, and the paragraph."""
        line = Line(self.content_size.width, self.rich_style)
        shown, offer = self.offering, self.offering.offer
        if y == 0:
            return line.left("Cerby-generated phone number", self.ink("muted")).strip()
        if y == 1:
            number = words.phone_number(offer.e164) if offer else "…"
            line.left(number, self.ink("title" if shown.stage != "expired" else "faint"))
            if offer and shown.stage in ("offered", "committing"):
                kind = f"{words.number_kind(offer.kind)} · {terminal_text.line(offer.region)}"
                line.gap(3).left(kind, self.ink("muted"))
            if shown.stage == "offered":
                held = "held for" if offer and offer.certain else "offer ends in"
                line.right(f"{held} {shown.left}", self.ink("accent"))
            return line.strip()
        paragraph = self._paragraph()
        if y >= 3 and y - 3 < len(paragraph):
            ink = {"refused": "bad", "expired": "warn", "committing": "accent"}.get(shown.stage, "muted")
            line.left(paragraph[y - 3], self.ink(ink))
        return line.strip()
