"""What a word says about the numbers around it: the tables of `grammar.toml`, made quick to ask."""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

UNSPACED = frozenset({"zh", "ja", "th", "my", "km"})
"""Languages whose words are looked for inside the text, because no space parts them."""

_STEM = 2
"""Letters by which stems are filed; no stem of the tables is shorter."""
_REMEMBERED = 8192
_HELPERS = ("endings", "fronts")
_SPECIAL_LETTERS = str.maketrans({"đ": "d", "ı": "i", "ł": "l", "ø": "o", "æ": "ae", "ß": "ss", "ə": "e", "ـ": ""})
_ACCENTS = re.compile("[\u0300-\u036f\u064b-\u065f]")


def fold(word: str) -> str:
    """The word without case and accents, as the tables are compared."""
    if word.isascii():
        return word.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", word.lower()))
    return unicodedata.normalize("NFC", bare).translate(_SPECIAL_LETTERS)


class Grammar:
    """The word tables. `kind(word)` is the name of the table that a word stands in, or an empty string."""

    def __init__(self, tables: Mapping[str, Mapping[str, str]]) -> None:
        self._exact: dict[str, str] = {}
        self._stems: dict[str, list[tuple[str, str]]] = {}
        pieces: dict[str, str] = {}
        for kind, languages in tables.items():
            if kind in _HELPERS:
                continue
            for language, words in languages.items():
                if language in UNSPACED:
                    pieces.update((word, kind) for word in words.split() if word not in pieces)
                else:
                    self._file(kind, words.split())
        self._exact = pieces | self._exact
        self._endings = tuple(sorted(tables["endings"]["noun"].split(), key=len, reverse=True))
        self._fronts = tuple(front for line in tables["fronts"].values() for front in line.split())
        self.pieces = re.compile(_by_first_letter(pieces))
        self.kind: Callable[[str], str] = functools.lru_cache(_REMEMBERED)(self._kind)

    def _file(self, kind: str, words: Iterable[str]) -> None:
        for word in words:
            folded = fold(word.rstrip("*"))
            if word.endswith("*"):
                self._stems.setdefault(folded[:_STEM], []).append((folded, kind))
            else:
                self._exact.setdefault(folded, kind)

    def _kind(self, word: str) -> str:
        folded = fold(word)
        if kind := self._exact.get(folded):
            return kind
        return self._compound(folded) or self._stem(folded) or self._without_front(folded)

    def _compound(self, word: str) -> str:
        for ending in self._endings:
            if word.endswith(ending) and len(word) > len(ending) + 1:
                head = word[: -len(ending)]
                first = self._exact.get(head) or self._stem(head)
                return {"bad": "bad", "verify": "key", "once": "key", "key": "key"}.get(first, "")
        return ""

    def _stem(self, word: str) -> str:
        for stem, kind in self._stems.get(word[:_STEM], ()):
            if word.startswith(stem):
                return kind
        return ""

    def _without_front(self, word: str) -> str:
        if word.isascii():
            return ""
        for front in self._fronts:
            if word.startswith(front) and len(word) > len(front) + 1:
                rest = word[len(front) :]
                if kind := self._exact.get(rest) or self._stem(rest):
                    return kind
        return ""


def _by_first_letter(pieces: Iterable[str]) -> str:
    """A pattern of all pieces, longest first; grouped by first letter, so that most letters are passed at once."""
    groups: dict[str, list[str]] = {}
    for piece in sorted(pieces, key=len, reverse=True):
        groups.setdefault(piece[0], []).append(re.escape(piece[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in groups.items())


@functools.cache
def load() -> Grammar:
    """The grammar that ships with the program, read from disk once."""
    return Grammar(tomllib.loads(Path(__file__).with_name("grammar.toml").read_text(encoding="utf-8")))
