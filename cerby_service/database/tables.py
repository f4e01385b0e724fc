"""The tables of the service, in SQL that SQLite and PostgreSQL both speak. Times are UTC milliseconds.

`workspace` is the first part of every key that belongs to one: no statement can wander into another workspace.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()


def _bytes(name: str, *, key: bool = False, nullable: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, primary_key=key, nullable=nullable)


def _text(name: str, *, key: bool = False, default: str | None = None) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False, default=default)


def _number(name: str, *, key: bool = False, default: int | None = None) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=False, default=default, autoincrement=False)


# The database itself: its generation, the heartbeat of readiness.
meta = Table("meta", metadata, _text("key", key=True), _bytes("value"))

# One counter row per workspace, raised as the last statement of each grouped transaction: counter order is commit
# order. `floor` is the newest cursor whose changes were swept away.
counters = Table("counters", metadata, _bytes("workspace", key=True), _number("value"), _number("floor", default=0))

# What happened at each cursor: an entry, a message, an access gained or lost, a number.
changes = Table(
    "changes",
    metadata,
    _bytes("workspace", key=True),
    _number("cursor", key=True),
    _text("what"),
    _bytes("stream"),
    _number("n"),
    _bytes("generation"),
    _bytes("user"),
    _number("at"),
)
Index("changes_by_age", changes.c.at)

workspaces = Table("workspaces", metadata, _bytes("id", key=True), _number("offline_allowance"), _number("at"))

# `state` is the state of the acceptance rules after entry `n`; the columns after it repeat what is asked for often.
streams = Table(
    "streams",
    metadata,
    _bytes("workspace", key=True),
    _bytes("id", key=True),
    _text("kind"),
    _bytes("owner"),
    _number("n"),
    _bytes("head"),
    _bytes("state"),
    _number("epoch", default=0),
    _bytes("inbox"),
    Column("deleted", Boolean, nullable=False, default=False),
    _bytes("message_generation"),
    _number("message_index", default=0),
    _bytes("message_head"),
)
Index("streams_by_kind", streams.c.workspace, streams.c.kind)

entries = Table(
    "entries",
    metadata,
    _bytes("workspace", key=True),
    _bytes("stream", key=True),
    _number("n", key=True),
    _bytes("hash"),
    _bytes("head"),
    _bytes("header"),
    _bytes("body"),
    _bytes("signature"),
    _number("at"),
    UniqueConstraint("workspace", "hash", name="entries_by_hash"),
)

# Who may see an account or a personal stream. Workspace and user streams are for every member.
access = Table(
    "access",
    metadata,
    _bytes("workspace", key=True),
    _bytes("user", key=True),
    _bytes("stream", key=True),
    _text("role"),
)
Index("access_by_stream", access.c.workspace, access.c.stream)

members = Table("members", metadata, _bytes("workspace", key=True), _bytes("user", key=True), _text("role"))

devices = Table(
    "devices",
    metadata,
    _bytes("id", key=True),
    _bytes("workspace"),
    _bytes("user"),
    _bytes("sign"),
    _text("state"),
    _bytes("name"),
    _number("at"),
    _number("last_contact", default=0),
)
Index("devices_by_user", devices.c.workspace, devices.c.user)

profiles = Table(
    "profiles",
    metadata,
    _bytes("workspace", key=True),
    _bytes("user", key=True),
    _bytes("raw"),
    _bytes("signature"),
    _text("email", default=""),
)
Index("profiles_by_email", profiles.c.email)

# Open, used and withdrawn invites by the hash of their entry; `key` is the public half of the invite key.
invites = Table(
    "invites",
    metadata,
    _bytes("workspace", key=True),
    _bytes("invite", key=True),
    _bytes("key"),
    _text("email"),
    _bytes("salt"),
    _text("role"),
    _bytes("inviter"),
    _number("at"),
    _number("expires"),
    _text("state"),
)
Index("invites_by_key", invites.c.key)

# The mailbox of approvals. Workspace and user are empty for an address that nobody here has: nobody is told so.
approvals = Table(
    "approvals",
    metadata,
    _bytes("id", key=True),
    _bytes("workspace"),
    _bytes("user"),
    _bytes("device"),
    _bytes("commitment"),
    _text("address"),
    _text("state"),
    _bytes("taken_by"),
    _bytes("answer"),
    _bytes("reveal"),
    _bytes("welcome"),
    _number("at"),
    _number("expires"),
)
Index("approvals_by_user", approvals.c.workspace, approvals.c.user, approvals.c.at)

# What happened, each line with the hash of the one before; `raw` and `signature` are what a device signed, if one did.
activity = Table(
    "activity",
    metadata,
    _bytes("workspace", key=True),
    _number("n", key=True),
    _number("at"),
    _text("event"),
    _bytes("user"),
    _bytes("device"),
    _bytes("account"),
    _bytes("subject"),
    _text("detail"),
    _bytes("id"),
    _bytes("raw"),
    _bytes("signature"),
    _bytes("hash"),
)
Index("activity_by_account", activity.c.workspace, activity.c.account, activity.c.user, activity.c.at)

# Recovery devices of people, present and past: how a kit finds its person.
kits = Table("kits", metadata, _bytes("device", key=True), _bytes("workspace"), _bytes("user"))

messages = Table(
    "messages",
    metadata,
    _bytes("workspace", key=True),
    _bytes("account", key=True),
    _bytes("generation", key=True),
    _number("idx", key=True),
    _bytes("raw"),
    _bytes("signature"),
    _bytes("sealed"),
    _bytes("head"),
    _number("at"),
)

# Which messages of a carrier were taken already, so that its retries fold into one.
inbound_seen = Table(
    "inbound_seen", metadata, _text("carrier", key=True), _text("provider_id", key=True), _number("at")
)
Index("inbound_seen_by_age", inbound_seen.c.at)

# Provisioning tokens, by the hash of their secret; `request` is what first used it, so that it can be asked again.
tokens = Table(
    "tokens",
    metadata,
    _bytes("hash", key=True),
    _number("at"),
    _bytes("workspace"),
    _bytes("request"),
)

verifications = Table(
    "verifications",
    metadata,
    _bytes("id", key=True),
    _bytes("token"),
    _bytes("email_hash"),
    _bytes("device"),
    _bytes("code_hash"),
    _number("tries", default=0),
    _text("state"),
    _number("at"),
    _number("expires"),
)
Index("verifications_by_email", verifications.c.email_hash, verifications.c.at)
Index("verifications_by_token", verifications.c.token, verifications.c.at)

# `held` repeats the number while the offer is open: nobody else is offered it.
offers = Table(
    "offers",
    metadata,
    _bytes("workspace", key=True),
    _bytes("id", key=True),
    _bytes("account"),
    _bytes("user"),
    _text("app"),
    _text("carrier"),
    _text("e164"),
    _text("kind"),
    _text("region"),
    _number("expires"),
    _text("state"),
    Column("held", Text, unique=True),
    _bytes("raw"),
    _bytes("signature"),
    _number("at"),
)
Index("offers_by_account", offers.c.workspace, offers.c.account, offers.c.user)
Index("offers_by_age", offers.c.expires)

# `live` repeats the number while it is ours in any state, `holder` the account while it has it: one each.
numbers = Table(
    "numbers",
    metadata,
    _bytes("workspace", key=True),
    _bytes("id", key=True),
    _bytes("account"),
    _bytes("user"),
    _bytes("offer"),
    _text("app"),
    _text("carrier"),
    _text("e164"),
    _text("kind"),
    _text("state"),
    _text("reason", default=""),
    Column("live", Text, unique=True),
    Column("holder", LargeBinary, unique=True),
    _text("provider_id", default=""),
    _text("line_type", default=""),
    _number("line_type_at", default=0),
    _bytes("next_offer"),
    _bytes("raw"),
    _bytes("signature"),
    _number("attempted"),
    _number("since"),
    _number("due"),
)
Index("numbers_by_account", numbers.c.workspace, numbers.c.account)
Index("numbers_by_state", numbers.c.state, numbers.c.due)

idempotency = Table(
    "idempotency",
    metadata,
    _bytes("workspace", key=True),
    _text("key", key=True),
    _bytes("user"),
    _bytes("body_hash"),
    _bytes("number"),
    _number("at"),
)
Index("idempotency_by_age", idempotency.c.at)
