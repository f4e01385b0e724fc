"""How well and how fast codes are drawn out of the messages of a JSONL file.

    python benchmarks/extraction.py FILE [--wrong] [--json]

Rows are `{"text", "code"|null, "alt"?, "lang"?, "sender"?, "flag"?}`; rows with a flag are left out of the figures.
Precision counts a wrong code and a code where there is none as false; spaces and dashes in a code do not matter.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from cerby_tui.codes.extract import explain, extract

ROUNDS = 5


def main() -> None:
    """Print the figures of the file named on the command line."""
    parser = argparse.ArgumentParser(description="How well and how fast codes are drawn out of messages.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--wrong", action="store_true", help="list every message that came out wrong, and why")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    asked = parser.parse_args()
    rows = [json.loads(line) for line in asked.file.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if not row.get("flag")]
    figures = quality(rows) | speed(rows)
    if asked.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        sys.stdout.writelines(f"{name:24} {value}\n" for name, value in figures.items())
    if asked.wrong:
        sys.stdout.writelines(mistakes(rows))


def quality(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Precision, recall, and false codes among the messages without one; recall by language where it is not full."""
    found: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for row in rows:
        outcome = judge(row)
        found[outcome] += 1
        if row["code"] and outcome != "right":
            missed[row.get("lang", "")] += 1
    codes = sum(row["code"] is not None for row in rows)
    taken = found["right"] + found["wrong"] + found["false"]
    return {
        "messages": len(rows),
        "codes": codes,
        "precision": round(found["right"] / max(1, taken), 4),
        "recall": round(found["right"] / max(1, codes), 4),
        "false codes": f"{found['false']} / {len(rows) - codes}",
        "wrong codes": found["wrong"],
        "missed by language": dict(missed),
    }


def judge(row: dict[str, Any]) -> str:
    """`right`, `wrong`, `missed`, `false` (a code where there is none) or `quiet` (rightly none)."""
    code = extract(row["text"], row.get("sender") or "")
    if row["code"] is None:
        return "false" if code else "quiet"
    if code is None:
        return "missed"
    accepted = {bare(spelling) for spelling in (row["code"], *row.get("alt", ()))}
    return "right" if bare(code.text) in accepted else "wrong"


def bare(code: str) -> str:
    """The code without what people leave out when they type it."""
    return code.replace("-", "").replace(" ", "")


def speed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Microseconds a message, over all rows, the best of some rounds; and the slowest single message."""
    rounds, singles = [], []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        for row in rows:
            started = time.perf_counter()
            extract(row["text"])
            singles.append(time.perf_counter() - started)
        rounds.append((time.perf_counter() - began) / max(1, len(rows)))
    return {
        "mean µs": round(min(rounds) * 1e6, 1),
        "median µs": round(statistics.median(singles) * 1e6, 1),
        "slowest µs": round(max(singles[len(rows) :] or singles) * 1e6, 1),
    }


def mistakes(rows: list[dict[str, Any]]) -> list[str]:
    """Every message that came out wrong, with the reasons."""
    lines = []
    for row in rows:
        if (outcome := judge(row)) not in ("right", "quiet"):
            reasons = "".join(f"\n    {reason}" for reason in explain(row["text"]).reasons)
            lines.append(f"\n{outcome}: {row['text']!r} should give {row['code']}{reasons}\n")
    return lines


if __name__ == "__main__":
    main()
