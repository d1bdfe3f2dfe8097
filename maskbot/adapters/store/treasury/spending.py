"""Reservations and the sums of a day. Sums are of 256-bit numbers, so they are added here, under the wallet's lock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.tables_treasury import reservation, spent
from maskbot.domain.money import Address
from maskbot.domain.spending import Effect, Totals, amounts_of
from maskbot.domain.transaction import Intent

_ALL = b""
_Key = tuple[Address, Address | None]
_CHUNK = 500
_LOAD = select(spent.c.token, spent.c.recipient, spent.c.amount).where(
    spent.c.wallet_id == bindparam("b_wallet"),
    spent.c.day == bindparam("b_day"),
    spent.c.recipient.in_(bindparam("b_recipients", expanding=True)),
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
_DAYS = (
    select(reservation.c.intent_id, reservation.c.day)
    .where(reservation.c.intent_id.in_(bindparam("b_intents", expanding=True)), reservation.c.state != "released")
    .distinct()
)


class SqlSpending:
    """Implements `ports.treasury.Spending`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def totals(self, wallet_id: str, *effects: Effect, day: int) -> Totals:
        """See `ports.treasury.Spending.totals`."""
        return self._sums(wallet_id, {key for effect in effects for key in amounts_of(effect)}, day=day)

    def reserve(self, *payments: tuple[Intent, Effect], day: int, now_ms: int) -> None:
        """See `ports.treasury.Spending.reserve`."""
        rows, added = [], dict[_Key, int]()
        for intent, effect in payments:
            for key, amount in (amounts_of(effect) or {(Address(b""), None): 0}).items():
                rows.append(_row_of(intent, key, amount, day=day, now_ms=now_ms))
                added[key] = added.get(key, 0) + amount
        if rows:
            self._connection.execute(_RESERVE, rows)
            self._add(payments[0][0].wallet_id, added, day=day)

    def reserved_days(self, intent_ids: Sequence[str]) -> Mapping[str, int]:
        """See `ports.treasury.Spending.reserved_days`."""
        found: dict[str, int] = {}
        for at in range(0, len(intent_ids), _CHUNK):
            rows = self._connection.execute(_DAYS, {"b_intents": list(intent_ids[at : at + _CHUNK])})
            found.update((row.intent_id, row.day) for row in rows)
        return found

    def settle(self, *intent_ids: str, now_ms: int) -> None:
        """See `ports.treasury.Spending.settle`."""
        if intent_ids:
            ended = [{"b_intent": one, "b_after": "settled", "b_now": now_ms} for one in intent_ids]
            self._connection.execute(_END, ended)

    def release(self, intent_id: str, *, now_ms: int) -> None:
        """See `ports.treasury.Spending.release`."""
        for row in self._connection.execute(_HELD, {"b_intent": intent_id}).all():
            key = (Address(bytes(row.token)), Address(bytes(row.recipient)) or None)
            self._add(row.wallet_id, {key: -int(row.amount)}, day=row.day)
        self._connection.execute(_END, {"b_intent": intent_id, "b_after": "released", "b_now": now_ms})

    def _sums(self, wallet_id: str, keys: Collection[_Key], *, day: int) -> dict[_Key, int]:
        recipients = sorted({recipient or _ALL for _, recipient in keys})
        sums = dict.fromkeys(keys, 0)
        for at in range(0, len(recipients), _CHUNK):
            place = {"b_wallet": wallet_id, "b_day": day, "b_recipients": recipients[at : at + _CHUNK]}
            for row in self._connection.execute(_LOAD, place):
                key = (Address(bytes(row.token)), Address(bytes(row.recipient)) or None)
                if key in sums:
                    sums[key] = int(row.amount)
        return sums

    def _add(self, wallet_id: str, added: Mapping[_Key, int], *, day: int) -> None:
        sums = self._sums(wallet_id, added.keys(), day=day)
        place = {"wallet_id": wallet_id, "day": day}
        self._connection.execute(
            _SAVE,
            [
                {
                    **place,
                    "token": token,
                    "recipient": recipient or _ALL,
                    "amount": str(sums[token, recipient] + amount),
                }
                for (token, recipient), amount in added.items()
            ],
        )


def _row_of(intent: Intent, key: _Key, amount: int, *, day: int, now_ms: int) -> dict[str, object]:
    token, recipient = key
    return {
        "intent_id": intent.id,
        "token": token,
        "recipient": recipient or _ALL,
        "wallet_id": intent.wallet_id,
        "amount": str(amount),
        "day": day,
        "state": "reserved",
        "updated_at_ms": now_ms,
    }
