"""Arguments → configuration → objects → run: the only place where the parts of the client are put together."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # `typing` would cost `--version` 14 ms; type checkers know this name
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cerby_tui.app import CerbyApp
    from cerby_tui.cli.shell import Shell
    from cerby_tui.enrolling.ways import Ways
    from cerby_tui.home import Home
    from cerby_tui.running import Running
    from cerby_tui.screens.desk import DemoAct
    from cerby_tui.session import Session


def main(argv: list[str] | None = None) -> int:
    """Run the program and give its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments == ["--version"]:
        from cerby_tui import __version__

        print(f"cerby-tui {__version__}")  # noqa: T201
        return 0
    if not arguments:
        return _straight_in()
    from cerby_tui.cli.root import run

    return run(arguments, open_app)


def _straight_in() -> int:
    """Without arguments nothing has to be parsed, and the lock screen comes sooner."""
    from cerby_tui.cli.shell import Shell, failed
    from cerby_tui.errors import CerbyError

    try:
        return open_app(Shell(open_app))
    except CerbyError as error:
        return failed(error, as_json=False)


def open_app(shell: Shell) -> int:
    """Open the app on this terminal; gives the exit code, or does not come back from a lock. Raises UsageError."""
    import gc
    import os

    from cerby_tui.errors import UsageError
    from cerby_tui.process import harden, relock, suspend, why_no_screen

    if reason := why_no_screen(os.environ):
        raise UsageError(reason, next_step="These need no screen: cerby-tui accounts, inbox, code wait ACCOUNT.")
    harden()
    gc.disable()  # until the first screen stands
    from cerby_tui.running import Running
    from cerby_tui.screens.desk import Ending

    running = Running(shell.home.ready())
    ending = running.run(_compose(shell, running))
    if ending is Ending.SUSPENDED:
        suspend()
    if ending in (Ending.LOCKED, Ending.SUSPENDED, Ending.ENROLLED):
        relock(sys.argv[1:])
    return running.exit_code


def _compose(shell: Shell, running: Running) -> CerbyApp:
    """The app with its parts; the network is not among them, it is loaded after the first paint."""
    import os

    from cerby_tui.clock import SystemClock
    from cerby_tui.config import trust_authority

    home, clock = shell.home, SystemClock()

    def unlock(passphrase: str) -> Session:
        from cerby_tui.session import open_session

        return open_session(home, passphrase, clock=clock)

    def reopen(code: str, passphrase: str) -> Session:
        from cerby_tui.forgotten import reopen as with_kit
        from cerby_tui.system_keyring import SystemKeyring

        keyring = SystemKeyring() if config.settings.keyring else SystemKeyring(allowed=())
        return with_kit(home, code, passphrase, clock=clock, keyring=keyring)

    def enrolment() -> Ways:
        from cerby_tui.enrolling.ways import Ways
        from cerby_tui.system_keyring import SystemKeyring

        keyring = SystemKeyring() if config.settings.keyring else SystemKeyring(allowed=())
        return Ways(home, clock, keyring=keyring)

    if home.farewell.exists():
        _complete_deletion(home)
    config = running.configuration.load()
    trust_authority(config.settings, os.environ)
    session = _opened(shell, unlock)
    from cerby_tui.app import CerbyApp

    acts, hint = _demo(shell, running)
    return CerbyApp(
        open_session=unlock,
        reopen=reopen,
        session=session,
        enrolment=None if home.enrolled() else enrolment,
        config=config,
        save_setting=running.configuration.save,
        demo=acts,
        hint=hint,
        on_unlocked=running.unlocked,
        clock=clock,
    )


def _complete_deletion(home: Home) -> None:
    """A session that ended here, and whose deletion was cut short, must not look like one that can be unlocked."""
    from cerby_tui.farewells import settle

    settle(home)


def _opened(shell: Shell, unlock: Callable[[str], Session]) -> Session | None:
    """The session, where a passphrase comes with the command line; it is waited for while the screens load."""
    if shell.passphrase_fd is None:
        return None
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(lambda: unlock(shell.passphrase()))
        import cerby_tui.app
        import cerby_tui.screens.cards  # noqa: F401

        return opening.result()


def _demo(shell: Shell, running: Running) -> tuple[Sequence[DemoAct], str]:
    """What the demo's parent process can do for the app, and what its lock screen says; nothing outside a demo."""
    if shell.demo_fd is None:
        return (), ""
    from cerby_tui.demo.menu import acts
    from cerby_tui.demo.remote import DemoRemote

    remote = DemoRemote(shell.demo_fd)
    return acts(remote, lambda: running.session), remote.hint


if __name__ == "__main__":
    sys.exit(main())
