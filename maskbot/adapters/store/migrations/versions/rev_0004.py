"""The tables of giveaways: campaigns, entrants, refusals, prizes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "giveaway",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("rules_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_ids", sa.Text(), nullable=False),
        sa.Column("wallet_id", sa.Text(), nullable=False),
        sa.Column("refund_to", sa.LargeBinary(), nullable=True),
        sa.Column("funded", sa.Text(), nullable=False),
        sa.Column("refunded", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("root", sa.LargeBinary(), nullable=True),
        sa.Column("entrant_count", sa.Integer(), nullable=False),
        sa.Column("beacon_value", sa.LargeBinary(), nullable=True),
        sa.Column("server_seed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("updated_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_giveaway_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_giveaway")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_giveaway_tenant_id_code")),
    )
    op.create_table(
        "entrant",
        sa.Column("giveaway_id", sa.Text(), nullable=False),
        sa.Column("entrant_id", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("persona_id", sa.Text(), nullable=True),
        sa.Column("entered_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["giveaway_id"], ["giveaway.id"], name=op.f("fk_entrant_giveaway_id")),
        sa.PrimaryKeyConstraint("giveaway_id", "entrant_id", name=op.f("pk_entrant")),
        sa.UniqueConstraint("giveaway_id", "address", name=op.f("uq_entrant_giveaway_id_address")),
    )
    op.create_table(
        "entry_refusal",
        sa.Column("giveaway_id", sa.Text(), nullable=False),
        sa.Column("entrant_id", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("refused_at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["giveaway_id"], ["giveaway.id"], name=op.f("fk_entry_refusal_giveaway_id")),
        sa.PrimaryKeyConstraint("giveaway_id", "entrant_id", "reason", name=op.f("pk_entry_refusal")),
    )
    op.create_table(
        "prize",
        sa.Column("giveaway_id", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("entrant_id", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("base_units", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["giveaway_id"], ["giveaway.id"], name=op.f("fk_prize_giveaway_id")),
        sa.PrimaryKeyConstraint("giveaway_id", "rank", name=op.f("pk_prize")),
        sa.UniqueConstraint("giveaway_id", "entrant_id", name=op.f("uq_prize_giveaway_id_entrant_id")),
    )
