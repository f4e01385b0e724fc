"""A workspace with people in every role at a running service, for the tests of who may what there."""

from __future__ import annotations

import os

import httpx

from cerby_service.database import Writing
from cerby_tui import authoring
from cerby_tui.authoring.account import People
from cerby_wire.entries import entry_hash
from cerby_wire.headers import Entry, WorkspaceRole
from cerby_wire.stream import stream_id
from tests.service.member import Card, Member


class Crowd:
    """People around the founder. They share what they know; what they wrote the service has."""

    def __init__(self, owner: Member) -> None:
        self.owner = owner
        self.rig = owner.rig
        self.members: dict[WorkspaceRole, Member] = {"owner": owner}

    def put(self, entry: Entry) -> None:
        """Have an entry stored that is right by the shared rules, without any request."""
        parts = self.owner.rig.parts  # type: ignore[attr-defined]
        stream = stream_id(entry)
        before = self.owner.ledger.states.get(stream)
        state = self.owner.ledger.add(entry)

        def store(writing: Writing) -> None:
            parts.keeper.store(writing, self.owner.workspace, state, before, entry)

        parts.database.write_now(store)

    def join(self, role: WorkspaceRole) -> Member:
        """Somebody new in that role."""
        transport = httpx.ASGITransport(self.rig.app)  # type: ignore[attr-defined]
        person = Member(self.rig, f"{os.urandom(3).hex()}@example.com", transport)
        person.ledger, person.workspace = self.owner.ledger, self.owner.workspace
        genesis, person.keys = authoring.user_genesis(person.device, person.recovery.public)
        person.user = stream_id(genesis)
        key = authoring.invite_key(os.urandom(16))
        _profile, hashed = authoring.profile(person.device, person.user, role, person.email)
        invite = authoring.invite(self.owner.author(), key, role, hashed)
        self.put(genesis)
        self.put(invite)
        self.put(authoring.join(person.author(), key, entry_hash(invite), role, hashed))
        self.members.setdefault(role, person)
        return person

    async def share(self, card: Card, people: People) -> None:
        """Another list of people on an account, written by who has the card."""
        author = card.member.author()
        entry, keys = authoring.members(author, card.state, card.keys, card.member.ledger, people)
        (answer,) = await card.member.push(entry)
        assert answer.status == "accepted", answer
        card.keys = keys

    async def close(self) -> None:
        """Close everybody's connections but the founder's."""
        for person in self.members.values():
            if person is not self.owner:
                await person.api.close()
