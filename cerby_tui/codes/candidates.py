"""Everything in a message that has the shape of a code, whatever it may mean.

A run of digits is cut into pieces by what it looks like: a telephone number, a date, a time, an amount or a card
number is no candidate; what remains with four to eight digits is one. Codes with letters come from the words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from cerby_tui.codes.reading import Reading

MOST = 48
"""Candidates looked at: a text with more numbers is a list, and the work stays bounded."""

LETTERS = range(4, 9)
"""Lengths of a code without digits."""


class Candidate(NamedTuple):
    """A possible code: its text as it would be typed, its shape, and the first and last word it takes up."""

    text: str
    shape: str
    first: int
    last: int


_RUN = re.compile(r"\d[\d\-./:,() ]*")
_PIECE = re.compile(
    r"(?P<card>\d{4}(?P<c>[- ])\d{4}(?P=c)\d{4}(?P=c)\d{4}(?!\d))"
    r"|(?P<phone>\d{10,}|\(?\d{3}\)?[-. ]{1,2}\d{3}[-. ]\d{4}(?!\d)|1[-. ]\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}(?!\d)"
    r"|0\d{1,5}[- ]\d{3,4}[- ]\d{3,4}(?!\d)|0\d{1,4}-\d{7,8}(?!\d)|0\d{3,4} \d{6,7}(?!\d)|0\d \d\d \d\d \d\d \d\d(?!\d)"
    r"|[189]\d{2} \d{3} \d{3}(?!\d)|1[89]00 \d{3} \d{3,4}(?!\d))"
    r"|(?P<time>\d{1,2}:\d{2}(?::\d{2})?(?!\d))"
    r"|(?P<date>\d{4}(?P<d>[-/.])\d{1,2}(?P=d)\d{1,2}(?!\d)|\d{1,2}(?P<e>[-/.])\d{1,2}(?P=e)(?:19|20)\d{2}(?!\d)"
    r"|\d{1,2}(?P<f>[/.])\d{1,2}(?P=f)\d{2,4}(?!\d)|(?:0?[1-9]|[12]\d|3[01])-(?:0[1-9]|1[0-2])-\d{2}(?!\d))"
    r"|(?P<amount>\d{1,3}(?:,\d{2,3})+(?:\.\d+)?(?!\d)|\d+\.\d{1,3}(?!\d)|\d+,\d\d(?!\d)|\d{1,3}(?:\.\d{3})+(?!\d))"
    r"|(?P<single>\d(?:[ -]\d){3,7}(?![\d]))"
    r"|(?P<pairs>\d\d(?P<p>[- ])\d\d(?P=p)\d\d(?:(?P=p)\d\d)?(?!\d))"
    r"|(?P<halves>\d{3}[- ]\d{3,4}(?!\d)|\d{4}[- ]\d{4}(?!\d))"
    r"|(?P<series>\d+(?:[-/.:]\d+)+)"
    r"|(?P<plain>\d+)"
)
_MONEY_SIGNS = frozenset("$€£₹¥₩₺₽₪฿₫₴")
_MASK = frozenset("*•×…")
_MIXED = re.compile(r"(?=[A-Za-z0-9]*\d)[A-Za-z0-9]+\Z")
_LOWER_WORD = re.compile("[a-z]{4}")
_MEASURE = re.compile(r"\d+[a-z]{1,3}\Z|[xX*]+\d+\Z|\d+(?:st|nd|rd|th|ST|ND|TH|AM|PM|GB|MB|KB|KM|KG|INR|USD|EUR)\Z")


def candidates(reading: Reading) -> list[Candidate]:
    """All candidates in the order of the text, at most `MOST` of them."""
    found: list[Candidate] = []
    for candidate in (*_numbers(reading), *_lettered(reading)):
        found.append(candidate)
        if len(found) == MOST:
            break
    return found


def _numbers(reading: Reading) -> Iterator[Candidate]:
    text = reading.text
    for run in _RUN.finditer(text):
        begin = run.start()
        before = text[begin - 1] if begin else ""
        if before == "+" or (before == "(" and text[begin - 2 : begin - 1] == "+"):
            continue
        if before.isalnum() or before == "_":
            continue
        for piece in _PIECE.finditer(text, begin, run.end()):
            candidate = _from_piece(reading, piece, text[begin - 1 : begin] if piece.start() == begin else "")
            if candidate:
                yield candidate


def _from_piece(reading: Reading, piece: re.Match[str], before: str) -> Candidate | None:
    shape = piece.lastgroup or ""
    if shape not in ("plain", "halves", "pairs", "single"):
        return None
    start, end = piece.span()
    text = reading.text
    after = text[end : end + 1]
    if (before in _MASK and before) or after.isalpha() or after == "%" or after == "_":
        return None
    if _is_money(text, start, end) or (before == "-" and text[start - 2 : start - 1].isalnum()):
        return None
    if after == "-" and (shape != "plain" or text[end + 1 : end + 2].isalnum()):
        return None
    digits = "".join(letter for letter in piece.group() if letter.isdigit())
    if not 4 <= len(digits) <= 8:
        return None
    first = bisect_right(reading.starts, start) - 1
    return Candidate(digits, shape, first, bisect_right(reading.starts, end - 1) - 1)


def _is_money(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 2) : start].rstrip()[-1:]
    after = text[end : end + 2].lstrip()[:1]
    return (before in _MONEY_SIGNS and before != "") or (after in _MONEY_SIGNS and after != "")


def _lettered(reading: Reading) -> Iterator[Candidate]:
    words, gaps = reading.words, reading.gaps
    index = 0
    while index < len(words):
        word = words[index]
        if not word.isascii() or not word:
            index += 1
            continue
        last = index
        if len(word) == 1 and gaps[index : index + 1] == [" "]:
            while last < len(gaps) and gaps[last] == " " and len(words[last + 1]) == 1:
                last += 1
            yield from _spelled(words, index, last)
        else:
            while last < len(gaps) and gaps[last] == "-" and words[last + 1].isascii() and words[last + 1]:
                last += 1
            yield from _word(reading, index, last)
        index = last + 1


def _spelled(words: list[str], first: int, last: int) -> Iterator[Candidate]:
    text = "".join(words[first : last + 1])
    if 4 <= len(text) <= 8 and _MIXED.match(text) and not text.isdigit():
        yield Candidate(text, "spelled", first, last)


def _word(reading: Reading, first: int, last: int) -> Iterator[Candidate]:
    words = reading.words
    if first == last:
        word = words[first]
        if word.isdigit():
            return
        if word.isalpha():
            if len(word) in LETTERS and word.isupper() and not reading.kinds[first]:
                yield Candidate(word, "letters", first, last)
        elif 4 <= len(word) <= 10 and _is_mixed(word):
            yield Candidate(word, "mixed", first, last)
        return
    yield from _hyphened(words[first : last + 1], first)


def _hyphened(parts: list[str], first: int) -> Iterator[Candidate]:
    """`G-482913`, `ZX81-42`, and also the plain number of `code-4829`."""
    whole = "-".join(parts)
    digits = sum(map(str.isdigit, whole))
    if digits == len(whole) - len(parts) + 1:
        return
    if len(parts) == 2 and parts[0].isalpha() and (len(parts[0]) > 4 or not parts[0].isupper()):
        if parts[1].isdigit() and 4 <= len(parts[1]) <= 8:
            yield Candidate(parts[1], "plain", first + 1, first + 1)
        return
    if digits >= 2 and 5 <= len(whole) <= 12 and not _LOWER_WORD.search(whole):
        yield Candidate(whole, "hyphened", first, first + len(parts) - 1)


def _is_mixed(word: str) -> bool:
    return bool(_MIXED.match(word)) and not _LOWER_WORD.search(word) and not _MEASURE.match(word)
