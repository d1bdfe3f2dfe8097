"""The tables of shares that we take: claims, the wallets of personas, what shares are worth."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "packet_claim",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("wallet_id", sa.Text(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("packet_id", sa.LargeBinary(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("persona_id", sa.Text(), nullable=True),
        sa.Column("recipient", sa.LargeBinary(), nullable=True),
        sa.Column("mention_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=True),
        sa.Column("created_at_s", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("decimals", sa.Integer(), nullable=True),
        sa.Column("expected", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("received", sa.Text(), nullable=True),
        sa.Column("cost", sa.Text(), nullable=False),
        sa.Column("claim_tx", sa.LargeBinary(), nullable=True),
        sa.Column("coin_price", sa.Text(), nullable=True),
        sa.Column("priced_at_ms", sa.BigInteger(), nullable=True),
        sa.Column("found_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_packet_claim_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_packet_claim")),
        sa.UniqueConstraint(
            "chain_id",
            "version",
            "packet_id",
            "wallet_id",
            name=op.f("uq_packet_claim_chain_id_version_packet_id_wallet_id"),
        ),
    )
    op.create_index("ix_packet_claim_tenant_id_found_at_ms", "packet_claim", ["tenant_id", "found_at_ms"])
    op.create_table(
        "persona_wallet",
        sa.Column("persona_id", sa.Text(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("wallet_id", sa.Text(), nullable=False),
        sa.Column("is_claiming", sa.Boolean(), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["persona.id"], name=op.f("fk_persona_wallet_persona_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["wallet_id"], ["wallet.id"], name=op.f("fk_persona_wallet_wallet_id")),
        sa.PrimaryKeyConstraint("persona_id", "chain_id", name=op.f("pk_persona_wallet")),
    )
    op.create_table(
        "claim_floor",
        sa.Column("wallet_id", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("least", sa.Text(), nullable=False),
        sa.Column("most_cost", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["wallet_id"], ["wallet.id"], name=op.f("fk_claim_floor_wallet_id")),
        sa.PrimaryKeyConstraint("wallet_id", "token", name=op.f("pk_claim_floor")),
    )
