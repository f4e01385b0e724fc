"""`cerby-tui demo`: the whole product on one machine, ready to be walked through."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from cerby_tui.cli.documented import Documented
from cerby_tui.cli.shell import Shell

NEEDED = ("starlette", "uvicorn", "sqlalchemy", "alembic", "aiosmtplib", "aiosmtpd")
"""What `cerby-tui[service]` installs: the demo runs a service of its own."""


@click.command(
    cls=Documented,
    examples=[
        ("demo", "a ready workspace in a directory of its own, which goes when the demo ends"),
        ("demo --keep", "the same, and the directory stays; the end says where it is"),
    ],
)
@click.option("--keep", is_flag=True, help="Keep the demo's directory.")
@click.option("--home", "root", metavar="DIR", help="Use this directory: an empty one, or a demo that was kept.")
@click.pass_context
def demo(ctx: click.Context, keep: bool, root: str | None) -> None:
    """Open a ready demo workspace: a real service on this machine, with a sandbox carrier that plays the apps.

    Nothing has to be set up, nothing leaves this machine, and nothing is kept unless you say so.
    """
    from cerby_tui.demo.household import run_demo
    from cerby_tui.errors import UsageError
    from cerby_tui.process import why_no_screen

    if absent := missing(NEEDED):
        step = 'Install them with: pip install "cerby-tui[service]"'
        raise UsageError(f"The demo runs a service of its own, which needs {', '.join(absent)}.", next_step=step)
    if reason := why_no_screen(os.environ):
        raise UsageError(reason, next_step="Run it in a terminal; cerby-tui --help lists commands that need none.")
    chosen = root or ctx.ensure_object(Shell).root
    ctx.exit(run_demo(Path(chosen).expanduser().absolute() if chosen else None, keep))


def missing(names: Sequence[str]) -> list[str]:
    """Those of the packages that are not installed, without importing any."""
    from importlib.util import find_spec

    return [name for name in names if find_spec(name) is None]
