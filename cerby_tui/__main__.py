"""Arguments → configuration → objects → run: the only place where the parts of the client are put together."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # `typing` would cost `--version` 14 ms; type checkers know this name
if TYPE_CHECKING:
    from cerby_tui.cli.shell import Shell


def main(argv: list[str] | None = None) -> int:
    """Run the program and give its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments == ["--version"]:
        from cerby_tui import __version__

        print(f"cerby-tui {__version__}")  # noqa: T201
        return 0
    from cerby_tui.cli.root import run

    return run(arguments, open_app)


def open_app(shell: Shell) -> int:
    """Open the app."""
    raise NotImplementedError


if __name__ == "__main__":
    sys.exit(main())
