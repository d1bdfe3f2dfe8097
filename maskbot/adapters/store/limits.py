"""Pause switches, the X spend ledger and platform rate windows."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.tables import spend, switch, throttle

DAY_MS = 86_400_000

_OFF = select(switch.c.scope).where(switch.c.is_on.is_(False))
_FLIP = upsert(switch)
_FLIP = _FLIP.on_conflict_do_update(
    index_elements=["scope"],
    set_={name: _FLIP.excluded[name] for name in ("is_on", "reason", "who", "at_ms")},
)
_SPEND = upsert(spend)
_SPEND = _SPEND.on_conflict_do_update(
    index_elements=["account_id", "day", "action"],
    set_={"cost_musd": spend.c.cost_musd + _SPEND.excluded.cost_musd},
)
_SPENT = select(func.coalesce(func.sum(spend.c.cost_musd), 0)).where(
    spend.c.account_id == bindparam("account"), spend.c.day == bindparam("b_day")
)
_BLOCK = upsert(throttle)
_BLOCK = _BLOCK.on_conflict_do_update(
    index_elements=["account_id", "action"],
    set_={
        "until_ms": case(
            (throttle.c.until_ms > _BLOCK.excluded.until_ms, throttle.c.until_ms), else_=_BLOCK.excluded.until_ms
        )
    },
)
_UNTIL = select(throttle.c.until_ms).where(
    throttle.c.account_id == bindparam("account"), throttle.c.action == bindparam("b_action")
)
_SLOTS = select(throttle.c.action, throttle.c.until_ms).where(
    throttle.c.account_id == bindparam("account"), throttle.c.action.like(bindparam("b_prefix"))
)
_SLOT = upsert(throttle)
_TAKE = _SLOT.on_conflict_do_update(
    index_elements=["account_id", "action"],
    set_={"until_ms": _SLOT.excluded.until_ms},
    where=throttle.c.until_ms <= bindparam("b_now"),
).returning(throttle.c.action)


class SqlSwitches:
    """Implements `ports.store.Switches`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def off(self) -> frozenset[str]:
        """See `ports.store.Switches.off`."""
        return frozenset(self._connection.execute(_OFF).scalars())

    def flip(self, scope: str, *, is_on: bool, reason: str, who: str, now_ms: int) -> None:
        """See `ports.store.Switches.flip`."""
        self._connection.execute(_FLIP, {"scope": scope, "is_on": is_on, "reason": reason, "who": who, "at_ms": now_ms})


class SqlLedger:
    """Implements `ports.store.Ledger`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def spend(self, *, account_id: str, action: str, cost_musd: int, now_ms: int) -> None:
        """See `ports.store.Ledger.spend`."""
        self._connection.execute(
            _SPEND, {"account_id": account_id, "day": now_ms // DAY_MS, "action": action, "cost_musd": cost_musd}
        )

    def spent_today(self, *, account_id: str, now_ms: int) -> int:
        """See `ports.store.Ledger.spent_today`."""
        return int(self._connection.execute(_SPENT, {"account": account_id, "b_day": now_ms // DAY_MS}).scalar_one())


class SqlThrottles:
    """Implements `ports.store.Throttles`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def blocked_until(self, *, account_id: str, action: str, now_ms: int) -> int | None:
        """See `ports.store.Throttles.blocked_until`."""
        until_ms = self._connection.execute(_UNTIL, {"account": account_id, "b_action": action}).scalar_one_or_none()
        return until_ms if until_ms is not None and until_ms > now_ms else None

    def take_slot(self, *, account_id: str, action: str, slots: int, window_ms: int, now_ms: int) -> int | None:
        """See `ports.store.Throttles.take_slot`. A slot is a row that is taken until its window is over; two workers that want the
        same one wait for each other, and one of them goes on to the next."""
        rows = self._connection.execute(_SLOTS, {"account": account_id, "b_prefix": f"{action}#%"})
        until_ms = {str(row.action): int(row.until_ms) for row in rows}
        names = [f"{action}#{number}" for number in range(slots)]
        for name in names:
            if until_ms.get(name, 0) <= now_ms:
                values = {"account_id": account_id, "action": name, "until_ms": now_ms + window_ms, "b_now": now_ms}
                if self._connection.execute(_TAKE, values).first() is not None:
                    return None
                until_ms[name] = now_ms + window_ms
        return min(until_ms[name] for name in names)

    def block(self, *, account_id: str, action: str, until_ms: int) -> None:
        """See `ports.store.Throttles.block`. A later end stands."""
        self._connection.execute(_BLOCK, {"account_id": account_id, "action": action, "until_ms": until_ms})
