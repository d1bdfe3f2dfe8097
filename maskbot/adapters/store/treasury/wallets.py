"""Wallets: one row a chain and account; its lock is the lock of all its payments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from maskbot.adapters.store.errors import IllegalMove
from maskbot.adapters.store.tables_treasury import wallet
from maskbot.domain.money import Address
from maskbot.domain.states import WALLET
from maskbot.domain.wallet import Wallet

_LOCK = select(wallet).where(wallet.c.id == bindparam("b_id")).with_for_update()
_TAKE = (
    update(wallet)
    .where(wallet.c.id == bindparam("b_id"), wallet.c.next_nonce == bindparam("b_nonce"))
    .values(next_nonce=wallet.c.next_nonce + bindparam("b_count"), updated_at_ms=bindparam("b_now"))
)


class SqlWallets:
    """Implements `ports.treasury.Wallets`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Wallet, *, now_ms: int) -> None:
        """See `ports.treasury.Wallets.add`."""
        self._connection.execute(
            insert(wallet),
            {
                "id": new.id,
                "tenant_id": new.tenant_id,
                "chain_id": new.chain_id,
                "address": new.address,
                "key_id": new.key_id,
                "name": new.name,
                "next_nonce": new.next_nonce,
                "state": new.state,
                "reason": new.reason,
                "hd_index": new.hd_index,
                "created_at_ms": now_ms,
                "updated_at_ms": now_ms,
            },
        )

    def load(self, ids: Sequence[str] | None = None, *, tenant_id: str | None = None) -> tuple[Wallet, ...]:
        """See `ports.treasury.Wallets.load`. In the order they were made."""
        wanted = select(wallet).order_by(wallet.c.id)
        if ids is not None:
            wanted = wanted.where(wallet.c.id.in_(ids))
        if tenant_id is not None:
            wanted = wanted.where(wallet.c.tenant_id == tenant_id)
        return tuple(_wallet_of(row) for row in self._connection.execute(wanted))

    def lock(self, wallet_id: str) -> Wallet | None:
        """See `ports.treasury.Wallets.lock`."""
        row = self._connection.execute(_LOCK, {"b_id": wallet_id}).one_or_none()
        return None if row is None else _wallet_of(row)

    def take_nonces(self, wallet_id: str, *, first: int, count: int, now_ms: int) -> None:
        """See `ports.treasury.Wallets.take_nonces`."""
        place = {"b_id": wallet_id, "b_nonce": first, "b_count": count, "b_now": now_ms}
        taken = self._connection.execute(_TAKE, place)
        if taken.rowcount != 1:
            raise IllegalMove("the wallet's next nonce is another one")

    def move(self, wallet_id: str, *, after: str, reason: str, now_ms: int, next_nonce: int | None = None) -> None:
        """See `ports.treasury.Wallets.move`. Moving to the state it is in changes its reason."""
        before = [state for state in WALLET.moves if state == after or WALLET.allows(state, after)]
        values: dict[str, Any] = {"state": after, "reason": reason, "updated_at_ms": now_ms}
        if next_nonce is not None:
            values["next_nonce"] = next_nonce
        moved = self._connection.execute(
            update(wallet).where(wallet.c.id == wallet_id, wallet.c.state.in_(before)).values(values)
        )
        if moved.rowcount != 1:
            raise IllegalMove(f"the wallet cannot become {after} from the state it is in")


def _wallet_of(row: Row[Any]) -> Wallet:
    return Wallet(
        id=row.id,
        tenant_id=row.tenant_id,
        chain_id=row.chain_id,
        address=Address(bytes(row.address)),
        key_id=row.key_id,
        name=row.name,
        next_nonce=row.next_nonce,
        state=row.state,
        reason=row.reason,
        hd_index=row.hd_index,
    )
