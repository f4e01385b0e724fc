"""`cerby-tui doctor`: looks at everything that could be in the way, and says what to do about it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cerby_tui.cli.declare import command, run
from cerby_tui.cli.output import say, say_json
from cerby_tui.cli.shell import Shell

if TYPE_CHECKING:
    from cerby_tui.cli.checks import Finding

SIGNS = {"ok": "✓", "note": "·", "wrong": "✗"}
CLOCK = 60_000
"""Milliseconds by which this clock may differ from the service's before one-time codes begin to fail."""


@command(
    ("doctor", "terminal, files, configuration; without a passphrase"),
    ("doctor --unlock", "also every page of the vault, the service and the clock"),
    ("doctor --json", "for an issue tracker"),
)
@click.option("--unlock", is_flag=True, help="Ask for the passphrase; check the vault, the service and the clock too.")
def doctor(shell: Shell, unlock: bool) -> None:
    """Check what could be in the way; exit code 6 if something is. The answer holds no secret and can be pasted."""
    from cerby_tui.cli.checks import outside

    findings = list(outside(shell.home))
    if unlock or shell.passphrase_fd is not None:
        run(_inside(shell, findings))
    if shell.as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{SIGNS[finding.verdict]} {finding.area}: {finding.sentence}")
    if any(finding.verdict == "wrong" for finding in findings):
        raise click.exceptions.Exit(6)


async def _inside(shell: Shell, findings: list[Finding]) -> None:
    from cerby_tui.cli.checks import Finding
    from cerby_tui.errors import OfflineError

    async with shell.session() as session:
        damaged = session.damaged_pages()
        pages = f"{len(damaged)} pages are damaged." if damaged else "Every page is whole."
        findings.append(Finding("vault", "wrong" if damaged else "ok", pages))
        try:
            await session.sync_now()
        except OfflineError as error:
            findings.append(Finding("service", "wrong", error.sentence))
        else:
            findings.append(Finding("service", "ok", "The service answers."))
            findings.append(_clock(session.clock_offset()))


def _clock(offset: int) -> Finding:
    from cerby_tui.cli.checks import Finding

    sentence = f"This clock and the service's differ by {abs(offset) / 1000:.1f} s."
    return Finding("clock", "wrong" if abs(offset) > CLOCK else "ok", sentence)
