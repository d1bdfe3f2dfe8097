"""The tables of shares that we take: claims, the wallets of personas, what shares are worth (red-packets.md 3.2).

Amounts of up to 256 bits are decimal texts. A packet is claimed once with a wallet. Rows of claims are never deleted.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from maskbot.adapters.store.columns import key, moment, row_id, text
from maskbot.adapters.store.tables import metadata

packet_claim = Table(
    "packet_claim",
    metadata,
    row_id(),
    Column("tenant_id", ForeignKey("tenant.id"), nullable=False),
    text("wallet_id"),
    moment("chain_id"),
    text("version"),
    Column("packet_id", LargeBinary, nullable=False),
    key("requested_by"),
    text("persona_id", nullable=True),
    Column("recipient", LargeBinary, nullable=True),
    text("mention_id", nullable=True),
    text("state"),
    key("reason", nullable=True),
    Column("sealed_key", LargeBinary, nullable=True),
    Column("tx_hash", LargeBinary, nullable=True),
    moment("created_at_s", nullable=True),
    Column("tries", Integer, nullable=False),
    text("payment_id", nullable=True),
    Column("token", LargeBinary, nullable=True),
    Column("decimals", Integer, nullable=True),
    text("expected", nullable=True),
    text("value", nullable=True),
    text("received", nullable=True),
    text("cost"),
    Column("claim_tx", LargeBinary, nullable=True),
    text("coin_price", nullable=True),
    moment("priced_at_ms", nullable=True),
    moment("found_at_ms"),
    moment("updated_at_ms"),
    UniqueConstraint("chain_id", "version", "packet_id", "wallet_id"),
    Index("ix_packet_claim_tenant_id_found_at_ms", "tenant_id", "found_at_ms"),
)
"""`wallet_id` is empty for what no wallet could take."""

persona_wallet = Table(
    "persona_wallet",
    metadata,
    Column("persona_id", ForeignKey("persona.id", ondelete="CASCADE"), nullable=False),
    moment("chain_id"),
    Column("wallet_id", ForeignKey("wallet.id"), nullable=False),
    Column("is_claiming", Boolean, nullable=False),
    Column("recipient", LargeBinary, nullable=True),
    PrimaryKeyConstraint("persona_id", "chain_id"),
)

claim_floor = Table(
    "claim_floor",
    metadata,
    Column("wallet_id", ForeignKey("wallet.id"), nullable=False),
    Column("token", LargeBinary, nullable=False),
    text("least"),
    text("most_cost"),
    PrimaryKeyConstraint("wallet_id", "token"),
)
