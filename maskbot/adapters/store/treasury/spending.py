"""Reservations and the sums of a day. Sums are of 256-bit numbers, so they are added here, under the wallet's lock."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.tables_treasury import reservation, spent
from maskbot.domain.money import Address
from maskbot.domain.spending import Effect, Totals, amounts_of
from maskbot.domain.transaction import Intent

_ALL = b""
_LOAD = select(spent.c.amount).where(
    spent.c.wallet_id == bindparam("b_wallet"),
    spent.c.token == bindparam("b_token"),
    spent.c.recipient == bindparam("b_recipient"),
    spent.c.day == bindparam("b_day"),
)
_SAVE = upsert(spent)
_SAVE = _SAVE.on_conflict_do_update(
    index_elements=["wallet_id", "token", "recipient", "day"], set_={"amount": _SAVE.excluded.amount}
)
_RESERVE = upsert(reservation)
_RESERVE = _RESERVE.on_conflict_do_update(
    index_elements=["intent_id", "token", "recipient"],
    set_={name: _RESERVE.excluded[name] for name in ("amount", "day", "state", "updated_at_ms")},
    where=reservation.c.state == "released",
)
_HELD = select(reservation).where(reservation.c.intent_id == bindparam("b_intent"), reservation.c.state == "reserved")
_END = (
    update(reservation)
    .where(reservation.c.intent_id == bindparam("b_intent"), reservation.c.state == "reserved")
    .values(state=bindparam("b_after"), updated_at_ms=bindparam("b_now"))
)
_DAY = (
    select(reservation.c.day)
    .where(reservation.c.intent_id == bindparam("b_intent"), reservation.c.state != "released")
    .limit(1)
)


class SqlSpending:
    """Implements `ports.treasury.Spending`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def totals(self, wallet_id: str, effect: Effect, *, day: int) -> Totals:
        """See `ports.treasury.Spending.totals`."""
        return {key: self._sum(wallet_id, *key, day=day) for key in amounts_of(effect)}

    def reserve(self, intent: Intent, effect: Effect, *, day: int, now_ms: int) -> None:
        """See `ports.treasury.Spending.reserve`."""
        amounts = amounts_of(effect) or {(Address(b""), None): 0}
        self._connection.execute(
            _RESERVE,
            [
                {
                    "intent_id": intent.id,
                    "token": token,
                    "recipient": recipient or _ALL,
                    "wallet_id": intent.wallet_id,
                    "amount": str(amount),
                    "day": day,
                    "state": "reserved",
                    "updated_at_ms": now_ms,
                }
                for (token, recipient), amount in amounts.items()
            ],
        )
        for (token, recipient), amount in amounts.items():
            self._add(intent.wallet_id, token, recipient or _ALL, day=day, amount=amount)

    def reserved_day(self, intent_id: str) -> int | None:
        """See `ports.treasury.Spending.reserved_day`."""
        return self._connection.execute(_DAY, {"b_intent": intent_id}).scalar_one_or_none()

    def settle(self, intent_id: str, *, now_ms: int) -> None:
        """See `ports.treasury.Spending.settle`."""
        self._connection.execute(_END, {"b_intent": intent_id, "b_after": "settled", "b_now": now_ms})

    def release(self, intent_id: str, *, now_ms: int) -> None:
        """See `ports.treasury.Spending.release`."""
        for row in self._connection.execute(_HELD, {"b_intent": intent_id}).all():
            self._add(row.wallet_id, bytes(row.token), bytes(row.recipient), day=row.day, amount=-int(row.amount))
        self._connection.execute(_END, {"b_intent": intent_id, "b_after": "released", "b_now": now_ms})

    def _sum(self, wallet_id: str, token: bytes, recipient: bytes | None, *, day: int) -> int:
        place = {"b_wallet": wallet_id, "b_token": token, "b_recipient": recipient or _ALL, "b_day": day}
        return int(self._connection.execute(_LOAD, place).scalar_one_or_none() or 0)

    def _add(self, wallet_id: str, token: bytes, recipient: bytes, *, day: int, amount: int) -> None:
        total = self._sum(wallet_id, token, recipient, day=day) + amount
        place = {"wallet_id": wallet_id, "token": token, "recipient": recipient, "day": day}
        self._connection.execute(_SAVE, {**place, "amount": str(total)})
