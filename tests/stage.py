"""Ready vaults for tests, snapshots and benchmarks, written through the real sealing and accepting code.

`Founder` makes a person with a workspace and can write any number of accounts and messages as the service would store
them; `build` puts them into a vault file. Nothing here needs a running service.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.codes.extract import extract
from cerby_tui.home import Home
from cerby_tui.keyfile import write_key_file
from cerby_tui.keys import FLOOR, AccountKeys, DeviceKeys
from cerby_tui.lease import SessionFacts, renewed, write_session_file
from cerby_tui.sync.applying import Applying
from cerby_tui.sync.beginning import begin_vault, writing_parts
from cerby_tui.sync.judging import Judge
from cerby_tui.sync.mail import Run
from cerby_tui.values import CustomField, Item
from cerby_tui.vault.content import from_item
from cerby_tui.vault.meta import Identity, Progress
from cerby_tui.vault.vault import open_database
from cerby_wire.entries import stream_id
from cerby_wire.headers import Entry, Position
from cerby_wire.ledger import Ledger
from cerby_wire.messages import MessageContent, sealed_hash
from cerby_wire.primitives import SigningKey
from cerby_wire.recipient import seal_message
from cerby_wire.records import Lease, Message, Number, message_head, sign_record
from cerby_wire.shapes import SignedRecord, StoredEntry, StoredMessage
from cerby_wire.state import AccountState
from tests.fakes import NOON, FrozenClock

PASSPHRASE = "correct horse battery staple"
ORIGIN = "http://127.0.0.1:1"
GENERATION = b"generation-one!!"
DAY = 86_400_000


class Numbered(Struct, frozen=True):
    """A managed number to bind: E.164 and kind."""

    e164: str
    kind: str = "voip"


class Text(Struct, frozen=True):
    """A message to store; `age` is how many seconds before the clock it came."""

    text: str
    sender: str = "+15550190"
    age: float = 60.0
    part: int = 1
    parts: int = 1
    reference: str = ""


class Founder:
    """A person, their device and workspace, and a service key, all in memory."""

    def __init__(
        self,
        *,
        seed: bytes = b"a device seed for tests, 32 byte",
        name: str = "Ada Founder",
        service: SigningKey | None = None,
    ) -> None:
        self.seed = seed
        self.device = DeviceKeys.from_seed(seed)
        self.recovery_secret = hashlib.sha256(seed + b"recovery").digest()[:20]
        self.service = service or SigningKey(hashlib.sha256(b"service" + seed).digest())
        self.ledger = Ledger(self.service.public)
        self.name = name
        self.accounts: dict[bytes, AccountKeys] = {}
        self.messages: dict[bytes, list[StoredMessage]] = {}
        genesis, self.user_keys = authoring.user_genesis(
            self.device, DeviceKeys.from_recovery(self.recovery_secret).public
        )
        self.user = self.add(genesis)
        chain = self.ledger.states[self.user]
        signed, hashed = authoring.profile(self.device, self.user, name, "ada@example.org")
        self.profile = signed
        author = Author(self.device, self.user, Position(chain.n, chain.head))
        self.workspace = self.add(authoring.workspace_genesis(author, hashed))
        self.personal = self.add(authoring.personal_genesis(self.author()))

    def add(self, entry: Entry) -> bytes:
        """Accept an entry into the ledger; returns its stream."""
        self.ledger.add(entry)
        return stream_id(entry)

    def author(self, device: DeviceKeys | None = None) -> Author:
        """This person as the newest state describes them."""
        return Author.of(device or self.device, self.user, self.ledger)

    def identity(self, device: DeviceKeys | None = None, origin: str = ORIGIN) -> Identity:
        """What a vault of this person says."""
        device = device or self.device
        return Identity(
            origin,
            self.service.public,
            self.workspace,
            self.user,
            device.id,
            self.personal,
            self.name,
            "ada@example.org",
            "test device",
        )

    def account(self, item: Item, number: Numbered | None = None, *, unknown: dict[str, Any] | None = None) -> bytes:
        """An account with one version of its card and, perhaps, a number; `unknown` is written into the card as is."""
        genesis, keys = authoring.account_genesis(self.author(), self.ledger)
        account = self.add(genesis)
        self.accounts[account] = keys
        self.add(authoring.item(self.author(), self.ledger.account(account), keys, from_item(item) | (unknown or {})))
        if number:
            record = sign_record(self.service, self._number(account, number))
            state = self.ledger.account(account)
            self.add(authoring.bind_number(self.author(), state, self._number_id(account), number.e164, record))
        return account

    def _number_id(self, account: bytes) -> bytes:
        return hashlib.sha256(account).digest()[:16]

    def _number(self, account: bytes, number: Numbered) -> Number:
        kind = "non_voip" if number.kind == "non_voip" else "voip"
        number_id = self._number_id(account)
        return Number(number_id, self.workspace, account, number.e164, kind, b"offer", NOON - DAY)

    def delete(self, account: bytes) -> None:
        """Delete an account's card."""
        state = self.ledger.account(account)
        entry, keys = authoring.delete(self.author(), state, self.accounts[account], self.ledger)
        self.add(entry)
        self.accounts[account] = keys

    def message(self, account: bytes, text: Text, *, to: str = "+15550101", now: int = NOON) -> StoredMessage:
        """A message as the service seals, chains and signs it."""
        earlier = self.messages.setdefault(account, [])
        state = self.ledger.account(account)
        earlier.append(stored_message(self.service, state, self.accounts[account], earlier, text, to=to, now=now))
        return earlier[-1]

    def stored(self) -> list[StoredEntry]:
        """Every entry, as a pull would bring it."""
        return [
            StoredEntry(stream, n, entry)
            for stream, entries in self.ledger.entries.items()
            for n, entry in enumerate(entries, 1)
        ]

    def lease(self, now: int, device: DeviceKeys | None = None, days: int = 14) -> SignedRecord:
        """A lease from `now` (UTC ms)."""
        chain = self.ledger.states[self.user]
        position = Position(chain.n, chain.head)
        device = device or self.device
        return sign_record(self.service, Lease(self.workspace, self.user, device.id, position, now, now + days * DAY))


def stored_message(
    service: SigningKey,
    state: AccountState,
    keys: AccountKeys,
    earlier: Sequence[StoredMessage],
    text: Text,
    *,
    to: str = "+15550101",
    now: int = NOON,
) -> StoredMessage:
    """A message of an account as the service seals it, chains it to those before and signs it."""
    index = len(earlier) + 1
    message_id = hashlib.sha256(state.stream + index.to_bytes(8, "big")).digest()[:16]
    content = MessageContent(
        "sms", text.sender, to, text.text, part=text.part, parts=text.parts, reference=text.reference
    )
    sealed = seal_message(
        keys.inbox.public,
        content,
        account=state.stream,
        epoch=keys.epoch,
        generation=GENERATION,
        message_id=message_id,
        index=index,
    )
    previous = message_head(earlier[-1].record) if earlier else b""
    at = now - round(text.age * 1000)
    place = (message_id, state.stream, GENERATION, index, keys.epoch, state.n, at)
    return StoredMessage(sign_record(service, Message(*place, sealed_hash(sealed), previous)), sealed)


def settle_in(home: Home, founder: Founder, device: DeviceKeys, clock: FrozenClock, origin: str = ORIGIN) -> None:
    """Key file, session file and an empty vault of the founder's person on one device."""
    write_key_file(home.key_file, device.seed, PASSPHRASE, cost=FLOOR)
    facts = SessionFacts(founder.service.public, founder.workspace, founder.user)
    facts = renewed(facts, founder.lease(clock.now(), device), device.id)
    write_session_file(home.session_file, device.mac_key, facts)
    begin_vault(home, device, founder.identity(device, origin), founder.stored(), extract, clock)


def build(home: Home, founder: Founder, clock: FrozenClock) -> None:
    """Write everything that the founder has into the vault of `home`."""
    settle_in(home, founder, founder.device, clock)
    database = open_database(home, founder.device.database_key)
    applying = writing_parts(database, founder.device, extract, clock).applying
    put_messages(applying, founder.messages)
    progress = Progress(GENERATION, "1", clock.now(), 0)
    applying.page(Judge(database, founder.identity()).page([]), progress)
    database.close(truncate=True)


def put_messages(applying: Applying, messages: dict[bytes, list[StoredMessage]]) -> None:
    """Store messages as if they had been pulled and verified."""
    for account, found in messages.items():
        applying.messages(Run(account, GENERATION, list(enumerate(found, 1))))


APPS = ("google", "github", "slack", "airbnb", "stripe", "linkedin", "dropbox", "zoom", "x", "facebook", "", "")
COLLECTIONS = ("Finance", "Marketing", "Operations", "Travel", "Legal")
TEXTS = (
    "{code} is your verification code. It expires in 10 minutes.",
    "Your login code: {code}. If you did not ask for it, ignore this message.",
    "Hi! Your table is booked for Friday at 19:00. Reply C to cancel.",
    "G-{code} is your Google verification code.",
    "Your parcel is out for delivery and should arrive before noon.",
    "Use {code} to confirm it's you. Never share this code with anyone.",
)


def populate(founder: Founder, *, accounts: int = 24, messages: int = 60, now: int = NOON) -> list[bytes]:
    """Accounts of varied apps and states, and messages on those with a number; returns the accounts' ids in order.

    Every third has a number, every seventh a long note and custom fields, the fifth is deleted. The newest message is
    half a minute old, the others follow at growing ages.
    """
    made = [_one_account(founder, place) for place in range(accounts)]
    numbered = made[::3]
    for place in reversed(range(messages)):
        text = TEXTS[place % len(TEXTS)].format(code=f"{(place * 7919 + 104729) % 900_000 + 100_000}")
        account = numbered[place % len(numbered)]
        sent = Text(text, sender=f"+1555019{place % 10}", age=30 + 97 * place)
        founder.message(account, sent, to=f"+155501{made.index(account) % 100:02}", now=now)
    if accounts > 5:
        founder.delete(made[5])
    return made


def _one_account(founder: Founder, place: int) -> bytes:
    app = APPS[place % len(APPS)]
    rich = place % 7 == 0
    item = Item(
        label=f"{app.title() or 'Intranet'} {place + 1:03}",
        app=app,
        login_url="" if app else f"https://intranet-{place}.example.org/login",
        username=f"user{place}@example.org",
        password=f"secret-{place}",
        email="shared@example.org" if place % 4 == 0 else "",
        totp="JBSWY3DPEHPK3PXP" if place % 6 == 0 else "",
        notes="Ask facilities for the badge.\nSecond line." if rich else "",
        fields=(CustomField("PIN", "4711", hidden=True), CustomField("Branch", "Main street")) if rich else (),
        collections=(COLLECTIONS[place % len(COLLECTIONS)],) if place % 2 else (),
    )
    kind = "non_voip" if place % 2 else "voip"
    return founder.account(item, Numbered(f"+155501{place % 100:02}", kind) if place % 3 == 0 else None)
