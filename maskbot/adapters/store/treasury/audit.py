"""The audit chain: appended under the lock of its head; triggers refuse anything else."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.columns import key_text
from maskbot.adapters.store.tables_treasury import audit, audit_head
from maskbot.domain.audit import FIRST_HASH, Entry, NewEntry, chained

_ONLY = 1
_HEAD = select(audit_head.c.seq, audit_head.c.hash).where(audit_head.c.id == _ONLY)
_LOCK = _HEAD.with_for_update()
_START = upsert(audit_head).on_conflict_do_nothing(index_elements=["id"])
_ADVANCE = update(audit_head).where(audit_head.c.id == _ONLY).values(seq=bindparam("b_seq"), hash=bindparam("b_hash"))
_PAGE = select(audit).where(audit.c.seq > bindparam("b_after")).order_by(audit.c.seq).limit(bindparam("b_limit"))


class SqlAudit:
    """Implements `ports.treasury.Audit`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, *entries: NewEntry, now_ms: int) -> None:
        """See `ports.treasury.Audit.append`."""
        if not entries:
            return
        head = self._connection.execute(_LOCK).one_or_none()
        if head is None:
            self._connection.execute(_START, {"id": _ONLY, "seq": 0, "hash": FIRST_HASH})
            head = self._connection.execute(_LOCK).one()
        seq, previous = head.seq, bytes(head.hash)
        rows = []
        for entry in entries:
            seq += 1
            known = NewEntry(key_text(entry.actor), entry.action, key_text(entry.subject), entry.digest)
            placed = chained(known, seq=seq, at_ms=now_ms, previous=previous)
            rows.append(_row_of(placed))
            previous = placed.hash
        self._connection.execute(insert(audit), rows)
        self._connection.execute(_ADVANCE, {"b_seq": seq, "b_hash": previous})

    def head(self) -> tuple[int, bytes]:
        """See `ports.treasury.Audit.head`."""
        head = self._connection.execute(_HEAD).one_or_none()
        return (0, FIRST_HASH) if head is None else (head.seq, bytes(head.hash))

    def page(self, *, after_seq: int, limit: int = 1000) -> tuple[Entry, ...]:
        """See `ports.treasury.Audit.page`."""
        return tuple(
            Entry(
                seq=row.seq,
                at_ms=row.at_ms,
                what=NewEntry(row.actor, row.action, row.subject, bytes(row.digest)),
                previous=bytes(row.previous),
                hash=bytes(row.hash),
            )
            for row in self._connection.execute(_PAGE, {"b_after": after_seq, "b_limit": limit})
        )


def _row_of(entry: Entry) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "at_ms": entry.at_ms,
        "actor": entry.what.actor,
        "action": entry.what.action,
        "subject": entry.what.subject,
        "digest": entry.what.digest,
        "previous": entry.previous,
        "hash": entry.hash,
    }
