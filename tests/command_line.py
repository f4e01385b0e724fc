"""Running the program in a pipe, as scripts do, with the passphrase on a descriptor of its own."""

from __future__ import annotations

import os
import re
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


class Dialogue:
    """A command that asks, with answers given one by one; the passphrase comes by a descriptor."""

    def __init__(self, home: Path, passphrase: str, *arguments: str) -> None:
        reader = pipe_with(passphrase)
        self.process = subprocess.Popen(
            program(*arguments, "--passphrase-fd", str(reader)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "CERBY_HOME": str(home)},
            pass_fds=(reader,),
        )
        os.close(reader)

    def until(self, words: str) -> str:
        """Read what is said until these words come."""
        assert self.process.stderr is not None
        said = ""
        while words not in said:
            symbol = self.process.stderr.read(1)
            assert symbol, said
            said += symbol
        return said

    def answer(self, *lines: str) -> None:
        """Give answers."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()

    def kit(self) -> list[str]:
        """The groups of the kit, from standard output."""
        assert self.process.stdout is not None
        lines = self.process.stdout.readline() + self.process.stdout.readline()
        return re.findall(r"\d ([0-9A-Z]{5})", lines)

    def give_back(self, groups: list[str] | None = None) -> Ended:
        """Give the groups back that are asked for; ends the command."""
        groups = groups or self.kit()
        for _ in range(2):
            said = self.until(": ").rpartition("Group ")[2]
            self.answer(groups[int(said.removesuffix(": ")) - 1])
        out, err = self.process.communicate(timeout=60.0)
        return subprocess.CompletedProcess("", self.process.returncode, out, err)
