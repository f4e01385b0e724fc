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
from pathlib import Path
from typing import NamedTuple

from cerby_tui.codes import grammar
from cerby_tui.codes.bound import origin_bound, without_hash
from cerby_tui.codes.candidates import Candidate, candidates
from cerby_tui.codes.features import features, mood, settle
from cerby_tui.codes.reading import plain, read, without_links
from cerby_tui.values import Code

LEAST = 0.6
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
    judged = judge(text, sender)
    if not judged:
        return None
    best = max(judged, key=lambda one: one.probability)
    return Code(best.text, round(best.probability, 3)) if best.probability >= LEAST else None


def explain(text: str, sender: str = "") -> Explanation:
    """The same decision with its reasons in words and every candidate with its features."""
    code = extract(text, sender)
    if code and code.domain:
        return Explanation(code, (f"the last line binds {code.text} to {code.domain}",), ())
    judged = sorted(judge(text, sender), key=lambda one: -one.probability)
    return Explanation(code, tuple(map(_sentence, judged)) or ("nothing has the shape of a code",), tuple(judged))


def judge(text: str, sender: str = "") -> list[Judged]:
    """Every candidate with its probability; the same text standing twice counts once, by its better place."""
    described = describe(text, sender)
    known = weights()
    sums: dict[str, tuple[float, list[str]]] = {}
    for candidate, found in described:
        total = math.fsum(known.get(name, 0.0) for name in found)
        if candidate.text not in sums or total > sums[candidate.text][0]:
            sums[candidate.text] = (total, found)
    highest = max((total for total, _found in sums.values()), default=0.0)
    shift = max(highest, 0.0)
    whole = math.exp(-shift) + math.fsum(math.exp(total - shift) for total, _found in sums.values())
    return [Judged(text, tuple(found), math.exp(total - shift) / whole) for text, (total, found) in sums.items()]


def describe(text: str, sender: str = "") -> list[tuple[Candidate, list[str]]]:
    """Every candidate of the text with its features; what the weights are tuned on."""
    reading = read(without_links(without_hash(plain(text))), grammar.load())
    found = candidates(reading)
    if not found:
        return []
    kinds = settle(reading)
    shared = mood(kinds, len({candidate.text for candidate in found}))
    described = [(candidate, [*features(candidate, reading, kinds), *shared, "any"]) for candidate in found]
    if sender:
        digits = sender.lstrip("+")
        for candidate, names in described:
            if candidate.text == digits:
                names.append("is.sender")
    return described


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
