"""Values about people, sessions and what they did, as screens and commands show them."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from cerby_wire.headers import AccountRole, WorkspaceRole


class Colleague(Struct, frozen=True):
    """Somebody in the workspace, or who was (`status`). `role` is the newest one they had. Times are UTC ms, 0 unknown.

    `accounts` counts the accounts that are visible here and list them; `name` is never empty.
    """

    user: bytes
    name: str
    email: str
    role: WorkspaceRole
    you: bool = False
    status: Literal["active", "removed"] = "active"
    joined: int = 0
    last_activity: int = 0
    accounts: int = 0


class Invitation(Struct, frozen=True):
    """An open invite. `id` is the hash of its entry; times are UTC milliseconds."""

    id: bytes
    email: str
    role: WorkspaceRole
    inviter: str
    created: int
    expires: int


class NewInvite(Struct, frozen=True):
    """An invite just written, with the string for the invited person: shown once, and not kept anywhere."""

    invitation: Invitation
    text: str
    mailed: bool

    def __repr__(self) -> str:
        return "NewInvite(…)"


class Member(Struct, frozen=True):
    """Somebody on an account. `stale` says in words why the account's key waits to be renewed, else it is empty."""

    user: bytes
    name: str
    email: str
    role: AccountRole
    workspace_role: WorkspaceRole | None
    you: bool = False
    waiting: bool = False
    last_used: int = 0
    stale: str = ""


class SoleOwned(Struct, frozen=True):
    """An account that somebody alone owns: it is handed over when they leave. `label` is empty where it is closed."""

    account: bytes
    label: str
    e164: str
    collaborators: tuple[bytes, ...]


class TrustedSession(Struct, frozen=True):
    """A trusted session of somebody. `how` says how it came to be trusted; times are UTC milliseconds, 0 unknown."""

    device: bytes
    user: bytes
    name: str
    how: str
    this: bool = False
    enrolled: int = 0
    last_contact: int = 0
    status: Literal["Approved", "Suspended", "Removed"] = "Approved"


class PendingSession(Struct, frozen=True):
    """A device that asks to be trusted. `expires` is UTC milliseconds, `address` where it asked from."""

    id: bytes
    asked: int
    expires: int
    address: str
    taken_here: bool = False
    taken_elsewhere: bool = False


class Farewell(Struct, frozen=True):
    """How this session ended, as it was verified: who ended it and when (UTC ms; the service's word, 0 unknown).

    `unsent` names the changes that never reached the service; `export` is the file that holds them sealed, or empty.
    """

    what: Literal["removed", "suspended", "left"]
    by: str
    at: int = 0
    unsent: tuple[str, ...] = ()
    export: str = ""


class FieldChange(Struct, frozen=True):
    """A field before and after a version of a card.

    `beside`: two people changed it at once, `before` is the value that stood and `after` the one kept beside it;
    `settled`: that was ended with the value that stood, `before` is the one that went.
    """

    field: str
    before: Any
    after: Any
    kind: Literal["changed", "beside", "settled"] = "changed"

    def __repr__(self) -> str:
        return f"FieldChange({self.field!r})"


class Version(Struct, frozen=True):
    """A version of a card: who wrote it, when it came here (UTC ms), what it changed.

    `number` 0 is what waits to be sent. `previous` is the number of the version before it whose content is known, -1
    for none.
    """

    number: int
    author: str
    at: int
    changes: tuple[FieldChange, ...]
    you: bool = False
    previous: int = -1


class Side(Struct, frozen=True):
    """Who wrote one of the two values of a clash; `at` is when it came here (UTC ms), 0 if it was not sent yet."""

    name: str
    you: bool = False
    at: int = 0


class Sides(Struct, frozen=True):
    """Who wrote the value that stands and who the one kept beside it.

    `mine` says which one this person wrote, or nothing if both are theirs or neither.
    """

    kept: Side
    other: Side

    @property
    def mine(self) -> Literal["kept", "other", ""]:
        """Which of the two values this person wrote."""
        if self.kept.you == self.other.you:
            return ""
        return "kept" if self.kept.you else "other"


class Happening(Struct, frozen=True):
    """A line of the activity log. Names are already those that people know; `n` is its place in the log.

    `subject` is whom, or which session, it concerns; `received` when the service wrote it down (`at` may be earlier).
    """

    n: int
    at: int
    event: str
    person: str
    account: str = ""
    device: str = ""
    detail: str = ""
    app: str = ""
    subject: str = ""
    received: int = 0
    user: bytes = b""
    account_id: bytes = b""
    hidden: bool = False


class Held(Struct, frozen=True):
    """What somebody who left may still know of one account; `risk` 3 copied a secret, 2 opened it, 1 could have."""

    account: bytes
    label: str
    risk: Literal[1, 2, 3]
    what: str
    changed_at: int = 0


class Leaver(Struct, frozen=True):
    """Somebody, or one session of somebody, that was removed. `key` names the list; `at` is UTC milliseconds."""

    key: bytes
    name: str
    kind: Literal["person", "session", "account"]
    by: str
    at: int
    open: int = 0
