"""The tables of the money (reliability.md C.2): wallets, intents, attempts, policies, approvals, spending, audit.

Amounts and fees are whole numbers of up to 256 bits as decimal text; addresses and hashes are bytes. Rows of payments are never
deleted.
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

wallet = Table(
    "wallet",
    metadata,
    row_id(),
    Column("tenant_id", ForeignKey("tenant.id"), nullable=False),
    moment("chain_id"),
    Column("address", LargeBinary, nullable=False),
    text("key_id"),
    key("name"),
    moment("next_nonce"),
    text("state"),
    text("reason"),
    Column("hd_index", Integer, nullable=True),
    moment("created_at_ms"),
    moment("updated_at_ms"),
    UniqueConstraint("chain_id", "address"),
    UniqueConstraint("tenant_id", "chain_id", "name"),
)

intent = Table(
    "intent",
    metadata,
    row_id(),
    text("tenant_id"),
    Column("wallet_id", ForeignKey("wallet.id"), nullable=False),
    moment("chain_id"),
    key("purpose"),
    key("purpose_id"),
    key("requested_by"),
    Column("call_to", LargeBinary, nullable=False),
    text("call_value"),
    Column("call_data", LargeBinary, nullable=False),
    moment("gas_limit", nullable=True),
    moment("nonce", nullable=True),
    text("state"),
    Column("needed_approvals", Integer, nullable=False),
    text("error_kind", nullable=True),
    moment("deadline_ms", nullable=True),
    text("max_fee", nullable=True),
    Column("looks", Integer, nullable=False),
    text("followup_kind", nullable=True),
    text("followup_target", nullable=True),
    moment("created_at_ms"),
    moment("updated_at_ms"),
    UniqueConstraint("purpose", "purpose_id"),
    UniqueConstraint("wallet_id", "nonce"),
    Index("ix_intent_state_wallet_id", "state", "wallet_id"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("tx_hash", LargeBinary, primary_key=True),
    Column("intent_id", ForeignKey("intent.id"), nullable=False),
    Column("number", Integer, nullable=False),
    text("kind"),
    Column("raw", LargeBinary, nullable=False),
    text("max_fee"),
    text("tip"),
    Column("is_legacy", Boolean, nullable=False),
    moment("signed_at_ms"),
    moment("first_sent_at_ms", nullable=True),
    moment("last_sent_at_ms", nullable=True),
    UniqueConstraint("intent_id", "number"),
)

inclusion = Table(
    "inclusion",
    metadata,
    Column("tx_hash", ForeignKey("attempt.tx_hash"), nullable=False),
    Column("block_hash", LargeBinary, nullable=False),
    moment("block_number"),
    Column("has_succeeded", Boolean, nullable=False),
    moment("gas_used"),
    text("gas_price"),
    Column("is_canonical", Boolean, nullable=False),
    moment("seen_at_ms"),
    PrimaryKeyConstraint("tx_hash", "block_hash"),
)
"""Kept after a reorg, and then not canonical."""

spending_policy = Table(
    "spending_policy",
    metadata,
    Column("wallet_id", ForeignKey("wallet.id"), primary_key=True),
    text("rules"),
    moment("updated_at_ms"),
)

approval = Table(
    "approval",
    metadata,
    Column("intent_id", ForeignKey("intent.id"), nullable=False),
    key("approver"),
    Column("is_yes", Boolean, nullable=False),
    Column("call_digest", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=True),
    moment("created_at_ms"),
    PrimaryKeyConstraint("intent_id", "approver"),
)

reservation = Table(
    "reservation",
    metadata,
    Column("intent_id", ForeignKey("intent.id"), nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("recipient", LargeBinary, nullable=False),
    text("wallet_id"),
    text("amount"),
    moment("day"),
    text("state"),
    moment("updated_at_ms"),
    PrimaryKeyConstraint("intent_id", "token", "recipient"),
)
"""What a payment adds to the day, by token and recipient; the empty recipient stands for all. `state`: reserved, settled, released.
A payment without any money has one row with an empty token."""

spent = Table(
    "spent",
    metadata,
    text("wallet_id"),
    Column("token", LargeBinary, nullable=False),
    Column("recipient", LargeBinary, nullable=False),
    moment("day"),
    text("amount"),
    PrimaryKeyConstraint("wallet_id", "token", "recipient", "day"),
)
"""The sum of the reserved and settled reservations of a UTC day."""

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    moment("at_ms"),
    key("actor"),
    text("action"),
    key("subject"),
    Column("digest", LargeBinary, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
"""Triggers refuse to change or delete a row."""

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
"""One row: number and hash of the newest entry. Who appends locks it."""

__all__ = ["metadata"]
