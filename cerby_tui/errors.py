"""The errors of the client. Each says what happened, what is safe, and what to do next.

CerbyError
├── UsageError            a name that matches nothing or several things, a setting that makes no sense
├── LockedError           there is no open vault
│   ├── WrongPassphrase
│   ├── LeaseOver         the trusted session was out of contact for longer than the workspace allows
│   └── SessionRemoved    the session was removed, or the service says so
├── NoVault               nothing is set up on this device yet
├── VaultDamaged          the vault file does not open although its key is right
├── StorageFull           the disk has no room for a change; what was saved before is still there
├── OfflineError          the service cannot be reached; local work goes on
├── RefusedError          the service or a rule said no; `code` is stable
├── TimedOut              what was waited for did not come
└── Alarm                 something is not what an honest service would send
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` would cost the start of every command
if TYPE_CHECKING:
    from cerby_tui.team_values import Farewell


class CerbyError(Exception):
    """Base of the tree. `sentence` says what happened; `safe` what is safe; `next_step` what to do."""

    exit_code = 6
    retryable = False

    def __init__(self, sentence: str, *, safe: str = "", next_step: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.safe = safe
        self.next_step = next_step

    def whole(self) -> str:
        """Everything a person should read, in one paragraph."""
        return " ".join(part for part in (self.sentence, self.safe, self.next_step) if part)


class UsageError(CerbyError):
    """A name or a setting that makes no sense."""

    exit_code = 2


class LockedError(CerbyError):
    """There is no open vault."""

    exit_code = 4


class WrongPassphrase(LockedError):
    """The passphrase (or the keyring secret beside it) does not open the key file."""


class LeaseOver(LockedError):
    """The session was out of contact for longer than the workspace allows."""


class SessionRemoved(LockedError):
    """This trusted session was removed, or the service says that it was.

    `farewell` says who did it and what became of the vault, once that was verified; without it nothing was deleted.
    """

    farewell: Farewell | None = None


class NoVault(LockedError):
    """Nothing is set up on this device yet."""


class VaultDamaged(LockedError):
    """The vault file does not open although its key is right."""


class StorageFull(CerbyError):
    """The disk has no room: the change was not taken, and nothing before it was lost."""

    retryable = True


class OfflineError(CerbyError):
    """The service cannot be reached."""

    exit_code = 5
    retryable = True


class RefusedError(CerbyError):
    """The service or a rule said no."""

    def __init__(self, code: str, sentence: str, *, safe: str = "", next_step: str = "", retry_after: int = 0) -> None:
        super().__init__(sentence, safe=safe, next_step=next_step)
        self.code = code
        self.retry_after = retry_after


class TimedOut(CerbyError):
    """What was waited for did not come in time."""

    exit_code = 3


class Alarm(CerbyError):
    """Something is not what an honest service would send; `rule` names the check that failed."""

    def __init__(self, rule: str, sentence: str, *, safe: str = "", next_step: str = "") -> None:
        super().__init__(sentence, safe=safe, next_step=next_step)
        self.rule = rule
