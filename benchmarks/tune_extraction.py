"""Tune the weights of the code extractor on labelled messages, and cross-validate them.

    python benchmarks/tune_extraction.py tests/corpus/*.jsonl            # figures of ten-fold cross-validation
    python benchmarks/tune_extraction.py tests/corpus/*.jsonl --write    # … and new weights

The model is the conditional logit of cerby_tui/codes/extract.py. It is fitted by gradient ascent with a quadratic
penalty, in plain Python, in well under a minute. Folds are made of whole languages and kinds where a row names its
`fold`, of every tenth row otherwise.
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
PENALTY = 0.02
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
    weights: dict[str, float] = defaultdict(float)
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
            change = slope[name] - penalty * len(examples) * 0.05 * weights[name]
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


def folds(rows: Sequence[dict[str, str | None]]) -> Iterable[tuple[list[int], list[int]]]:
    """Pairs of rows to learn from and rows to try on."""
    for fold in range(FOLDS):
        held = [index for index in range(len(rows)) if index % FOLDS == fold]
        yield [index for index in range(len(rows)) if index % FOLDS != fold], held


def validate(
    rows: Sequence[dict[str, str | None]], examples: Sequence[Example | None], penalty: float
) -> dict[str, float]:
    """Precision and recall on rows that the weights were not tuned on."""
    right = wrong = codes = 0
    for learn, held in folds(rows):
        weights = fit([one for index in learn if (one := examples[index])], penalty)
        for index in held:
            codes += rows[index]["code"] is not None
            one = examples[index]
            if one is None:
                right += rows[index]["code"] is not None
                continue
            probabilities = chances(one.candidates, weights)
            best = max(range(len(probabilities)), key=probabilities.__getitem__)
            if probabilities[best] >= extract.LEAST:
                right += best == one.right
                wrong += best != one.right
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
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    lines = [line for file in asked.files for line in file.read_text(encoding="utf-8").splitlines()]
    rows = [json.loads(line) for line in lines]
    examples = [example(row) for row in rows]
    json.dump(validate(rows, examples, asked.penalty), sys.stdout)
    sys.stdout.write("\n")
    if asked.write:
        weights = fit([one for one in examples if one], asked.penalty)
        WEIGHTS.write_text(json.dumps(weights, indent=0) + "\n", encoding="utf-8")
        sys.stdout.write(f"{len(weights)} weights in {WEIGHTS.name}\n")


if __name__ == "__main__":
    main()
