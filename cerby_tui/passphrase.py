"""How good a passphrase is, in words; what is too weak is said before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from cerby_tui.errors import UsageError

SHORTEST = 10
"""Characters, beside a secret in the system keyring."""
SHORTEST_ALONE = 14
"""Characters of a passphrase that has to stand alone against guessing on a stolen disk."""
ENOUGH = 3
LONGEST_JUDGED = 72
"""Characters; zxcvbn takes no more, and what comes after them only makes it stronger."""
WORDS = ("very weak", "weak", "fair", "good", "strong")


class Strength(Struct, frozen=True):
    """From 0 (very weak) to 4 (strong), in a word, and what would make it better."""

    score: Literal[0, 1, 2, 3, 4]
    word: str
    advice: str


def strength(passphrase: str, about: Sequence[str] = ()) -> Strength:
    """Judge a passphrase by how many guesses it takes; `about` are words that an attacker would try first."""
    if not passphrase:
        return Strength(0, WORDS[0], "")
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # word lists that take 80 ms to load

    found = zxcvbn(passphrase[:LONGEST_JUDGED], user_inputs=[word for word in about if word])
    score, feedback = found["score"], found["feedback"]
    return Strength(score, WORDS[score], " ".join([feedback["warning"], *feedback["suggestions"]]).strip())


def check_passphrase(passphrase: str, *, alone: bool, about: Sequence[str] = ()) -> None:
    """Raise UsageError for a passphrase that is too short or too easily guessed for where it stands."""
    shortest = SHORTEST_ALONE if alone else SHORTEST
    if len(passphrase) < shortest:
        raise UsageError(f"The passphrase needs {shortest} characters or more; several words are easiest to keep.")
    found = strength(passphrase, about)
    if found.score < ENOUGH:
        raise UsageError(f"That passphrase is {found.word}: it could be guessed.", next_step=found.advice)
