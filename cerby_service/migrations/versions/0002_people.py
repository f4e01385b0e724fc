"""Invites, approvals, activity; when a device was last heard of, and the address of a profile."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what teams need."""
    op.add_column(
        "devices", sa.Column("last_contact", sa.BigInteger(), autoincrement=False, nullable=False, server_default="0")
    )
    op.add_column("profiles", sa.Column("email", sa.Text(), nullable=False, server_default=""))
    op.create_index("profiles_by_email", "profiles", ["email"], unique=False)
    _invites()
    _approvals()
    _activity()


def _invites() -> None:
    op.create_table(
        "invites",
        _bytes("workspace"),
        _bytes("invite"),
        _bytes("key"),
        _text("email"),
        _bytes("salt"),
        _text("role"),
        _bytes("inviter"),
        _number("at"),
        _number("expires"),
        _text("state"),
        sa.PrimaryKeyConstraint("workspace", "invite"),
    )
    op.create_index("invites_by_key", "invites", ["key"], unique=False)


def _approvals() -> None:
    op.create_table(
        "approvals",
        _bytes("id"),
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
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("approvals_by_user", "approvals", ["workspace", "user", "at"], unique=False)


def _activity() -> None:
    op.create_table(
        "activity",
        _bytes("workspace"),
        _number("n"),
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
        sa.PrimaryKeyConstraint("workspace", "n"),
    )
    op.create_index("activity_by_account", "activity", ["workspace", "account", "user", "at"], unique=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def downgrade() -> None:
    """Take it away again."""
    for table in ("activity", "approvals", "invites"):
        op.drop_table(table)
    op.drop_index("profiles_by_email", "profiles")
    op.drop_column("profiles", "email")
    op.drop_column("devices", "last_contact")
