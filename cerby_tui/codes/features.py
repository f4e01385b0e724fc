"""What can be said of one candidate: its own shape, the words around it, and what kind of message it stands in.

Every feature is a short name that is there or not. `weights.json` gives each a number; `docs` need no more than the
names to explain a decision: `before.key.1` is "a word like *passcode* right before it".
"""

from __future__ import annotations

from cerby_tui.codes.candidates import Candidate
from cerby_tui.codes.reading import Reading

BACK = 12
AHEAD = 12
"""Words looked at on either side: a keyword farther away says nothing about this number."""

_NEAR = ("0", "1", "2", "3", "3", "5", "5", "5", "5", "9", "9", "9", "9", "9")
_WATCHED = frozenset({"key", "noun", "badnoun", "warned", "verify", "once", "use", "your"})
_GOVERNORS = frozenset(
    {
        "key",
        "noun",
        "badnoun",
        "warned",
        "bad",
        "order",
        "tail",
        "phone",
        "money",
        "bank",
        "date",
        "place",
        "verify",
        "use",
        "spam",
    }
)
_MOODS = ("bank", "spam", "never", "expire", "key", "verify", "badnoun")
_OPENERS = frozenset("([\"'<{")
_SENDING = frozenset({"send", "sms", "stop", "out", "reply", "help"})
_PARTING = frozenset(",!)]")
_QUICK_NEIGHBOURS = frozenset(
    {"unit", "money", "verify", "be", "phone", "date", "number", "order", "tail", "your", "place"}
)


def settle(reading: Reading) -> list[str]:
    """The meaning of the words in their company: *promo code* is no code, and a code not to be shared is a warning."""
    kinds = reading.kinds.copy()
    for index, kind in enumerate(reading.kinds):
        if kind != "noun" and kind != "key":
            continue
        around = reading.kinds[max(0, index - 3) : index + 4]
        close = reading.kinds[max(0, index - 1) : index + 3]
        if "bad" in close and kind == "noun":
            kinds[index] = "badnoun"
        elif kind == "noun" and ("verify" in around or "once" in around):
            kinds[index] = "key"
        if _is_warning(reading, index):
            kinds[index] = "warned"
    return kinds


def _is_warning(reading: Reading, index: int) -> bool:
    """Whether the sentence tells the reader not to share this, before the word or after it with no number between."""
    own = reading.sentences[index]
    for span in (range(index - 1, max(-1, index - 8), -1), range(index + 1, min(len(reading.kinds), index + 8))):
        for other in span:
            if reading.sentences[other] != own or reading.words[other].isdigit():
                break
            if reading.kinds[other] == "never":
                return True
    return False


def mood(kinds: list[str], count: int) -> list[str]:
    """Features of the whole message, the same for each of its `count` candidates."""
    present = set(kinds)
    found = [f"message.{kind}" for kind in _MOODS if kind in present]
    if "warned" in present and not present & {"key", "noun"}:
        found.append("message.only-warned")
    elif "key" not in present:
        found.append("message.no-key" if "noun" in present else "message.no-noun")
    found.append(
        "message.one-number" if count == 1 else "message.two-numbers" if count == 2 else "message.many-numbers"
    )
    if len(kinds) <= 4:
        found.append("message.short")
    elif len(kinds) > 30:
        found.append("message.long")
    return found


def features(candidate: Candidate, reading: Reading, kinds: list[str]) -> list[str]:
    """What is said of one candidate: shape, typography, neighbours, and the words that govern it."""
    found = _shape(candidate, kinds[candidate.first - 1] if candidate.first else "")
    first, last = candidate.first, candidate.last
    _typography(found, reading.gaps[first - 1] if first else "", reading.gaps[last] if last < len(reading.gaps) else "")
    _side(found, "before", range(first - 1, max(-1, first - 1 - BACK), -1), reading, kinds, first)
    _side(found, "after", range(last + 1, min(len(kinds), last + 1 + AHEAD)), reading, kinds, last)
    if first > 1 and reading.words[first - 1].lower() == "to" and _is_sent(reading, kinds, first - 2):
        found.append("before.text-it-to")
    if first == 0 or (first == 1 and not reading.words[0]):
        found.append("place.start")
    return found


def _is_sent(reading: Reading, kinds: list[str], index: int) -> bool:
    """Whether the words before *to* speak of texting something, or of opting out."""
    near = range(index, max(-1, index - 5), -1)
    return any(kinds[place] == "phone" or reading.words[place].lower() in _SENDING for place in near)


def _shape(candidate: Candidate, before: str) -> list[str]:
    text, shape = candidate.text, candidate.shape
    if not text.isdigit():
        found = [f"shape.{shape}", f"length.{len(text)}"]
        if text[1] == "-" and text[2:].isdigit():
            found.append("shape.letter-dash")
        if shape == "mixed":
            found.append("mixed.upper" if text.isupper() else "mixed.lower" if text.islower() else "mixed.both")
        return found
    found = [f"digits.{len(text)}"]
    if shape != "plain":
        found.append(f"shape.{shape}")
    if len(text) == 4 and text[:2] in ("19", "20"):
        found.append("looks.year.after-date" if before == "date" else "looks.year")
    if text.endswith("00"):
        found.append("looks.round")
    if len(text) == 8 and text[:2] in ("19", "20"):
        found.append("looks.date")
    return found


def _typography(found: list[str], before: str, after: str) -> None:
    if before not in ("", " "):
        if ":" in before or "=" in before:
            found.append("mark.colon")
        if before[-1] in _OPENERS:
            found.append("mark.opened")
        if "#" in before:
            found.append("mark.hash")
        if "- " in before:
            found.append("mark.dash-before")
        if "\n" in before:
            found.append("mark.new-line")
        if before[-1] == "/":
            found.append("mark.slash")
    if after not in ("", " "):
        if after.startswith(" -") or after.startswith(" ("):
            found.append("mark.aside-after")
        if after[0] in ".!\n":
            found.append("mark.sentence-ends")
        if after[0] in "/:":
            found.append("mark.goes-on")
    elif not after:
        found.append("mark.text-ends")


def _side(found: list[str], side: str, span: range, reading: Reading, kinds: list[str], own: int) -> None:
    """Name the first word of each watched kind, and the first of all that governs, with how near it stands."""
    seen: set[str] = set()
    governed = False
    sentence = reading.sentences[own]
    gap = reading.gaps[own - 1 if side == "before" else own] if len(span) else ""
    parted = not _PARTING.isdisjoint(gap)
    for distance, index in enumerate(span, 1):
        kind = kinds[index]
        if not kind:
            continue
        same = reading.sentences[index] == sentence
        if distance == 1 and kind in _QUICK_NEIGHBOURS:
            found.append(f"{side}.next.parted.{kind}" if parted or not same else f"{side}.next.{kind}")
        if kind in _WATCHED and kind not in seen:
            seen.add(kind)
            found.append(f"{side}.{kind}.{_NEAR[distance]}" if same else f"{side}.{kind}.other-sentence")
        if not governed and same and kind in _GOVERNORS:
            governed = True
            found.append(f"{side}.governor.{kind}.{'close' if distance <= 3 else 'far'}")
    if not governed:
        found.append(f"{side}.governor.none")
