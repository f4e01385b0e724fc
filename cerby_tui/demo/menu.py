"""What the demo menu offers: things that other people and other machines would do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cerby_tui.demo.remote import DemoRemote
from cerby_tui.errors import UsageError
from cerby_tui.screens.desk import DemoAct
from cerby_tui.session import Session

Text = Callable[[str, str], Awaitable[str]]


def acts(remote: DemoRemote, session: Callable[[], Session | None]) -> tuple[DemoAct, ...]:
    """The menu. `session` gives the open vault, in which the number of the selected account stands."""

    def to_number(text: Text) -> Callable[[bytes | None], Awaitable[str]]:
        async def play(account: bytes | None) -> str:
            return await text(*_number(session(), account))

        return play

    async def stop(_account: bytes | None) -> str:
        return await remote.stop_service()

    async def start(_account: bytes | None) -> str:
        return await remote.start_service()

    return (
        DemoAct("Text a code", "The app texts a verification code to this account.", to_number(remote.text_code)),
        DemoAct("Text an alert", "The app texts a payment alert that holds no code.", to_number(remote.text_alert)),
        DemoAct("Stop the service", "See the app offline; everything here goes on working.", stop),
        DemoAct("Start the service", "What waited is sent, and what was missed arrives.", start),
    )


def _number(session: Session | None, account: bytes | None) -> tuple[str, str]:
    """The number of an account and the name of its app. UsageError with a sentence if there is none."""
    if session is None or account is None:
        raise UsageError("Select an account first.")
    card = session.card(account)
    if card.number is None:
        raise UsageError(f"{card.label} has no phone number yet: open it, focus the phone number, and press p.")
    return card.number.e164, card.app_name or card.label
