"""Everything in a message that has the shape of a code, whatever it may mean.

A run of digits is cut into pieces by what it looks like: a telephone number, a date, a time, an amount or a card
number is no candidate; what remains with four to eight digits is one. Codes with letters come from the words.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from cerby_tui.codes.reading import Reading

MOST = 48
"""Candidates looked at: a text with more numbers is a list, and the work stays bounded."""

DIGITS = range(4, 9)
LETTERS = range(4, 9)
"""Lengths of a code of digits, and of one of letters."""


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
_GROUPED = frozenset({"halves", "pairs", "single"})
_JOINTS = "-./:,() "
_GOES_ON = ("-", "%", "_")
_LONGEST_PART = 12
_PARTS = 8
"""Words that a code can be made of, on either side of the one it was found by."""
_ANYTHING = re.compile(r"\d|\b[A-Z]{4,8}\b")
_MONEY_SIGNS = frozenset("$€£₹¥₩₺₽₪฿₫₴")
_MASK = frozenset("*•×…")
_MIXED = re.compile(r"(?=[A-Za-z0-9]*\d)[A-Za-z0-9]+\Z")
_LOWER_WORD = re.compile("[a-z]{4}")
_MEASURE = re.compile(r"\d+[a-z]{1,3}\Z|[xX*]+\d+\Z|\d+(?:st|nd|rd|th|ST|ND|TH|AM|PM|GB|MB|KB|KM|KG|INR|USD|EUR)\Z")


def candidates(reading: Reading) -> list[Candidate]:
    """All candidates, those of digits first, each in the order of the text; at most `MOST` of them."""
    found = _numbers(reading)
    _lettered(reading, found)
    return list(dict.fromkeys(found[:MOST])) if len(found) > 1 else found


def could_hold_a_code(text: str) -> bool:
    """A quick look: without a digit or a word in capitals there is nothing to weigh."""
    return _ANYTHING.search(text) is not None


def _numbers(reading: Reading) -> list[Candidate]:
    text = reading.text
    found: list[Candidate] = []
    for run in _RUN.finditer(text):
        if len(found) >= MOST:
            break
        begin = run.start()
        before = text[begin - 1] if begin else " "
        if before == "+" or (before == "(" and text[begin - 2 : begin - 1] == "+"):
            continue
        if before == "-" and text[begin - 2 : begin - 1].isalnum():
            _hyphened(reading, bisect_right(reading.starts, begin) - 1, found)
        elif not before.isalnum() and before != "_":
            digits = run.group().rstrip(_JOINTS)
            if digits.isdigit():
                _from_digits(reading, digits, (begin, begin + len(digits)), before, found)
            else:
                for piece in _PIECE.finditer(text, begin, run.end()):
                    _from_piece(reading, piece, before if piece.start() == begin else " ", found)
    return found


def _from_digits(reading: Reading, digits: str, span: tuple[int, int], before: str, found: list[Candidate]) -> None:
    """A plain row of digits: a candidate by itself, or a part of a code with letters."""
    start, end = span
    text = reading.text
    after = text[end : end + 1]
    if after.isalpha() or after == "%" or after == "_":
        return
    first = bisect_right(reading.starts, start) - 1
    if after == "-" and text[end + 1 : end + 2].isalnum():
        _hyphened(reading, first, found)
    elif len(digits) == 1:
        _spelled(reading, first, found)
    elif (
        len(digits) in DIGITS
        and before not in _MASK
        and not _is_money(text, start, end)
        and not _is_year(reading, digits, first)
    ):
        found.append(Candidate(digits, "plain", first, first))


def _from_piece(reading: Reading, piece: re.Match[str], before: str, found: list[Candidate]) -> None:
    """A part of a longer run of digits and signs, by what it looks like."""
    shape = piece.lastgroup or ""
    if shape == "plain":
        _from_digits(reading, piece.group(), piece.span(), before, found)
    elif shape in _GROUPED:
        start, end = piece.span()
        digits = "".join(filter(str.isdigit, piece.group()))
        after = reading.text[end : end + 1]
        if len(digits) not in DIGITS or before in _MASK or after.isalpha() or after in _GOES_ON:
            return
        if not _is_money(reading.text, start, end):
            first, last = (bisect_right(reading.starts, place) - 1 for place in (start, end - 1))
            found.append(Candidate(digits, shape, first, last))


def _is_year(reading: Reading, digits: str, index: int) -> bool:
    """Whether this is the year of a date that names its month."""
    before = index - 1
    if len(digits) != 4 or digits[:2] not in ("19", "20") or before < 0:
        return False
    return reading.kinds[before] == "date" and len(reading.words[before]) > 2


def _is_money(text: str, start: int, end: int) -> bool:
    """Whether a sign of a currency stands right before or after, or one space away."""
    return not (
        _MONEY_SIGNS.isdisjoint(text[max(0, start - 2) : start]) and _MONEY_SIGNS.isdisjoint(text[end : end + 2])
    )


def _lettered(reading: Reading, found: list[Candidate]) -> None:
    """Words of letters and digits, and words in capitals that mean nothing else."""
    kinds = reading.kinds
    for index, word in enumerate(reading.words):
        if word.isalpha():
            if word.isupper() and not kinds[index] and len(word) in LETTERS and word.isascii():
                _hyphened(reading, index, found)
        elif word and not word.isdigit() and word.isascii():
            _hyphened(reading, index, found)


def _spelled(reading: Reading, index: int, found: list[Candidate]) -> None:
    """`a u 8 k u f`: letters and digits one by one, around a single digit."""
    first, last = _stretch(reading, index, " ", 1)
    text = "".join(reading.words[first : last + 1])
    if len(text) in DIGITS and _MIXED.match(text) and not text.isdigit():
        found.append(Candidate(text, "spelled", first, last))


def _hyphened(reading: Reading, index: int, found: list[Candidate]) -> None:
    """What dashes tie together: `G-482913`, `ZX81-42`, the number of `code-4829`; or a word that stands alone."""
    first, last = _stretch(reading, index, "-", _LONGEST_PART)
    parts = reading.words[first : last + 1]
    if len(parts) == 1:
        _alone(parts[0], index, found)
        return
    whole = "-".join(parts)
    digits = sum(map(str.isdigit, whole))
    if digits == len(whole) - len(parts) + 1 or not whole.isascii():
        return
    if len(parts) == 2 and parts[0].isalpha() and (len(parts[0]) > 4 or not parts[0].isupper()):
        if parts[1].isdigit() and len(parts[1]) in DIGITS:
            found.append(Candidate(parts[1], "plain", last, last))
    elif digits >= 2 and 5 <= len(whole) <= 12 and not _LOWER_WORD.search(whole):
        found.append(Candidate(whole, "hyphened", first, last))


def _alone(word: str, index: int, found: list[Candidate]) -> None:
    """A word with digits in it, or one in capitals."""
    if word.isalpha():
        found.append(Candidate(word, "letters", index, index))
    elif 4 <= len(word) <= 10 and _MIXED.match(word) and not _LOWER_WORD.search(word) and not _MEASURE.match(word):
        found.append(Candidate(word, "mixed", index, index))


def _stretch(reading: Reading, index: int, gap: str, longest: int) -> tuple[int, int]:
    """The first and last of the words around `index` that are tied by `gap`, none longer than `longest`."""
    words, gaps = reading.words, reading.gaps
    first = last = index
    while first and gaps[first - 1] == gap and 0 < len(words[first - 1]) <= longest and index - first < _PARTS:
        first -= 1
    while last < len(gaps) and gaps[last] == gap and 0 < len(words[last + 1]) <= longest and last - index < _PARTS:
        last += 1
    return first, last
