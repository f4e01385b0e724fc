"""The two machine-readable endings of a message: the origin-bound code, and the hash that is never a code."""

from __future__ import annotations

import re
from typing import NamedTuple

_LINE_BREAKS = "\r\n"
_BOUND = re.compile(r"@([^\s#@/:?\\%<>\[\]^|]{1,253}) #([^\s#]{1,64})(?=[\s#]|\Z)")
_LABEL = re.compile(r"(?!-)[^\W_](?:[\w-]{0,61}[^\W_])?\Z")
_HASH = re.compile(r"(?:^|\s)([A-Za-z0-9+/]{11})\s*\Z")
_HASH_MARKS = ("<#>", "[#]", "〈#〉")


class Bound(NamedTuple):
    """A code that says which site it is for."""

    text: str
    domain: str


def origin_bound(text: str) -> Bound | None:
    """The code of the last line if it reads `@host #code`, as WICG's *Origin-bound one-time codes* says.

    The host is checked as Chromium checks it (no port, path or user name), and must be a name with a dot that is no
    address, so that somebody's handle and a hashtag are not taken for one.
    """
    line = re.split(r"[\r\n]", text.rstrip(_LINE_BREAKS)[-512:])[-1]
    found = _BOUND.match(line)
    if not found:
        return None
    host = found.group(1).lower()
    labels = host.split(".")
    if len(labels) < 2 or not all(_LABEL.match(label) for label in labels) or labels[-1].isdigit():
        return None
    return Bound(found.group(2), host)


def without_hash(text: str) -> str:
    """The text without the app hash that ends a message for Android's SMS Retriever: eleven base 64 characters."""
    found = _HASH.search(text, max(0, len(text) - 32))
    if not found:
        return text
    marked = text.lstrip().startswith(_HASH_MARKS)
    return text[: found.start(1)] if marked or looks_random(found.group(1)) else text


def looks_random(word: str) -> bool:
    """Whether eleven characters are too mixed for a word or a number: upper, lower, and a digit or sign."""
    return (
        any(map(str.isupper, word[1:])) and any(map(str.islower, word)) and any(not letter.isalpha() for letter in word)
    )
