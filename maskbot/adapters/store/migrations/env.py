"""Alembic's entry: runs the migrations on the connection that `upgrade` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from maskbot.adapters.store import tables_giveaway, tables_packet_claim, tables_red_packet, tables_safe, tables_treasury
from maskbot.adapters.store.tables import metadata

connection = context.config.attributes.get("connection")
if not isinstance(connection, Connection):
    raise TypeError("migrations run through maskbot.adapters.store.upgrade, which hands over a connection")
own = (
    tables_giveaway.giveaway,
    tables_packet_claim.packet_claim,
    tables_red_packet.red_packet,
    tables_safe.safe,
    tables_treasury.wallet,
)
if any(table.metadata is not metadata for table in own):
    raise TypeError("every module of tables shares one metadata")

context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
