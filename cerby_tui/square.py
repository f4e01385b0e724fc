"""A QR code as lines of half blocks, for the recovery kit; pure. Lit halves are light, as scanners expect it."""

from __future__ import annotations

QUIET = 2
"""Light modules around the square: fewer than printed ones have, enough for a camera at a screen."""
HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


def square_lines(text: str) -> tuple[str, ...]:
    """The square that says `text`, two rows of modules to a line."""
    import segno  # loaded only where a kit is shown

    code = segno.make_qr(text, error="l")
    rows = [[not dark for dark in row] for row in code.matrix_iter(border=QUIET)]
    if len(rows) % 2:
        rows.append([True] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return tuple("".join(HALVES[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs)
