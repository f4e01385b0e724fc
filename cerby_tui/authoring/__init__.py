"""Writing entries: what goes into them, sealed and signed. Nothing here is stored or sent, and nothing is judged.

Every function returns the entry, and the fresh keys where there are any. Random values are drawn here; the rules that
an entry has to meet are those of cerby_wire.stream, at the service and at every reader.
"""

from cerby_tui.authoring.account import (
    account_genesis,
    adopt,
    bind_number,
    delete,
    item,
    members,
    restore,
    unbind_number,
)
from cerby_tui.authoring.author import Author, profile, write
from cerby_tui.authoring.person import add_device, recover, replace_recovery, revoke_device, user_genesis
from cerby_tui.authoring.personal import device_name, personal_genesis, personal_item
from cerby_tui.authoring.workspace import (
    chain,
    invite,
    invite_key,
    join,
    policy,
    remove,
    role,
    suspend,
    transfer,
    uninvite,
    workspace_genesis,
)

__all__ = [
    "Author",
    "account_genesis",
    "add_device",
    "adopt",
    "bind_number",
    "chain",
    "delete",
    "device_name",
    "invite",
    "invite_key",
    "item",
    "join",
    "members",
    "personal_genesis",
    "personal_item",
    "policy",
    "profile",
    "recover",
    "remove",
    "replace_recovery",
    "restore",
    "revoke_device",
    "role",
    "suspend",
    "transfer",
    "unbind_number",
    "uninvite",
    "user_genesis",
    "workspace_genesis",
    "write",
]
