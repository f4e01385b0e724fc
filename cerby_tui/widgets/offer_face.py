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
    "expired": "The offer of this number has ended.",
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
        self.styles.height = 5 + len(self._paragraph())

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
            if shown.stage == "offered" and offer:
                # Only a number that the carrier really keeps free is *held*.
                held = "held for" if offer.certain else "offer ends in"
                line.right(f"{held} {shown.left}", self.ink("accent")).right("  ")
            return line.left(number, self.ink("title" if shown.stage != "expired" else "faint")).strip()
        if y == 2 and offer and shown.stage in ("offered", "committing"):
            kind = f"{words.number_kind(offer.kind)} · {terminal_text.line(offer.region)}"
            return line.left(kind, self.ink("muted")).strip()
        paragraph = self._paragraph()
        if y >= 4 and y - 4 < len(paragraph):
            ink = {"refused": "bad", "expired": "warn", "committing": "accent"}.get(shown.stage, "muted")
            line.left(paragraph[y - 4], self.ink(ink))
        return line.strip()
