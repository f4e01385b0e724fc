"""Writing the activity log into a file: CSV for a spreadsheet, JSON for a program."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from cerby_tui import terminal_text, words
from cerby_tui.activity_export import csv_rows, json_text
from cerby_tui.commands import bindings, only
from cerby_tui.messages import Pressed
from cerby_tui.screens.base import Dialog, caption
from cerby_tui.team_values import Happening
from cerby_tui.widgets.button import Press
from cerby_tui.widgets.entry import Entry

KINDS = (".csv", ".json")
SPOKEN_FOR = "There is a file of that name already: give another one."


class ExportScreen(Dialog[bool]):
    """Asks where to, fetches the lines and writes them. Nothing that exists is overwritten."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("export"), *only("close")]

    def __init__(self, name: str, fetch: Callable[[], Awaitable[Sequence[Happening]]]) -> None:
        super().__init__(classes="wide")
        self._name, self._fetch = name, fetch

    def body(self) -> Iterable[Widget]:
        """Where to."""
        yield caption("Export the activity", "title")
        yield caption("All lines that pass the filters. A name that ends in .csv or .json says which.", "muted")
        yield Entry(value=str(Path.home() / f"{self._name}{KINDS[0]}"))
        with Horizontal(classes="buttons"):
            yield Press("Export", default=True)

    def on_mount(self) -> None:
        """At the end of the name."""
        entry = self.query_one(Entry)
        entry.focus()
        entry.cursor_position = len(entry.value)

    def action_other_kind(self) -> None:
        """CSV or JSON."""
        entry = self.query_one(Entry)
        path = Path(entry.value)
        at = KINDS.index(path.suffix) if path.suffix in KINDS else -1
        entry.value = str(path.with_suffix(KINDS[(at + 1) % len(KINDS)])) if path.name else entry.value
        entry.cursor_position = len(entry.value)

    @on(Input.Submitted)
    @on(Pressed)
    def entered(self) -> None:
        """Write."""
        path = Path(self.query_one(Entry).value.strip()).expanduser()
        if path.suffix not in KINDS:
            self.say("The name has to end in .csv or .json.", "warning")
        else:
            self.run_worker(self._export(path), exclusive=True, group="export")

    async def _export(self, path: Path) -> None:
        lines = await self.attempt(self._fetch())
        if lines is None:
            return
        text = json_text(lines) if path.suffix == ".json" else "".join(f"{row}\r\n" for row in csv_rows(lines))
        try:
            await asyncio.to_thread(write_new, path, text)
        except FileExistsError:
            self.say(SPOKEN_FOR, "warning")
        except OSError as error:
            self.say(f"The file could not be written: {error.strerror}.", "error")
        else:
            self.say(f"{words.count_of(len(lines), 'line')} written to {terminal_text.line(str(path))}.")
            self.dismiss(True)

    def action_close(self) -> None:
        """Write nothing."""
        self.dismiss(None)


def write_new(path: Path, text: str) -> None:
    """Write a new file that only this person can read. Raises OSError, FileExistsError if there is one."""
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline=""
    ) as file:
        file.write(text)
