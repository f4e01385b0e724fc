"""A second person in a workspace: invited over the real service, joined through the whole of the enrolment."""

from __future__ import annotations

from pathlib import Path

from cerby_tui.enrolling.joining import Joining
from cerby_tui.home import Home
from cerby_tui.keys import FLOOR
from cerby_tui.session import Session
from cerby_tui.unlocking import unlock
from cerby_wire.headers import WorkspaceRole
from tests.devices import NO_KEYRING, PASSPHRASE, Device
from tests.fakes import FrozenClock
from tests.rig import ServiceRig


def joining_in(home: Home, clock: FrozenClock, **given: object) -> Joining:
    """A join with cheap keys and no keyring."""
    return Joining(home, clock, keyring=NO_KEYRING, cost=FLOOR, **given)  # type: ignore[arg-type]


def begun(home: Home, clock: FrozenClock, **given: object) -> Joining:
    """One whose passphrase is chosen."""
    joining = joining_in(home, clock, **given)
    joining.name_device("first")
    joining.choose_passphrase(PASSPHRASE)
    return joining


def confirm_kit(joining: Joining) -> None:
    """Give the two groups back that are asked for."""
    kit = joining.kit()
    assert joining.confirm_kit({one: kit.groups[one - 1] for one in joining.asked_back()})


async def join(rig: ServiceRig, root: Path, clock: FrozenClock, invite: str, email: str, name: str) -> Device:
    """Join by an invite string; gives the new person's first device."""
    home = Home(root).ready()
    joining = begun(home, clock)
    await joining.request_code(invite, email, name)
    await joining.confirm(rig.code_for(email))
    confirm_kit(joining)
    return Device(home, unlock(home, PASSPHRASE, NO_KEYRING), clock)


async def invited(
    rig: ServiceRig,
    session: Session,
    root: Path,
    clock: FrozenClock,
    *,
    email: str,
    name: str = "Bob Builder",
    role: WorkspaceRole = "user",
) -> Device:
    """Somebody whom the person of `session` invites, and who joins; `session` has heard of them afterwards."""
    new = await session.invites.invite(email, role)
    device = await join(rig, root, clock, new.text, email, name)
    await session.sync_now()
    return device
