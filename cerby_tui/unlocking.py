"""From a passphrase to the keys of this device, and the lease without which they open nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from cerby_tui.clock import Clock
from cerby_tui.errors import Alarm, LeaseOver, OfflineError, SessionRemoved
from cerby_tui.home import Home
from cerby_tui.keyfile import device_of, needs_keyring, open_key_file
from cerby_tui.keys import DeviceKeys
from cerby_tui.lease import SessionFacts, check_lease, read_session_file, renewed, write_session_file
from cerby_tui.system_keyring import NoKeyring, SystemKeyring
from cerby_tui.vault.meta import Meta
from cerby_tui.vault.streams import Streams
from cerby_tui.vault.vault import open_database
from cerby_wire.errors import Refused

if TYPE_CHECKING:
    from cerby_tui.sync.api import Transport


def unlock(home: Home, passphrase: str, keyring: SystemKeyring | None = None) -> DeviceKeys:
    """The keys of this device. Raises NoVault, WrongPassphrase, VaultDamaged, and Alarm for a weakened key file."""
    try:
        secret = b""
        if needs_keyring(home.key_file):
            with suppress(NoKeyring):
                secret = (keyring or SystemKeyring()).fetch(device_of(home.key_file).hex())
        return open_key_file(home.key_file, passphrase, secret)
    except Refused as refused:
        raise Alarm(refused.rule, refused.sentence, safe="Nothing was opened.") from None


def require_lease(home: Home, device: DeviceKeys, clock: Clock, transport: Transport | None, origin: str) -> None:
    """Go on if this session may open its vault now; one that is out of time asks the service, if it can be reached.

    Call it in a thread without an event loop. Raises LeaseOver, SessionRemoved, RefusedError, Alarm.
    """
    try:
        check_lease(read_session_file(home.session_file, device.mac_key), device.id, clock.now())
    except LeaseOver as over:
        try:
            asyncio.run(renew_lease(home, device, clock, transport, origin))
        except OfflineError as offline:
            raise LeaseOver(
                over.sentence, safe=over.safe, next_step=f"{offline.sentence} It opens as soon as it can be."
            ) from None
        check_lease(read_session_file(home.session_file, device.mac_key), device.id, clock.now())


async def renew_lease(
    home: Home, device: DeviceKeys, clock: Clock, transport: Transport | None = None, origin: str = ""
) -> None:
    """Fetch a lease and keep it. Raises OfflineError, SessionRemoved, RefusedError, Alarm, VaultDamaged."""
    from cerby_tui.sync.api import Api  # the network is loaded only where there is no other way

    database = open_database(home, device.database_key)
    identity, progress = Meta(database).identity, Meta(database).progress
    workspace = Streams(database).workspace(identity.workspace)
    api = Api(origin or identity.origin, device, clock, transport=transport, offset=progress.offset)
    try:
        lease = (await api.heads(progress.cursor)).lease
    except SessionRemoved as told:
        from cerby_tui.sync.ending import Ending

        raise await Ending(home, device, database, api, clock).judged(told) from None
    finally:
        await api.close()
        database.close()
    facts = SessionFacts(identity.service_key, identity.workspace, identity.user)
    with suppress(LeaseOver):
        facts = read_session_file(home.session_file, device.mac_key)
    allowance = workspace.policy.offline_allowance if workspace else 0
    try:
        facts = renewed(facts, lease, device.id, allowance=allowance, now=clock.now())
    except Refused as refused:
        said = f"The service sent a lease that cannot be right: {refused.sentence}"
        raise Alarm(refused.rule, said, next_step="Check the clock of this machine.") from None
    write_session_file(home.session_file, device.mac_key, facts)
