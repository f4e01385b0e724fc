"""A device set up at a running service by the real enrolment, for tests that need both."""

from __future__ import annotations

from cerby_tui.clock import SystemClock
from cerby_tui.enrolling.founding import Founding
from cerby_tui.home import Home
from cerby_tui.keys import FLOOR
from cerby_tui.session import Session
from cerby_tui.system_keyring import SystemKeyring
from tests.rig import Rig

EMAIL = "ada@example.org"
PASSPHRASE = "correct horse battery staple"


async def enrol(home: Home, rig: Rig, token: str) -> Session:
    """Set up `home` as the first device of a new workspace; gives its session, not started."""
    session, _code = await enrol_with_kit(home, rig, token)
    return session


async def enrol_with_kit(home: Home, rig: Rig, token: str) -> tuple[Session, str]:
    """As `enrol`, with the code of the recovery kit."""
    enrolment = Founding(home, SystemClock(), keyring=SystemKeyring(allowed=()), cost=FLOOR)
    enrolment.name_device("test device")
    enrolment.choose_passphrase(PASSPHRASE)
    await enrolment.request_code(token, EMAIL, "Ada Founder")
    await enrolment.confirm(rig.code_for(EMAIL))
    groups = enrolment.kit().groups
    assert enrolment.confirm_kit({number: groups[number - 1] for number in enrolment.asked_back()})
    return enrolment.open(), "-".join(groups)
