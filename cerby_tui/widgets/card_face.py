"""How one account card looks: a box of six lines in the grid, one line in the list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.style import Style
from textual.strip import Strip

from cerby_tui import words
from cerby_tui.terminal_text import line as one_line
from cerby_tui.terminal_text import width as cells
from cerby_tui.values import Card
from cerby_tui.widgets.ink import Line, highlighted

BOX_HEIGHT = 6
PLAIN, SELECTED = "╭─╮│╰╯", "┏━┓┃┗┛"
"""Corners and sides: what is selected has heavy lines, so that it shows without colours too."""


@dataclass(frozen=True)
class Face:
    """What it takes to draw cards: the inks, the ground, the time (UTC ms), and the words of the filter."""

    ink: Callable[[str], Style]
    ground: Style
    now: int
    words: tuple[str, ...] = ()

    def box(self, card: Card, width: int, selected: bool) -> list[Strip]:
        """A card in the grid."""
        corners = SELECTED if selected else PLAIN
        edge = self.ground + self.ink("edge-focus" if selected else "edge")
        inner = [self._first(card, width - 4), self._second(card, width - 4), self._third(card, width - 4)]
        inner.append(self._fourth(card, width - 4))
        top = Line(width, edge).left(corners[0] + corners[1] * (width - 2) + corners[2]).strip()
        bottom = Line(width, edge).left(corners[4] + corners[1] * (width - 2) + corners[5]).strip()
        side_left = Line(2, edge).left(corners[3]).strip()
        side_right = Line(2, edge).right(corners[3]).strip()
        return [top, *(Strip.join([side_left, line.strip(), side_right]) for line in inner), bottom]

    def row(self, card: Card, width: int, selected: bool) -> list[Strip]:
        """A card in the list."""
        ground = self.ground + self.ink("selected") if selected else self.ground
        line = Line(width, ground)
        line.left("▌ " if selected else "  ", self.ink("edge-focus"))
        line.left(self._chip(card), self.ink("chip")).gap(2)
        room = width - 6
        self._column(line, room * 26 // 100, lambda cell: self._label(cell, card))
        if width >= 90:
            self._column(line, room * 15 // 100, lambda cell: cell.left(self._app(card), self.ink("muted")))
        share = 18 if width >= 90 else 15
        self._column(line, room * share // 100, lambda cell: cell.left(one_line(card.username), self.ink("muted")))
        self._badges(line, card)
        self._column(line, 20, lambda cell: self._phone(cell, card))
        self._code(line, card)
        return [line.strip()]

    def _column(self, line: Line, width: int, fill: Callable[[Line], object]) -> None:
        before = line.free
        width = min(width, before)
        part = Line(max(width - 2, 0))
        fill(part)
        for segment in part.strip():
            line.left(segment.text, segment.style or Style.null())
        line.gap(max(width - (before - line.free), 0))

    def _first(self, card: Card, width: int) -> Line:
        line = Line(width, self.ground)
        if card.favourite:
            line.right("★", self.ink("accent")).right(" ")
        if card.deleted:
            line.right("deleted", self.ink("warn")).right(" ")
        line.left(self._chip(card), self.ink("faint" if card.deleted else "chip")).gap(2)
        self._label(line, card)
        return line

    def _second(self, card: Card, width: int) -> Line:
        line = Line(width, self.ground).gap(4)
        if card.closed:
            return line.left("old content closed", self.ink("warn"))
        parts = [part for part in (self._app(card), one_line(card.username)) if part]
        return line.left(" · ".join(parts), self.ink("faint" if card.deleted else "muted"))

    def _third(self, card: Card, width: int) -> Line:
        line = Line(width, self.ground)
        if card.has_totp:
            line.right("MFA", self.ink("good")).right(" ")
        self._phone(line.gap(4), card)
        return line

    def _fourth(self, card: Card, width: int) -> Line:
        line = Line(width, self.ground)
        self._badges(line, card)
        if card.alarm:
            said = one_line(card.alarm_said or card.alarm)
            return line.left("▲ alarm: ", self.ink("bad")).left(said, self.ink("bad"))
        if card.code and not card.deleted:
            fresh = self.now - card.code_at < words.CODE_FRESH
            line.gap(3 if fresh else 4)
            self._code(line, card)
        return line

    def _badges(self, line: Line, card: Card) -> None:
        if card.unread:
            line.right(f"{card.unread} new", self.ink("accent")).right(" ")
        if card.waiting:
            line.right("↑ waiting", self.ink("warn")).right(" ")
        if card.clashes:
            line.right(words.count_of(card.clashes, "clash", "clashes"), self.ink("warn")).right(" ")

    def _chip(self, card: Card) -> str:
        return words.initials(one_line(card.app_name or card.label))

    def _app(self, card: Card) -> str:
        return one_line(card.app_name)

    def _label(self, line: Line, card: Card) -> None:
        ink = self.ink("muted" if card.deleted else "title")
        for text, style in highlighted(one_line(card.label), self.words, ink, self.ink("match")):
            line.left(text, style)

    def _phone(self, line: Line, card: Card) -> None:
        if card.number:
            line.left(words.phone_number(card.number.e164), self.ink("text"))
        elif card.own_phone:
            line.left(one_line(card.own_phone), self.ink("muted"))
        else:
            none = "takes no phone number" if line.free > 20 else "takes no number"
            line.left(none if card.support == "none" else "no phone number", self.ink("faint"))

    def _code(self, line: Line, card: Card) -> None:
        if not card.code:
            return
        fresh = self.now - card.code_at < words.CODE_FRESH
        code = f" {words.code_groups(one_line(card.code.text))} " if fresh else "last code"
        passed = words.age(card.code_at, self.now)
        if line.free <= cells(code) + cells(passed):
            passed = passed.removesuffix(" ago")  # a number that lost its unit would say nothing
        line.left(code, self.ink("code" if fresh else "faint"))
        line.gap().left(passed, self.ink("accent" if fresh else "faint"))
