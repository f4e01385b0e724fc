"""Which apps are open, as other processes see it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from cerby_tui.home import Home
from cerby_tui.presence import OpenApp, Presence, open_apps

HOLD = (
    "import sys; from pathlib import Path; from cerby_tui.home import Home; from cerby_tui.presence import Presence;"
    "Presence(Home(Path(sys.argv[1]))).say('unlocked'); print('there', flush=True); sys.stdin.read()"
)


def test_an_app_says_whether_it_is_unlocked(tmp_path: Path) -> None:
    """Others read the state, and nothing once the app has left."""
    home = Home(tmp_path)
    presence = Presence(home)
    assert [OpenApp(os.getpid(), "locked")] == open_apps(home)

    presence.say("unlocked")
    assert [OpenApp(os.getpid(), "unlocked")] == open_apps(home)

    presence.leave()
    assert [] == open_apps(home)


def test_an_app_that_was_killed_is_not_there(tmp_path: Path) -> None:
    """Its file stays behind and counts for nothing, whoever has its process id now."""
    home = Home(tmp_path)
    app = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert app.stdin and app.stdout
    app.stdout.readline()
    assert [OpenApp(app.pid, "unlocked")] == open_apps(home)

    app.send_signal(signal.SIGKILL)
    app.wait()
    app.stdin.close()
    app.stdout.close()

    assert [] == open_apps(home)
    assert [] == list((tmp_path / "apps").iterdir())


def test_no_app_was_ever_here(tmp_path: Path) -> None:
    """Looking makes nothing."""
    assert [] == open_apps(Home(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()
