"""What the shared rules answer when something is not provably fine.

WireError
├── Refused         a rule is broken; `rule` names it, and it will never be accepted as it is
│   └── Stale       … because somebody else was faster: pull, merge, write it anew
├── Behind          the entry cites a stream position that we do not hold yet: pull, then ask again
└── NewerVersion    an op or entry version this program does not know: stop here, keep what is readable
"""

from __future__ import annotations


class WireError(Exception):
    """Anything that keeps an entry, a record or a sealed text from being accepted."""


class Refused(WireError):
    """A rule is broken. `rule` is stable and machine-readable, the sentence is for people."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(f"{rule}: {sentence}")
        self.rule = rule
        self.sentence = sentence


class Stale(Refused):
    """Honest but late: written on a state that has moved on. In an entry that is stored already it is a broken rule."""


class Behind(WireError):
    """The entry cites position `n` of `stream`, which is ahead of what is held here."""

    def __init__(self, stream: bytes, n: int) -> None:
        super().__init__(f"stream {stream.hex()} is needed up to {n}")
        self.stream = stream
        self.n = n


class NewerVersion(WireError):
    """Written by a newer program: what is held stays readable, the stream goes on after an upgrade."""


def require(condition: bool, rule: str, sentence: str) -> None:
    """Go on if the condition holds. Raises Refused, naming the rule, if not."""
    if not condition:
        raise Refused(rule, sentence)


def require_fresh(condition: bool, rule: str, sentence: str) -> None:
    """Go on if the condition holds. Raises Stale, naming the rule, if not."""
    if not condition:
        raise Stale(rule, sentence)
