"""A message made ready for looking at: one way of writing digits and dashes, words with what they say, sentences."""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate
from typing import NamedTuple

from cerby_tui.codes.grammar import Grammar

LIMIT = 4000
"""Characters looked at. A code that stands later in a text is not found, and no text costs more than this."""

_ODD = {
    **{ord(dash): "-" for dash in "‐‑‒–—−"},
    **{ord(space): " " for space in "\u00a0\u2009\u202f\u3000"},
    **{ord(full): ". " for full in "。।"},
    ord("؟"): "?",
    ord("、"): ", ",
    ord("，"): ", ",
    ord("،"): ",",
    ord("【"): "[",
    ord("】"): "]",
    **{ord(quote): '"' for quote in "“”„«»「」"},
    ord("’"): "'",
}
_ZEROS = (
    *(0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66),  # Arabic to Malayalam
    *(0xE50, 0xED0, 0xF20, 0x1040, 0x17E0, 0x1810),  # Thai, Lao, Tibetan, Burmese, Khmer, Mongolian
)
_DIGITS = {zero + value: str(value) for zero in _ZEROS for value in range(10)}
_INVISIBLE = dict.fromkeys((*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF, 0xAD))
_ONE_WAY = _ODD | _DIGITS | _INVISIBLE

_LINKS = re.compile(
    r"https?://[!-~]+|www\.[!-~]+|[A-Za-z0-9-]{1,63}\.[a-z]{2,10}/[!-~]*|[\w.+-]{1,64}@[A-Za-z0-9.-]{1,253}"
)
_ACCOUNT = re.compile(r"\b[Aa]/[Cc]\b")
_MARKS = "\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_ASCII_WORDS = re.compile(r"(\W+)")
_ALL_WORDS = re.compile(rf"([^\w{_MARKS}]+)")
_NO_CASE = re.compile("[\u0590-\u05ff\u0600-\u1fff\u2e80-\uffef]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_ENDS_SENTENCE = re.compile(r"[.!?;]\s|\n|\.$")
_ABBREVIATED = frozenset({"number", "money", "order", "phone"})


class Reading(NamedTuple):
    """The message as words; `gaps[i]` is what stands between word i and the next, `starts[i]` where word i begins."""

    text: str
    words: list[str]
    gaps: list[str]
    starts: list[int]
    kinds: list[str]
    sentences: list[int]


def plain(text: str) -> str:
    """The text with ASCII digits, simple dashes and spaces, and nothing invisible."""
    text = text[:LIMIT]
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text.translate(_ONE_WAY))[: 2 * LIMIT]


def without_links(text: str) -> str:
    """The text with addresses of pages and people taken out: what stands in them is not for typing."""
    if "/" in text or "@" in text or "www" in text:
        return _ACCOUNT.sub("acct", _LINKS.sub("…", text))
    return text


def read(text: str, grammar: Grammar) -> Reading:
    """Split a plain text into words and say what each of them means."""
    if text.isascii():
        parts = _ASCII_WORDS.split(text)
    else:
        text = _NO_CASE.sub(r" \g<0> ", text)
        if _UNSPACED.search(text):
            text = grammar.pieces.sub(r" \g<0> ", text)
        parts = _ALL_WORDS.split(text)
    words, gaps = parts[::2], parts[1::2]
    kind_of = grammar.kind
    kinds = ["" if word.isdigit() else kind_of(word) for word in words]
    starts = [0, *accumulate(map(len, parts))][:-1:2]
    return Reading(text, words, gaps, starts, kinds, _sentences(kinds, gaps))


def _sentences(kinds: list[str], gaps: list[str]) -> list[int]:
    """The number of the sentence that each word stands in; a full stop after *Rs* or *no* ends none."""
    found = [0]
    sentence = 0
    for kind, gap in zip(kinds, gaps, strict=False):
        if gap != " " and kind not in _ABBREVIATED and _ENDS_SENTENCE.search(gap):
            sentence += 1
        found.append(sentence)
    return found
