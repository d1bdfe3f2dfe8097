"""The tables of Safes: which ones we may propose to, and what we proposed (applets.md 1.1 R4). Proposals are never deleted."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, Table, UniqueConstraint

from maskbot.adapters.store.columns import key, moment, row_id, text
from maskbot.adapters.store.tables import metadata

safe = Table(
    "safe",
    metadata,
    row_id(),
    Column("tenant_id", ForeignKey("tenant.id"), nullable=False),
    moment("chain_id"),
    Column("address", LargeBinary, nullable=False),
    key("name"),
    text("version"),
    Column("singleton", LargeBinary, nullable=False),
    moment("created_at_ms"),
    UniqueConstraint("chain_id", "address"),
    UniqueConstraint("tenant_id", "name"),
)

proposal = Table(
    "proposal",
    metadata,
    row_id(),
    text("tenant_id"),
    Column("safe_id", ForeignKey("safe.id"), nullable=False),
    Column("wallet_id", ForeignKey("wallet.id"), nullable=False),
    key("purpose"),
    key("purpose_id"),
    key("requested_by"),
    moment("chain_id"),
    Column("safe_address", LargeBinary, nullable=False),
    Column("call_to", LargeBinary, nullable=False),
    text("call_value"),
    Column("call_data", LargeBinary, nullable=False),
    Column("is_delegate", Boolean, nullable=False),
    moment("nonce"),
    Column("hash", LargeBinary, nullable=False),
    text("state"),
    Column("signature", LargeBinary, nullable=True),
    moment("posted_at_ms", nullable=True),
    Column("confirmed_by", LargeBinary, nullable=False),
    moment("first_block"),
    moment("first_nonce"),
    moment("next_block"),
    moment("executions"),
    text("error_kind", nullable=True),
    Column("tx_hash", LargeBinary, nullable=True),
    text("followup_kind", nullable=True),
    text("followup_target", nullable=True),
    moment("created_at_ms"),
    moment("updated_at_ms"),
    UniqueConstraint("purpose", "purpose_id"),
    Index("ix_proposal_state_safe_id", "state", "safe_id"),
)
"""`confirmed_by`: owners' addresses, 20 bytes each, one behind the other."""
