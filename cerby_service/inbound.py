"""Messages in: verified, sealed to the account's inbox key, committed, rung, and only then acknowledged.

The text lives in this module's memory for that instant. It is in no log, no error, no table and no queue on disk.
"""

from __future__ import annotations

import hmac
import logging
import os
from collections import Counter, OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from cerby_service.carriers.base import Carrier, Incoming, WrongSignature
from cerby_service.clock import MINUTE, SECOND, Clock
from cerby_service.database import Change, Database, Draft, Writing, messages, numbers, streams
from cerby_service.database.messages import MessageRow
from cerby_service.database.numbers import NumberRow
from cerby_service.errors import Refusal, ServiceError
from cerby_service.http import read_body
from cerby_service.keys import ServiceKey, fresh_id
from cerby_service.limits import Limits
from cerby_service.logs import fields
from cerby_service.numbers import webhook_url
from cerby_wire.headers import MessagePosition
from cerby_wire.messages import MessageContent, sealed_hash
from cerby_wire.primitives import pae
from cerby_wire.recipient import seal_message
from cerby_wire.records import Message, message_head
from cerby_wire.shapes import INLINE_RECORD, MessageEvent, StoredMessage

SAME_WITHIN = 10 * SECOND
KEPT = 10 * MINUTE
MOST_KEPT = 100_000
WEBHOOK_LIMIT = 256 * 1024
Fate = Literal["stored", "duplicate", "unknown"]
logger = logging.getLogger(__name__)


class Echoes:
    """Recognises the same text from the same sender under another id within ten seconds.

    It keeps keyed hashes for ten minutes; the key is made at the start and lives in memory only. The writing thread
    alone uses it.
    """

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._heard: OrderedDict[bytes, tuple[int, str]] = OrderedDict()

    def name(self, incoming: Incoming) -> bytes:
        """What two copies of a message have in common; several parts of one are not copies."""
        parts = (incoming.sender, incoming.to, incoming.text, incoming.reference, str(incoming.part))
        return hmac.digest(self._key, pae(*(part.encode() for part in parts)), sha256)

    def repeats(self, name: bytes, provider_id: str, now: int) -> bool:
        """Whether a copy was heard under another id within the last ten seconds."""
        at, first_id = self._heard.get(name, (-SAME_WITHIN, provider_id))
        # A clock that was set back must not make new messages look like copies.
        return first_id != provider_id and 0 <= now - at < SAME_WITHIN

    def remember(self, name: bytes, provider_id: str, now: int) -> None:
        """A message was taken; what is older than ten minutes is forgotten."""
        self._heard.pop(name, None)
        self._heard[name] = (now, provider_id)
        while self._heard:
            oldest = next(iter(self._heard))
            if len(self._heard) <= MOST_KEPT and now - self._heard[oldest][0] < KEPT:
                break
            del self._heard[oldest]


class Unreadable(ServiceError):
    """A webhook that is signed by the carrier and that we cannot read."""


class Arrival(Struct, frozen=True):
    """An incoming message with what recognises its copies; shows nothing in a repr."""

    carrier: str
    incoming: Incoming
    echo: bytes

    def __repr__(self) -> str:
        return "Arrival(…)"


class Inbound:
    """Takes messages from webhooks, and from polling in case a webhook was missed."""

    def __init__(
        self,
        database: Database,
        carriers: Mapping[str, Carrier],
        key: ServiceKey,
        origin: str,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._database = database
        self._carriers = carriers
        self._key = key
        self._origin = origin
        self._clock = clock
        self._limits = limits
        self._echoes = Echoes()
        self.counts: Counter[str] = Counter()

    async def webhook(self, request: Request) -> Response:
        """The endpoint of a carrier: 2xx once everything in it is committed, else the carrier tries again."""
        carrier = self._carriers.get(request.path_params["carrier"])
        if carrier is None:
            return Response(status_code=404)
        try:
            self._limits.spend_carrier(carrier.name)
            body = await read_body(request, WEBHOOK_LIMIT)
            carrier.verify(self._url(request, carrier), request.headers, body)
            for incoming in _parsed(carrier, request, body):
                await self.take(carrier.name, incoming)
        except WrongSignature:
            self.counts["wrong_signature"] += 1
            return Response(status_code=403)
        except Unreadable:
            return Response(status_code=400)
        except Refusal as error:
            # Never 429: some carriers give a message up for a 4xx, but come again after a 5xx.
            return Response(status_code=413 if error.code == "too_large" else 503, headers={"retry-after": "2"})
        content_type, content = carrier.acknowledge()
        return Response(content, media_type=content_type)

    async def take(self, carrier: str, incoming: Incoming) -> Fate:
        """Store a message once. Raises Refusal `unavailable`; then nothing was stored and nothing remembered."""
        arrival = Arrival(carrier, incoming, self._echoes.name(incoming))
        fate = await self._database.write(lambda writing: self._take(writing, arrival))
        self.counts[fate] += 1
        if fate == "unknown":
            logger.info("message to no number of ours", extra=fields(carrier=carrier, ends=incoming.to[-4:]))
        return fate

    def _url(self, request: Request, carrier: Carrier) -> str:
        query = request.scope.get("query_string", b"").decode("latin-1")
        return webhook_url(self._origin, carrier.name) + (f"?{query}" if query else "")

    def _take(self, writing: Writing, arrival: Arrival) -> Fate:
        incoming, now = arrival.incoming, self._clock()
        number = numbers.receiving(writing, arrival.carrier, incoming.to)
        if number is None:
            return "unknown"
        if not messages.first_time(writing, arrival.carrier, incoming.provider_id, now):
            return "duplicate"
        taken_beside: set[bytes] = writing.shared.setdefault(Echoes, set())
        if arrival.echo in taken_beside or self._echoes.repeats(arrival.echo, incoming.provider_id, now):
            return "duplicate"
        self._store(writing, number, incoming, now)
        # Only what is committed may fold a copy: a copy in the same group stands or falls with it.
        taken_beside.add(arrival.echo)
        writing.once_committed(lambda: self._echoes.remember(arrival.echo, incoming.provider_id, now))
        return "stored"

    def _store(self, writing: Writing, number: NumberRow, incoming: Incoming, now: int) -> None:
        """Seal a message at the epoch in force, under the lock of the account's stream, and store it."""
        account = streams.lock(writing, number.workspace, number.account)
        if account is None:
            raise Refusal("unavailable", "The account of the number is not here.")
        generation = self._database.generation
        last = account.messages if account.message_generation == generation else MessagePosition(generation, 0, b"")
        index, message_id = last.index + 1, fresh_id()
        sealed = seal_message(
            account.inbox,
            _content(incoming),
            account=account.id,
            epoch=account.epoch,
            generation=generation,
            message_id=message_id,
            index=index,
        )
        record = Message(
            id=message_id,
            account=account.id,
            generation=generation,
            index=index,
            epoch=account.epoch,
            position=account.n,
            received_at=now,
            sealed_hash=sealed_hash(sealed),
            previous=last.head,
        )
        self._write(writing, account, record, sealed)

    def _write(self, writing: Writing, account: streams.StreamRow, record: Message, sealed: bytes) -> None:
        signed = self._key.sign(record)
        head = message_head(signed)
        row = MessageRow(
            workspace=account.workspace,
            account=account.id,
            generation=record.generation,
            idx=record.index,
            raw=signed.raw,
            signature=signed.signature,
            sealed=sealed,
            head=head,
            at=record.received_at,
        )
        messages.add(writing, row)
        writing.log(Draft(account.workspace, "Message Received", b"", account=account.id))
        position = MessagePosition(record.generation, record.index, head)
        streams.move_messages(writing, account.workspace, account.id, position)
        small = len(sealed) + len(signed.raw) <= INLINE_RECORD
        event = MessageEvent(
            account.id, record.generation, record.index, StoredMessage(signed, sealed) if small else None
        )
        writing.note(
            Change(
                account.workspace,
                "message",
                account.id,
                event,
                _readers(writing, account),
                n=record.index,
                generation=record.generation,
            )
        )


def _parsed(carrier: Carrier, request: Request, body: bytes) -> list[Incoming]:
    """The messages of a webhook. Raises Unreadable."""
    try:
        return carrier.parse(request.headers, body)
    except ValueError:
        raise Unreadable("The carrier's webhook cannot be read.") from None


def _readers(writing: Writing, account: streams.StreamRow) -> frozenset[bytes]:
    """Who may have the messages of an account: of a deleted one, only its Owners."""
    return streams.message_readers(writing, account.workspace, account.id, deleted=account.deleted)


def _content(incoming: Incoming) -> MessageContent:
    return MessageContent(
        kind=incoming.kind,
        sender=incoming.sender,
        to=incoming.to,
        text=incoming.text,
        carrier_time=incoming.carrier_time,
        carrier_id=incoming.provider_id,
        part=incoming.part,
        parts=incoming.parts,
        reference=incoming.reference,
    )
