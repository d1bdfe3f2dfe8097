"""The post IV of opened posts, and the buckets of recipients' keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns and an index to `inbox`; make `recipient_bucket`."""
    op.add_column("inbox", sa.Column("post_iv", sa.LargeBinary(), nullable=True))
    op.add_column("inbox", sa.Column("payload_hash", sa.LargeBinary(), nullable=True))
    op.create_index("ix_inbox_persona_id_post_iv", "inbox", ["persona_id", "post_iv"])
    op.create_table(
        "recipient_bucket",
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("public_key", name=op.f("pk_recipient_bucket")),
    )
