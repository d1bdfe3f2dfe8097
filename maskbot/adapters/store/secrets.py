"""The vault's table on a database connection of its own; used by the vault process alone (reliability.md E18)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, event, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.ids import new_id
from maskbot.adapters.store.nullable import bytes_or_none
from maskbot.adapters.store.tables_outbox import secret, vault_audit
from maskbot.adapters.store.work import SqlStore
from maskbot.ports.secret_rows import SecretRow

_ADD = upsert(secret).on_conflict_do_nothing(index_elements=["id"])
_LOAD = select(secret).where(secret.c.id == bindparam("row_id"))
_NEWEST = (
    select(secret)
    .where(secret.c.purpose == bindparam("b_purpose"), secret.c.kek_id == bindparam("b_kek"))
    .order_by(secret.c.created_at_ms.desc(), secret.c.id)
    .limit(1)
)
_KEK_IDS = select(secret.c.kek_id).distinct()
_NOT_UNDER = (
    select(secret).where(secret.c.kek_id != bindparam("b_kek")).order_by(secret.c.id).limit(bindparam("b_limit"))
)
_REWRAP = (
    update(secret)
    .where(secret.c.id == bindparam("b_id"), secret.c.kek_id == bindparam("b_before"))
    .values(kek_id=bindparam("b_after"), wrapped_key=bindparam("b_wrapped"))
)
_ERASE = delete(secret).where(secret.c.id == bindparam("row_id"))


class SqlSecrets:
    """Implements `ports.secret_rows.SecretRows`."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        if store.engines.path is not None:
            event.listen(store.engines.writer, "connect", _overwrite_deleted)

    def add(self, row: SecretRow) -> SecretRow:
        """See `ports.secret_rows.SecretRows.add`."""
        with self._store.transaction() as connection:
            connection.execute(
                _ADD,
                {
                    "id": row.id,
                    "tenant_id": row.tenant_id,
                    "purpose": row.purpose,
                    "kek_id": row.kek_id,
                    "wrapped_key": row.wrapped_key,
                    "sealed": row.sealed,
                    "public_key": row.public_key,
                    "created_at_ms": _now_ms(),
                },
            )
            return _row_of(connection.execute(_LOAD, {"row_id": row.id}).one())

    def load(self, row_id: str) -> SecretRow | None:
        """See `ports.secret_rows.SecretRows.load`."""
        with self._store.snapshot() as connection:
            row = connection.execute(_LOAD, {"row_id": row_id}).one_or_none()
            return None if row is None else _row_of(row)

    def newest(self, *, purpose: str, kek_id: str) -> SecretRow | None:
        """See `ports.secret_rows.SecretRows.newest`."""
        with self._store.snapshot() as connection:
            row = connection.execute(_NEWEST, {"b_purpose": purpose, "b_kek": kek_id}).one_or_none()
            return None if row is None else _row_of(row)

    def kek_ids(self) -> frozenset[str]:
        """See `ports.secret_rows.SecretRows.kek_ids`."""
        with self._store.snapshot() as connection:
            return frozenset(connection.execute(_KEK_IDS).scalars())

    def not_under(self, kek_id: str, *, limit: int) -> tuple[SecretRow, ...]:
        """See `ports.secret_rows.SecretRows.not_under`."""
        with self._store.snapshot() as connection:
            rows = connection.execute(_NOT_UNDER, {"b_kek": kek_id, "b_limit": limit})
            return tuple(_row_of(row) for row in rows)

    def rewrap(self, rows: Sequence[tuple[SecretRow, SecretRow]]) -> None:
        """See `ports.secret_rows.SecretRows.rewrap`."""
        changes = [
            {"b_id": before.id, "b_before": before.kek_id, "b_after": after.kek_id, "b_wrapped": after.wrapped_key}
            for before, after in rows
        ]
        if changes:
            with self._store.transaction() as connection:
                connection.execute(_REWRAP, changes)

    def erase(self, row_id: str, *, action: str, subject: str) -> None:
        """See `ports.secret_rows.SecretRows.erase`. SQLite overwrites the deleted bytes; the write-ahead log is emptied if
        nobody reads in it."""
        with self._store.transaction() as connection:
            if connection.execute(_ERASE, {"row_id": row_id}).rowcount == 0:
                return
            connection.execute(vault_audit.insert(), _audit(action=action, subject=subject, detail=""))
        if self._store.engines.path is not None:
            connection_of_driver = self._store.engines.writer.raw_connection()
            try:
                connection_of_driver.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection_of_driver.close()

    def note(self, *, action: str, subject: str, detail: str) -> None:
        """See `ports.secret_rows.SecretRows.note`."""
        with self._store.transaction() as connection:
            connection.execute(vault_audit.insert(), _audit(action=action, subject=subject, detail=detail))


def _overwrite_deleted(connection: Any, _record: object) -> None:  # the driver's own connection
    connection.execute("PRAGMA secure_delete=ON")


def _audit(*, action: str, subject: str, detail: str) -> dict[str, object]:
    return {"id": new_id(), "action": action, "persona_id": subject, "detail": detail, "at_ms": _now_ms()}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _row_of(row: Row[Any]) -> SecretRow:
    return SecretRow(
        id=row.id,
        tenant_id=row.tenant_id,
        purpose=row.purpose,
        kek_id=row.kek_id,
        wrapped_key=bytes(row.wrapped_key),
        sealed=bytes(row.sealed),
        public_key=bytes_or_none(row.public_key),
    )
