"""The tables of the store (reliability.md C.1, C.2, in the words of the glossary): accounts, mentions, jobs, limits.

Personas, inbox, outbox and broadcasts are in `tables_outbox`; both share one `metadata`. Times are Unix milliseconds, ids are
UUIDv7 texts. The migrations in `migrations/versions` build exactly this (a test compares them on both databases).
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy import text as sql

from maskbot.adapters.store.columns import key, moment, row_id, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_PENDING = sql("state = 'pending'")

tenant = Table("tenant", metadata, row_id(), text("name", unique=True), moment("created_at_ms"))

account = Table(
    "account",
    metadata,
    row_id(),
    Column("tenant_id", ForeignKey("tenant.id"), nullable=False, index=True),
    text("platform"),
    key("instance"),
    key("user_id"),
    key("handle"),
    key("actor_uri", nullable=True),
    text("api_base_url"),
    text("state"),
    text("reason"),
    Column("secret", LargeBinary, nullable=False),
    moment("created_at_ms"),
    UniqueConstraint("platform", "instance", "user_id"),
)
"""`secret`: the platform token, sealed by the vault. One platform account serves one tenant."""

feed = Table(
    "feed",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    text("tenant_id"),
    text("kind"),
    key("target"),
    text("cursor", nullable=True),
    UniqueConstraint("account_id", "kind", "target"),
)

mention = Table(
    "mention",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    text("tenant_id"),
    text("feed_id"),
    key("root_id"),
    text("scope"),
    key("post_id"),
    key("person"),
    text("post"),
    text("full_sha256", nullable=True),
    text("state"),
    key("reason", nullable=True),
    key("verb", nullable=True),
    Column("is_watched", Boolean, nullable=False),
    text("via"),
    moment("received_at_ms"),
    moment("settled_at_ms", nullable=True),
    text("opened_inbox_id", nullable=True),
    UniqueConstraint("account_id", "root_id", "scope"),
    Index("ix_mention_state_received_at_ms", "state", "received_at_ms"),
)
"""`scope` is empty for mentions and the feed id for watched posts: a post may be both, and is then two rows."""

fact = Table(
    "fact",
    metadata,
    Column("mention_id", ForeignKey("mention.id", ondelete="CASCADE"), nullable=False),
    text("need"),
    text("fact", nullable=True),
    PrimaryKeyConstraint("mention_id", "need"),
)

job = Table(
    "job",
    metadata,
    row_id(),
    text("kind"),
    text("queue"),
    text("target_id"),
    text("tenant_id"),
    text("state"),
    moment("due_at_ms"),
    moment("announced_at_ms"),
    text("lease_owner"),
    moment("lease_token"),
    Column("open_claims", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    text("error_kind", nullable=True),
    moment("created_at_ms"),
    UniqueConstraint("kind", "target_id"),
    Index("ix_job_queue_due_at_ms_id", "queue", "due_at_ms", "id", sqlite_where=_PENDING, postgresql_where=_PENDING),
)
"""Pending and parked jobs; one that is done is deleted, so that the table stays as small as the work that is left.
A claim moves `due_at_ms` to the end of the lease: a lapsed lease is a job that is due again, found by the same index.
`open_claims` counts claims since the last end; `created_at_ms` is when the work first fell due."""

beat = Table("beat", metadata, text("name", primary_key=True), moment("at_ms"))

answer_bucket = Table(
    "answer_bucket",
    metadata,
    text("account_id"),
    key("person"),
    moment("full_at_ms"),
    moment("last_help_ms", nullable=True),
    PrimaryKeyConstraint("account_id", "person"),
)
"""A token bucket as one number: the time at which it will be full again."""

thread_count = Table(
    "thread_count",
    metadata,
    text("account_id"),
    key("conversation_id"),
    Column("answers", Integer, nullable=False),
    PrimaryKeyConstraint("account_id", "conversation_id"),
)

opt_out = Table(
    "opt_out",
    metadata,
    text("tenant_id"),
    key("person"),
    moment("created_at_ms"),
    PrimaryKeyConstraint("tenant_id", "person"),
)

switch = Table(
    "switch",
    metadata,
    text("scope", primary_key=True),
    Column("is_on", Boolean, nullable=False),
    text("reason"),
    text("who"),
    moment("at_ms"),
)

spend = Table(
    "spend",
    metadata,
    text("account_id"),
    moment("day"),
    text("action"),
    moment("cost_musd"),
    PrimaryKeyConstraint("account_id", "day", "action"),
)
"""`day`: whole days since 1970-01-01 UTC; `cost_musd`: thousandths of a US dollar."""

throttle = Table(
    "throttle",
    metadata,
    text("account_id"),
    text("action"),
    moment("until_ms"),
    PrimaryKeyConstraint("account_id", "action"),
)
