"""`cerby-service`: arguments to settings to a running service. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from cerby_service.cli import root
from cerby_service.cli.output import failed
from cerby_service.errors import ServiceError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit code: 0 done, 1 something is wrong, 2 usage, 5 not running, 6 refused."""
    os.umask(0o077)
    try:
        code = root.main(argv, prog_name="cerby-service", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except ServiceError as error:
        return failed(error)
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
