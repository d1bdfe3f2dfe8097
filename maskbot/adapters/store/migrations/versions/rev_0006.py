"""A cap of the fee of one payment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column to `intent`."""
    op.add_column("intent", sa.Column("max_fee", sa.Text(), nullable=True))
