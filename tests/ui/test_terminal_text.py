"""Foreign text on a terminal: shown and never obeyed, as wide as it is measured."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cerby_tui import terminal_text

ANYTHING = st.text(st.characters(codec=None), max_size=60)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]52;c;AAAA\x07", "␛]52;c;AAAA␇"),
        ("a\x9b2Jb", "a⟨9B⟩2Jb"),
        ("\x7f", "␡"),
        ("x\u202eevil\u2066", "x⟨RLO⟩evil⟨LRI⟩"),
        ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
        ("a\tb", "a    b"),
        ("👨\u200d👩\u200d👧 ❤\ufe0f 👍🏽 1\ufe0f\u20e3", "👨👩👧 ❤ 👍 1"),
        ("z\u0334\u0322\u031b\u0301\u0300", "ź\u0334\u0322"),
        ("\u0301x", "◌\u0301x"),
        ("\ud800\ufffe", "\ufffd\ufffd"),
        ("a\u200b\u00ad\ufeffb", "ab"),
        ("שלום مرحبا 你好", "שלום مرحبا 你好"),
        ("[red]x[/red]", "[red]x[/red]"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    """What could act becomes a mark; what terminals measure differently is left out; all else stays."""
    assert terminal_text.visible(text) == shown


@given(ANYTHING)
def test_nothing_is_left_to_obey(text: str) -> None:
    """Whatever comes in, no control, format or surrogate character comes out, line ends apart."""
    shown = terminal_text.visible(text)

    assert {unicodedata.category(character) for character in shown if character != "\n"}.isdisjoint({"Cc", "Cf", "Cs"})


@given(ANYTHING)
def test_as_wide_as_it_is_drawn(text: str) -> None:
    """Our measure and the one that draws agree, so nothing on a line is pushed out of its place."""
    shown = terminal_text.line(text)

    assert terminal_text.width(shown) == cell_len(shown)


@given(ANYTHING, st.integers(0, 30))
def test_fits_exactly(text: str, cells: int) -> None:
    """A text made to fit takes exactly the cells it was given."""
    assert cell_len(terminal_text.fit(terminal_text.line(text), cells)) == cells


@given(ANYTHING, st.integers(2, 30))
def test_wraps_without_losing_letters(text: str, cells: int) -> None:
    """Wrapped lines are never too wide, and only blanks are lost at their ends."""
    shown = terminal_text.visible(text)
    lines = terminal_text.wrap(shown, cells)

    assert max(map(cell_len, lines)) <= cells
    assert "".join("".join(lines).split()) == "".join(shown.split())


def test_clip_marks_the_cut() -> None:
    """A cut is visible, and a wide character is never cut in half."""
    assert terminal_text.clip("abcdef", 4) == "abc…"
    assert terminal_text.clip("你好吗", 4) == "你…"
    assert terminal_text.clip("abc", 3) == "abc"


def test_line_is_one_line() -> None:
    """Line ends and runs of blanks become one space."""
    assert terminal_text.line("  a \n\t b\r\nc  ") == "a b c"
