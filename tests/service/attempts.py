"""One attempt for each action of the table of permissions: what somebody would send who wants to do it.

Each answers whether the service let it happen.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

from cerby_tui import authoring
from cerby_tui.authoring import Author
from cerby_tui.authoring.account import People
from cerby_tui.keys import DeviceKeys, new_seed
from cerby_tui.sync.api import Api
from cerby_wire.activity import ACTIVITY, ActivityPage, Line
from cerby_wire.approving import APPROVALS, ApprovalAsked, ApprovalView, AskApproval, Taken, commitment
from cerby_wire.encoding import decode
from cerby_wire.handing import SOLE_OWNED, SoleOwnedList
from cerby_wire.headers import AccountRole, Policy, WorkspaceRole
from cerby_wire.inviting import INVITES, PROFILES, InviteList, InviteWritten, Profiles, WriteInvite
from cerby_wire.records import Profile, profile_hash
from cerby_wire.recovering import RECOVERY, AskRecovery, RecoveryAnswer, prove
from cerby_wire.sessions import DEVICES, DeviceList
from cerby_wire.shapes import NUMBER_OFFERS, NUMBERS, AskOffer, NumberView, OfferAnswer
from cerby_wire.trial import Surroundings
from tests.service.member import Card, Member, ServiceTime
from tests.service.troupe import Pretence, Troupe, let, pulled, taken


class Attempt:
    """An actor who tries something, beside an account on which they have a role, or none."""

    def __init__(self, troupe: Troupe, actor: Member, on_account: AccountRole | None) -> None:
        self.troupe = troupe
        self.actor = actor
        self.on_account = on_account
        self.helper = troupe.helper
        self.api = actor.api
        self.pretence = cast(Surroundings, Pretence(actor))

    @property
    def author(self) -> Author:
        """The actor as who writes."""
        return self.actor.author()

    def card(self, *, deleted: bool = False) -> Card:
        """A fresh account on which the actor has the role."""
        return self.troupe.card(self.actor, self.on_account, deleted=deleted)

    async def events(self, query: str = "") -> list[str]:
        """The events that the actor is shown."""
        page = await self.api.ask("GET", ACTIVITY + query, None, ActivityPage)
        return [decode(one.raw, Line).event for one in page.lines]

    # --- the workspace

    async def add_account(self) -> bool:
        """A beginning whose one Owner is the actor."""
        return await taken(self.actor, authoring.account_genesis(self.author, self.pretence)[0])

    async def receive_owner(self) -> bool:
        """The helper lists the actor as an Owner."""
        return await self._given("owner")

    async def receive_collaborator(self) -> bool:
        """The helper lists the actor as a Collaborator; they see the account then."""
        return await self._given("collaborator")

    async def _given(self, role: AccountRole) -> bool:
        card = self.troupe.card(self.actor, None)
        people: People = {self.helper.user: "owner", self.actor.user: role}
        entry, _keys = authoring.members(self.helper.author(), card.state, card.keys, self.pretence, people)
        return await taken(self.helper, entry) and await pulled(self.actor, card.id)

    async def manage_own_sessions(self) -> bool:
        """They see their sessions, add one and remove it."""
        before = await self._sessions()
        chain, new = self.actor.ledger.user(self.actor.user), DeviceKeys(new_seed())
        assert chain is not None
        added = await taken(self.actor, authoring.add_device(self.actor.device, chain, self.actor.keys, new.public))
        chain = self.actor.ledger.user(self.actor.user)
        assert chain is not None
        entry, keys = authoring.revoke_device(self.actor.device, chain, self.actor.keys, new.id)
        removed = added and await taken(self.actor, entry)
        self.actor.keys = keys if removed else self.actor.keys
        return removed and {self.actor.device.id} <= before < await self._sessions()

    async def _sessions(self, query: str = "") -> set[bytes]:
        found = await self.api.ask("GET", DEVICES + query, None, DeviceList)
        return {one.id for one in found.devices}

    async def approve_own_session(self) -> bool:
        """A device that names their address is theirs to answer."""
        return await self._take(self.actor)

    async def approve_other_session(self) -> bool:
        """A device that names the address of somebody else."""
        return await self._take(self.troupe.person("guest"))

    async def _take(self, person: Member) -> bool:
        new, random = DeviceKeys(new_seed()), os.urandom(16)
        chain = self.actor.ledger.user(self.actor.user)
        assert chain is not None
        async with self._stranger(new) as api:
            asked = AskApproval(person.email, new.public, commitment(new.public, random))
            request = await api.ask("POST", APPROVALS, asked, ApprovalAsked)
        answer = Taken(self.actor.user, self.author.chain, self.actor.device.public, os.urandom(16))
        return await let(self.api.ask("POST", f"{APPROVALS}/{request.id.hex()}/take", answer, ApprovalView))

    @asynccontextmanager
    async def _stranger(self, device: DeviceKeys) -> AsyncIterator[Api]:
        """A connection of a device that nobody knows."""
        api = Api(self.troupe.rig.origin, device, ServiceTime(self.troupe.parts.clock))
        try:
            yield api
        finally:
            await api.close()

    async def see_other_sessions(self) -> bool:
        """The sessions of somebody else."""
        return await let(self._sessions(f"?user={self.helper.user.hex()}"))

    async def suspend_other_session(self) -> bool:
        """An order against a session of a User."""
        victim = self.troupe.person("user")
        return await taken(self.actor, authoring.suspend(self.author, victim.user, victim.device.id))

    async def use_own_recovery_kit(self) -> bool:
        """A new device that holds their kit is shown what it needs."""
        new, kit = DeviceKeys(new_seed()), self.actor.recovery
        async with self._stranger(new) as api:
            proof = prove(kit.sign, kit.id, new.id, self.troupe.parts.clock())
            return await let(api.ask("POST", RECOVERY, AskRecovery(new.public, proof), RecoveryAnswer))

    async def see_own_activity(self) -> bool:
        """What they did themselves."""
        return "Secure Device Created" in await self.events(f"?user={self.actor.user.hex()}")

    async def see_workspace_activity(self) -> bool:
        """What others did, on no account of theirs."""
        return "Secure Device Created" in await self.events(f"?user={self.helper.user.hex()}")

    async def see_members(self) -> bool:
        """Somebody with whom they share no account."""
        lone = self.troupe.person("guest")
        found = await self.api.ask("GET", PROFILES, None, Profiles)
        return lone.user in {decode(one.raw, Profile).user for one in found.profiles}

    async def invite_guest(self) -> bool:
        """An invite to the role of a Guest."""
        return await self._invite("guest")

    async def invite_member(self) -> bool:
        """An invite to the role of a User."""
        return await self._invite("user")

    async def _invite(self, role: WorkspaceRole) -> bool:
        email, salt = f"{os.urandom(4).hex()}@example.com", os.urandom(16)
        key = authoring.invite_key(os.urandom(16))
        entry = authoring.invite(self.author, key, role, profile_hash(email, "", salt))
        done = await let(self.api.ask("POST", INVITES, WriteInvite(entry, email, salt), InviteWritten))
        if done:
            self.actor.ledger.add(entry)
        return done

    async def see_invites(self) -> bool:
        """An invite that somebody else wrote."""
        other = Attempt(self.troupe, self.helper, None)
        assert await other.invite_guest()
        found = await self.api.ask("GET", INVITES, None, InviteList)
        return any(one.inviter == self.helper.user for one in found.invites)

    async def change_roles(self) -> bool:
        """A User becomes a Guest."""
        victim = self.troupe.person("user")
        return await taken(self.actor, authoring.role(self.author, victim.user, "guest"))

    async def remove_member(self) -> bool:
        """A User leaves."""
        victim = self.troupe.person("user")
        return await taken(self.actor, authoring.remove(self.author, victim.user))

    async def configure_workspace(self) -> bool:
        """Another policy."""
        policy = Policy(idle_lock=int.from_bytes(os.urandom(2), "big") + 1, inviters="user")
        return await taken(self.actor, authoring.policy(self.author, policy))

    async def hand_over_accounts(self) -> bool:
        """What somebody alone owns."""
        path = f"{SOLE_OWNED}/{self.helper.user.hex()}"
        return await let(self.api.ask("GET", path, None, SoleOwnedList))

    async def transfer_ownership(self) -> bool:
        """The Owner's seat goes to an Admin, and comes back."""
        heir = self.troupe.actors["admin"]
        done = await taken(self.actor, authoring.transfer(self.author, heir.user))
        if done:
            self.troupe.put(authoring.transfer(heir.author(), self.actor.user))
            self.troupe.put(authoring.role(self.author, heir.user, "admin"))
        return done

    async def see_all_accounts(self) -> bool:
        """An account that was never shared with them."""
        return await pulled(self.actor, self.troupe.card(self.actor, None).id)

    # --- an account

    async def log_in(self) -> bool:
        """What a login takes: the sealed card, and the wrapped key."""
        return await pulled(self.actor, self.card().id)

    async def view_details(self) -> bool:
        """The same: which fields are shown is the client's to keep."""
        return await pulled(self.actor, self.card().id)

    async def edit_account(self) -> bool:
        """A version of the card."""
        card = self.card()
        return await taken(self.actor, authoring.item(self.author, card.state, card.keys, {"label": "Mine"}))

    async def manage_mfa(self) -> bool:
        """A version with another authenticator secret."""
        card = self.card()
        return await taken(self.actor, authoring.item(self.author, card.state, card.keys, {"totp": "JBSWY3DP"}))

    async def share_account(self) -> bool:
        """A list with somebody else on it."""
        card, friend = self.card(), self.troupe.person("user")
        people = {user: one.role for user, one in card.state.members.items()}
        people |= {friend.user: "collaborator", self.actor.user: "owner"}
        return await taken(self.actor, authoring.members(self.author, card.state, card.keys, self.pretence, people)[0])

    async def create_number(self) -> bool:
        """An offer."""
        return await let(self.api.ask("POST", NUMBER_OFFERS, AskOffer(self.card().id), OfferAnswer))

    async def release_number(self) -> bool:
        """The number of an account is given back."""
        card = self.card()
        offer = await self.helper.offer(card.id)
        bought = await self.helper.api.commit(offer.id, os.urandom(8).hex())
        return await let(self.api.ask("DELETE", f"{NUMBERS}/{bought.number.id.hex()}", None, NumberView))

    async def forward_sms(self) -> bool:
        """There is no such call."""
        account = self.card().id.hex()
        return await self._absent(("POST", "/v1/messages/forward"), ("POST", f"/v1/accounts/{account}/forward"))

    async def delete_message(self) -> bool:
        """There is no such call."""
        account = self.card().id.hex()
        return await self._absent(("DELETE", "/v1/messages/1"), ("DELETE", f"/v1/accounts/{account}/messages/1"))

    async def _absent(self, *calls: tuple[str, str]) -> bool:
        done: Sequence[bool] = [await let(self.api.request(method, path, b"")) for method, path in calls]
        return any(done)

    async def see_account_activity(self) -> bool:
        """What the helper did to the account."""
        return "Account Updated" in await self.events(f"?account={self.card().id.hex()}")

    async def delete_account(self) -> bool:
        """The card is deleted."""
        card = self.card()
        return await taken(self.actor, authoring.delete(self.author, card.state, card.keys, self.pretence)[0])

    async def restore_account(self) -> bool:
        """A deleted card comes back."""
        card = self.card(deleted=True)
        return await taken(self.actor, authoring.restore(self.author, card.state, card.keys, self.pretence)[0])
