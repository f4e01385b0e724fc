"""A founder with a device, and what they do at a real service, for the service's own tests."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import httpx

from cerby_service.clock import system_clock
from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.keys import AccountKeys, DeviceKeys, new_seed
from cerby_tui.sync.api import Api
from cerby_wire.headers import Entry
from cerby_wire.ledger import Ledger
from cerby_wire.records import Offer, open_record
from cerby_wire.shapes import CommitAnswer, Found, Founded, Pushed, PushEntry, SignedRecord, StartVerification
from cerby_wire.state import AccountState
from cerby_wire.stream import stream_id
from cerby_wire.texts import parse_token
from tests.rig import Rig, ServiceRig


class ServiceTime:
    """The clock of the service, which tests move."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.now = clock

    def monotonic(self) -> float:
        """Never asked for here."""
        return 0.0


class Member:
    """Somebody at a device. `ledger` holds everything they wrote or took in."""

    def __init__(
        self, rig: Rig, email: str = "ada@example.com", transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.rig = rig
        self.email = email
        self.device = DeviceKeys(new_seed())
        self.recovery = DeviceKeys(new_seed())
        clock = rig.parts.clock if isinstance(rig, ServiceRig) else system_clock
        self.api = Api(rig.origin, self.device, ServiceTime(clock), transport=transport)
        self.ledger = Ledger(rig.directory.key().public)
        self.user = b""
        self.workspace = b""

    def founding(self, token: str, verification: bytes = b"", code: str = "", name: str = "Ada") -> Found:
        """A whole request to found a workspace."""
        user, self.keys = authoring.user_genesis(self.device, self.recovery.public)
        self.user = self.ledger.add(user).stream
        profile, profile_hash = authoring.profile(self.device, self.user, name, self.email)
        workspace = authoring.workspace_genesis(self.author(), profile_hash)
        self.workspace = self.ledger.add(workspace).stream
        personal = authoring.personal_genesis(self.author())
        self.personal = self.ledger.add(personal).stream
        name_sealed = authoring.device_name(self.keys, self.user, self.device.id, "laptop")
        secret = parse_token(token).secret
        return Found(secret, verification, code, user, workspace, personal, profile, name_sealed)

    async def found(self) -> Founded:
        """Found a workspace as a client does: token, code by mail, the three beginnings."""
        token = self.rig.token()
        asked = StartVerification(self.email, self.device.public, parse_token(token).secret)
        verification = await self.api.start_verification(asked)
        founding = self.founding(token, verification.id, self.rig.code_for(self.email))
        return await self.api.found(founding)

    def author(self, device: DeviceKeys | None = None) -> Author:
        """Them, with the newest of everything."""
        return Author.of(device or self.device, self.user, self.ledger)

    async def push(self, *entries: Entry) -> list[Pushed]:
        """Send entries, and keep those that the service took."""
        named = [PushEntry(stream_id(entry), entry) for entry in entries]
        answers = await self.api.push(named)
        for entry, answer in zip(entries, answers, strict=True):
            if answer.status == "accepted":
                self.ledger.add(entry)
        return answers

    async def account(self, **item: Any) -> Card:
        """A new account with its first item, saved at the service."""
        genesis, keys = authoring.account_genesis(self.author(), self.ledger)
        (answer,) = await self.push(genesis)
        assert answer.status == "accepted", answer
        card = Card(self, stream_id(genesis), keys)
        (answer,) = await self.push(card.item(item or {"label": "Shop"}))
        assert answer.status == "accepted", answer
        return card

    async def numbered(self, app: str = "") -> tuple[Card, CommitAnswer]:
        """An account with a number that was just bought."""
        card = await self.account()
        offer = await self.offer(card.id, app)
        return card, await self.api.commit(offer.id, os.urandom(8).hex())

    async def offer(self, account: bytes, app: str = "") -> Offer:
        """Ask for an offer, verified."""
        return self.opened(await self.api.offer(account, app))

    def opened(self, signed: SignedRecord) -> Offer:
        """A signed offer, verified."""
        return open_record(signed, Offer, self.ledger.service_key())


class Card:
    """An account of somebody's, with the key in force."""

    def __init__(self, member: Member, account: bytes, keys: AccountKeys) -> None:
        self.member = member
        self.id = account
        self.keys = keys

    @property
    def state(self) -> AccountState:
        """The account as its owner holds it."""
        return self.member.ledger.account(self.id)

    def item(self, content: dict[str, Any]) -> Entry:
        """The next version of the card."""
        return authoring.item(self.member.author(), self.state, self.keys, content)


async def until(true: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what is waited for happens in other threads and processes
            await asyncio.sleep(0.005)
