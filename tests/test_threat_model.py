"""The threat model names tests for what it claims, and they are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
TEXT = (TESTS.parent / "docs/threat-model.md").read_text()
NAMED = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")
ATTACK = re.compile(r"^\| (\d+) \|")


@cache
def _tests_in(file: Path) -> frozenset[str]:
    """The names of the tests in a file."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, functions))


def _attacks() -> dict[int, str]:
    """The rows of the tables of attacks, by their numbers."""
    return {int(found.group(1)): line for line in TEXT.splitlines() if (found := ATTACK.match(line))}


def test_every_named_test_exists() -> None:
    """A claim whose test was renamed or removed is no claim any more."""
    named = NAMED.findall(TEXT)
    assert len(named) > 100
    missing = [
        f"{file}::{test}"
        for file, test in named
        if (not (TESTS / file).is_file() and not (TESTS.parent / file).is_file())
        or (test and test not in _tests_in(TESTS / file))
    ]
    assert missing == []


def test_every_attack_has_its_tests() -> None:
    """Each row names at least one, or says why there is none."""
    bare = [n for n, line in _attacks().items() if not NAMED.search(line.rsplit("|", 2)[1]) and "by " not in line]
    assert bare == []


def test_no_attack_is_left_out() -> None:
    """The numbers that tests bear in their names are in the tables."""
    numbered = re.compile(r"^test_(\d\d)_")
    files = [*TESTS.glob("test_attacks_*.py"), *(TESTS / "hostile").glob("test_*.py")]
    numbers = {int(found.group(1)) for file in files for name in _tests_in(file) if (found := numbered.match(name))}
    assert numbers <= _attacks().keys()
    assert set(range(1, 41)) == {n for n in _attacks() if n <= 40}


def test_every_hostile_test_is_named() -> None:
    """What is tried against a real client stands in the model."""
    tried = {
        f"hostile/{file.name}::{name}"
        for file in (TESTS / "hostile").glob("test_*.py")
        for name in _tests_in(file)
        if name.startswith("test_")
    }
    assert tried == {f"{file}::{test}" for file, test in NAMED.findall(TEXT) if file.startswith("hostile/test_")}
