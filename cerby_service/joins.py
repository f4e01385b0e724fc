"""Joining by an invite, with no administrator online: the person begins and joins in one transaction.

The invited person's own device writes the entry that makes them a member; the invite's key has signed for it. What the
service checks beside the shared rules is the address: the e-mailed code went to the one that was invited.
"""

from __future__ import annotations

from msgspec import Struct
from starlette.routing import Route

from cerby_service.database import Database, Writing, invites, people, streams
from cerby_service.database.invites import InviteRow
from cerby_service.errors import Refusal
from cerby_service.http import Http
from cerby_service.invites import MAY_NO_LONGER, SENTENCES, Invites
from cerby_service.keeping import Keeper
from cerby_service.verifications import ANOTHER_ADDRESS, WRONG, Verifications, normal_address
from cerby_wire.entries import device_id, read_header, stream_id
from cerby_wire.errors import Behind, NewerVersion, Refused, Stale
from cerby_wire.headers import DevicePublic, Entry, Header, UserGenesis, WorkspaceJoin
from cerby_wire.inviting import JOINS, Join, Joined
from cerby_wire.ledger import Ledger
from cerby_wire.records import Profile, open_record, profile_hash
from cerby_wire.shapes import Pushed, PushEntry
from cerby_wire.state import UserState

NAME_LIMIT = 4_096
PROFILE_LIMIT = 4_096
UNFIT = "The person cannot join with these entries."


class Joins:
    """Takes people in."""

    def __init__(
        self, database: Database, invites: Invites, verifications: Verifications, keeper: Keeper, service_key: bytes
    ) -> None:
        self._database = database
        self._invites = invites
        self._verifications = verifications
        self._keeper = keeper
        self._service_key = service_key

    def routes(self, http: Http) -> list[Route]:
        """Our part of the route table."""
        return [Route(JOINS, http.first_contact(Join, joining_device, self.join), methods=["POST"])]

    async def join(self, asked: Join) -> Joined:
        """Take a person in, or answer again that they are in. Raises Refusal."""
        joining = self._judge(asked)
        wrong = await self._database.write(lambda writing: self._join(writing, asked, joining))
        if wrong:
            # The try was counted and committed; only now is it refused.
            raise Refusal(wrong, WRONG[wrong])
        return Joined(asked.proof.workspace, joining.user.stream, joining.device)

    def _judge(self, asked: Join) -> _Joining:
        """Judge what needs no database. Raises Refusal `bad_request` with the rule."""
        public = joining_device(asked)
        device, workspace = device_id(public), asked.proof.workspace
        try:
            user = Ledger(self._service_key).add(asked.user)
            act = _join_act(read_header(asked.join), user.stream, device, workspace)
            profile = open_record(asked.profile, Profile, public.sign)
            fits = isinstance(user, UserState) and (profile.user, profile.device) == (user.stream, device)
            cited = act.profile == profile_hash(profile.email, profile.name, profile.salt)
            short = len(asked.device_name) <= NAME_LIMIT and len(asked.profile.raw) <= PROFILE_LIMIT
        except (Refused, Behind, Stale, NewerVersion) as error:
            rule = error.rule if isinstance(error, Refused) else "newer_version"
            raise Refusal("bad_request", UNFIT, rule=rule) from None
        if not (isinstance(user, UserState) and fits and cited and short):
            raise Refusal("bad_request", UNFIT, rule="another_profile")
        return _Joining(user, device, act, normal_address(profile.email))

    def _join(self, writing: Writing, asked: Join, joining: _Joining) -> str:
        """An error code if the e-mailed code is wrong; everything else that is wrong undoes the whole. Refusal."""
        workspace, person = asked.proof.workspace, joining.user.stream
        known = people.find_device(writing, joining.device)
        if known is not None:
            if (known.workspace, known.user) == (workspace, person):
                return ""
            raise Refusal("forbidden", "That session belongs to a workspace already.")
        row = self._invites.proved(writing, asked.proof, joining.device)
        if row.invite != joining.act.invite:
            raise Refusal("bad_request", UNFIT, rule="another_invite")
        if row.email != joining.email:
            raise Refusal("another_address", ANOTHER_ADDRESS)
        self._check_fresh(writing, asked)
        wrong = self._verifications.check(writing, asked.verification, asked.code, row.key, row.email, joining.device)
        if not wrong:
            self._store(writing, asked, joining, row)
        return wrong

    def _check_fresh(self, writing: Writing, asked: Join) -> None:
        """A code is spent only for a join that follows the workspace as it stands. Raises Refusal `stale`."""
        row = streams.lock(writing, asked.proof.workspace, asked.proof.workspace)
        if row is None or read_header(asked.join).seen.n != row.n:
            raise Refusal("stale", STALE)

    def _store(self, writing: Writing, asked: Join, joining: _Joining, row: InviteRow) -> None:
        workspace, person = row.workspace, joining.user.stream
        self._keeper.store(writing, workspace, joining.user, None, asked.user)
        self._take(writing, workspace, person, asked.join)
        self._take(writing, workspace, person, asked.personal)
        invites.close(writing, workspace, [row.invite], "used")
        people.save_profile(writing, workspace, person, asked.profile, joining.email)
        people.name_device(writing, joining.device, asked.device_name)

    def _take(self, writing: Writing, workspace: bytes, person: bytes, entry: Entry) -> None:
        """Take an entry of the new person. Raises Refusal."""
        try:
            pushed = self._keeper.push(writing, workspace, person, PushEntry(stream_id(entry), entry))
        except (Refused, NewerVersion):
            raise Refusal("bad_request", UNFIT) from None
        if pushed.status not in ("accepted", "already"):
            raise _refusal(pushed)


STALE = "Somebody changed the workspace meanwhile. Look again."


class _Joining(Struct, frozen=True):
    """Who joins, once what they sent was judged."""

    user: UserState
    device: bytes
    act: WorkspaceJoin
    email: str


def joining_device(asked: Join) -> DevicePublic:
    """The device that begins the person's chain, and so has to have signed the request. Raises Refusal."""
    try:
        act = read_header(asked.user).act
    except (Refused, NewerVersion):
        act = None
    if not isinstance(act, UserGenesis):
        raise Refusal("bad_request", "The person's chain does not begin here.")
    return act.device


def _join_act(header: Header, person: bytes, device: bytes, workspace: bytes) -> WorkspaceJoin:
    """The act of an entry by which this person joins this workspace. Raises Refused."""
    act = header.act
    if not isinstance(act, WorkspaceJoin) or (header.author, header.device, header.stream) != (
        person,
        device,
        workspace,
    ):
        raise Refused("another_author", "The entry does not make this person a member.")
    return act


def _refusal(pushed: Pushed) -> Refusal:
    """Why an entry was not taken; that it is late was ruled out before."""
    if pushed.rule == "inviter_may_no_longer":
        return Refusal("inviter_may_no_longer", MAY_NO_LONGER)
    if pushed.rule == "invite_not_open":
        return Refusal(*SENTENCES["used"])
    return Refusal("bad_request", UNFIT, rule=pushed.rule)
