"""Drawing the verification code out of a message: `extract(text)` gives the code or nothing.

Every number that has the shape of a code is a candidate. What stands around it is put into features (features.py),
each feature has a weight (weights.json), and the sums compete with each other and with "none of them" in a
conditional logit: the probability of a candidate is exp(sum) / (1 + the sum of exp over all candidates). Two
candidates that are equally good have at most one half each, so that neither is taken. A wrong code costs the reader
more than none. A code that names its site on the last line (bound.py) beats everything else.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

from cerby_tui.codes import grammar
from cerby_tui.codes.bound import origin_bound, without_hash
from cerby_tui.codes.candidates import Candidate, candidates, could_hold_a_code
from cerby_tui.codes.features import features, mood, settle
from cerby_tui.codes.reading import plain, read, without_links
from cerby_tui.values import Code

_NOTHING = repeat(0.0)
LEAST = 0.55
"""Probability from which a candidate is taken."""


class Judged(NamedTuple):
    """A candidate with its features and the probability that it is the code."""

    text: str
    features: tuple[str, ...]
    probability: float


class Explanation(NamedTuple):
    """Why `code` was taken, or why nothing was: `reasons` are sentences, best candidate first."""

    code: Code | None
    reasons: tuple[str, ...]
    judged: tuple[Judged, ...]


def extract(text: str, sender: str = "") -> Code | None:
    """The verification code in `text`, or None. `sender` helps where the sender's own number stands in the text."""
    if bound := origin_bound(text):
        return Code(bound.text, 1.0, bound.domain)
    sums = _sums(describe(text, sender))
    if not sums:
        return None
    best = max(sums, key=lambda one: sums[one][0])
    probability = _probability(sums[best][0], sums)
    return Code(best, round(probability, 3)) if probability >= LEAST else None


def explain(text: str, sender: str = "") -> Explanation:
    """The same decision with its reasons in words and every candidate with its features."""
    code = extract(text, sender)
    if code and code.domain:
        return Explanation(code, (f"the last line binds {code.text} to {code.domain}",), ())
    sums = _sums(describe(text, sender))
    judged = [Judged(one, tuple(names), _probability(total, sums)) for one, (total, names) in sums.items()]
    judged.sort(key=lambda one: -one.probability)
    return Explanation(code, tuple(map(_sentence, judged)) or ("nothing has the shape of a code",), tuple(judged))


def describe(text: str, sender: str = "") -> list[tuple[Candidate, list[str]]]:
    """Every candidate of the text with its features; what the weights are tuned on."""
    text = without_links(without_hash(plain(text)))
    if not could_hold_a_code(text):
        return []
    reading = read(text, grammar.load())
    found = candidates(reading)
    if not found:
        return []
    kinds = settle(reading)
    shared = mood(kinds, len(found))
    described = [(candidate, features(candidate, reading, kinds) + shared) for candidate in found]
    if sender:
        digits = sender.lstrip("+")
        for candidate, names in described:
            if candidate.text == digits:
                names.append("is.sender")
    return described


_Sums = dict[str, tuple[float, list[str]]]


def _sums(described: list[tuple[Candidate, list[str]]]) -> _Sums:
    """The sum of weights by text; the same text standing twice counts once, by its better place."""
    known = weights().get
    sums: _Sums = {}
    for candidate, names in described:
        total = sum(map(known, names, _NOTHING))
        if candidate.text not in sums or total > sums[candidate.text][0]:
            sums[candidate.text] = (total, names)
    return sums


def _probability(total: float, sums: _Sums) -> float:
    """How probable a candidate is against all of them and none of them."""
    shift = max(0.0, total)
    others = sum(math.exp(min(other - shift, 700.0)) for other, _names in sums.values())
    return math.exp(total - shift) / (math.exp(-shift) + others)


@functools.cache
def weights() -> Mapping[str, float]:
    """The weight of each feature, read from disk once."""
    raw = Path(__file__).with_name("weights.json").read_text(encoding="utf-8")
    loaded: dict[str, float] = json.loads(raw)
    return loaded


def _sentence(one: Judged) -> str:
    known = weights()
    telling = sorted(((known.get(name, 0.0), name) for name in one.features), key=lambda pair: -abs(pair[0]))[:6]
    parts = ", ".join(f"{name} {weight:+.1f}" for weight, name in telling)
    return f"{one.text}: {one.probability:.0%} ({parts})"
