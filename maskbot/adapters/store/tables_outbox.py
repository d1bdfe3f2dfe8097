"""The tables of personas, inbox, outbox, broadcasts and secrets; one `metadata` with `tables`."""

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

persona = Table(
    "persona",
    metadata,
    row_id(),
    Column("tenant_id", ForeignKey("tenant.id"), nullable=False),
    key("name"),
    Column("public_key", LargeBinary, nullable=False),
    key("owner", nullable=True, index=True),
    text("webhook_url", nullable=True),
    Column("webhook_secret", LargeBinary, nullable=True),
    moment("created_at_ms"),
    UniqueConstraint("tenant_id", "public_key"),
)

persona_link = Table(
    "persona_link",
    metadata,
    Column("persona_id", ForeignKey("persona.id", ondelete="CASCADE"), nullable=False),
    key("person", index=True),
    PrimaryKeyConstraint("persona_id", "person"),
)

persona_watch = Table(
    "persona_watch",
    metadata,
    Column("persona_id", ForeignKey("persona.id", ondelete="CASCADE"), nullable=False),
    Column("feed_id", ForeignKey("feed.id", ondelete="CASCADE"), nullable=False, index=True),
    PrimaryKeyConstraint("persona_id", "feed_id"),
)

persona_join = Table(
    "persona_join",
    metadata,
    text("account_id"),
    text("persona_id"),
    moment("created_at_ms"),
    PrimaryKeyConstraint("account_id", "persona_id"),
)
"""Kept when the persona leaves, so that joining and leaving again does not get around the daily cap."""

contact = Table(
    "contact",
    metadata,
    text("tenant_id"),
    key("author"),
    Column("public_key", LargeBinary, nullable=False),
    text("source"),
    Column("is_changed", Boolean, nullable=False),
    moment("created_at_ms"),
    moment("updated_at_ms"),
    PrimaryKeyConstraint("tenant_id", "author"),
)

inbox = Table(
    "inbox",
    metadata,
    row_id(),
    text("tenant_id"),
    Column("persona_id", ForeignKey("persona.id", ondelete="CASCADE"), nullable=False),
    text("platform"),
    key("post_id"),
    key("author"),
    key("claimed_author", nullable=True),
    Column("sealed", LargeBinary, nullable=False),
    text("flags"),
    moment("received_at_ms"),
    Column("post_iv", LargeBinary, nullable=True),
    Column("payload_hash", LargeBinary, nullable=True),
    UniqueConstraint("persona_id", "platform", "post_id"),
    Index("ix_inbox_tenant_id_received_at_ms", "tenant_id", "received_at_ms"),
    Index("ix_inbox_post_id", "post_id"),
    Index("ix_inbox_persona_id_post_iv", "persona_id", "post_iv"),
)
"""`sealed` holds text and metadata; `flags` is a list of words parted by spaces."""

delivery = Table(
    "delivery",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    text("tenant_id"),
    key("cause_id"),
    text("key"),
    text("draft"),
    text("state"),
    text("mention_id", nullable=True),
    text("broadcast_id", nullable=True, index=True),
    key("remote_id", nullable=True),
    text("error_kind", nullable=True),
    moment("sending_at_ms", nullable=True),
    moment("unknown_since_ms", nullable=True),
    Column("looks", Integer, nullable=False),
    moment("expires_at_ms", nullable=True),
    moment("created_at_ms"),
    moment("updated_at_ms"),
    UniqueConstraint("account_id", "cause_id"),
    UniqueConstraint("account_id", "remote_id"),
    Index("ix_delivery_state_created_at_ms", "state", "created_at_ms"),
)

picture = Table(
    "picture",
    metadata,
    Column("delivery_id", ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("png", LargeBinary, nullable=False),
    text("alt_text"),
    PrimaryKeyConstraint("delivery_id", "ordinal"),
)

broadcast = Table(
    "broadcast",
    metadata,
    row_id(),
    Column("tenant_id", ForeignKey("tenant.id"), nullable=False, index=True),
    text("persona_id"),
    text("title"),
    text("state"),
    moment("slot_at_ms"),
    Column("payload", LargeBinary, nullable=False),
    Column("post_iv", LargeBinary, nullable=False, unique=True),
    Column("is_public", Boolean, nullable=False),
    Column("sealed_post_key", LargeBinary, nullable=False),
    moment("created_at_ms"),
)
"""A post IV is never used twice (reliability.md C.5), hence unique."""

broadcast_account = Table(
    "broadcast_account",
    metadata,
    Column("broadcast_id", ForeignKey("broadcast.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    PrimaryKeyConstraint("broadcast_id", "account_id"),
)

broadcast_recipient = Table(
    "broadcast_recipient",
    metadata,
    Column("broadcast_id", ForeignKey("broadcast.id", ondelete="CASCADE"), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    PrimaryKeyConstraint("broadcast_id", "public_key"),
)

recipient_bucket = Table(
    "recipient_bucket",
    metadata,
    Column("public_key", LargeBinary, nullable=False),
    text("bucket"),
    PrimaryKeyConstraint("public_key"),
)
"""The bucket of a public key for v37 key records: 30 ms of hashing, and the same for ever."""

key_publication = Table(
    "key_publication",
    metadata,
    row_id(),
    Column("broadcast_id", ForeignKey("broadcast.id", ondelete="CASCADE"), nullable=False, index=True),
    text("tenant_id"),
    text("relay"),
    text("items"),
    Column("is_done", Boolean, nullable=False),
    moment("done_at_ms", nullable=True),
)

secret = Table(
    "secret",
    metadata,
    text("id", primary_key=True),
    text("tenant_id"),
    text("purpose"),
    text("kek_id", index=True),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=True),
    moment("created_at_ms"),
)
"""The vault's own, through its own connection: per row a data key wrapped by the key-encryption key `kek_id`."""

vault_audit = Table(
    "vault_audit",
    metadata,
    row_id(),
    text("action"),
    text("persona_id"),
    text("detail"),
    moment("at_ms"),
)
"""What left the vault or was destroyed in it: exports, erasures, rotations. Never a secret."""

__all__ = ["metadata"]
