"""Makes the demo workspace by the front door: token, e-mailed code, recovery kit, cards, numbers, texts.

Nothing is bypassed: the same enrolment, the same vault and the same requests as on any other device, with a mail
server of its own and the lowest cost of a passphrase guess, since everybody may know this one.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from cerby_tui.clock import SystemClock
from cerby_tui.demo.cards import DemoCard, demo_cards
from cerby_tui.demo.children import ServiceProcess
from cerby_tui.demo.mail import LOOPBACK, Mailbox
from cerby_tui.demo.names import DEVICE, EMAIL, PERSON
from cerby_tui.demo.phone import Phone
from cerby_tui.enrolling.founding import Founding
from cerby_tui.errors import RefusedError, TimedOut
from cerby_tui.home import Home
from cerby_tui.keys import FLOOR
from cerby_tui.session import Session
from cerby_tui.system_keyring import SystemKeyring
from cerby_tui.values import Changed, InboxFilter

ARRIVAL_SECONDS = 20.0


async def seed(
    service: ServiceProcess, home: Home, passphrase: str, mailbox: Mailbox, say: Callable[[str], None]
) -> None:
    """Make the service and the workspace, and start the service. OfflineError, RefusedError, TimedOut."""
    say("Starting a service on this machine…")
    enrolment = Founding(home, SystemClock(), keyring=SystemKeyring(allowed=()), cost=FLOOR)
    token, _ = await asyncio.gather(_serve(service, mailbox), asyncio.to_thread(_begin, enrolment, passphrase))
    say("Founding a workspace…")
    await _found(enrolment, token, mailbox)
    session = await asyncio.to_thread(enrolment.open)
    try:
        await _fill(session, service, say)
    finally:
        await session.close()


async def _serve(service: ServiceProcess, mailbox: Mailbox) -> str:
    token = await service.make("--port", "0", "--smtp", f"{LOOPBACK}:{mailbox.port}")
    await service.start()
    return token


def _begin(enrolment: Founding, passphrase: str) -> None:
    enrolment.name_device(DEVICE)
    enrolment.choose_passphrase(passphrase)


async def _found(enrolment: Founding, token: str, mailbox: Mailbox) -> None:
    await enrolment.request_code(token, EMAIL, PERSON)
    await enrolment.confirm(await mailbox.code_for(EMAIL))
    groups = enrolment.kit().groups
    enrolment.confirm_kit({number: groups[number - 1] for number in enrolment.asked_back()})


async def _fill(session: Session, service: ServiceProcess, say: Callable[[str], None]) -> None:
    cards = demo_cards()
    say(f"Adding {len(cards)} accounts, some with a phone number…")
    accounts = [await session.add_account(card.item) for card in cards]
    await session.sync_now()
    numbered = [(account, card) for account, card in zip(accounts, cards, strict=True) if card.numbered]
    phone = Phone(service.data)
    await asyncio.gather(*(_number(session, phone, service.origin, account, card) for account, card in numbered))
    await _arrived(session, sum(len(card.texts) for card in cards))


async def _number(session: Session, phone: Phone, origin: str, account: bytes, card: DemoCard) -> None:
    """Create a number for an account as a person would, and have texts sent to it."""
    offer = await session.offer_number(account)
    answer = await session.commit_number(offer, secrets.token_hex(16))
    if answer.number is None:
        raise RefusedError("number_taken", f"The sandbox has no number for {card.item.label}.")
    await session.mark_copied_number(account)
    await session.mark_added(account)
    for sender, text in card.texts:
        await phone.text(origin, answer.number.e164, sender, text)


async def _arrived(session: Session, messages: int) -> None:
    """Sync until everything that was texted is in the vault. TimedOut if it does not come."""
    changed, loop = asyncio.Event(), asyncio.get_running_loop()

    def notice(_changed: Changed) -> None:  # on the sync thread
        loop.call_soon_threadsafe(changed.set)

    unsubscribe = session.subscribe(notice)
    try:
        async with asyncio.timeout(ARRIVAL_SECONDS):
            await session.sync_now()
            while session.count_messages(InboxFilter()) < messages or session.status().waiting:
                await changed.wait()
                changed.clear()
                await session.sync_now()
    except TimeoutError as error:
        raise TimedOut("The demo's messages did not arrive.") from error
    finally:
        unsubscribe()
