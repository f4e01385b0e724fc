"""How the sandbox hands a message over: a signed POST to the number's SmsUrl, over real HTTP, as Twilio does it."""

from __future__ import annotations

import asyncio
import logging
import secrets

import httpx

from cerby_service.carriers.signatures import twilio_signature
from cerby_service.carriers.tls import trust
from cerby_service.clock import Clock
from cerby_service.directory import SandboxAccount
from cerby_service.logs import fields
from cerby_service.sandbox.store import Message, SandboxStore, Sold
from cerby_service.sandbox.texts import code_text, fresh_code, short_code

RETRIEVAL_FAILURE = 11200
SECONDS = 15.0
ATTEMPTS = 2
logger = logging.getLogger(__name__)


class Delivery:
    """Sends messages to sold numbers, at once or after a delay."""

    def __init__(self, account: SandboxAccount, store: SandboxStore, clock: Clock, delay: int) -> None:
        self._account = account
        self._store = store
        self._clock = clock
        self._delay = delay / 1000
        self._later: set[asyncio.Task[None]] = set()

    async def deliver(self, sold: Sold, sender: str, text: str) -> Message:
        """Deliver a message and remember it, with the error if the webhook failed."""
        sid = "SM" + secrets.token_hex(16)
        message = Message(sid, sender, sold.e164, text, self._clock() // 1000)
        accepted = await self._post(sold.sms_url, webhook_form(self._account.sid, message))
        if not accepted:
            logger.warning("webhook failed", extra=fields(message=sid))
            message = Message(sid, sender, sold.e164, text, message.sent, RETRIEVAL_FAILURE)
        self._store.add_message(message)
        return message

    def play_app(self, sold: Sold) -> None:
        """Play the person who types the new number into the app: after a delay the app texts a code to it."""
        task = asyncio.create_task(self._text_later(sold))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def stop(self) -> None:
        """Forget what has not been sent."""
        for task in list(self._later):
            task.get_loop().call_soon_threadsafe(task.cancel)

    async def _text_later(self, sold: Sold) -> None:
        await asyncio.sleep(self._delay)
        await self.deliver(sold, short_code(sold.app), code_text(sold.app, fresh_code()))

    async def _post(self, url: str, form: dict[str, str]) -> bool:
        """Two attempts, both with the same token, as the carrier's documentation has it."""
        headers = {
            "X-Twilio-Signature": twilio_signature(self._account.token, url, form.items()),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        async with httpx.AsyncClient(timeout=SECONDS, verify=trust(), trust_env=False) as client:
            for _ in range(ATTEMPTS):
                try:
                    answer = await client.post(url, data=form, headers=headers)
                except (httpx.HTTPError, httpx.InvalidURL):
                    continue
                if answer.status_code < 500:
                    return answer.is_success
        return False


def webhook_form(account: str, message: Message) -> dict[str, str]:
    """The form of an inbound message, with the fields that Twilio sends."""
    return {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": message.sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": message.sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": message.text,
        "FromCountry": "US",
        "To": message.to,
        "ToZip": "",
        "NumSegments": str(max(1, -(-len(message.text) // 153))),
        "MessageSid": message.sid,
        "AccountSid": account,
        "From": message.sender,
        "ApiVersion": "2010-04-01",
    }
