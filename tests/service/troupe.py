"""Somebody in every workspace role and every account role at a running service, and what each of them tries there.

What they try they try with a program of their own, which checks nothing: only the service can refuse.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, get_args

from msgspec.structs import replace

from cerby_service.database import Writing, people
from cerby_tui import authoring
from cerby_tui.authoring.account import People
from cerby_tui.errors import RefusedError
from cerby_tui.keys import AccountKeys
from cerby_tui.sync.api import Api
from cerby_wire.headers import AccountRole, Entry, Policy, WorkspaceRole
from cerby_wire.permissions import RULES, Action
from cerby_wire.roles import ACCOUNT_OWNERS
from cerby_wire.shapes import Pull, PushEntry
from cerby_wire.state import RoleSince, WorkspaceState
from cerby_wire.stream import stream_id
from tests.rig import ServiceRig
from tests.service.crowd import Crowd
from tests.service.member import Card, Member, ServiceTime

ROLES: tuple[WorkspaceRole, ...] = get_args(WorkspaceRole)
ON_ACCOUNT: tuple[AccountRole | None, ...] = (None, *get_args(AccountRole))


class Troupe(Crowd):
    """Everybody. `helper` is a User who owns every account that is shared with the actors."""

    def __init__(self, owner: Member) -> None:
        super().__init__(owner)
        self.put(authoring.policy(owner.author(), Policy(inviters="user")))
        self.helper = self.person("user")
        self.actors: dict[WorkspaceRole, Member] = {"owner": owner}
        for role in ROLES[1:]:
            self.actors[role] = self.person(role)

    def person(self, role: WorkspaceRole) -> Member:
        """Somebody new, whose address the service knows."""
        person = self.join(role)
        profile, _hash = authoring.profile(person.device, person.user, role, person.email)

        def save(writing: Writing) -> None:
            people.save_profile(writing, person.workspace, person.user, profile, person.email)

        self.parts.database.write_now(save)
        return person

    @asynccontextmanager
    async def on_stage(self) -> AsyncIterator[Troupe]:
        """Everybody with connections of this event loop."""
        everybody = [self.helper, *self.actors.values()]
        for one in everybody:
            one.api = Api(self.rig.origin, one.device, ServiceTime(self.parts.clock))
        try:
            yield self
        finally:
            await asyncio.gather(*(one.api.close() for one in everybody))

    def card(self, actor: Member, role: AccountRole | None, *, deleted: bool = False) -> Card:
        """A fresh account of the helper's on which the actor has that role; deleted, if so wanted.

        Somebody who may not own accounts became an Owner before they were demoted.
        """
        helper = self.helper
        genesis, keys = authoring.account_genesis(helper.author(), helper.ledger)
        self.put(genesis)
        card = Card(helper, stream_id(genesis), keys)
        self.put(card.item({"label": "One"}))
        self.put(card.item({"label": "Two"}))
        held = self.role_of(actor)
        demoted = role == "owner" and held not in ACCOUNT_OWNERS
        if demoted:
            self.put(authoring.role(self.owner.author(), actor.user, "user"))
        if role is not None:
            listed: People = {helper.user: "owner", actor.user: role}
            self._renew(card, authoring.members(helper.author(), card.state, card.keys, helper.ledger, listed))
        if deleted:
            self._renew(card, authoring.delete(helper.author(), card.state, card.keys, helper.ledger))
        if demoted:
            self.put(authoring.role(self.owner.author(), actor.user, held))
        return card

    def _renew(self, card: Card, made: tuple[Entry, AccountKeys]) -> None:
        entry, card.keys = made
        self.put(entry)

    def role_of(self, person: Member) -> WorkspaceRole:
        """Their workspace role."""
        workspace = person.ledger.workspace()
        role = workspace.role_at(person.user, workspace.n) if workspace else None
        assert role is not None
        return role

    @property
    def parts(self) -> Any:
        """The parts of the running service."""
        assert isinstance(self.rig, ServiceRig)
        return self.rig.parts


class Pretence:
    """What is known, but for one thing: that the actor were a User. So a lying program writes what it must not."""

    def __init__(self, actor: Member) -> None:
        self._ledger = actor.ledger
        self._actor = actor.user

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def workspace(self) -> WorkspaceState | None:
        """The workspace, with the actor in another role."""
        workspace = self._ledger.workspace()
        assert workspace is not None
        actor = workspace.people[self._actor]
        lifted = replace(actor, roles=(*actor.roles, RoleSince(workspace.n, "user")))
        return replace(workspace, people={**workspace.people, self._actor: lifted})


async def taken(actor: Member, entry: Entry) -> bool:
    """Whether the service takes an entry from the actor. What is refused is refused for a right that is missing."""
    (answer,) = await actor.api.push([PushEntry(stream_id(entry), entry)])
    if answer.status == "accepted":
        actor.ledger.add(entry)
    else:
        assert answer.status == "refused", answer
    return answer.status == "accepted"


async def let(asked: Any) -> bool:
    """Whether a request is answered; a refusal is one for a right that is missing, or says that nothing is there."""
    try:
        await asked
    except RefusedError as error:
        assert error.code in ("forbidden", "not_owner", "not_found"), error.code
        return False
    return True


async def pulled(actor: Member, account: bytes) -> bool:
    """Whether somebody is listed an account, and given its entries."""
    listed = account in {head.id for head in (await actor.api.heads("")).streams}
    entries = (await actor.api.pull(Pull({account: 0}))).entries
    assert listed == bool(entries)
    return listed


def kept_by_service() -> list[Action]:
    """The actions that the service sees to."""
    return [action for action, rule in RULES.items() if rule.kept_by == "service"]
