"""The looks of the app: four themes of our own and a handful of names for inks that every widget draws with.

A theme is a palette; the sheets in `styles/` only use the names below. State is never told by colour alone, so the
terminal's own sixteen colours, or none at all, lose nothing but beauty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import BUILTIN_THEMES, Theme

if TYPE_CHECKING:
    from cerby_tui.config import ThemeFile

DEFAULT_THEME = "dark"
ANSI_THEME = "terminal"


def _theme(base: Theme, inks: Mapping[str, str]) -> Theme:
    """`base` with our inks, and Textual's own names for borders, selections and scrollbars led back to them."""
    ground, ink = base.background or "", base.foreground or ""
    own = {
        **inks,
        "border": inks["edge-focus"],
        "border-blurred": inks["edge"],
        "input-selection-background": inks["selection"],
        "block-cursor-background": inks["selection"],
        "block-cursor-foreground": ink,
        "scrollbar": inks["edge"],
        "scrollbar-hover": inks["muted"],
        "scrollbar-active": inks["muted"],
        "scrollbar-corner-color": ground,
    }
    own.update({f"scrollbar-background{state}": ground for state in ("", "-hover", "-active")})
    return replace(base, variables=own)


_DARK = _theme(
    Theme(
        "dark", dark=True,
        primary="#7fb4ff", secondary="#a9c7f2", accent="#ffd479", foreground="#dbe2ec",
        background="#10151c", surface="#161d26", panel="#1d2631",
        success="#8fd3a2", warning="#f0a868", error="#ff8f8f",
    ),
    {
        "muted": "#8d9bb0", "faint": "#5f6d82", "edge": "#2c3846", "edge-focus": "#7fb4ff", "selection": "#223349",
        "code-ink": "#1d1602", "code-ground": "#ffd479",
    },
)  # fmt: skip

_LIGHT = _theme(
    Theme(
        "light", dark=False,
        primary="#1f5fbf", secondary="#3b5f94", accent="#8a5a00", foreground="#1f2733",
        background="#f6f7f9", surface="#ffffff", panel="#e9edf2",
        success="#1c7a3c", warning="#a85400", error="#b3261e",
    ),
    {
        "muted": "#566476", "faint": "#7f8b9b", "edge": "#ccd4de", "edge-focus": "#1f5fbf", "selection": "#dbe8fb",
        "code-ink": "#3a2600", "code-ground": "#ffdf8f",
    },
)  # fmt: skip

_CONTRAST = _theme(
    Theme(
        "contrast", dark=True,
        primary="#66d9ff", secondary="#ffffff", accent="#ffff00", foreground="#ffffff",
        background="#000000", surface="#000000", panel="#000000",
        success="#5cff8f", warning="#ffb347", error="#ff7a7a",
    ),
    {
        "muted": "#e0e0e0", "faint": "#bdbdbd", "edge": "#9a9a9a", "edge-focus": "#66d9ff", "selection": "#003a66",
        "code-ink": "#000000", "code-ground": "#ffff00",
    },
)  # fmt: skip

_ANSI = BUILTIN_THEMES["ansi-dark"]
_TERMINAL = replace(
    _ANSI, name=ANSI_THEME, accent="ansi_yellow",
    variables={
        **_ANSI.variables,
        "muted": "ansi_default", "faint": "ansi_default", "edge": "ansi_bright_black", "edge-focus": "ansi_blue",
        "selection": "ansi_default", "code-ink": "ansi_black", "code-ground": "ansi_yellow",
        "border": "ansi_blue", "border-blurred": "ansi_bright_black",
        "input-cursor-text-style": "reverse", "input-selection-background": "ansi_blue",
        "scrollbar": "ansi_bright_black", "scrollbar-background": "ansi_default",
    },
)  # fmt: skip

THEMES: tuple[Theme, ...] = (_DARK, _LIGHT, _CONTRAST, _TERMINAL)
TITLES = {
    "dark": "Dark",
    "light": "Light",
    "contrast": "High contrast",
    ANSI_THEME: "The terminal's own colours",
}


def own_theme(name: str, file: ThemeFile) -> Theme:
    """A person's own theme: our dark or light one with their colours in place of ours. Raises ColorParseError."""
    base = replace(_DARK if file.dark else _LIGHT, name=name)
    for colour in fields(file):
        value = getattr(file, colour.name)
        if colour.name != "dark" and value:
            setattr(base, colour.name, Color.parse(value).hex)
    ground, focus = base.background or "", base.primary
    grounds = {f"scrollbar-background{state}": ground for state in ("", "-hover", "-active")}
    own = {"border": focus, "edge-focus": focus, "scrollbar-corner-color": ground, **grounds}
    return replace(base, variables={**base.variables, **own})


class Colourless(LineFilter):
    """Takes every colour out of what is drawn, so that not one colour sequence is sent (NO_COLOR)."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same text with bold, dim, underline and reverse only."""
        return [
            Segment(text, None if style is None else _without_colour(style), control)
            for text, style, control in segments
        ]


def _without_colour(style: Style) -> Style:
    return style.without_color
