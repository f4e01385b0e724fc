"""`cerby-tui sync`: send what is waiting and fetch what is new, once."""

from __future__ import annotations

from cerby_tui.cli.declare import command, run
from cerby_tui.cli.output import complain, say, say_json
from cerby_tui.cli.shell import Shell
from cerby_tui.cli.status import status_sentence, status_shape


@command(("sync", "once, and say how things stand"), ("sync --json", "for a program"))
def sync(shell: Shell) -> None:
    """Send what is waiting and fetch what is new. Exit code 5 if the service cannot be reached."""
    run(_sync(shell))


async def _sync(shell: Shell) -> None:
    async with shell.session(live=True) as session:
        await session.sync_now()
        status, uses = session.status(), session.recovery.uses()
    if uses:
        from cerby_tui.kit_uses import news_of

        complain(f"{news_of(uses).whole()} Run cerby-tui kit once you have read this.")
    if shell.as_json:
        say_json(status_shape(status))
    else:
        say(status_sentence(status))
