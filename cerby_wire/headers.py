"""What a stream entry says: one header for the four kinds of stream, one act for each op (docs/protocol.md §1).

Headers are msgpack arrays in the order of the fields below; fields that a kind of stream does not use are empty.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

VERSION = 1
NOWHERE = b""

Kind = Literal["user", "workspace", "account", "personal"]
WorkspaceRole = Literal["owner", "super_admin", "admin", "user", "login_only", "guest"]
AccountRole = Literal["owner", "collaborator"]


class Wire(Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """Base of everything that travels as an array of exactly the declared fields."""


class Position(Wire, frozen=True):
    """A place in a stream: how many entries, and the head hash after the last of them (empty before the first)."""

    n: int
    head: bytes


class MessagePosition(Wire, frozen=True):
    """The newest message of an account that an author had seen; index 0 means none."""

    generation: bytes
    index: int
    head: bytes


START = Position(0, b"")
NO_MESSAGES = MessagePosition(b"", 0, b"")


class Entry(Wire, frozen=True):
    """One entry as it travels and as it is stored: the exact signed header bytes, the body, the signature."""

    header: bytes
    body: bytes
    signature: bytes


class DevicePublic(Wire, frozen=True):
    """The public halves of a device; its id is `digest("device-id", sign, kem)[:16]`."""

    sign: bytes
    kem: bytes


class SeedFields(Wire, frozen=True):
    """A generation of the user seed: number and public KEM key. The wraps, one per active device, are in the body."""

    generation: int
    kem: bytes


class Listed(Wire, frozen=True):
    """A person on an account: their role, the position of their user chain, the seed generation wrapped to."""

    user: bytes
    role: AccountRole
    chain: Position
    generation: int


class EpochFields(Wire, frozen=True):
    """A new account key: its number, commitment, inbox KEM key and everybody it is for, ordered by user id."""

    epoch: int
    commit: bytes
    inbox: bytes
    members: tuple[Listed, ...]


# --- user ---------------------------------------------------------------------------------------------------------


class UserGenesis(Wire, frozen=True, tag="user.genesis"):
    """The first device, the recovery device and the first generation of the user seed."""

    device: DevicePublic
    recovery: DevicePublic
    seed: SeedFields
    nonce: bytes


class UserAdd(Wire, frozen=True, tag="user.add"):
    """A further device; the body wraps the current user seed to it."""

    device: DevicePublic


class UserRevoke(Wire, frozen=True, tag="user.revoke"):
    """A device goes, and a new generation of the user seed begins."""

    device: bytes
    seed: SeedFields


class UserRecovery(Wire, frozen=True, tag="user.recovery"):
    """The recovery device is replaced under a new generation; signed by the old one it also adds `device`."""

    recovery: DevicePublic
    device: DevicePublic | None
    seed: SeedFields


# --- workspace ----------------------------------------------------------------------------------------------------


class Policy(Wire, frozen=True):
    """What the workspace asks of its members' clients. Times in seconds."""

    offline_allowance: int = 14 * 86400
    idle_lock: int = 600
    clipboard: int = 30
    retention: int = 0
    inviters: WorkspaceRole = "admin"


class WorkspaceGenesis(Wire, frozen=True, tag="workspace.genesis"):
    """The founder becomes the one workspace Owner."""

    policy: Policy
    profile: bytes
    nonce: bytes


class WorkspacePolicy(Wire, frozen=True, tag="workspace.policy"):
    """A new policy."""

    policy: Policy


class WorkspaceInvite(Wire, frozen=True, tag="workspace.invite"):
    """An open invite: the public half of its key, the role it gives, the salted hash of the e-mail address."""

    key: bytes
    role: WorkspaceRole
    profile: bytes
    nonce: bytes


class WorkspaceUninvite(Wire, frozen=True, tag="workspace.uninvite"):
    """An open invite is withdrawn; `invite` is the entry hash of the invite."""

    invite: bytes


class WorkspaceJoin(Wire, frozen=True, tag="workspace.join"):
    """Written by the invitee's own new device, with the invite key's signature as proof."""

    invite: bytes
    role: WorkspaceRole
    profile: bytes
    proof: bytes


class WorkspaceSetRole(Wire, frozen=True, tag="workspace.role"):
    """A person's workspace role changes."""

    user: bytes
    role: WorkspaceRole


class WorkspaceTransfer(Wire, frozen=True, tag="workspace.transfer"):
    """The Owner's seat goes to somebody else; the old Owner becomes a Super Admin."""

    user: bytes


class WorkspaceRemove(Wire, frozen=True, tag="workspace.remove"):
    """A person leaves the workspace."""

    user: bytes


class WorkspaceChain(Wire, frozen=True, tag="workspace.chain"):
    """The author's devices changed; the header's `chain` is the new position to judge them at."""


class WorkspaceSuspend(Wire, frozen=True, tag="workspace.suspend"):
    """An administrator's order against one session."""

    user: bytes
    device: bytes


# --- account ------------------------------------------------------------------------------------------------------


class AccountGenesis(Wire, frozen=True, tag="account.genesis"):
    """An account card begins; the author is one of its Owners."""

    epoch: EpochFields
    nonce: bytes


class AccountMembers(Wire, frozen=True, tag="account.members"):
    """The full list of people with their roles, under a new epoch."""

    epoch: EpochFields


class AccountItem(Wire, frozen=True, tag="account.item"):
    """A version of the whole card; the body is sealed under the epoch in force. `previous` is an entry hash."""

    version: int
    previous: bytes
    epoch: int


class AccountNumber(Wire, frozen=True, tag="account.number"):
    """A managed number is bound to (or unbound from) the account; `record` is the service's signed number record."""

    bound: bool
    number: bytes
    e164: str
    record: bytes


class AccountDelete(Wire, frozen=True, tag="account.delete"):
    """The card is deleted; the new epoch is wrapped to its Owners only, the list of people stays."""

    epoch: EpochFields


class AccountRestore(Wire, frozen=True, tag="account.restore"):
    """A deleted card comes back under a new epoch for everybody listed."""

    epoch: EpochFields


class AccountAdopt(Wire, frozen=True, tag="account.adopt"):
    """An administrator hands an account to a new Owner, without the old key."""

    epoch: EpochFields


# --- personal -----------------------------------------------------------------------------------------------------


class PersonalGenesis(Wire, frozen=True, tag="personal.genesis"):
    """A person's private settings begin."""

    nonce: bytes


class PersonalItem(Wire, frozen=True, tag="personal.item"):
    """A version of one private thing (`slot`); the epoch is the generation of the user seed."""

    slot: int
    version: int
    previous: bytes
    epoch: int


UserAct = UserGenesis | UserAdd | UserRevoke | UserRecovery
WorkspaceAct = (
    WorkspaceGenesis
    | WorkspacePolicy
    | WorkspaceInvite
    | WorkspaceUninvite
    | WorkspaceJoin
    | WorkspaceSetRole
    | WorkspaceTransfer
    | WorkspaceRemove
    | WorkspaceChain
    | WorkspaceSuspend
)
AccountAct = (
    AccountGenesis | AccountMembers | AccountItem | AccountNumber | AccountDelete | AccountRestore | AccountAdopt
)
PersonalAct = PersonalGenesis | PersonalItem
Act = UserAct | WorkspaceAct | AccountAct | PersonalAct


class Header(Wire, frozen=True):
    """The signed part of an entry. `body` is `digest("body", body)`."""

    v: int
    kind: Kind
    stream: bytes
    workspace: bytes
    author: bytes
    chain: Position
    device: bytes
    seen: Position
    ws: Position
    msgs: MessagePosition
    body: bytes
    act: Act


# --- bodies -------------------------------------------------------------------------------------------------------


class Wrapped(Wire, frozen=True):
    """One wrapped key and the id (device or user) that it is for."""

    reader: bytes
    key: bytes


class KeysBody(Wire, frozen=True):
    """The body of acts that bring a new key: its wraps, and the key before it sealed under it (empty if none)."""

    wraps: tuple[Wrapped, ...]
    previous: bytes
