"""Payments we owe. Unique by purpose and id; unique by wallet and nonce; never deleted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, case, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.errors import IllegalMove
from maskbot.adapters.store.ids import new_id
from maskbot.adapters.store.nullable import digits_or_none, number_or_none
from maskbot.adapters.store.tables_treasury import intent
from maskbot.domain.job import JobKind
from maskbot.domain.money import Address
from maskbot.domain.states import INTENT
from maskbot.domain.transaction import ContractCall, Followup, Intent, OtherPayment, PaymentOrder
from maskbot.domain.wallet import Wallet
from maskbot.ports.treasury import Move

_ADD = upsert(intent).on_conflict_do_nothing(index_elements=["purpose", "purpose_id"])
_FIND = select(intent).where(
    intent.c.purpose == bindparam("b_purpose"), intent.c.purpose_id == bindparam("b_purpose_id")
)
_is_it = intent.c.id == bindparam("b_id")


def _or_as_it_is(name: str) -> ColumnElement[int]:
    return func.coalesce(bindparam(f"b_{name}", type_=intent.c[name].type), intent.c[name])


_MOVE = (
    update(intent)
    .where(_is_it, intent.c.state == bindparam("b_before"))
    .values(
        state=bindparam("b_after"),
        error_kind=bindparam("b_error"),
        looks=0,
        updated_at_ms=bindparam("b_now"),
        nonce=_or_as_it_is("nonce"),
        gas_limit=_or_as_it_is("gas_limit"),
        needed_approvals=_or_as_it_is("needed_approvals"),
    )
)


class SqlIntents:
    """Implements `ports.treasury.Intents`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, order: PaymentOrder, *, wallet: Wallet, now_ms: int) -> tuple[Intent, bool]:
        """See `ports.treasury.Intents.add`."""
        id_ = new_id()
        self._connection.execute(_ADD, _row_of(order, id_=id_, wallet=wallet, now_ms=now_ms))
        there = self._connection.execute(_FIND, {"b_purpose": order.purpose, "b_purpose_id": order.purpose_id}).one()
        found = _intent_of(there)
        if found.wallet_id != order.wallet_id or found.call != order.call:
            raise OtherPayment("there is another payment for this purpose already: it is not changed")
        return found, found.id == id_

    def load(self, ids: Sequence[str]) -> Mapping[str, Intent]:
        """See `ports.treasury.Intents.load`."""
        if not ids:
            return {}
        rows = self._connection.execute(select(intent).where(intent.c.id.in_(list(ids))))
        return {row.id: _intent_of(row) for row in rows}

    def in_states(
        self,
        states: Collection[str],
        *,
        wallet_id: str | None = None,
        id_prefix: str = "",
        last: Collection[str] = (),
        limit: int = 1000,
    ) -> tuple[Intent, ...]:
        """See `ports.treasury.Intents.in_states`."""
        wanted = select(intent).where(intent.c.state.in_(sorted(states))).limit(limit)
        if last:
            is_last = func.coalesce(intent.c.error_kind, "").in_(sorted(last))
            wanted = wanted.order_by(case((is_last, intent.c.updated_at_ms), else_=0))
        wanted = wanted.order_by(intent.c.nonce.is_(None), intent.c.nonce, intent.c.id)
        if wallet_id is not None:
            wanted = wanted.where(intent.c.wallet_id == wallet_id)
        if id_prefix:
            wanted = wanted.where(intent.c.id.startswith(id_prefix, autoescape=True))
        return tuple(_intent_of(row) for row in self._connection.execute(wanted))

    def waiting(self) -> tuple[Intent, ...]:
        """See `ports.treasury.Intents.waiting`."""
        wanted = select(intent).where(intent.c.state == "planned", intent.c.needed_approvals > 0).order_by(intent.c.id)
        return tuple(_intent_of(row) for row in self._connection.execute(wanted))

    def newest(self, *, limit: int) -> tuple[Intent, ...]:
        """See `ports.treasury.Intents.newest`."""
        rows = self._connection.execute(select(intent).order_by(intent.c.id.desc()).limit(limit))
        return tuple(_intent_of(row) for row in rows)

    def move(
        self,
        intent_id: str,
        *,
        before: str,
        after: str,
        now_ms: int,
        nonce: int | None = None,
        gas_limit: int | None = None,
        error_kind: str | None = None,
    ) -> None:
        """See `ports.treasury.Intents.move`."""
        self.move_all([Move(intent_id, before, after, nonce, gas_limit, None, error_kind)], now_ms=now_ms)

    def move_all(self, moves: Sequence[Move], *, now_ms: int) -> None:
        """See `ports.treasury.Intents.move_all`."""
        for one in moves:
            if one.before not in INTENT.moves or not INTENT.allows(one.before, one.after):
                raise IllegalMove(f"a payment cannot go from {one.before} to {one.after}")
        if not moves:
            return
        moved = self._connection.execute(_MOVE, [_places_of(one, now_ms=now_ms) for one in moves])
        if moved.rowcount != len(moves):
            first = moves[0]
            raise IllegalMove(f"a payment is not {first.before} any more, so it does not become {first.after}")

    def note(
        self,
        intent_id: str,
        *,
        now_ms: int,
        error_kind: str | None = None,
        looks: int | None = None,
        needed_approvals: int | None = None,
        gas_limit: int | None = None,
    ) -> None:
        """See `ports.treasury.Intents.note`."""
        given = {"looks": looks, "needed_approvals": needed_approvals, "gas_limit": gas_limit}
        values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        values |= {"error_kind": error_kind, "updated_at_ms": now_ms}
        self._connection.execute(update(intent).where(_is_it).values(values), {"b_id": intent_id})


def _row_of(order: PaymentOrder, *, id_: str, wallet: Wallet, now_ms: int) -> dict[str, object]:
    return {
        "id": id_,
        "tenant_id": wallet.tenant_id,
        "wallet_id": wallet.id,
        "chain_id": wallet.chain_id,
        "purpose": order.purpose,
        "purpose_id": order.purpose_id,
        "requested_by": order.requested_by,
        "call_to": order.call.to,
        "call_value": str(order.call.value_wei),
        "call_data": order.call.data,
        "gas_limit": order.gas_limit,
        "nonce": None,
        "state": INTENT.first,
        "needed_approvals": 0,
        "error_kind": None,
        "deadline_ms": order.deadline_ms,
        "max_fee": digits_or_none(order.max_fee_wei),
        "looks": 0,
        "followup_kind": None if order.followup is None else order.followup.kind.value,
        "followup_target": None if order.followup is None else order.followup.target_id,
        "created_at_ms": now_ms,
        "updated_at_ms": now_ms,
    }


def _places_of(move: Move, *, now_ms: int) -> dict[str, object]:
    return {
        "b_id": move.intent_id,
        "b_before": move.before,
        "b_after": move.after,
        "b_nonce": move.nonce,
        "b_gas_limit": move.gas_limit,
        "b_needed_approvals": move.needed_approvals,
        "b_error": move.error_kind,
        "b_now": now_ms,
    }


def _intent_of(row: Row[Any]) -> Intent:
    has_followup = row.followup_kind is not None
    return Intent(
        id=row.id,
        tenant_id=row.tenant_id,
        wallet_id=row.wallet_id,
        chain_id=row.chain_id,
        purpose=row.purpose,
        purpose_id=row.purpose_id,
        requested_by=row.requested_by,
        call=ContractCall(Address(bytes(row.call_to)), int(row.call_value), bytes(row.call_data)),
        gas_limit=row.gas_limit,
        nonce=row.nonce,
        state=row.state,
        needed_approvals=row.needed_approvals,
        error_kind=row.error_kind,
        deadline_ms=row.deadline_ms,
        looks=row.looks,
        created_at_ms=row.created_at_ms,
        updated_at_ms=row.updated_at_ms,
        followup=Followup(JobKind(row.followup_kind), row.followup_target) if has_followup else None,
        max_fee_wei=number_or_none(row.max_fee),
    )
