"""The tables of giveaways (reliability.md C.2): campaigns with their immutable rules, entrants, refusals, prizes.

Amounts of up to 256 bits are decimal texts. One person and one address enter a giveaway once; a rank and an entrant win once.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint

from maskbot.adapters.store.columns import key, moment, row_id, text
from maskbot.adapters.store.tables import metadata

giveaway = Table(
    "giveaway",
    metadata,
    row_id(),
    Column("tenant_id", ForeignKey("tenant.id"), nullable=False),
    text("code"),
    text("state"),
    text("rules"),
    Column("rules_hash", LargeBinary, nullable=False),
    text("account_ids"),
    text("wallet_id"),
    Column("refund_to", LargeBinary, nullable=True),
    text("funded"),
    text("refunded"),
    text("refund_id", nullable=True),
    Column("root", LargeBinary, nullable=True),
    Column("entrant_count", Integer, nullable=False),
    Column("beacon_value", LargeBinary, nullable=True),
    Column("server_seed", LargeBinary, nullable=False),
    moment("created_at_ms"),
    moment("updated_at_ms"),
    UniqueConstraint("tenant_id", "code"),
)

entrant = Table(
    "entrant",
    metadata,
    Column("giveaway_id", ForeignKey("giveaway.id"), nullable=False),
    Column("entrant_id", LargeBinary, nullable=False),
    key("person"),
    text("platform"),
    key("handle"),
    Column("address", LargeBinary, nullable=False),
    text("account_id"),
    key("post_id"),
    text("persona_id", nullable=True),
    moment("entered_at_ms"),
    moment("recorded_at_ms"),
    PrimaryKeyConstraint("giveaway_id", "entrant_id"),
    UniqueConstraint("giveaway_id", "address"),
)

entry_refusal = Table(
    "entry_refusal",
    metadata,
    Column("giveaway_id", ForeignKey("giveaway.id"), nullable=False),
    Column("entrant_id", LargeBinary, nullable=False),
    text("reason"),
    moment("refused_at_ms"),
    PrimaryKeyConstraint("giveaway_id", "entrant_id", "reason"),
)

prize = Table(
    "prize",
    metadata,
    Column("giveaway_id", ForeignKey("giveaway.id"), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("entrant_id", LargeBinary, nullable=False),
    Column("address", LargeBinary, nullable=False),
    text("base_units"),
    text("state"),
    text("payment_id", nullable=True),
    Column("tx_hash", LargeBinary, nullable=True),
    PrimaryKeyConstraint("giveaway_id", "rank"),
    UniqueConstraint("giveaway_id", "entrant_id"),
)
