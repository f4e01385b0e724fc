"""Tune the weights of the code extractor on labelled messages, and cross-validate them.

    python benchmarks/tune_extraction.py tests/corpus/*.jsonl            # figures of ten-fold cross-validation
    python benchmarks/tune_extraction.py tests/corpus/*.jsonl --write    # … and new weights

The model is the conditional logit of cerby_tui/codes/extract.py. It is fitted by gradient ascent with a quadratic
penalty, in plain Python, in well under a minute.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from cerby_tui.codes import extract
from cerby_tui.codes.bound import origin_bound

FOLDS = 10
ROUNDS = 400
STEP = 0.5
PENALTY = 0.05
BELIEFS = {
    "before.governor.key.close": 1.5,
    "before.governor.noun.close": 0.5,
    "after.governor.key.close": 1.0,
    "before.next.number": -0.7,
    "before.next.order": -2.0,
    "before.governor.order.close": -0.5,
    "before.next.tail": -3.0,
    "before.governor.tail.close": -1.0,
    "before.next.phone": -2.5,
    "before.governor.phone.close": -1.0,
    "before.text-it-to": -4.0,
    "before.next.money": -2.0,
    "after.next.money": -2.0,
    "after.next.unit": -2.5,
    "before.next.date": -0.5,
    "before.next.place": -1.0,
    "looks.year.after-date": -4.0,
    "before.governor.bad.close": -1.0,
    "after.governor.bad.close": -0.7,
    "before.governor.badnoun.close": -2.0,
    "message.only-warned": -1.5,
    "message.spam": -0.7,
    "message.bank": -0.7,
    "is.sender": -4.0,
    "shape.letter-dash": 2.5,
}
"""What we would believe before seeing a message; the penalty pulls towards these, and towards zero elsewhere."""
WEIGHTS = Path(extract.__file__).with_name("weights.json")


class Example(NamedTuple):
    """A message: the features of its candidates, and which of them (if any) is the code."""

    candidates: list[list[str]]
    right: int | None


def example(row: dict[str, str | None]) -> Example | None:
    """The message as the model sees it, or None where there is nothing to learn (no candidate, or a bound code)."""
    text = row["text"] or ""
    if origin_bound(text):
        return None
    best: dict[str, list[str]] = {}
    for candidate, found in extract.describe(text, row.get("sender") or ""):
        best.setdefault(candidate.text, found)
    if not best:
        return None
    texts = list(best)
    return Example(list(best.values()), texts.index(row["code"]) if row["code"] in texts else None)


def fit(examples: Sequence[Example], penalty: float = PENALTY, rounds: int = ROUNDS) -> dict[str, float]:
    """The weights that make the labels most probable, under the penalty; AdaGrad over the whole set."""
    weights: dict[str, float] = defaultdict(float, BELIEFS)
    squares: dict[str, float] = defaultdict(float)
    for _round in range(rounds):
        slope: dict[str, float] = defaultdict(float)
        for names, right in examples:
            for index, chance in enumerate(chances(names, weights)):
                error = (1.0 if index == right else 0.0) - chance
                if abs(error) > 1e-4:
                    for name in names[index]:
                        slope[name] += error
        for name in slope.keys() | weights.keys():
            change = slope[name] - penalty * len(examples) * 0.05 * (weights[name] - BELIEFS.get(name, 0.0))
            squares[name] += change * change
            weights[name] += STEP * change / (1e-9 + math.sqrt(squares[name]))
    return {name: round(weight, 2) for name, weight in sorted(weights.items()) if abs(weight) >= 0.005}


def chances(candidates: list[list[str]], weights: dict[str, float]) -> list[float]:
    """The probability of each candidate, the rest being "none of them"."""
    sums = [sum(weights.get(name, 0.0) for name in names) for names in candidates]
    shift = max(0.0, *sums)
    powers = [math.exp(total - shift) for total in sums]
    whole = math.exp(-shift) + sum(powers)
    return [power / whole for power in powers]


def folds(rows: Sequence[dict[str, str | None]], by_language: bool) -> Iterable[tuple[list[int], list[int]]]:
    """Pairs of rows to learn from and rows to try on: every tenth row, or one language after the other."""
    groups = [str(row["lang"]) if by_language else str(index % FOLDS) for index, row in enumerate(rows)]
    for held in sorted(set(groups)):
        yield (
            [index for index, group in enumerate(groups) if group != held],
            [index for index, group in enumerate(groups) if group == held],
        )


def validate(
    rows: Sequence[dict[str, str | None]],
    examples: Sequence[Example | None],
    penalty: float,
    by_language: bool,
    tell: bool,
) -> dict[str, float]:
    """Precision and recall on rows that the weights were not tuned on."""
    right = wrong = codes = 0
    for learn, held in folds(rows, by_language):
        weights = fit([one for index in learn if (one := examples[index])], penalty)
        for index in held:
            codes += rows[index]["code"] is not None
            one = examples[index]
            if one is None:
                right += rows[index]["code"] is not None
                continue
            probabilities = chances(one.candidates, weights)
            best = max(range(len(probabilities)), key=probabilities.__getitem__)
            taken = best if probabilities[best] >= extract.LEAST else None
            right += taken is not None and taken == one.right
            wrong += taken is not None and taken != one.right
            if taken != one.right and tell:
                sys.stdout.write(f"{probabilities[best]:.2f} {rows[index]['code']} {rows[index]['text']!r}\n")
    return {
        "precision": right / max(1, right + wrong),
        "recall": right / codes,
        "wrong": wrong,
        "missed": codes - right,
    }


def main() -> None:
    """Read the files named on the command line, print the figures, and write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--penalty", type=float, default=PENALTY)
    parser.add_argument(
        "--by-language", action="store_true", help="hold out whole languages instead of every tenth row"
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="list what came out wrong when it was held out")
    asked = parser.parse_args()
    lines = [line for file in asked.files for line in file.read_text(encoding="utf-8").splitlines()]
    rows = [json.loads(line) for line in lines]
    examples = [example(row) for row in rows]
    json.dump(validate(rows, examples, asked.penalty, asked.by_language, asked.wrong), sys.stdout)
    sys.stdout.write("\n")
    if asked.write:
        weights = fit([one for one in examples if one], asked.penalty)
        WEIGHTS.write_text(json.dumps(weights, indent=0) + "\n", encoding="utf-8")
        sys.stdout.write(f"{len(weights)} weights in {WEIGHTS.name}\n")


if __name__ == "__main__":
    main()
