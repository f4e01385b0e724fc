"""`cerby-tui lock`: lock every open app of this vault, for a key of the desktop or a hook of the screen saver."""

from __future__ import annotations

import os
import signal

from cerby_tui.cli.declare import command
from cerby_tui.cli.output import say, say_json
from cerby_tui.cli.shell import Shell


@command(("lock", "for example from the hook that locks the screen"), opens_vault=False)
def lock(shell: Shell) -> None:
    """Lock every app that is open on this vault. Each empties its memory and comes back as the lock screen."""
    from cerby_tui.presence import open_apps
    from cerby_tui.words import count_of

    told = [app.pid for app in open_apps(shell.home) if app.state == "unlocked" and _tell(app.pid)]
    if shell.as_json:
        say_json({"locked": len(told)})
    else:
        say(f"{count_of(len(told), 'app')} told to lock." if told else "No unlocked app is open.")


def _tell(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGUSR1)
    except ProcessLookupError:
        return False
    return True
