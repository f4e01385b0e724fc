"""What people type into a search box, made safe for FTS5."""

from __future__ import annotations

import re
import unicodedata

_SEPARATORS = re.compile(r"[\s\x00-\x1f\x7f]+")
LONGEST_QUERY = 200


def match_expression(words: str) -> str:
    """The FTS5 expression for words in any order, each the start of a word; empty if there is nothing to look for.

    Every word becomes a quoted string, so no character of it can be an operator.
    """
    plain = unicodedata.normalize("NFC", words[:LONGEST_QUERY].encode("utf-8", "ignore").decode())
    quoted = []
    for word in _SEPARATORS.split(plain):
        if any(letter.isalnum() for letter in word):
            quoted.append('"' + word.replace('"', '""') + '"*')
    return " AND ".join(quoted)
