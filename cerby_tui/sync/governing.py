"""Acts on the workspace: written on its newest state, sent as one, answered when they stand. They need the service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext, suppress

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.authoring.account import People
from cerby_tui.errors import RefusedError, SessionRemoved
from cerby_tui.keys import DeviceKeys
from cerby_tui.sync.api import Api
from cerby_tui.sync.lists import CANNOT_OWN, listable
from cerby_tui.vault.around import Around
from cerby_tui.vault.vault import Vault
from cerby_wire.errors import Refused
from cerby_wire.handing import SOLE_OWNED, SoleOwnedAccount, SoleOwnedList
from cerby_wire.headers import AccountRole, Entry, Policy, WorkspaceRole
from cerby_wire.roles import ACCOUNT_OWNERS
from cerby_wire.shapes import BODY_LIMIT, PUSH_ENTRIES, Pushed, PushEntry
from cerby_wire.state import AccountState, UserState, WorkspaceState
from cerby_wire.stream import accept
from cerby_wire.trial import Surroundings

TRIES = 5
UNCHANGED = "Nothing was changed."
Heirs = Mapping[bytes, bytes]
"""By account the person who is to own it."""


class After:
    """What is held, with a workspace that has gone one entry further than is stored yet."""

    def __init__(self, around: Around, workspace: WorkspaceState) -> None:
        self._around = around
        self._workspace = workspace

    def user(self, user: bytes) -> UserState | None:
        """The chain of a person."""
        return self._around.user(user)

    def workspace(self) -> WorkspaceState:
        """The workspace after the entry."""
        return self._workspace

    def head(self, stream: bytes, n: int) -> bytes | None:
        """The head hash of a stream."""
        return self._around.head(stream, n)

    def message_head(self, account: bytes, generation: bytes, index: int) -> bytes | None:
        """The hash of a message."""
        return self._around.message_head(account, generation, index)

    def service_key(self) -> bytes:
        """The pinned key of the service."""
        return self._around.service_key()


Write = Callable[[Author, WorkspaceState], Entry | None]
"""Writes the entry of an act; None where it is already as it should be."""


class Governing:
    """Writes to the workspace stream. `sync` makes a whole round. All methods run on the sync thread."""

    def __init__(self, vault: Vault, device: DeviceKeys, api: Api, sync: Callable[[], Awaitable[None]]) -> None:
        self._vault = vault
        self._device = device
        self._api = api
        self._sync = sync
        self._around = Around(vault.database, vault.identity)

    async def set_policy(self, policy: Policy) -> None:
        """Sign another policy. Raises OfflineError, RefusedError."""

        def write(author: Author, workspace: WorkspaceState) -> Entry | None:
            return None if workspace.policy == policy else authoring.policy(author, policy)

        await self.act(write)

    async def transfer(self, user: bytes) -> None:
        """Hand the Owner's seat over. Raises OfflineError, RefusedError."""

        def write(author: Author, workspace: WorkspaceState) -> Entry | None:
            there = workspace.role_at(user, workspace.n) == "owner"
            return None if there else authoring.transfer(author, user)

        await self.act(write)

    async def set_role(self, user: bytes, role: WorkspaceRole, heirs: Heirs) -> None:
        """Change somebody's role, and hand over what they alone own and may own no more.

        Raises OfflineError, RefusedError.
        """

        def write(author: Author, workspace: WorkspaceState) -> Entry | None:
            there = workspace.role_at(user, workspace.n) == role
            return None if there else authoring.role(author, user, role)

        await self.act(write, None if role in ACCOUNT_OWNERS else user, heirs)

    async def remove(self, user: bytes, heirs: Heirs) -> None:
        """Remove somebody, and hand over what they alone own. Raises OfflineError, RefusedError."""

        def write(author: Author, workspace: WorkspaceState) -> Entry | None:
            gone = workspace.role_at(user, workspace.n) is None
            return None if gone else authoring.remove(author, user)

        await self.act(write, user, heirs)

    async def sole_owned(self, user: bytes) -> Sequence[SoleOwnedAccount]:
        """The accounts that somebody alone owns. Raises OfflineError, RefusedError."""
        return (await self._api.ask("GET", f"{SOLE_OWNED}/{user.hex()}", None, SoleOwnedList)).accounts

    async def act(self, write: Write, leaving: bytes | None = None, heirs: Heirs | None = None) -> None:
        """Write and send until it stands, on the newest state each time. Raises OfflineError, RefusedError."""
        for _ in range(TRIES):
            await self._sync()
            accounts = await self.sole_owned(leaving) if leaving else ()
            entries = self._entries(write, leaving or b"", accounts, heirs or {})
            answers = await self._api.push(entries, together=True) if entries else []
            refused = [answer for answer in answers if answer.status == "refused"]
            if refused:
                raise _refusal(refused[0])
            if all(answer.status in ("accepted", "already") for answer in answers):
                with suppress(SessionRemoved) if leaving == self._vault.identity.user else nullcontext():
                    await self._sync()
                return
        raise RefusedError("busy", "Others are changing the workspace at this moment.", safe=UNCHANGED)

    def _entries(
        self, write: Write, leaving: bytes, accounts: Sequence[SoleOwnedAccount], heirs: Heirs
    ) -> list[PushEntry]:
        """The act, and an entry for each account that it hands over. Raises RefusedError."""
        workspace = self._around.workspace()
        if workspace is None:
            raise RefusedError("no_workspace", "The workspace is not here yet.", safe=UNCHANGED)
        entry = write(Author.of(self._device, self._vault.identity.user, self._around), workspace)
        if entry is None:
            return []
        try:
            after = accept(workspace, entry, self._around)
        except Refused as refused:
            raise RefusedError(refused.rule, _to_its_author(refused.sentence), safe=UNCHANGED) from None
        if not isinstance(after, WorkspaceState):
            raise TypeError("a workspace entry leads to a workspace")
        act = [PushEntry(workspace.stream, entry)]
        act += [self._adopt(one, After(self._around, after), leaving, heirs) for one in accounts]
        room = BODY_LIMIT - 65_536 - sum(len(one.entry.header) + len(one.entry.body) + 200 for one in act)
        if len(act) > PUSH_ENTRIES or room < 0:
            raise RefusedError("too_many_accounts", "That person alone owns too many accounts for one act.")
        return act

    def _adopt(self, account: SoleOwnedAccount, after: After, leaving: bytes, heirs: Heirs) -> PushEntry:
        """Hands one account to its heir. Raises RefusedError."""
        heir = heirs.get(account.account)
        if heir is None:
            said = "Somebody has to take over each account that this person alone owns."
            raise RefusedError("only_owner", said, safe=UNCHANGED, next_step="Name a new Owner for each.")
        people: dict[bytes, AccountRole] = dict.fromkeys((*account.collaborators, leaving), "collaborator")
        people = listable({**people, heir: "owner"}, after)
        if people.get(heir) != "owner":
            raise RefusedError("cannot_own", CANNOT_OWN, safe=UNCHANGED)
        author = Author.of(self._device, self._vault.identity.user, after)
        return PushEntry(account.account, _adopted(author, account, after, people))


def _adopted(author: Author, account: SoleOwnedAccount, after: Surroundings, people: People) -> Entry:
    state = AccountState(
        account.account,
        account.seen.n,
        account.seen.head,
        author.workspace,
        account.epoch,
        b"",
        b"",
        {},
        deleted=account.deleted,
    )
    entry, _keys = authoring.adopt(author, state, after, people)
    return entry


def _refusal(answer: Pushed) -> RefusedError:
    said = _to_its_author(answer.detail) or f"The service refused it ({answer.rule})."
    return RefusedError(answer.rule, said, safe=UNCHANGED)


def _to_its_author(sentence: str) -> str:
    """The rules speak of an entry's author; here that is the person who reads it."""
    return sentence.replace("Its author may", "You may").replace("Its author is", "You are")
