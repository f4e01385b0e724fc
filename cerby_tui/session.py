"""What screens and commands talk to: an unlocked vault, everything that can be read in it and done with it.

Reading is synchronous and asks only the disk. Changes are awaited and answered when they are on the disk. Only the acts
that say so need the service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from msgspec.structs import replace

from cerby_tui.changing import Changing
from cerby_tui.clock import Clock
from cerby_tui.codes.extract import extract
from cerby_tui.errors import OfflineError, RefusedError, SessionRemoved, UsageError
from cerby_tui.ground import Ground
from cerby_tui.home import Home
from cerby_tui.keys import DeviceKeys
from cerby_tui.reading import Reading
from cerby_tui.rooms import Rooms
from cerby_tui.sync.backoff import Times
from cerby_tui.sync.beginning import writing_parts
from cerby_tui.sync.status import Board
from cerby_tui.sync.thread import SyncThread
from cerby_tui.system_keyring import SystemKeyring
from cerby_tui.unlocking import require_lease, unlock
from cerby_tui.values import Changed, Committed, Item, Message, MessageKey, OfferedNumber, SyncStatus
from cerby_tui.vault.around import Around
from cerby_tui.vault.meta import Meta
from cerby_tui.vault.vault import open_database
from cerby_tui.words import CODE_FRESH
from cerby_wire.headers import Policy

if TYPE_CHECKING:
    from cerby_tui.sync.acts import Acts
    from cerby_tui.sync.api import Transport
    from cerby_tui.sync.online import Online

Subscriber = Callable[[Changed], None]
NOTHING = Changed()


class Session(Reading, Rooms):
    """An unlocked vault. Made by `open_session`; `start` begins to sync, `close` ends everything."""

    def __init__(
        self,
        home: Home,
        device: DeviceKeys,
        clock: Clock,
        *,
        transport: Transport | None = None,
        origin: str = "",
        times: Times | None = None,
    ) -> None:
        log = home.vault.with_name(f"{home.vault.name}-wal")
        self._left_open = log.exists() and log.stat().st_size > 0
        self._writer = open_database(home, device.database_key)
        self._reader = open_database(home, device.database_key)
        super().__init__(self._reader)
        self._home = home
        self._device = device
        self._clock = clock
        self._writing = writing_parts(self._writer, device, extract, clock)
        vault = self._writing.vault
        vault.rebuild_if_older()
        self._identity = vault.identity
        self._origin = origin or self._identity.origin
        self._transport = transport
        self._times = times or Times()
        self._subscribers: list[Subscriber] = []
        self._board = Board(self._tell)
        self._board.current = SyncStatus(last_contact=vault.meta.progress.contact)
        self._thread = SyncThread()
        self._online: Online | None = None
        reader, tell = self._reader, self._tell
        self._ground = Ground(
            home, device, clock, reader, self._writing, self._thread, self._go_online, tell, self._wish
        )
        self._changing = Changing(vault, device, clock, self._ground.journal.note)

    def __repr__(self) -> str:
        return "Session(…)"

    # --- reading beyond cards and messages

    def status(self) -> SyncStatus:
        """How things stand with the service, and how many changes wait."""
        counts = {"waiting": self._outbox.count(), "refused": self._outbox.count(refused=True)}
        return replace(self._board.current, **counts)

    def change(self, row_id: int) -> dict[str, tuple[Any, Any]]:
        """What a waiting change, or one that could not be saved, holds: by field the value before and the one wanted.

        Raises UsageError if it is not waiting any more.
        """
        row = self._outbox.get(row_id)
        if row is None:
            raise UsageError("That change is not waiting any more.")
        fields = row.changes if row.act in ("create", "edit") else {}
        return {name: (before, wanted) for name, (before, wanted) in fields.items()}

    def who(self) -> tuple[str, str, str, str]:
        """Name of the person, e-mail address, name of the device, workspace id in hexadecimal."""
        one = self._identity
        return one.name, one.email, one.device_name, one.workspace.hex()

    def code_now(self, account: bytes) -> Message | None:
        """The newest message with a code, as far as this person may have it now.

        Who browses no messages gets codes while they log in, so only fresh ones.
        """
        message = self.newest_code(account)
        stale = message is not None and self._clock.now() - message.received_at > CODE_FRESH
        return None if stale and not self.people.browses() else message

    def policy(self) -> Policy:
        """What the workspace asks of its members' clients: idle lock, clipboard, offline allowance, in seconds."""
        workspace = Around(self._reader, self._identity).workspace()
        return workspace.policy if workspace else Policy()

    def damaged_pages(self) -> list[str]:
        """What the cipher's own check of every page of the vault complains about; empty if all is well."""
        return self._reader.damaged_pages()

    def clock_offset(self) -> int:
        """What to add to this machine's clock to have the service's, in milliseconds, as last seen."""
        return Meta(self._reader).progress.offset

    # --- changes, answered when they are on the disk

    async def add_account(self, item: Item) -> bytes:
        """Begin an account; returns its id. Raises UsageError, RefusedError, StorageFull."""
        account = await self._thread.call(self._changing.add, item)
        self._changed(account)
        return account

    async def edit_account(self, account: bytes, changes: Mapping[str, object]) -> None:
        """Change fields of a card by name. Raises UsageError, RefusedError, StorageFull."""
        if await self._thread.call(self._changing.edit, account, changes):
            self._changed(account)

    async def delete_account(self, account: bytes) -> None:
        """Delete a card; it can be restored. Raises UsageError, RefusedError, StorageFull."""
        await self._thread.call(self._changing.delete, account)
        self._changed(account)

    async def restore_account(self, account: bytes) -> None:
        """Bring a deleted card back. Raises UsageError, RefusedError, StorageFull."""
        await self._thread.call(self._changing.restore, account)
        self._changed(account)

    async def settle_clash(self, account: bytes, field: str, keep: Literal["kept", "other"]) -> None:
        """End the clash of a field. Raises UsageError, RefusedError, StorageFull."""
        await self._thread.call(self._changing.settle_clash, account, field, keep)
        self._changed(account)

    async def mark_copied_number(self, account: bytes) -> None:
        """Note that the managed number was copied, for the association checklist."""
        await self.edit_account(account, {"copied_at": self._clock.now()})

    async def mark_added(self, account: bytes) -> None:
        """Note that the person says they added the number in the app's settings."""
        await self.edit_account(account, {"added_at": self._clock.now()})

    async def mark_read(self, keys: Iterable[MessageKey]) -> None:
        """Mark messages as read, on all of one's devices."""
        accounts = await self._thread.call(self._changing.mark_read, list(keys))
        if accounts:
            self._changed(*accounts)

    async def set_favourite(self, account: bytes, favourite: bool) -> None:
        """Star or unstar a card, for oneself."""
        await self._thread.call(self._changing.set_favourite, account, favourite)
        self._changed(account)

    async def discard_waiting(self, row_id: int) -> None:
        """Give up a waiting change or one that could not be saved. Raises UsageError."""
        self._changed(await self._thread.call(self._changing.discard, row_id))

    async def restore_and_apply(self, row_id: int) -> None:
        """Make a change again that could not be saved, after restoring its account if that was deleted."""
        self._changed(await self._thread.call(self._changing.apply_again, row_id))

    def _changed(self, *accounts: bytes) -> None:
        self._thread.loop.call_soon_threadsafe(self._tell, Changed(accounts=frozenset(accounts), status=True))
        self._thread.loop.call_soon_threadsafe(self._wish)

    def _wish(self) -> None:
        if self._online is not None:
            self._online.conductor.wish()

    # --- acts that need the service

    async def offer_number(self, account: bytes) -> OfferedNumber:
        """Have a number offered for an account. Raises OfflineError, RefusedError, Alarm."""
        return await self._thread.run((await self._acts()).offer(account))

    async def commit_number(self, offer: OfferedNumber, idempotency_key: str) -> Committed:
        """Turn an offer into the account's number; asking again with the same key is safe. Raises like `offer`."""
        return await self._thread.run((await self._acts()).commit(offer, idempotency_key))

    async def close_offer(self, offer: OfferedNumber) -> None:
        """Give an offered number back; if that cannot be said now, no harm is done: the offer runs out."""
        with suppress(OfflineError, RefusedError):
            await self._thread.run((await self._acts()).close_offer(offer))

    async def sync_now(self) -> None:
        """One whole round of sync. Raises OfflineError, RefusedError, SessionRemoved, TimedOut."""
        await self._thread.run((await self._acts()).sync_now())

    async def _acts(self) -> Acts:
        return (await self._thread.call(self._go_online)).acts

    # --- life

    def start(self) -> None:
        """Begin to sync in the background; the network is loaded now, on the sync thread. Returns at once.

        A session that was closed in the meantime stays closed.
        """
        with suppress(RuntimeError):  # the loop of the sync thread is closed
            self._thread.loop.call_soon_threadsafe(lambda: self._go_online().start())

    def _go_online(self) -> Online:
        """The part that talks to the service, made when it is first needed, on the sync thread."""
        if self._online is None:
            from cerby_tui.sync.online import Online  # loads httpx: after the first paint

            self._online = Online(
                self._home,
                self._device,
                self._clock,
                self._writing,
                self._board,
                origin=self._origin,
                transport=self._transport,
                times=self._times,
                tell=self._tell,
                check_pages=self._left_open,
            )
        return self._online

    @property
    def ended(self) -> SessionRemoved | None:
        """Why this session is over, if the service or the workspace ended it: whoever shows it has to lock."""
        return self._online.conductor.ended if self._online else None

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Be told what changed, on the sync thread; returns what ends it."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback) if callback in self._subscribers else None

    def _tell(self, changed: Changed) -> None:
        if changed == NOTHING:
            return
        for callback in tuple(self._subscribers):
            callback(changed)

    async def close(self) -> None:
        """Stop, fold the write-ahead log into the file, close; once or again. What waits stays in the outbox."""
        self._subscribers.clear()
        online, self._online = self._online, None
        if online is not None:
            await self._thread.run(online.stop())
        self._thread.stop()
        self._reader.close()
        self._writer.close(truncate=True)


def open_session(
    home: Home,
    passphrase: str,
    *,
    clock: Clock,
    keyring: SystemKeyring | None = None,
    transport: Transport | None = None,
    origin: str = "",
    times: Times | None = None,
) -> Session:
    """Unlock the vault: a second or so of Argon2id, so run it in a thread. Asks nobody, unless the lease is over.

    Raises UsageError (others can reach the files), NoVault, WrongPassphrase, LeaseOver, Alarm, VaultDamaged; and where
    the lease is over and the service answers, SessionRemoved, RefusedError.
    """
    home.ready()
    device = unlock(home, passphrase, keyring)
    require_lease(home, device, clock, transport, origin)
    return Session(home, device, clock, transport=transport, origin=origin, times=times)
