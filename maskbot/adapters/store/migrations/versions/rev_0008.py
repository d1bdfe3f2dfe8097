"""The tables of the red packets that we create: packets, the shares taken, how the contracts looked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "red_packet",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("order_key", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("packet_address", sa.LargeBinary(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.Column("contract", sa.LargeBinary(), nullable=False),
        sa.Column("packet_id", sa.LargeBinary(), nullable=True),
        sa.Column("total", sa.Text(), nullable=True),
        sa.Column("created_at_s", sa.BigInteger(), nullable=True),
        sa.Column("expires_at_s", sa.BigInteger(), nullable=True),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=True),
        sa.Column("block", sa.BigInteger(), nullable=True),
        sa.Column("rest", sa.Text(), nullable=True),
        sa.Column("refunded", sa.Text(), nullable=False),
        sa.Column("read_to", sa.BigInteger(), nullable=True),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("broadcast_id", sa.Text(), nullable=True),
        sa.Column("error_kind", sa.Text(), nullable=True),
        sa.Column("ordered_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_red_packet_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_red_packet")),
        sa.UniqueConstraint("tenant_id", "order_key", name=op.f("uq_red_packet_tenant_id_order_key")),
    )
    op.create_index("ix_red_packet_tenant_id_state", "red_packet", ["tenant_id", "state"])
    op.create_table(
        "red_packet_share",
        sa.Column("packet", sa.Text(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["packet"], ["red_packet.id"], name=op.f("fk_red_packet_share_packet")),
        sa.PrimaryKeyConstraint("packet", "tx_hash", "log_index", name=op.f("pk_red_packet_share")),
    )
    op.create_table(
        "packet_contract",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("gas_payer", sa.LargeBinary(), nullable=True),
        sa.Column("logic", sa.LargeBinary(), nullable=True),
        sa.Column("seen_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "address", name=op.f("pk_packet_contract")),
    )
