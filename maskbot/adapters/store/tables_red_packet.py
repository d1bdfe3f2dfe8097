"""The tables of the red packets that we create: packets, the shares taken, how the contracts looked (reliability.md C.2, C.3 8).

Amounts of up to 256 bits are decimal texts. `sealed_key` is the vault's ciphertext; its Place is ("red_packet", id, tenant id,
"packet_key"). Rows are never deleted: one order makes one packet for ever.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint

from maskbot.adapters.store.columns import key, moment, row_id, text
from maskbot.adapters.store.tables import metadata

red_packet = Table(
    "red_packet",
    metadata,
    row_id(),
    Column("tenant_id", ForeignKey("tenant.id"), nullable=False),
    key("order_key"),
    text("terms"),
    text("state"),
    Column("packet_address", LargeBinary, nullable=False),
    Column("seed", LargeBinary, nullable=False),
    Column("sealed_key", LargeBinary, nullable=False),
    Column("contract", LargeBinary, nullable=False),
    Column("packet_id", LargeBinary, nullable=True),
    text("total", nullable=True),
    moment("created_at_s", nullable=True),
    moment("expires_at_s", nullable=True),
    Column("tx_hash", LargeBinary, nullable=True),
    moment("block", nullable=True),
    text("rest", nullable=True),
    text("refunded"),
    moment("read_to", nullable=True),
    text("refund_id", nullable=True),
    text("broadcast_id", nullable=True),
    text("error_kind", nullable=True),
    moment("ordered_at_ms"),
    moment("updated_at_ms"),
    UniqueConstraint("tenant_id", "order_key"),
    Index("ix_red_packet_tenant_id_state", "tenant_id", "state"),
)

red_packet_share = Table(
    "red_packet_share",
    metadata,
    Column("packet", ForeignKey("red_packet.id"), nullable=False),
    Column("tx_hash", LargeBinary, nullable=False),
    moment("log_index"),
    moment("block"),
    Column("recipient", LargeBinary, nullable=False),
    text("value"),
    Column("is_final", Boolean, nullable=False),
    PrimaryKeyConstraint("packet", "tx_hash", "log_index"),
)

packet_contract = Table(
    "packet_contract",
    metadata,
    moment("chain_id"),
    Column("address", LargeBinary, nullable=False),
    Column("gas_payer", LargeBinary, nullable=True),
    Column("logic", LargeBinary, nullable=True),
    moment("seen_at_ms"),
    PrimaryKeyConstraint("chain_id", "address"),
)

__all__ = ["metadata"]
