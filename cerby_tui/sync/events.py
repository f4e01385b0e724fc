"""Reading a stream of server-sent events (the WHATWG format), line by line; pure."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

LONGEST_LINE = 1 << 16
LONGEST_EVENT = 1 << 20
BOM = "\ufeff"


class Event(Struct, frozen=True):
    """One event. `id` is the last id seen so far, in this event or before it; a comment has the kind `:`."""

    kind: str
    data: str
    id: str


class EventParser:
    """Takes text in pieces as they arrive and gives out whole events.

    Raises ValueError for a line longer than 64 KiB or an event longer than 1 MiB: no honest service sends one.
    """

    def __init__(self, last_id: str = "") -> None:
        self._rest = ""
        self._started = False
        self._kind = ""
        self._data: list[str] = []
        self._size = 0
        self._id = last_id

    def feed(self, text: str) -> Iterator[Event]:
        """Take the next piece of text; yields the events that it completes, and comments as they come."""
        if not self._started and text:
            self._started = True
            text = text.removeprefix(BOM)
        self._rest += text
        # A carriage return at the very end may be half of a pair: it waits for what follows.
        held_back = self._rest.endswith("\r")
        whole = self._rest[:-1] if held_back else self._rest
        *lines, rest = whole.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest = rest + ("\r" if held_back else "")
        if len(self._rest) > LONGEST_LINE:
            raise ValueError("a line of the feed is longer than 64 KiB")
        for line in lines:
            yield from self._line(line)

    def _line(self, line: str) -> Iterator[Event]:
        if not line:
            if self._data:
                yield Event(self._kind or "message", "\n".join(self._data), self._id)
            self._kind, self._data, self._size = "", [], 0
        elif line.startswith(":"):
            yield Event(":", line[1:].strip(), self._id)
        else:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                self._kind = value
            elif name == "data":
                self._data.append(value)
                self._size += len(value) + 1
                if self._size > LONGEST_EVENT:
                    raise ValueError("an event of the feed is longer than 1 MiB")
            elif name == "id" and "\0" not in value:
                self._id = value
