"""Founding a workspace: the person, the workspace and their private settings begin in one transaction.

The provisioning token is bound to the first request that uses it, so that after a lost answer the same request gets
the same answer, while any other finds the token used.
"""

from __future__ import annotations

import msgspec

from cerby_service.clock import Clock
from cerby_service.database import Database, Writing, enrolment, people
from cerby_service.database.counters import add_counter
from cerby_service.errors import Refusal
from cerby_service.keeping import Keeper
from cerby_service.keys import token_hash
from cerby_service.verifications import WRONG, Verifications, normal_address
from cerby_wire.entries import device_id, entry_hash, read_header
from cerby_wire.errors import Behind, NewerVersion, Refused
from cerby_wire.headers import DevicePublic, UserGenesis, WorkspaceGenesis
from cerby_wire.ledger import Ledger
from cerby_wire.primitives import digest
from cerby_wire.records import Profile, open_record, profile_hash
from cerby_wire.shapes import Found, Founded
from cerby_wire.state import PersonalState, State, UserState, WorkspaceState

NAME_LIMIT = 4_096


class Workspaces:
    """Founds workspaces."""

    def __init__(
        self, database: Database, verifications: Verifications, keeper: Keeper, service_key: bytes, clock: Clock
    ) -> None:
        self._database = database
        self._verifications = verifications
        self._keeper = keeper
        self._service_key = service_key
        self._clock = clock

    async def found(self, asked: Found) -> Founded:
        """Found a workspace, or answer again that it was founded. Raises Refusal."""
        founding = self._judge(asked)
        wrong = await self._database.write(lambda writing: self._found(writing, asked, founding))
        if wrong:
            # The try was counted and committed; only now is it refused.
            raise Refusal(wrong, WRONG[wrong])
        return Founded(founding.workspace.stream, founding.user.stream, founding.device)

    def _judge(self, asked: Found) -> _Founding:
        """Judge the three beginnings and what belongs to them. Raises Refusal `bad_request` with the rule."""
        ledger = Ledger(self._service_key)
        try:
            user, workspace, personal = (ledger.add(one) for one in (asked.user, asked.workspace, asked.personal))
            founding = _founding(asked, user, workspace, personal)
            self._check_profile(asked, founding)
        except (Refused, Behind, NewerVersion) as error:
            rule = error.rule if isinstance(error, Refused) else "newer_version"
            raise Refusal("bad_request", "The workspace cannot begin with these entries.", rule=rule) from None
        return founding

    def _check_profile(self, asked: Found, founding: _Founding) -> None:
        """The profile is the founder's own and the one that the workspace's beginning cites. Raises Refused."""
        profile = open_record(asked.profile, Profile, founding.public.sign)
        same_person = (profile.user, profile.device) == (founding.user.stream, founding.device)
        act = read_header(asked.workspace).act
        cited = isinstance(act, WorkspaceGenesis) and act.profile == profile_hash(
            profile.email, profile.name, profile.salt
        )
        if not (same_person and cited):
            raise Refused("another_profile", "The profile is not the one that the workspace cites.")
        founding.email = profile.email

    def _found(self, writing: Writing, asked: Found, founding: _Founding) -> str:
        hashed, request = token_hash(asked.token), _request_hash(asked)
        token = enrolment.find_token(writing, hashed)
        if token is None:
            raise Refusal("bad_token", "This service did not issue that provisioning token.")
        if token.workspace:
            if token.request == request:
                return ""
            raise Refusal("token_used", "A workspace was founded with that token already.")
        if people.find_device(writing, founding.device) is not None:
            raise Refusal("forbidden", "That session belongs to a workspace already.")
        wrong = self._verifications.check(
            writing, asked.verification, asked.code, asked.token, founding.email, founding.device
        )
        if not wrong:
            self._store(writing, asked, founding)
            enrolment.bind_token(writing, hashed, founding.workspace.stream, request)
        return wrong

    def _store(self, writing: Writing, asked: Found, founding: _Founding) -> None:
        workspace = founding.workspace.stream
        add_counter(writing.connection, workspace)
        self._keeper.store(writing, workspace, founding.user, None, asked.user)
        self._keeper.store(writing, workspace, founding.workspace, None, asked.workspace)
        self._keeper.store(writing, workspace, founding.personal, None, asked.personal)
        people.save_profile(writing, workspace, founding.user.stream, asked.profile, normal_address(founding.email))
        people.name_device(writing, founding.device, asked.device_name)


class _Founding(msgspec.Struct):
    """What a request founds, once its entries were judged."""

    user: UserState
    workspace: WorkspaceState
    personal: PersonalState
    public: DevicePublic
    device: bytes
    email: str = ""


def founding_device(asked: Found) -> DevicePublic:
    """The device that begins the founder's chain, and so has to have signed the request. Raises Refusal."""
    try:
        act = read_header(asked.user).act
    except (Refused, NewerVersion):
        act = None
    if not isinstance(act, UserGenesis):
        raise Refusal("bad_request", "The founder's chain does not begin here.")
    return act.device


def _founding(asked: Found, user: State, workspace: State, personal: State) -> _Founding:
    """The three states, if they are of the right kinds and of the same person. Raises Refused."""
    match user, workspace, personal:
        case UserState(), WorkspaceState(), PersonalState() if len(asked.device_name) <= NAME_LIMIT:
            founding = _Founding(user, workspace, personal, founding_device(asked), b"")
        case _:
            raise Refused("act_of_another_kind", "A person, a workspace and private settings have to begin.")
    if personal.user != user.stream or workspace.role_at(user.stream, workspace.n) != "owner":
        raise Refused("another_author", "The beginnings are not all written by the founder.")
    founding.device = device_id(founding.public)
    return founding


def _request_hash(asked: Found) -> bytes:
    """What makes two requests the same: the three beginnings. Code and verification may differ in a retry."""
    return digest("founding", *(entry_hash(one) for one in (asked.user, asked.workspace, asked.personal)))
