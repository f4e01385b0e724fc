"""Entries of the workspace. Each has seen all before it: `author.ws` is the position it follows."""

from __future__ import annotations

from cerby_tui.authoring.author import Author, header_of, nonce, write
from cerby_wire import headers
from cerby_wire.accept_workspace import join_proof
from cerby_wire.headers import Act, Entry, Policy, WorkspaceRole
from cerby_wire.primitives import SigningKey, derive


def workspace_genesis(author: Author, profile: bytes, policy: Policy | None = None) -> Entry:
    """A new workspace whose Owner is the author; `profile` is the hash of their profile."""
    act = headers.WorkspaceGenesis(policy or Policy(), profile, nonce())
    return write(author.device, header_of(author, "workspace", act))


def policy(author: Author, policy: Policy) -> Entry:
    """A new policy."""
    return _entry(author, headers.WorkspacePolicy(policy))


def invite_key(secret: bytes) -> SigningKey:
    """The key whose public half is in the invite; the 16-byte secret goes to the invitee by another way."""
    return SigningKey(derive(secret, "invite-key"))


def invite(author: Author, key: SigningKey, role: WorkspaceRole, profile: bytes) -> Entry:
    """An open invite."""
    return _entry(author, headers.WorkspaceInvite(key.public, role, profile, nonce()))


def uninvite(author: Author, invite: bytes) -> Entry:
    """Withdraws the invite with that entry hash."""
    return _entry(author, headers.WorkspaceUninvite(invite))


def join(author: Author, key: SigningKey, invite: bytes, role: WorkspaceRole, profile: bytes) -> Entry:
    """The invitee's own act: the invite key signs for this person with these devices."""
    proof = key.sign("join", join_proof(author.workspace, invite, role, author.user, author.chain))
    return _entry(author, headers.WorkspaceJoin(invite, role, profile, proof))


def role(author: Author, user: bytes, role: WorkspaceRole) -> Entry:
    """Changes a person's workspace role."""
    return _entry(author, headers.WorkspaceSetRole(user, role))


def transfer(author: Author, user: bytes) -> Entry:
    """Hands the Owner's seat to somebody else."""
    return _entry(author, headers.WorkspaceTransfer(user))


def remove(author: Author, user: bytes) -> Entry:
    """Removes a person, or oneself."""
    return _entry(author, headers.WorkspaceRemove(user))


def chain(author: Author) -> Entry:
    """Says that the author's devices have changed."""
    return _entry(author, headers.WorkspaceChain())


def suspend(author: Author, user: bytes, device: bytes) -> Entry:
    """Orders one session of a person off."""
    return _entry(author, headers.WorkspaceSuspend(user, device))


def _entry(author: Author, act: Act) -> Entry:
    header = header_of(author, "workspace", act, stream=author.workspace, workspace=author.workspace, seen=author.ws)
    return write(author.device, header)
