"""The app catalogue: which apps take a phone number, of what kind, and how we know.

The data stands in `catalogue.json` beside this file and is read on first use. An app without evidence is `unknown`,
which is the honest default; the team's own observations override an entry, they never change it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

Support = Literal["voip", "non_voip", "none", "unknown"]

TYPO_LENGTH = 4
"""Words shorter than this must be spelled right: one wrong letter of three could be any word."""


class App(Struct, frozen=True):
    """One app. `evidence` says why `phone` is what it is, `source` and `date` (year-month) who said so and when.

    `domains` are hosts whose sub-domains belong to the app too; `instructions` links to the app's own help.
    """

    slug: str
    name: str
    domains: tuple[str, ...]
    category: str
    phone: Support = "unknown"
    evidence: str = ""
    totp: bool = False
    sms: bool = False
    instructions: str = ""
    source: str = ""
    date: str = ""


class Catalogue:
    """All known apps, found by slug, by words or by the host of a page."""

    def __init__(self, apps: Iterable[App]) -> None:
        self._by_slug = {app.slug: app for app in apps}
        self._by_domain = {domain: app for app in self._by_slug.values() for domain in app.domains}

    def __iter__(self) -> Iterator[App]:
        return iter(self._by_slug.values())

    def __len__(self) -> int:
        return len(self._by_slug)

    def get(self, slug: str) -> App | None:
        """The app of that slug, or None for an app outside the catalogue."""
        return self._by_slug.get(slug)

    def by_domain(self, host: str) -> App | None:
        """The app that owns `host` or one of its parent domains; the longest match wins."""
        name = host.strip().lower().rstrip(".").partition(":")[0]
        while name:
            if app := self._by_domain.get(name):
                return app
            name = name.partition(".")[2]
        return None

    def search(self, text: str) -> list[App]:
        """Apps that match every word of `text` in any order, best first; a slip of one letter is forgiven."""
        words = text.lower().split()
        ranked = [(score, app.name.lower(), app) for app in self if (score := _rank(app, words))]
        ranked.sort(key=lambda found: (-found[0], found[1]))
        return [app for _score, _name, app in ranked]


def _rank(app: App, words: list[str]) -> int:
    """How well `app` matches: the sum over the words, or 0 if any word is not found at all (1 for no words)."""
    name = app.name.lower()
    texts = [name, *name.replace(".", " ").split(), app.slug, *app.domains]
    scores = [max((_word_score(word, text) for text in texts), default=0) for word in words]
    if not all(scores):
        return 0
    return 1 + sum(scores) + (20 if " ".join(words) in (name, app.slug) else 0)


def _word_score(word: str, text: str) -> int:
    if text == word:
        return 8
    if text.startswith(word):
        return 6
    if len(word) > 1 and word in text:
        return 3
    if len(word) >= TYPO_LENGTH and one_slip(word, text[: len(word)] if len(text) > len(word) + 1 else text):
        return 1
    return 0


def one_slip(one: str, other: str) -> bool:
    """Whether one letter added, missing, wrong, or two neighbours swapped make `one` of `other`."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    start = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    if len(short) == len(long):
        swapped = short[start + 1 : start + 2] + short[start]
        return short[start + 1 :] == long[start + 1 :] or (
            swapped == long[start : start + 2] and short[start + 2 :] == long[start + 2 :]
        )
    return len(long) - len(short) == 1 and short[start:] == long[start + 1 :]


class _Evidence(Struct, frozen=True):
    says: str
    source: str
    date: str


class _Data(Struct, frozen=True):
    notice: str
    evidence: dict[str, _Evidence]
    apps: tuple[App, ...]


def _with_evidence(app: App, known: dict[str, _Evidence]) -> App:
    if not app.evidence:
        return app
    found = known[app.evidence]
    return msgspec.structs.replace(app, evidence=found.says, source=found.source, date=found.date)


@functools.cache
def load() -> Catalogue:
    """The catalogue that ships with the program, read from disk once."""
    raw = Path(__file__).with_name("catalogue.json").read_bytes()
    data = msgspec.json.decode(raw, type=_Data)
    return Catalogue(_with_evidence(app, data.evidence) for app in data.apps)
