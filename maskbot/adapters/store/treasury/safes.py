"""Safes, and proposals to them. A proposal's call, nonce and hash are written once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from maskbot.adapters.store.errors import IllegalMove
from maskbot.adapters.store.ids import new_id
from maskbot.adapters.store.nullable import bytes_or_none
from maskbot.adapters.store.tables_safe import proposal, safe
from maskbot.domain.job import JobKind
from maskbot.domain.money import ADDRESS_BYTES, Address
from maskbot.domain.safe import Proposal, ProposalOrder, Safe, SafeTx, SafeVersion
from maskbot.domain.states import PROPOSAL
from maskbot.domain.transaction import ContractCall, Followup

_LOCK = select(safe).where(safe.c.id == bindparam("b_id")).with_for_update()


class SqlSafes:
    """Implements `ports.safes.Safes`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: Safe, *, now_ms: int) -> None:
        """See `ports.safes.Safes.add`."""
        values = {
            "id": new.id,
            "tenant_id": new.tenant_id,
            "chain_id": new.chain_id,
            "address": new.address,
            "name": new.name,
            "version": new.version.value,
            "singleton": new.singleton,
            "created_at_ms": now_ms,
        }
        self._connection.execute(insert(safe), values)

    def load(self, ids: Sequence[str] | None = None, *, tenant_id: str | None = None) -> tuple[Safe, ...]:
        """See `ports.safes.Safes.load`."""
        wanted = select(safe).order_by(safe.c.id)
        if ids is not None:
            wanted = wanted.where(safe.c.id.in_(list(ids)))
        if tenant_id is not None:
            wanted = wanted.where(safe.c.tenant_id == tenant_id)
        return tuple(_safe_of(row) for row in self._connection.execute(wanted))

    def lock(self, safe_id: str) -> Safe | None:
        """See `ports.safes.Safes.lock`."""
        row = self._connection.execute(_LOCK, {"b_id": safe_id}).one_or_none()
        return None if row is None else _safe_of(row)


class SqlProposals:
    """Implements `ports.safes.Proposals`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        order: ProposalOrder,
        *,
        tx: SafeTx,
        hash: bytes,
        tenant_id: str,
        first_block: int,
        first_nonce: int,
        now_ms: int,
    ) -> Proposal:
        """See `ports.safes.Proposals.add`."""
        new = Proposal(
            id=new_id(),
            tenant_id=tenant_id,
            safe_id=order.safe_id,
            wallet_id=order.wallet_id,
            purpose=order.purpose,
            purpose_id=order.purpose_id,
            requested_by=order.requested_by,
            tx=tx,
            hash=hash,
            state=PROPOSAL.first,
            signature=None,
            posted_at_ms=None,
            confirmed_by=(),
            first_block=first_block,
            first_nonce=first_nonce,
            next_block=first_block,
            executions=0,
            error_kind=None,
            tx_hash=None,
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
            followup=order.followup,
        )
        self._connection.execute(insert(proposal), _fixed(new) | _changing(new, now_ms=now_ms))
        return new

    def find(self, *, purpose: str, purpose_id: str) -> Proposal | None:
        """See `ports.safes.Proposals.find`."""
        wanted = select(proposal).where(proposal.c.purpose == purpose, proposal.c.purpose_id == purpose_id)
        row = self._connection.execute(wanted).one_or_none()
        return None if row is None else _proposal_of(row)

    def load(self, ids: Sequence[str]) -> tuple[Proposal, ...]:
        """See `ports.safes.Proposals.load`."""
        wanted = select(proposal).where(proposal.c.id.in_(list(ids))).order_by(proposal.c.id)
        return tuple(_proposal_of(row) for row in self._connection.execute(wanted))

    def in_states(
        self, states: Collection[str], *, safe_id: str | None = None, tenant_id: str | None = None
    ) -> tuple[Proposal, ...]:
        """See `ports.safes.Proposals.in_states`."""
        wanted = select(proposal).where(proposal.c.state.in_(sorted(states)))
        if safe_id is not None:
            wanted = wanted.where(proposal.c.safe_id == safe_id)
        if tenant_id is not None:
            wanted = wanted.where(proposal.c.tenant_id == tenant_id)
        rows = self._connection.execute(wanted.order_by(proposal.c.nonce, proposal.c.id))
        return tuple(_proposal_of(row) for row in rows)

    def save(self, changed: Proposal, *, before: str, now_ms: int) -> None:
        """See `ports.safes.Proposals.save`."""
        if before != changed.state and not PROPOSAL.allows(before, changed.state):
            raise IllegalMove(f"a proposal cannot go from {before} to {changed.state}")
        saved = self._connection.execute(
            update(proposal)
            .where(proposal.c.id == changed.id, proposal.c.state == before)
            .values(_changing(changed, now_ms=now_ms))
        )
        if saved.rowcount != 1:
            raise IllegalMove(f"the proposal is not {before}, so it does not become {changed.state}")


def _fixed(one: Proposal) -> dict[str, Any]:
    return {
        "id": one.id,
        "tenant_id": one.tenant_id,
        "safe_id": one.safe_id,
        "wallet_id": one.wallet_id,
        "purpose": one.purpose,
        "purpose_id": one.purpose_id,
        "requested_by": one.requested_by,
        "chain_id": one.tx.chain_id,
        "safe_address": one.tx.safe,
        "call_to": one.tx.call.to,
        "call_value": str(one.tx.call.value_wei),
        "call_data": one.tx.call.data,
        "is_delegate": one.tx.is_delegate,
        "nonce": one.tx.nonce,
        "hash": one.hash,
        "first_block": one.first_block,
        "first_nonce": one.first_nonce,
        "followup_kind": None if one.followup is None else one.followup.kind.value,
        "followup_target": None if one.followup is None else one.followup.target_id,
        "created_at_ms": one.created_at_ms,
    }


def _changing(one: Proposal, *, now_ms: int) -> dict[str, Any]:
    return {
        "state": one.state,
        "signature": one.signature,
        "posted_at_ms": one.posted_at_ms,
        "confirmed_by": b"".join(one.confirmed_by),
        "next_block": one.next_block,
        "executions": one.executions,
        "error_kind": one.error_kind,
        "tx_hash": one.tx_hash,
        "updated_at_ms": now_ms,
    }


def _safe_of(row: Row[Any]) -> Safe:
    return Safe(
        id=row.id,
        tenant_id=row.tenant_id,
        chain_id=row.chain_id,
        address=Address(bytes(row.address)),
        name=row.name,
        version=SafeVersion(row.version),
        singleton=Address(bytes(row.singleton)),
    )


def _proposal_of(row: Row[Any]) -> Proposal:
    confirmed = bytes(row.confirmed_by)
    has_followup = row.followup_kind is not None
    return Proposal(
        id=row.id,
        tenant_id=row.tenant_id,
        safe_id=row.safe_id,
        wallet_id=row.wallet_id,
        purpose=row.purpose,
        purpose_id=row.purpose_id,
        requested_by=row.requested_by,
        tx=SafeTx(
            chain_id=row.chain_id,
            safe=Address(bytes(row.safe_address)),
            call=ContractCall(Address(bytes(row.call_to)), int(row.call_value), bytes(row.call_data)),
            is_delegate=row.is_delegate,
            nonce=row.nonce,
        ),
        hash=bytes(row.hash),
        state=row.state,
        signature=bytes_or_none(row.signature),
        posted_at_ms=row.posted_at_ms,
        confirmed_by=tuple(
            Address(confirmed[at : at + ADDRESS_BYTES]) for at in range(0, len(confirmed), ADDRESS_BYTES)
        ),
        first_block=row.first_block,
        first_nonce=row.first_nonce,
        next_block=row.next_block,
        executions=row.executions,
        error_kind=row.error_kind,
        tx_hash=bytes_or_none(row.tx_hash),
        created_at_ms=row.created_at_ms,
        updated_at_ms=row.updated_at_ms,
        followup=Followup(JobKind(row.followup_kind), row.followup_target) if has_followup else None,
    )
