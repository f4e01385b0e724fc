"""Invites: written by a member, shown to whoever holds the secret, used once; and the profiles of people.

The secret of an invite never travels. Its holder proves it by a signature of the invite key for the device that asks.
"""

from __future__ import annotations

from msgspec import field

from cerby_wire.encoding import encode
from cerby_wire.headers import DevicePublic, Entry, WorkspaceRole
from cerby_wire.primitives import SigningKey, verify
from cerby_wire.shapes import PULL_LIMIT, Shape, SignedRecord, StoredEntry

INVITES = "/v1/invites"
INVITATIONS = "/v1/invitations"
JOINS = "/v1/joins"
PROFILES = "/v1/profiles"
LABEL = "invitation"
SALT_LENGTH = 16


class WriteInvite(Shape, frozen=True):
    """An invite entry, and the address whose salted hash it carries."""

    entry: Entry
    email: str
    salt: bytes


class InviteView(Shape, frozen=True):
    """An open invite; `id` is the hash of its entry. Times are UTC milliseconds."""

    id: bytes
    email: str
    role: WorkspaceRole
    inviter: bytes
    created: int
    expires: int


class InviteWritten(Shape, frozen=True):
    """The invite stands; `mailed` if the invited person was told by mail."""

    invite: InviteView
    mailed: bool


class InviteList(Shape, frozen=True):
    """Open invites, the newest first."""

    invites: list[InviteView]


class InviteProof(Shape, frozen=True):
    """The invite key's word for a device: whose invite it is, in which workspace."""

    workspace: bytes
    key: bytes
    signature: bytes


class AskInvitation(Shape, frozen=True):
    """Ask for what a new device needs to judge an invite; `after` says how much of each stream it has already."""

    device: DevicePublic
    proof: InviteProof
    after: dict[bytes, int] = field(default_factory=dict)
    budget: int = PULL_LIMIT


class InvitationAnswer(Shape, frozen=True):
    """A page of the workspace and of its people's chains, and who the inviter says to be; `more` if it was cut."""

    expires: int
    entries: list[StoredEntry] = field(default_factory=list)
    inviter: SignedRecord | None = None
    more: bool = False


class Join(Shape, frozen=True):
    """Join a workspace: the person's beginnings, the join entry, the signed profile, the sealed name of the device."""

    proof: InviteProof
    verification: bytes
    code: str
    user: Entry
    join: Entry
    personal: Entry
    profile: SignedRecord
    device_name: bytes


class Joined(Shape, frozen=True):
    """The person is in the workspace; the same answer for the same person, however often it is sent."""

    workspace: bytes
    user: bytes
    device: bytes


class Profiles(Shape, frozen=True):
    """The signed profiles (cerby_wire.records.Profile) that the caller may see."""

    profiles: list[SignedRecord]


def prove_invite(key: SigningKey, workspace: bytes, device: bytes) -> InviteProof:
    """The key of an invite says that `device` may ask."""
    return InviteProof(workspace, key.public, key.sign(LABEL, encode((workspace, device))))


def check_invite_proof(proof: InviteProof, device: bytes) -> None:
    """Whether the key named in the proof spoke for `device`. Raises Refused."""
    verify(proof.key, LABEL, encode((proof.workspace, device)), proof.signature)
