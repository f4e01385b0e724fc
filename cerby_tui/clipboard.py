"""Copying to the clipboard by the best way there is, saying honestly which one, and taking the value back in time.

A local tool (wl-copy, xclip, xsel, pbcopy) gets the value on its standard input and can be asked later whether it still
holds it. Over SSH, or without a tool, the terminal is asked by OSC 52, passed through tmux and screen; nobody can look
whether that worked, so it is neither claimed nor cleared.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

TOOL_SECONDS = 2.0
"""A tool that takes longer than this has no display to talk to."""
SCREEN_CHUNK = 256
"""GNU screen passes strings of at most 768 bytes through; this stays well below."""


@dataclass(frozen=True)
class Tool:
    """A program that writes the clipboard from its input, and one that reads it."""

    name: str
    write: tuple[str, ...]
    read: tuple[str, ...]


_WAYLAND = Tool("wl-copy", ("wl-copy",), ("wl-paste", "--no-newline"))
_XCLIP = Tool("xclip", ("xclip", "-selection", "clipboard", "-in"), ("xclip", "-selection", "clipboard", "-out"))
_XSEL = Tool("xsel", ("xsel", "--clipboard", "--input"), ("xsel", "--clipboard", "--output"))
_MAC = Tool("pbcopy", ("pbcopy",), ("pbpaste",))


def find_tool(environ: Mapping[str, str], which: Callable[[str], str | None], platform: str) -> Tool | None:
    """The local tool that reaches the clipboard of the person at the keyboard, or None."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return None  # a tool here would fill the clipboard of a machine nobody sits at
    candidates: list[Tool] = [_MAC] if platform == "darwin" else []
    if environ.get("WAYLAND_DISPLAY"):
        candidates.append(_WAYLAND)
    if environ.get("DISPLAY"):
        candidates += [_XCLIP, _XSEL]
    for tool in candidates:
        if which(tool.write[0]) and which(tool.read[0]):
            return tool
    return None


def osc52(value: str, environ: Mapping[str, str]) -> str:
    """The sequence that asks the terminal to take `value`; inside tmux and screen also in their envelope."""
    plain = f"\x1b]52;c;{base64.b64encode(value.encode()).decode()}\x07"
    if environ.get("TMUX"):
        # Bare for `set-clipboard on`, wrapped for `allow-passthrough on`: which of the two holds cannot be asked.
        return plain + "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("STY") or environ.get("TERM", "").startswith("screen"):
        chunks = [plain[at : at + SCREEN_CHUNK] for at in range(0, len(plain), SCREEN_CHUNK)]
        return "".join(f"\x1bP{chunk}\x1b\\" for chunk in chunks)
    return plain


@dataclass(frozen=True)
class Route:
    """Which way a value went. `checkable` means that it can be taken back if it is still there."""

    words: str
    checkable: bool


class Clipboard:
    """The clipboard as far as we can reach it. Holds only a keyed hash of what was copied last.

    `to_terminal` writes a sequence to the terminal that the app runs in.
    """

    def __init__(
        self,
        to_terminal: Callable[[str], None],
        environ: Mapping[str, str] = os.environ,
        which: Callable[[str], str | None] = shutil.which,
        platform: str = sys.platform,
    ) -> None:
        self._to_terminal = to_terminal
        self._environ = environ
        self._tool = find_tool(environ, which, platform)
        self._key = secrets.token_bytes(32)
        self._ours: bytes | None = None

    async def copy(self, value: str) -> Route:
        """Put `value` on the clipboard; the route says how, and whether it can be cleared later."""
        if self._tool and (await self._run(self._tool.write, value.encode())) is not None:
            self._ours = self._mark(value.encode())
            return Route(f"by {self._tool.name}", checkable=True)
        self._ours = None
        self._to_terminal(osc52(value, self._environ))
        through = " through tmux" if self._environ.get("TMUX") else ""
        return Route(f"by the terminal (OSC 52{through})", checkable=False)

    async def clear(self) -> Literal["cleared", "not ours", "unknown"]:
        """Take the value back if the clipboard still holds it; what somebody else put there since is left alone."""
        ours, self._ours = self._ours, None
        if ours is None or self._tool is None:
            return "unknown"
        held = await self._run(self._tool.read, b"", answer=True)
        if held is None or self._mark(held) != ours:
            return "not ours"
        await self._run(self._tool.write, b"")
        return "cleared"

    def _mark(self, value: bytes) -> bytes:
        return hashlib.blake2b(value, key=self._key).digest()

    async def _run(self, command: tuple[str, ...], given: bytes, *, answer: bool = False) -> bytes | None:
        """Run a tool with `given` on its input; its output (b"" unless `answer`), or None if it failed."""
        pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=pipe, stdout=pipe if answer else null, stderr=null
            )
        except OSError:
            return None
        try:
            out, _ = await asyncio.wait_for(process.communicate(given), TOOL_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
            return None
        return (out or b"") if process.returncode == 0 else None
