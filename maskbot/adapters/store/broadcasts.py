"""Encrypted broadcasts, their accounts and recipients (reliability.md C.5)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Update, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.errors import IllegalMove, NoSuchRow
from maskbot.adapters.store.tables_outbox import broadcast, broadcast_account, broadcast_recipient, delivery
from maskbot.domain.broadcast import Broadcast, NewBroadcast
from maskbot.domain.identity import PublicKey
from maskbot.domain.states import BROADCAST

_LOAD = select(broadcast).where(broadcast.c.id == bindparam("id"))
_STATE = select(broadcast.c.state).where(broadcast.c.id == bindparam("id"))
_DELIVERIES = select(delivery.c.id).where(delivery.c.broadcast_id == bindparam("id")).order_by(delivery.c.id)
_ADD_RECIPIENTS = (
    upsert(broadcast_recipient)
    .on_conflict_do_nothing(index_elements=["broadcast_id", "public_key"])
    .returning(broadcast_recipient.c.public_key)
)


def _move_to(after: str) -> Update:
    befores = [before for before in BROADCAST.moves if BROADCAST.allows(before, after)]
    is_before = broadcast.c.state.in_(befores)
    return update(broadcast).where(broadcast.c.id == bindparam("b_id"), is_before).values(state=after)


_MOVE = {after: _move_to(after) for after in BROADCAST.moves}


class SqlBroadcasts:
    """Implements `ports.store.Broadcasts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, broadcast: NewBroadcast, *, broadcast_id: str, sealed_post_key: bytes, now_ms: int) -> None:
        """See `ports.store.Broadcasts.add`. Its state is `sealed`. Raises AlreadyThere if the id or the post IV was used."""
        self._connection.execute(
            _table.insert(),
            {
                "id": broadcast_id,
                "tenant_id": broadcast.tenant_id,
                "persona_id": broadcast.persona_id,
                "title": broadcast.title,
                "state": "sealed",
                "slot_at_ms": broadcast.slot_at_ms,
                "payload": broadcast.payload,
                "post_iv": broadcast.post_iv,
                "is_public": broadcast.is_public,
                "sealed_post_key": sealed_post_key,
                "created_at_ms": now_ms,
            },
        )
        accounts = [
            {"broadcast_id": broadcast_id, "account_id": account_id, "ordinal": ordinal}
            for ordinal, account_id in enumerate(dict.fromkeys(broadcast.account_ids))
        ]
        if accounts:
            self._connection.execute(broadcast_account.insert(), accounts)
        self.add_recipients(broadcast_id, broadcast.recipients)

    def load(self, broadcast_id: str) -> tuple[Broadcast, bytes] | None:
        """See `ports.store.Broadcasts.load`."""
        row = self._connection.execute(_LOAD, {"id": broadcast_id}).one_or_none()
        if row is None:
            return None
        loaded = Broadcast(
            id=row.id,
            tenant_id=row.tenant_id,
            persona_id=row.persona_id,
            title=row.title,
            state=row.state,
            slot_at_ms=row.slot_at_ms,
            payload=bytes(row.payload),
            post_iv=bytes(row.post_iv),
            is_public=row.is_public,
        )
        return loaded, bytes(row.sealed_post_key)

    def move(self, broadcast_id: str, *, after: str) -> bool:
        """See `ports.store.Broadcasts.move`. Raises IllegalMove for a move the graph does not have, NoSuchRow if it is gone."""
        if after not in _MOVE:
            raise IllegalMove(f"a broadcast has no state {after}")
        if self._connection.execute(_MOVE[after], {"b_id": broadcast_id}).rowcount == 1:
            return True
        state = self._connection.execute(_STATE, {"id": broadcast_id}).scalar_one_or_none()
        if state is None:
            raise NoSuchRow(f"no broadcast {broadcast_id}")
        if state != after:
            raise IllegalMove(f"a broadcast cannot go from {state} to {after}")
        return False

    def add_recipients(self, broadcast_id: str, recipients: Sequence[PublicKey]) -> tuple[PublicKey, ...]:
        """See `ports.store.Broadcasts.add_recipients`."""
        distinct = tuple(dict.fromkeys(recipients))
        if not distinct:
            return ()
        rows = [{"broadcast_id": broadcast_id, "public_key": public_key} for public_key in distinct]
        added = {bytes(one) for one in self._connection.execute(_ADD_RECIPIENTS, rows).scalars()}
        return tuple(public_key for public_key in distinct if public_key in added)

    def deliveries(self, broadcast_id: str) -> tuple[str, ...]:
        """See `ports.store.Broadcasts.deliveries`."""
        return tuple(self._connection.execute(_DELIVERIES, {"id": broadcast_id}).scalars())


_table = broadcast  # a method's argument has the table's name
