"""The values that the vault hands out and the screens show: frozen, and free of any library of either side."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

Support = Literal["voip", "non_voip", "none", "unknown"]


class Secret(Struct, frozen=True):
    """A text that must not be shown by accident: its repr is redacted, `reveal()` is explicit."""

    _text: str = ""

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "Secret(…)" if self._text else "Secret()"

    __str__ = __repr__


class CustomField(Struct, frozen=True):
    """A field of the user's own on a card. `kind` is `text`, `long` or `link`; `hidden` masks it."""

    name: str
    value: str = ""
    kind: Literal["text", "long", "link"] = "text"
    hidden: bool = False


class Item(Struct, frozen=True, omit_defaults=True):
    """The whole account card as it is sealed. Times are UTC milliseconds.

    `app` is a catalogue slug, or empty for an app outside the catalogue. `settled` ticks off people who left (leavers).
    `unknown` keeps fields that a newer program wrote; they are written back untouched.
    """

    label: str
    app: str = ""
    app_name: str = ""
    login_url: str = ""
    username: str = ""
    password: str = ""
    email: str = ""
    phone: str = ""
    totp: str = ""
    backup_codes: tuple[str, ...] = ()
    notes: str = ""
    fields: tuple[CustomField, ...] = ()
    collections: tuple[str, ...] = ()
    copied_at: int = 0
    added_at: int = 0
    settled: tuple[str, ...] = ()
    unknown: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "Item(…)"


class Code(Struct, frozen=True):
    """A verification code drawn out of a message. `confidence` is between 0 and 1."""

    text: str
    confidence: float
    domain: str = ""

    def __repr__(self) -> str:
        return "Code(…)"


class ManagedNumber(Struct, frozen=True):
    """The managed number of an account."""

    id: bytes
    e164: str
    kind: Literal["voip", "non_voip"]
    state: str = "active"
    reason: str = ""
    since: int = 0


class Card(Struct, frozen=True):
    """One account as the cards screen shows it. `alarm` is the rule at which it stopped, `alarm_said` that in words.

    `closed`: it was handed over without its old content, which nobody here can open; number and new messages go on,
    and an Owner may write it anew.
    """

    id: bytes
    label: str
    app: str
    app_name: str
    username: str
    role: Literal["owner", "collaborator"]
    support: Support
    number: ManagedNumber | None = None
    own_phone: str = ""
    collections: tuple[str, ...] = ()
    has_totp: bool = False
    code: Code | None = None
    code_at: int = 0
    unread: int = 0
    changed_at: int = 0
    waiting: bool = False
    deleted: bool = False
    favourite: bool = False
    alarm: str = ""
    clashes: int = 0
    closed: bool = False
    alarm_said: str = ""


class Clash(Struct, frozen=True):
    """A field that two people changed at once: the value that stands, and the other one kept beside it."""

    field: str
    kept: Any
    other: Any

    def __repr__(self) -> str:
        return f"Clash({self.field!r})"


class Account(Struct, frozen=True):
    """Everything about one account, for its own screen."""

    card: Card
    item: Item
    clashes: tuple[Clash, ...] = ()
    versions: int = 1
    modified_by: str = ""


class MessageKey(Struct, frozen=True, order=True):
    """What names a message for ever: account, generation, index."""

    account: bytes
    generation: bytes
    index: int


class Message(Struct, frozen=True):
    """A message of the Shared Inbox, opened. `received_at` is UTC milliseconds."""

    key: MessageKey
    account_label: str
    app: str
    app_name: str
    sender: str
    to: str
    text: str
    received_at: int
    kind: Literal["sms", "mms", "email"] = "sms"
    code: Code | None = None
    read: bool = False
    parts: int = 1
    missing_parts: int = 0

    def __repr__(self) -> str:
        return f"Message({self.key.index})"


class CardFilter(Struct, frozen=True):
    """Which cards to show. `words` may come in any order; empty tuples mean everything."""

    words: str = ""
    apps: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    deleted: bool = False
    sort: Literal["label", "recent", "app"] = "label"


class InboxFilter(Struct, frozen=True):
    """Which messages to show, newest first."""

    words: str = ""
    apps: tuple[str, ...] = ()
    accounts: tuple[bytes, ...] = ()
    collections: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    with_code: bool = False


class OfferedNumber(Struct, frozen=True):
    """A number that the service holds for this account. `signed` is what a commit needs; `expires` is UTC ms."""

    id: bytes
    account: bytes
    e164: str
    kind: Literal["voip", "non_voip"]
    region: str
    expires: int
    certain: bool


class Committed(Struct, frozen=True):
    """What became of a commit: the number that stands, or another offer because somebody was faster."""

    number: ManagedNumber | None = None
    next_offer: OfferedNumber | None = None


class Waiting(Struct, frozen=True):
    """A change that is not sent yet, or (`refused`) one that could not be saved and is kept with its content."""

    id: int
    account: bytes
    label: str
    what: str
    since: int
    refused: str = ""


class SyncStatus(Struct, frozen=True):
    """How things stand with the service. `last_contact` is UTC milliseconds, 0 for never."""

    state: Literal["starting", "live", "polling", "offline", "stopped", "alarm"] = "starting"
    waiting: int = 0
    refused: int = 0
    last_contact: int = 0
    sentence: str = ""
    progress: str = ""


KIT_USED = "kit used"


class News(Struct, frozen=True):
    """A sentence for the person that came by itself. A loud one stays until somebody says that they have read it.

    `about` says what is to be remembered once it was read: KIT_USED, or nothing.
    """

    sentence: str
    title: str = ""
    loud: bool = False
    about: str = ""

    def whole(self) -> str:
        """Title and sentence in one line."""
        return f"{self.title}. {self.sentence}" if self.title else self.sentence


class Changed(Struct, frozen=True):
    """What a change touched, so that screens know what to read again. `new_messages` just came in.

    `requests`: a device asks to be trusted, or such a request ended; `news` is to be said.
    """

    accounts: frozenset[bytes] = frozenset()
    new_messages: tuple[MessageKey, ...] = ()
    status: bool = False
    everything: bool = False
    requests: bool = False
    news: tuple[News, ...] = ()
