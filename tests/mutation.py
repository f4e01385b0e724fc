"""Take every check away, one at a time, and see whether a test notices: `python -m tests.mutation [MODULE ...]`.

Mutants: a check (`require…`, `verify…`, `check_…`) is left out; a guarded `raise` is left out; one side of an `and` is
taken as true, one side of an `or` as false; `all` and `any` say what lets things pass; a bound is moved by one. Each
mutant lives in a copy of the packages; the checkout is never touched. Prints survivors and exits 1 if there are any.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("cerby_wire", "cerby_tui", "cerby_service")
CHECKS = ("require", "verify", "check_", "_check_", "refuse")
STREAMS = ("test_stream_common.py", "test_stream_cited.py", "test_attacks_streams.py")
ACCOUNTS = ("test_stream_account.py", "test_stream_epochs.py", "test_stream_ends.py")
WORKSPACES = ("test_stream_workspace.py", "test_stream_invites.py")
SEALING = ("test_attacks_sealing.py", "test_keys.py")
NEW_DEVICES = ("test_approving.py", "test_new_device_lies.py", "test_new_device.py")
LATE = ("hostile/test_late.py", "hostile/test_leases_and_endings.py")
INVITED = ("test_invites.py", "test_joining_faults.py")
RECOVERED = ("test_recovering.py", "test_recovery.py")
TESTS: dict[str, tuple[str, ...]] = {
    "cerby_wire/accept_account.py": (*ACCOUNTS, *STREAMS),
    "cerby_wire/accept_personal.py": ("test_stream_personal.py", *STREAMS),
    "cerby_wire/accept_user.py": ("test_stream_user.py", *STREAMS),
    "cerby_wire/accept_workspace.py": (*WORKSPACES, *STREAMS),
    "cerby_wire/encoding.py": ("test_encoding.py", "test_attacks_streams.py"),
    "cerby_wire/entries.py": STREAMS,
    "cerby_wire/epochs.py": ACCOUNTS,
    "cerby_wire/hindsight.py": ("test_stream_account.py", *LATE),
    "cerby_wire/inviting.py": INVITED,
    "cerby_wire/messages.py": ("test_messages.py", *SEALING),
    "cerby_wire/permissions.py": ("test_permissions.py",),
    "cerby_wire/primitives.py": ("test_primitives.py", "test_vectors_frozen.py"),
    "cerby_wire/records.py": ("test_records.py", "test_keys.py"),
    "cerby_wire/recovering.py": RECOVERED,
    "cerby_wire/requests.py": ("test_requests.py",),
    "cerby_wire/roles.py": WORKSPACES,
    "cerby_wire/state.py": ("test_stream_user.py", *WORKSPACES, *ACCOUNTS),
    "cerby_wire/stream.py": (*ACCOUNTS, "test_stream_personal.py", *WORKSPACES, *STREAMS),
    "cerby_wire/texts.py": ("test_texts.py",),
    "cerby_wire/trial.py": (*STREAMS, *ACCOUNTS, "test_stream_user.py"),
    "cerby_wire/wraps.py": ("test_stream_user.py", "test_stream_epochs.py"),
    "cerby_tui/enrolling/found_by_kit.py": RECOVERED,
    "cerby_tui/enrolling/invitation.py": INVITED,
    "cerby_tui/enrolling/joining.py": (*INVITED, "test_joining.py"),
    "cerby_tui/enrolling/new_device.py": NEW_DEVICES,
    "cerby_tui/enrolling/recovering.py": RECOVERED,
    "cerby_tui/enrolling/replay.py": ("test_joining_faults.py", "test_new_device_lies.py", "test_recovering.py"),
    "cerby_tui/enrolling/vouching.py": NEW_DEVICES,
    "cerby_tui/keyfile.py": ("test_keys_file.py", "test_attacks_keys.py"),
    "cerby_tui/keys.py": ("test_keys.py", "test_attacks_keys.py"),
    "cerby_tui/lease.py": ("test_keys_lease.py", "hostile/test_leases_and_endings.py"),
    "cerby_tui/opening.py": SEALING,
    "cerby_tui/sync/activity_log.py": ("test_activity.py", "test_activity_lies.py"),
    "cerby_tui/sync/binding.py": ("hostile/test_numbers.py",),
    "cerby_tui/sync/ending.py": ("test_removal.py", "hostile/test_leases_and_endings.py"),
    "cerby_tui/sync/judging.py": ("test_sync_judging.py", *LATE, "hostile/test_accounts.py", "hostile/test_people.py"),
    "cerby_tui/sync/leasing.py": ("hostile/test_leases_and_endings.py",),
    "cerby_tui/sync/mail.py": ("test_sync_judging.py", "hostile/test_messages.py"),
    "cerby_tui/sync/patience.py": ("hostile/test_feeds.py::test_patience",),
    "cerby_tui/sync/plan.py": ("test_sync_plan.py", "test_sync_lies.py", "hostile/test_messages.py"),
    "cerby_tui/sync/profiles.py": INVITED,
    "cerby_tui/sync/pulling.py": ("hostile/test_leases_and_endings.py", "hostile/test_feeds.py", "test_sync.py"),
    "cerby_tui/sync/tries.py": NEW_DEVICES,
    "cerby_tui/sync/trusting.py": NEW_DEVICES,
    "cerby_tui/system_keyring.py": ("test_keys_keyring.py",),
}
MOVED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}


class Mutator(ast.NodeTransformer):
    """Counts the places where something can be taken away, and takes it away at number `wanted`."""

    def __init__(self, wanted: int = -1) -> None:
        self.wanted = wanted
        self.seen = -1
        self.what = ""

    def _now(self, node: ast.AST, what: str) -> bool:
        self.seen += 1
        if self.seen == self.wanted:
            self.what = f"{getattr(node, 'lineno', 0)}: {what}"
        return self.seen == self.wanted

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """A check that is called for what it raises."""
        called = node.value.func if isinstance(node.value, ast.Call) else None
        name = called.id if isinstance(called, ast.Name) else ""
        if name.startswith(CHECKS) and self._now(node, f"left out: {ast.unparse(node)}"):
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        """An `if` that only raises."""
        raises = len(node.body) == 1 and isinstance(node.body[0], ast.Raise)
        if raises and self._now(node, f"left out: if {ast.unparse(node.test)}: raise"):
            node.body = [ast.copy_location(ast.Pass(), node)]
            return node
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """One side of `and` or `or`."""
        neutral = ast.Constant(isinstance(node.op, ast.And))
        for at, operand in enumerate(node.values):
            if self._now(operand, f"taken as {neutral.value}: {ast.unparse(operand)}"):
                values = list(node.values)
                values[at] = ast.copy_location(neutral, operand)
                return ast.copy_location(ast.BoolOp(node.op, values), node)
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`all` that is always so, `any` that is never so."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in ("all", "any") and self._now(node, f"decided: {ast.unparse(node)}"):
            return ast.copy_location(ast.Constant(name == "all"), node)
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """A bound that is moved by one."""
        for at, operator in enumerate(node.ops):
            moved = MOVED.get(type(operator))
            if moved is not None and self._now(node, f"bound moved: {ast.unparse(node)}"):
                node.ops[at] = moved()
                return node
        return self.generic_visit(node)


def mutants(module: str) -> Iterator[tuple[str, str]]:
    """Every mutant of a module: what was done, and the source."""
    tree = ast.parse((ROOT / module).read_text())
    counter = Mutator()
    counter.visit(deepcopy(tree))
    for number in range(counter.seen + 1):
        mutator = Mutator(number)
        changed = ast.fix_missing_locations(mutator.visit(deepcopy(tree)))
        yield mutator.what, ast.unparse(changed)


def survives(where: Path, module: str) -> bool:
    """Whether the tests of a module pass in the copy."""
    tests = [f"tests/{name}" for name in TESTS[module]]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *tests]
    done = subprocess.run(command, cwd=where, capture_output=True, check=False)
    return done.returncode == 0


def main(modules: list[str]) -> int:
    """Run the mutants of the modules, or of all of them."""
    made, survivors = 0, []
    with tempfile.TemporaryDirectory() as name:
        where = Path(name)
        for package in (*PACKAGES, "tests"):
            shutil.copytree(ROOT / package, where / package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", where)
        for module in modules or sorted(TESTS):
            if not survives(where, module):
                sys.exit(f"The tests of {module} fail as it is.")
            for what, source in mutants(module):
                made += 1
                (where / module).write_text(source)
                if survives(where, module):
                    survivors.append(f"{module}:{what}")
                    sys.stdout.write(f"survives: {survivors[-1]}\n")
                    sys.stdout.flush()
            shutil.copy(ROOT / module, where / module)
            sys.stdout.write(f"{module}: {made} mutants so far, {len(survivors)} survive\n")
            sys.stdout.flush()
    sys.stdout.write("\n".join([*survivors, f"{made} mutants, {made - len(survivors)} noticed"]) + "\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
