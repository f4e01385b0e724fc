"""What a hostile service, or an insider who helps it, would have others believe about an account.

Each forgery takes the scene as it stands and gives the entries that the service would show in place of the honest ones.
Ada and Bob are the insiders (Ada an Owner, Bob a Collaborator with a second session), the service has no device.
"""

from __future__ import annotations

import os
from typing import Any

from msgspec.structs import replace

from cerby_tui import authoring, opening
from cerby_tui.keys import AccountKeys, DeviceKeys, UserKeys, new_seed
from cerby_wire import places
from cerby_wire.entries import read_header, read_keys
from cerby_wire.headers import Entry, EpochFields
from cerby_wire.primitives import wrap
from tests.hostile.scene import Scene
from tests.people import bent, flipped, rewrapped

ADA, BOB, CLEO = 0, 1, 2


def next_list(scene: Scene, account: bytes, who: int = ADA) -> Entry:
    """An honest new list of people by somebody, as the rules would have it; Cleo stays on it."""
    people: dict[bytes, Any] = {user: one.role for user, one in scene.account(account).members.items()}
    keys = scene.keys(account, who)
    return authoring.members(scene.author(who), scene.account(account), keys, scene.ledger, people)[0]


def _epoch(entry: Entry) -> EpochFields:
    found = opening.epoch_of(entry)
    assert found is not None
    return found


def _for_cleo(scene: Scene, entry: Entry, key: bytes, epoch: EpochFields | None = None) -> Entry:
    """The list with another key wrapped to Cleo than it promises, signed by Ada."""
    cleo, epoch = scene.crowd[CLEO], epoch or _epoch(entry)
    listed = next(one for one in epoch.members if one.user == cleo.user)
    odd = wrap(cleo.seed.kem.public, key, places.account_wrap(scene.crowd.workspace, epoch, listed))
    wraps = tuple(replace(one, key=odd) if one.reader == cleo.user else one for one in read_keys(entry).wraps)
    return bent(entry, scene.crowd[ADA].keys[0], body=rewrapped(entry, wraps=wraps))


def outsider_signs(scene: Scene, account: bytes) -> Entry:
    """The service signs a list in Ada's name with a key of its own."""
    return bent(next_list(scene, account), DeviceKeys(new_seed()))


def outsider_writes(scene: Scene, account: bytes) -> Entry:
    """Somebody with a genuine chain of their own who was never invited."""
    device = DeviceKeys(new_seed())
    genesis, _keys = authoring.user_genesis(device, DeviceKeys(new_seed()).public)
    author = scene.ledger.add(genesis)
    scene.outsiders.append(author.stream)
    made = bent(next_list(scene, account), device, author=author.stream, device=device.id)
    chain = authoring.Author.of(device, author.stream, scene.ledger).chain
    return bent(made, device, chain=chain)


def collaborator_rises(scene: Scene, account: bytes) -> Entry:
    """Bob, a Collaborator, lists himself as an Owner."""
    bob = scene.crowd[BOB].user
    people: dict[bytes, Any] = {user: one.role for user, one in scene.account(account).members.items()}
    made = authoring.members(
        scene.author(BOB), scene.account(account), scene.keys(account, BOB), scene.ledger, people | {bob: "owner"}
    )
    return made[0]


def collaborator_writes(scene: Scene, account: bytes) -> Entry:
    """Bob, a Collaborator, writes the card."""
    return scene.item(account, BOB)


def wrap_of_the_service(scene: Scene, account: bytes) -> Entry:
    """The service puts a wrap of its own into an honest list."""
    entry = next_list(scene, account)
    wraps = tuple(replace(one, key=os.urandom(len(one.key))) for one in read_keys(entry).wraps)
    return Entry(entry.header, rewrapped(entry, wraps=wraps), entry.signature)


def wrap_of_another_epoch(scene: Scene, account: bytes) -> Entry:
    """Ada hands Cleo the wrap of the epoch before."""
    entry, before = next_list(scene, account), scene.entries(account)[scene.account(account).epoch_at - 1]
    return bent(entry, scene.crowd[ADA].keys[0], body=rewrapped(entry, wraps=read_keys(before).wraps))


def another_key(scene: Scene, account: bytes) -> Entry:
    """Ada hands Cleo another key than everybody else."""
    return _for_cleo(scene, next_list(scene, account), new_seed())


def foreign_inbox(scene: Scene, account: bytes) -> Entry:
    """Ada names an inbox key that only its maker can open."""
    keys = scene.keys(account, ADA)
    fresh = AccountKeys(new_seed(), keys.epoch + 1)
    entry = next_list(scene, account)
    epoch = replace(_epoch(entry), commit=fresh.commit, inbox=UserKeys(new_seed(), 1).kem.public)
    made = bent(entry, scene.crowd[ADA].keys[0], act={"epoch": epoch})
    return _for_cleo(scene, made, fresh.key, epoch)


def repeated_key(scene: Scene, account: bytes) -> Entry:
    """Ada brings an earlier key back, which somebody who was removed still has."""
    keys, entry = scene.keys(account, ADA), next_list(scene, account)
    epoch = replace(_epoch(entry), commit=keys.commit)
    return bent(entry, scene.crowd[ADA].keys[0], act={"epoch": epoch})


def repeated_inbox(scene: Scene, account: bytes) -> Entry:
    """Ada brings an earlier inbox key back."""
    keys, entry = scene.keys(account, ADA), next_list(scene, account)
    epoch = replace(_epoch(entry), inbox=keys.inbox.public)
    return bent(entry, scene.crowd[ADA].keys[0], act={"epoch": epoch})


def bodies_swapped(scene: Scene, account: bytes) -> Entry:
    """The service puts the sealed body of one version under the signature of another."""
    entry, old = scene.item(account, ADA), scene.entries(account)[1]
    return Entry(entry.header, old.body, entry.signature)


def bit_flipped(scene: Scene, account: bytes) -> Entry:
    """One bit of the sealed card."""
    entry = scene.item(account, ADA)
    return Entry(entry.header, flipped(entry.body, 70), entry.signature)


def cut_short(scene: Scene, account: bytes) -> Entry:
    """The end of the sealed card is missing."""
    entry = scene.item(account, ADA)
    return Entry(entry.header, entry.body[:-16], entry.signature)


def replayed(scene: Scene, account: bytes) -> Entry:
    """An old version of the card again."""
    return scene.entries(account)[1]


def other_workspace(scene: Scene, account: bytes) -> Entry:
    """Ada's device cites a workspace that took another course."""
    entry = scene.item(account, ADA)
    forged = replace(read_header(entry).ws, head=bytes(32))
    return bent(entry, scene.crowd[ADA].keys[0], ws=forged)


def old_workspace(scene: Scene, account: bytes) -> Entry:
    """Ada's device cites the workspace of before, when others had other rights."""
    entry = scene.item(account, ADA)
    n = read_header(entry).ws.n - 1
    earlier = scene.ledger.head(scene.crowd.workspace, n)
    assert earlier is not None
    return bent(entry, scene.crowd[ADA].keys[0], ws=replace(read_header(entry).ws, n=n, head=earlier))


def superseded_key(scene: Scene, account: bytes) -> Entry:
    """A card sealed under the key of an earlier epoch."""
    entry = scene.item(account, ADA)
    return bent(entry, scene.crowd[ADA].keys[0], act={"epoch": scene.account(account).epoch - 1})


def stale_list(scene: Scene, account: bytes) -> Entry:
    """A list of people whose author had not seen the list in force."""
    entry, n = next_list(scene, account), scene.account(account).control - 1
    head = scene.ledger.head(account, n)
    assert head is not None
    return bent(entry, scene.crowd[ADA].keys[0], seen=replace(read_header(entry).seen, n=n, head=head))


def second_genesis(scene: Scene, account: bytes) -> Entry:
    """The account begins once more."""
    return authoring.account_genesis(scene.author(ADA), scene.ledger)[0]


def other_history(scene: Scene, account: bytes) -> Entry:
    """Ada's device has seen another history of this account."""
    entry = scene.item(account, ADA)
    return bent(entry, scene.crowd[ADA].keys[0], seen=replace(read_header(entry).seen, head=bytes(32)))


def version_nought(scene: Scene, account: bytes) -> Entry:
    """An entry in a format that never was."""
    return bent(scene.item(account, ADA), scene.crowd[ADA].keys[0], v=0)


def another_spelling(scene: Scene, account: bytes) -> Entry:
    """The same header with a number written longer than needed, and properly signed."""
    entry, device = scene.item(account, ADA), scene.crowd[ADA].keys[0]
    longer = entry.header[:1] + b"\xcc\x01" + entry.header[2:]
    return Entry(longer, entry.body, device.sign.sign("entry/account", longer))


def signature_of_another_kind(scene: Scene, account: bytes) -> Entry:
    """A signature that Ada's device gave for something else."""
    entry, device = scene.item(account, ADA), scene.crowd[ADA].keys[0]
    return Entry(entry.header, entry.body, device.sign.sign("entry/personal", entry.header))
