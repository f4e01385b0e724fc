"""Running the program in a pipe, as scripts do, with the passphrase on a descriptor of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.pseudo_terminal import program

Ended = subprocess.CompletedProcess[str]


def pipe_with(passphrase: str) -> int:
    """The reading end of a pipe that holds a passphrase."""
    reader, writer = os.pipe()
    os.write(writer, passphrase.encode() + b"\n")
    os.close(writer)
    return reader


def run(*arguments: str, home: Path, passphrase: str | None = None, given: str = "", seconds: float = 60.0) -> Ended:
    """Run a command to its end on the vault of `home`."""
    environ = {**os.environ, "CERBY_HOME": str(home)}
    if passphrase is None:
        return subprocess.run(
            program(*arguments), input=given, capture_output=True, text=True, check=False, env=environ, timeout=seconds
        )
    reader = pipe_with(passphrase)
    try:
        return subprocess.run(
            program(*arguments, "--passphrase-fd", str(reader)),
            input=given,
            capture_output=True,
            text=True,
            check=False,
            env=environ,
            pass_fds=(reader,),
            timeout=seconds,
        )
    finally:
        os.close(reader)


def start(*arguments: str, home: Path, passphrase: str) -> subprocess.Popen[str]:
    """Begin a command on the vault of `home`; its output is for the caller to read."""
    reader = pipe_with(passphrase)
    try:
        return subprocess.Popen(
            program(*arguments, "--passphrase-fd", str(reader)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "CERBY_HOME": str(home)},
            pass_fds=(reader,),
        )
    finally:
        os.close(reader)
