"""What a card says of people beside their list: who asked to be taken off, who is not to come back by themselves.

Nobody makes the key that shuts them out, so an Owner who leaves asks another Owner's client. And somebody who is off
only for a suspended session would come back; a person who takes them off on purpose says so here.
"""

from __future__ import annotations

from collections.abc import Mapping

from cerby_tui.vault.content import LEAVING, STAY_OFF, Content
from cerby_tui.vault.resting import resting, wants_to_leave
from cerby_tui.vault.shares import Roles, Wanted
from cerby_tui.vault.streams import Streams
from cerby_wire.epochs import listing
from cerby_wire.state import AccountState
from cerby_wire.trial import Surroundings

Sets = dict[str, list[list[str]]]
"""A change of a card: by field what was there, and what is to be there."""


def leaving(state: AccountState, streams: Streams, content: Content) -> set[bytes]:
    """The Owners who asked to be taken off."""
    asked = _said(content, LEAVING)
    return wants_to_leave(streams.headers(state.stream), asked) if asked else set()


def off_for_now(state: AccountState, streams: Streams, content: Content, around: Surroundings) -> Roles:
    """The people who come back, with that role, as soon as their suspended session is gone."""
    off = set(_said(content, STAY_OFF))
    rested = resting(streams.headers(state.stream), around)
    return {user: role for user, role in rested.items() if user.hex() not in off}


def asks_to_leave(state: AccountState, me: bytes, content: Content) -> Sets:
    """The change by which an Owner asks to be taken off."""
    before = _said(content, LEAVING)
    return {LEAVING: [before, [*before, f"{me.hex()}:{state.epoch}"]]}


def notes_for(
    wanted: Wanted, state: AccountState, streams: Streams, content: Content, around: Surroundings
) -> Mapping[str, list[list[str]]]:
    """What a change of people needs on the card so that nobody comes back whom it takes off; empty for nothing."""
    before = _said(content, STAY_OFF)
    rested = off_for_now(state, streams, content, around)
    gone = {user for user, role in wanted.items() if role is None}
    gone = {user for user in gone if user in rested or (user in state.members and not listing(user, "owner", around))}
    back = {user.hex() for user, role in wanted.items() if role is not None}
    after = [one for one in before if one not in back] + sorted(user.hex() for user in gone if user.hex() not in before)
    return {STAY_OFF: [before, after]} if after != before else {}


def _said(content: Content, name: str) -> list[str]:
    """What stands in one of the two fields, as far as it is what this program would write there."""
    found = content.get(name)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
