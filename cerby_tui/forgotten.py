"""A forgotten passphrase: the recovery kit opens the key file that is here, without the service, and sets a new one.

The kit is not used up by that: nothing of the person's chain changes. A lease is asked for like at any unlocking.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from cerby_tui.clock import Clock
from cerby_tui.enrolling.base import machine_memory
from cerby_tui.errors import Alarm
from cerby_tui.home import Home
from cerby_tui.keyfile import measured_cost, open_with_recovery, write_key_file
from cerby_tui.keys import Cost, DeviceKeys
from cerby_tui.kit import read_code
from cerby_tui.passphrase import check_passphrase
from cerby_tui.session import Session
from cerby_tui.system_keyring import NoKeyring, SystemKeyring
from cerby_tui.unlocking import require_lease
from cerby_wire.errors import Refused

if TYPE_CHECKING:
    from cerby_tui.sync.api import Transport


def open_with_kit(home: Home, code: str) -> DeviceKeys:
    """The keys of this device, by the code of the kit alone.

    Raises UsageError naming a mistyped group, NoVault, WrongPassphrase for another kit, VaultDamaged, Alarm.
    """
    kit = read_code(code)
    try:
        return open_with_recovery(home.key_file, kit)
    except Refused as refused:
        raise Alarm(refused.rule, refused.sentence, safe="Nothing was opened.") from None


def set_passphrase(
    home: Home,
    code: str,
    passphrase: str,
    *,
    clock: Clock,
    keyring: SystemKeyring | None = None,
    transport: Transport | None = None,
    origin: str = "",
    cost: Cost | None = None,
) -> DeviceKeys:
    """Give the vault here a new passphrase; seconds, so run it in a thread without an event loop.

    Raises like `open_with_kit`, UsageError for a weak passphrase, LeaseOver, SessionRemoved.
    """
    home.ready()
    device = open_with_kit(home, code)
    require_lease(home, device, clock, transport, origin)
    keyring = keyring or SystemKeyring()
    check_passphrase(passphrase, alone=not _works(keyring))
    secret = b""
    with suppress(NoKeyring):
        secret = keyring.make(device.id.hex())
    check_passphrase(passphrase, alone=not secret)
    write_key_file(
        home.key_file,
        device.seed,
        passphrase,
        keyring=secret,
        recovery_public=read_code(code).public,
        cost=cost or measured_cost(bool(secret), memory=machine_memory()),
    )
    return device


def reopen(home: Home, code: str, passphrase: str, *, clock: Clock, keyring: SystemKeyring | None = None) -> Session:
    """The session of this device under its new passphrase. Raises like `set_passphrase`."""
    return Session(home, set_passphrase(home, code, passphrase, clock=clock, keyring=keyring), clock)


def _works(keyring: SystemKeyring) -> bool:
    """Whether there is a keyring; a weak passphrase must not cost the secret that is in it."""
    try:
        keyring.name()
    except NoKeyring:
        return False
    return True
