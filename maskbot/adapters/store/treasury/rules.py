"""Policies and approvals."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.nullable import bytes_or_none
from maskbot.adapters.store.tables_treasury import approval, spending_policy
from maskbot.adapters.store.value_json import dump_value, load_value
from maskbot.domain.spending import Approval, SpendingPolicy

_SET = upsert(spending_policy)
_SET = _SET.on_conflict_do_update(
    index_elements=["wallet_id"], set_={name: _SET.excluded[name] for name in ("rules", "updated_at_ms")}
)


class SqlRules:
    """Implements `ports.treasury.Rules`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set_policy(self, wallet_id: str, policy: SpendingPolicy, *, now_ms: int) -> None:
        """See `ports.treasury.Rules.set_policy`."""
        rules = dump_value(policy, SpendingPolicy)
        self._connection.execute(_SET, {"wallet_id": wallet_id, "rules": rules, "updated_at_ms": now_ms})

    def load_policy(self, wallet_id: str) -> SpendingPolicy | None:
        """See `ports.treasury.Rules.load_policy`."""
        wanted = select(spending_policy.c.rules).where(spending_policy.c.wallet_id == wallet_id)
        rules = self._connection.execute(wanted).scalar_one_or_none()
        if rules is None:
            return None
        policy: SpendingPolicy = load_value(rules, SpendingPolicy)
        return policy

    def add_approval(self, new: Approval, *, now_ms: int) -> None:
        """See `ports.treasury.Rules.add_approval`."""
        self._connection.execute(
            insert(approval),
            {
                "intent_id": new.intent_id,
                "approver": new.approver,
                "is_yes": new.is_yes,
                "call_digest": new.call_digest,
                "signature": new.signature,
                "created_at_ms": now_ms,
            },
        )

    def approvals(self, intent_id: str) -> tuple[Approval, ...]:
        """See `ports.treasury.Rules.approvals`. Oldest first."""
        wanted = select(approval).where(approval.c.intent_id == intent_id)
        return tuple(
            Approval(
                intent_id=row.intent_id,
                approver=row.approver,
                is_yes=row.is_yes,
                call_digest=bytes(row.call_digest),
                signature=bytes_or_none(row.signature),
            )
            for row in self._connection.execute(wanted.order_by(approval.c.created_at_ms, approval.c.approver))
        )
