"""Foreign text made safe to put on a terminal: shown, never obeyed, and measured the way terminals measure it.

What could act (control characters, escape sequences, bidirectional overrides) becomes a mark that can be read. What
terminals measure differently (joiners, variation selectors, skin tones, piles of combining marks) is left out, so that
a line is as wide everywhere as it is here. Copying always takes the original, never what this module returns.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

MARK_LIMIT = 2
"""Combining marks kept on one letter; more of them climb into the lines above."""

_BIDI = {
    0x061C: "ALM", 0x200E: "LRM", 0x200F: "RLM", 0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF",
    0x202D: "LRO", 0x202E: "RLO", 0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI",
}  # fmt: skip
_LINE_ENDS = {"\r": "\n", "\u2028": "\n", "\u2029": "\n", "\x85": "\n", "\x0b": "\n", "\x0c": "\n"}
_WIDENED = (range(0x2630, 0x2638), range(0x268A, 0x2690), range(0x4DC0, 0x4E00), range(0x1D300, 0x1D377))
"""Symbols that Unicode 16 made two cells wide."""


def visible(text: str) -> str:
    """`text` with nothing left that a terminal would obey; line ends stay."""
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    shown: list[str] = []
    marks = 0
    for character in text:
        piece = _shown(character)
        if piece and _is_mark(piece):
            marks += 1
            if marks > MARK_LIMIT:
                continue
            if not shown or shown[-1][-1:] in ("\n", ""):
                shown.append("◌")
        else:
            marks = 0
        shown.append(piece)
    return "".join(shown)


def line(text: str) -> str:
    """`text` as one visible line: every run of blanks and line ends is one space."""
    return " ".join(visible(text).split())


def width(text: str) -> int:
    """Cells that a visible text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def clip(text: str, cells: int, mark: str = "…") -> str:
    """`text` cut to at most `cells` cells; a cut is marked."""
    if width(text) <= cells:
        return text
    room = cells - width(mark)
    if room < 0:
        return mark[: max(cells, 0)]
    used = 0
    for position, character in enumerate(text):
        used += _cells(character)
        if used > room:
            return text[:position] + mark
    return text


def fit(text: str, cells: int) -> str:
    """`text` cut or filled with blanks to exactly `cells` cells."""
    cut = clip(text, cells)
    return cut + " " * (cells - width(cut))


def wrap(text: str, cells: int) -> list[str]:
    """Lines of at most `cells` cells, broken between words where that is possible; at least one line."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrap_paragraph(paragraph, max(cells, 2)))
    return lines


def _wrap_paragraph(paragraph: str, cells: int) -> list[str]:
    lines: list[str] = []
    current = ""
    for word in paragraph.split(" "):
        joined = f"{current} {word}" if current else word
        if width(joined) <= cells:
            current = joined
            continue
        if current:
            lines.append(current)
        *full, current = _chop(word, cells)
        lines.extend(full)
    return [*lines, current]


def _chop(word: str, cells: int) -> list[str]:
    """A word too long for a line, in pieces; the last may be short."""
    pieces = [""]
    used = 0
    for character in word:
        step = _cells(character)
        if used + step > cells:
            pieces.append("")
            used = 0
        pieces[-1] += character
        used += step
    return pieces


@lru_cache(maxsize=4096)
def _shown(character: str) -> str:
    """What stands for one character: itself, a readable mark, or nothing."""
    code = ord(character)
    if character in _LINE_ENDS:
        return _LINE_ENDS[character]
    if character == "\t":
        return "    "
    if character == "\n" or 0x20 <= code < 0x7F:
        return character
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code in _BIDI:
        return f"⟨{_BIDI[code]}⟩"
    return _shown_beyond_ascii(character, code)


def _shown_beyond_ascii(character: str, code: int) -> str:
    category = unicodedata.category(character)
    if category == "Cc":
        return f"⟨{code:02X}⟩"
    if category == "Cs" or code & 0xFFFE == 0xFFFE:
        return "\ufffd"
    if category in ("Cf", "Me") or 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code <= 0xE0FFF:
        return ""
    if 0x1F3FB <= code <= 0x1F3FF:
        return ""
    if category == "Zs" or code in (0x115F, 0x1160, 0x3164, 0xFFA0):
        return " "
    if category == "Cn":
        return "\ufffd"  # unknown here, so nobody can say how wide it is
    return character


def _is_mark(piece: str) -> bool:
    return len(piece) == 1 and _cells(piece) == 0 and piece != "\n"


@lru_cache(maxsize=4096)
def _cells(character: str) -> int:
    code = ord(character)
    if code < 0x300:
        return 0 if code < 0x20 else 1
    if unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf"):
        return 0
    if 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF:
        return 0
    if unicodedata.east_asian_width(character) in "WF" or any(code in widened for widened in _WIDENED):
        return 2
    return 1
