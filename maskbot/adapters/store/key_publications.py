"""Batches of key items on their way to the relays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, case, func, select, update

from maskbot.adapters.store.errors import NoSuchRow
from maskbot.adapters.store.ids import new_id
from maskbot.adapters.store.post_json import dump_items, load_items
from maskbot.adapters.store.tables_outbox import key_publication
from maskbot.domain.broadcast import KeyItem, KeyPublication

_LOAD = select(key_publication).where(key_publication.c.id == bindparam("id"))
_FINISH = (
    update(key_publication)
    .where(key_publication.c.id == bindparam("b_id"))
    .values(is_done=True, done_at_ms=func.coalesce(key_publication.c.done_at_ms, bindparam("b_now")))
)
_PROGRESS = (
    select(
        key_publication.c.relay,
        func.sum(case((key_publication.c.is_done, 1), else_=0)).label("done"),
        func.count().label("whole"),
    )
    .where(key_publication.c.broadcast_id == bindparam("broadcast"))
    .group_by(key_publication.c.relay)
)


class SqlKeyPublications:
    """Implements `ports.store.KeyPublications`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, broadcast_id: str, *, tenant_id: str, relay: str, items: Sequence[KeyItem]) -> str:
        """See `ports.store.KeyPublications.add`."""
        publication_id = new_id()
        self._connection.execute(
            key_publication.insert(),
            {
                "id": publication_id,
                "broadcast_id": broadcast_id,
                "tenant_id": tenant_id,
                "relay": relay,
                "items": dump_items(tuple(items)),
                "is_done": False,
                "done_at_ms": None,
            },
        )
        return publication_id

    def load(self, publication_id: str) -> KeyPublication | None:
        """See `ports.store.KeyPublications.load`."""
        row = self._connection.execute(_LOAD, {"id": publication_id}).one_or_none()
        if row is None:
            return None
        return KeyPublication(
            id=row.id,
            broadcast_id=row.broadcast_id,
            tenant_id=row.tenant_id,
            relay=row.relay,
            items=load_items(row.items),
            is_done=row.is_done,
        )

    def finish(self, publication_id: str, *, now_ms: int) -> None:
        """See `ports.store.KeyPublications.finish`. Repeating it keeps the first time."""
        if self._connection.execute(_FINISH, {"b_id": publication_id, "b_now": now_ms}).rowcount != 1:
            raise NoSuchRow(f"no key publication {publication_id}")

    def progress(self, broadcast_id: str) -> Mapping[str, tuple[int, int]]:
        """See `ports.store.KeyPublications.progress`."""
        rows = self._connection.execute(_PROGRESS, {"broadcast": broadcast_id})
        return {row.relay: (int(row.done), int(row.whole)) for row in rows}
