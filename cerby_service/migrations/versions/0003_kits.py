"""Whose recovery device is whose, taken from the chains that are there."""

import sqlalchemy as sa
from alembic import op

from cerby_wire.state import UserState, decode_state

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table and fill it."""
    kits = op.create_table(
        "kits",
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("workspace", sa.LargeBinary(), nullable=False),
        sa.Column("user", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device"),
    )
    streams = sa.table("streams", sa.column("workspace"), sa.column("kind"), sa.column("state"))
    chains = sa.select(streams.c.workspace, streams.c.state).where(streams.c.kind == "user")
    connection = op.get_bind()
    for workspace, raw in connection.execute(chains).all():
        state = decode_state(raw)
        if isinstance(state, UserState):
            found = [device for device, record in state.devices.items() if record.recovery]
            rows = [{"device": device, "workspace": workspace, "user": state.stream} for device in found]
            connection.execute(sa.insert(kits), rows)


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("kits")
