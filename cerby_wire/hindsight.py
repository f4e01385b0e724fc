"""Entries that were right where they were written, by somebody who is known today to have been shut out."""

from __future__ import annotations

from cerby_wire import roles
from cerby_wire.headers import Header
from cerby_wire.trial import Surroundings


def shut_out_since(header: Header, around: Surroundings, known: int | None = None) -> str:
    """Why the author of an accepted account entry could not write it today: a rule's name, or "".

    Nobody can tell an entry written before a removal from one held back and served after it. A client that knew of the
    removal before the entry came shows an alarm; one that takes in old history does not. `known` is the position of the
    workspace that the client knew by then; without it, the newest.
    """
    workspace, person = around.workspace(), around.user(header.author)
    if workspace is None or person is None:
        return ""
    n = workspace.n if known is None else known
    chain = person.n if known is None else workspace.chain_at(header.author, n).n
    if workspace.role_at(header.author, n) not in roles.ACCOUNT_OWNERS:
        return "not_allowed"
    if header.device in workspace.suspended(header.author, n):
        return "device_suspended"
    # A session that is newer than what the workspace knows of the chain was not removed: it is only not there yet.
    record = person.devices.get(header.device)
    return "device_not_active" if record is None or not record.live(max(chain, record.added)) else ""
