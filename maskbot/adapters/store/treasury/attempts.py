"""Signed transactions and the blocks they were mined in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.tables_treasury import attempt, inclusion
from maskbot.domain.gas import GasOffer
from maskbot.domain.transaction import Attempt, AttemptKind, MinedAttempt

_SENT = (
    update(attempt)
    .where(attempt.c.tx_hash == bindparam("b_hash"))
    .values(
        first_sent_at_ms=func.coalesce(attempt.c.first_sent_at_ms, bindparam("b_now")),
        last_sent_at_ms=bindparam("b_now"),
    )
)
_MINED = upsert(inclusion)
_MINED = _MINED.on_conflict_do_update(
    index_elements=["tx_hash", "block_hash"], set_={"is_canonical": _MINED.excluded.is_canonical}
)
_NOT_CANONICAL = update(inclusion).where(inclusion.c.tx_hash == bindparam("b_hash")).values(is_canonical=False)


class SqlAttempts:
    """Implements `ports.treasury.Attempts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, *attempts: Attempt) -> None:
        """See `ports.treasury.Attempts.add`."""
        if attempts:
            self._connection.execute(insert(attempt), [_row_of(new) for new in attempts])

    def of(self, intent_ids: Sequence[str]) -> Mapping[str, tuple[Attempt, ...]]:
        """See `ports.treasury.Attempts.of`."""
        if not intent_ids:
            return {}
        found: dict[str, tuple[Attempt, ...]] = dict.fromkeys(intent_ids, ())
        wanted = select(attempt).where(attempt.c.intent_id.in_(list(intent_ids))).order_by(attempt.c.number)
        for row in self._connection.execute(wanted):
            found[row.intent_id] = (*found[row.intent_id], _attempt_of(row))
        return found

    def mark_sent(self, *tx_hashes: bytes, now_ms: int) -> None:
        """See `ports.treasury.Attempts.mark_sent`."""
        if tx_hashes:
            self._connection.execute(_SENT, [{"b_hash": tx_hash, "b_now": now_ms} for tx_hash in tx_hashes])

    def mark_mined(self, *mined: MinedAttempt, now_ms: int) -> None:
        """See `ports.treasury.Attempts.mark_mined`."""
        self.mark_not_mined(*(one.tx_hash for one in mined))
        if mined:
            self._connection.execute(_MINED, [_mined_row(one, now_ms=now_ms) for one in mined])

    def mark_not_mined(self, *tx_hashes: bytes) -> None:
        """See `ports.treasury.Attempts.mark_not_mined`."""
        if tx_hashes:
            self._connection.execute(_NOT_CANONICAL, [{"b_hash": tx_hash} for tx_hash in tx_hashes])


class SqlInclusions:
    """Implements `ports.treasury.Inclusions`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def canonical(self, tx_hashes: Sequence[bytes]) -> Mapping[bytes, MinedAttempt]:
        """See `ports.treasury.Inclusions.canonical`."""
        if not tx_hashes:
            return {}
        rows = self._connection.execute(
            select(inclusion).where(inclusion.c.tx_hash.in_(list(tx_hashes)), inclusion.c.is_canonical.is_(True))
        )
        return {bytes(row.tx_hash): _mined_of(row) for row in rows}


def _row_of(new: Attempt) -> dict[str, object]:
    return {
        "tx_hash": new.tx_hash,
        "intent_id": new.intent_id,
        "number": new.number,
        "kind": new.kind.value,
        "raw": new.raw,
        "max_fee": str(new.offer.max_fee_wei),
        "tip": str(new.offer.tip_wei),
        "is_legacy": new.offer.is_legacy,
        "signed_at_ms": new.signed_at_ms,
        "first_sent_at_ms": new.first_sent_at_ms,
        "last_sent_at_ms": new.last_sent_at_ms,
    }


def _mined_row(mined: MinedAttempt, *, now_ms: int) -> dict[str, object]:
    return {
        "tx_hash": mined.tx_hash,
        "block_hash": mined.block_hash,
        "block_number": mined.block_number,
        "has_succeeded": mined.has_succeeded,
        "gas_used": mined.gas_used,
        "gas_price": str(mined.gas_price_wei),
        "is_canonical": True,
        "seen_at_ms": now_ms,
    }


def _attempt_of(row: Row[Any]) -> Attempt:
    return Attempt(
        intent_id=row.intent_id,
        number=row.number,
        kind=AttemptKind(row.kind),
        raw=bytes(row.raw),
        tx_hash=bytes(row.tx_hash),
        offer=GasOffer(int(row.max_fee), int(row.tip), is_legacy=row.is_legacy),
        signed_at_ms=row.signed_at_ms,
        first_sent_at_ms=row.first_sent_at_ms,
        last_sent_at_ms=row.last_sent_at_ms,
    )


def _mined_of(row: Row[Any]) -> MinedAttempt:
    return MinedAttempt(
        tx_hash=bytes(row.tx_hash),
        block_hash=bytes(row.block_hash),
        block_number=row.block_number,
        has_succeeded=row.has_succeeded,
        gas_used=row.gas_used,
        gas_price_wei=int(row.gas_price),
        is_canonical=row.is_canonical,
    )
