"""The rules of CONTRIBUTING.md that a program can check."""

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("cerby_wire", "cerby_tui", "cerby_service", "benchmarks")
BROAD = {"Exception", "BaseException"}
SLEEPS = {"time.sleep", "asyncio.sleep", "anyio.sleep", "sleep"}
WAITERS = re.compile("until|wait|eventually|poll|soon")

MACHINES = re.compile(
    r"(?<![\w.])/(?:work|root|opt/wheels|opt/pypi)/"
    r"|pypi\.org/simple|files\.python"
    r"hosted|registry\.npm"
    r"js|--index"
    r"-url|find"
    r"-links(?!\b.*emit)"
)
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|type: ig" r"nore(?!\[)")
FOREIGN = re.compile(
    r"\b(?:Clau" r"de|Anthro" r"pic|Chat" r"GPT (?:wrote|made)|language mo" r"del|as an A" r"I)\b", re.IGNORECASE
)


@cache
def tracked() -> tuple[Path, ...]:
    """Every text file of the repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = (ROOT / line for line in listed.splitlines())
    return tuple(file for file in files if file.is_file() and file.suffix not in (".svg", ".png", ".gz"))


@cache
def parsed() -> tuple[tuple[Path, ast.Module], ...]:
    """Every Python file of the repository with its syntax tree."""
    return tuple((file, ast.parse(file.read_text("utf-8"))) for file in tracked() if file.suffix == ".py")


def sources() -> Iterator[tuple[Path, ast.Module]]:
    """The product's own modules."""
    return (pair for pair in parsed() if pair[0].relative_to(ROOT).parts[0] in PACKAGES)


def suites() -> Iterator[tuple[Path, ast.Module]]:
    """The tests' modules."""
    return (pair for pair in parsed() if pair[0].relative_to(ROOT).parts[0] == "tests")


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods of a module."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def place(file: Path, node: ast.AST | None = None) -> str:
    """Where something is, for a message."""
    return f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def test_modules_are_short() -> None:
    """No module is over 400 lines, and half of them are under 100."""
    lines = {place(file): len(file.read_text("utf-8").splitlines()) for file, _tree in sources()}
    long = {where: count for where, count in lines.items() if count > 400}

    assert {} == long
    assert statistics.median(lines.values()) <= 100


def test_functions_are_short() -> None:
    """No function is over 50 lines, and half of them are under ten."""
    sizes = {place(file, node): length(node) for file, tree in sources() for node in functions(tree)}
    long = {where: count for where, count in sizes.items() if count > 50}

    assert {} == long
    assert statistics.median(sizes.values()) <= 10


def test_classes_are_small() -> None:
    """No class has more than 25 methods, but the one thing that all screens and commands talk to."""
    classes = ((file, node) for file, tree in sources() for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    large = [
        place(file, node)
        for file, node in classes
        if sum(map(is_function, node.body)) > (50 if node.name == "Session" else 25)
    ]

    assert [] == large


def is_function(node: ast.stmt) -> bool:
    """Whether a statement defines a function."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def test_tests_are_short() -> None:
    """No test is over 40 lines, and half of them are under ten."""
    sizes = {
        place(file, node): length(node)
        for file, tree in suites()
        for node in functions(tree)
        if node.name.startswith("test_")
    }
    long = {where: count for where, count in sizes.items() if count > 40}

    assert {} == long
    assert statistics.median(sizes.values()) <= 10


def test_public_things_have_docstrings() -> None:
    """Every module with content, and every public class and function in it, says in a sentence what it is."""
    assert [] == [where for file, tree in sources() for where in undocumented(file, tree)]


def undocumented(file: Path, tree: ast.Module) -> Iterator[str]:
    """Public definitions without a docstring; what is nested in functions is private."""
    if tree.body and not ast.get_docstring(tree):
        yield place(file)
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        node = pending.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node) and not is_inherited(node):
            yield place(file, node)
        if isinstance(node, ast.ClassDef):
            pending += node.body


def is_inherited(node: ast.stmt) -> bool:
    """Whether a method only fills in what its base class has documented: Textual's hooks, setters, overloads."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    marks = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    hooks = ("compose", "render", "render_line", "get_content_height", "get_content_width", "get_default_screen")
    return bool(marks & {"setter", "overload", "override"}) or node.name in hooks or node.name.startswith("on_")


def test_tests_state_a_behaviour() -> None:
    """Every test and every test module has a docstring."""
    bare = [place(file) for file, tree in suites() if tree.body and not ast.get_docstring(tree)]
    bare += [
        place(file, node)
        for file, tree in suites()
        for node in functions(tree)
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]

    assert [] == bare


def test_nothing_is_swallowed() -> None:
    """No handler catches everything, unless it cleans up and raises again."""
    handlers = (
        (file, node) for file, tree in parsed() for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)
    )
    broad = [
        place(file, node)
        for file, node in handlers
        if (node.type is None or BROAD & names(node.type)) and not raises_again(node)
    ]

    assert [] == broad


def raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether the last thing a handler does is to raise what it caught."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def names(node: ast.expr) -> set[str]:
    """The plain names in an expression."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def test_nothing_is_left_for_later() -> None:
    """Only a hook that a subclass must fill in raises NotImplementedError, and it does nothing else."""
    later = [
        place(file, node)
        for file, tree in parsed()
        for node in functions(tree)
        if any(
            isinstance(part, ast.Raise) and part.exc and "NotImplemented" in ast.unparse(part.exc) for part in node.body
        )
        and len(node.body) > 2
    ]

    assert [] == later


def test_tests_use_real_parts() -> None:
    """No test imports a mocking library."""
    imports = (
        (file, node)
        for file, tree in suites()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    )
    mocks = [place(file, node) for file, node in imports if "mock" in ast.unparse(node).split()[1]]

    assert [] == mocks


def test_tests_wait_on_conditions() -> None:
    """Only functions that wait for something sleep, between two looks."""
    sleepers = [
        place(file, call)
        for file, tree in suites()
        for node in functions(tree)
        if not WAITERS.search(node.name)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in SLEEPS and is_real_pause(call)
    ]

    assert [] == sleepers


def is_real_pause(call: ast.Call) -> bool:
    """Whether a sleep is longer than the zero that lets others run."""
    return not (call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0)


@pytest.mark.parametrize("sheet", sorted((ROOT / "styles").rglob("*.tcss")), ids=lambda sheet: sheet.name)
def test_stylesheets_are_short(sheet: Path) -> None:
    """A stylesheet has at most 80 lines, the common one 120."""
    assert len(sheet.read_text("utf-8").splitlines()) <= (120 if sheet.name == "base.tcss" else 80)


@pytest.mark.parametrize(
    ("pattern", "what"),
    [(MACHINES, "a machine's path or a registry"), (UNFINISHED, "unfinished work"), (FOREIGN, "what is not ours")],
    ids=["machines", "unfinished", "foreign"],
)
def test_repository_names_nothing_it_should_not(pattern: re.Pattern[str], what: str) -> None:
    """No file names a path of some machine, a package registry, or work left for later."""
    found = [
        f"{place(file)}: {match.group()!r} is {what}"
        for file in tracked()
        if (match := pattern.search(file.read_text("utf-8")))
    ]

    assert [] == found
