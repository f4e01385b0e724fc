"""What the demo menu offers: things that other people and other machines would do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from cerby_tui.demo.names import COLLEAGUE, COLLEAGUE_EMAIL, FURTHER_DEVICE, YOUR_NOTES
from cerby_tui.demo.remote import DemoRemote
from cerby_tui.errors import UsageError
from cerby_tui.screens.desk import DemoAct
from cerby_tui.session import Session

Text = Callable[[str, str], Awaitable[str]]
LOOK_SECONDS = 0.5


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

    others = Played(remote, session)
    return (
        DemoAct("Text a code", "The app texts a verification code to this account.", to_number(remote.text_code)),
        DemoAct("Text an alert", "The app texts a payment alert that holds no code.", to_number(remote.text_alert)),
        DemoAct("Stop the service", "See the app offline; everything here goes on working.", stop),
        DemoAct("Start the service", "What waited is sent, and what was missed arrives.", start),
        DemoAct("A colleague shares an account", f"{COLLEAGUE} joins by invite, and shares one.", others.share),
        DemoAct("A colleague edits it too", "You both change the notes of this account at once.", others.edit),
        DemoAct("A new device of yours asks", "Approve it, and type the code that it shows.", others.device),
    )


class Played:
    """What takes somebody else: the colleague is invited, and joins, when they are first needed."""

    def __init__(self, remote: DemoRemote, session: Callable[[], Session | None]) -> None:
        self._remote = remote
        self._session = session

    async def share(self, _account: bytes | None) -> str:
        """The colleague shares an account with us."""
        await self._colleague(self._open())
        return await self._remote.colleague_shares()

    async def edit(self, account: bytes | None) -> str:
        """The colleague and we change the same field of an account on top of the same version."""
        session = self._open()
        if account is None:
            raise UsageError("Select an account first.")
        if session.card(account).role != "owner":
            raise UsageError("You only collaborate on this account: select one of your own.")
        colleague = await self._colleague(session)
        owners = [one.user for one in session.sharing.members(account) if one.role == "owner"]
        if colleague not in owners:
            await session.sharing.share(account, colleague, "owner")
        await session.sync_now()
        await self._remote.colleague_edits(account)
        await session.edit_account(account, {"notes": YOUR_NOTES})
        await session.sync_now()
        said = await self._remote.colleague_sends()
        return f"{said} Open the account: both values are kept."

    async def device(self, _account: bytes | None) -> str:
        """A further device asks; what it shows is said once it was answered."""
        self._open()
        await self._remote.device_asks()
        return await self._shown_code_until_over()

    async def _shown_code_until_over(self) -> str:
        # Another process cannot set an event of ours.
        while not (code := await self._remote.device_code()):  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)
        return f"{FURTHER_DEVICE} shows {code}"

    async def _colleague(self, session: Session) -> bytes:
        """The colleague's user id; they are invited if they are not here yet."""
        known = await self._remote.colleague()
        if not known:
            for one in await session.invites.open():
                if one.email == COLLEAGUE_EMAIL:  # an earlier try that ended half-way
                    await session.invites.withdraw(one.id)
            made = await session.invites.invite(COLLEAGUE_EMAIL, "user")
            known = await self._remote.colleague_joins(made.text)
            await session.sync_now()
        return bytes.fromhex(known)

    def _open(self) -> Session:
        session = self._session()
        if session is None:
            raise UsageError("Unlock the vault first.")
        return session


def _number(session: Session | None, account: bytes | None) -> tuple[str, str]:
    """The number of an account and the name of its app. UsageError with a sentence if there is none."""
    if session is None or account is None:
        raise UsageError("Select an account first.")
    card = session.card(account)
    if card.number is None:
        raise UsageError(f"{card.label} has no phone number yet: open it, focus the phone number, and press p.")
    return card.number.e164, card.app_name or card.label
