"""Shares that we take from other people's red packets, and the rules by which they are taken."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.errors import IllegalMove
from maskbot.adapters.store.nullable import address_or_none, bytes_or_none, digits_or_none, number_or_none
from maskbot.adapters.store.tables_packet_claim import claim_floor, packet_claim, persona_wallet
from maskbot.domain.money import Address
from maskbot.domain.packet_claim import PACKET_CLAIM, ClaimFloor, PacketClaim, PersonaWallet
from maskbot.domain.red_packet import PacketVersion

_ADD = (
    upsert(packet_claim)
    .on_conflict_do_nothing(index_elements=["chain_id", "version", "packet_id", "wallet_id"])
    .returning(packet_claim.c.id)
)


class SqlPacketClaims:
    """Implements `ports.packet_claims.PacketClaims`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, claim: PacketClaim, *, now_ms: int) -> bool:
        """See `ports.packet_claims.PacketClaims.add`."""
        fixed = {
            "id": claim.id,
            "tenant_id": claim.tenant_id,
            "wallet_id": claim.wallet_id,
            "chain_id": claim.chain_id,
            "version": claim.version.value,
            "packet_id": claim.packet_id,
            "persona_id": claim.persona_id,
            "mention_id": claim.mention_id,
            "found_at_ms": claim.found_at_ms,
        }
        added = self._connection.execute(_ADD, fixed | _learnt(claim, now_ms=now_ms) | {"state": claim.state})
        return added.first() is not None

    def load(self, claim_id: str, *, is_locked: bool = False) -> PacketClaim | None:
        """See `ports.packet_claims.PacketClaims.load`."""
        wanted = select(packet_claim).where(packet_claim.c.id == claim_id)
        row = self._connection.execute(wanted.with_for_update() if is_locked else wanted).one_or_none()
        return None if row is None else _claim_of(row)

    def find(self, *, wallet_id: str, packet_id: bytes) -> tuple[PacketClaim, ...]:
        """See `ports.packet_claims.PacketClaims.find`."""
        rows = self._connection.execute(
            select(packet_claim)
            .where(packet_claim.c.packet_id == packet_id, packet_claim.c.wallet_id == wallet_id)
            .order_by(packet_claim.c.chain_id)
        )
        return tuple(_claim_of(row) for row in rows)

    def of_tenant(
        self, tenant_id: str, *, states: Collection[str] | None = None, limit: int = 100
    ) -> tuple[PacketClaim, ...]:
        """See `ports.packet_claims.PacketClaims.of_tenant`."""
        wanted = (
            select(packet_claim)
            .where(packet_claim.c.tenant_id == tenant_id)
            .order_by(packet_claim.c.found_at_ms.desc(), packet_claim.c.id.desc())
            .limit(limit)
        )
        if states is not None:
            wanted = wanted.where(packet_claim.c.state.in_(sorted(states)))
        return tuple(_claim_of(row) for row in self._connection.execute(wanted))

    def move(self, claim: PacketClaim, *, after: str, now_ms: int) -> PacketClaim:
        """See `ports.packet_claims.PacketClaims.move`."""
        if after != claim.state and not PACKET_CLAIM.allows(claim.state, after):
            raise IllegalMove(f"a claim cannot go from {claim.state} to {after}")
        moved = self._connection.execute(
            update(packet_claim)
            .where(packet_claim.c.id == claim.id, packet_claim.c.state == claim.state)
            .values(_learnt(claim, now_ms=now_ms) | {"state": after})
            .returning(packet_claim)
        ).one_or_none()
        if moved is None:
            raise IllegalMove(f"the claim is not {claim.state}, so it does not become {after}")
        return _claim_of(moved)


class SqlClaimRules:
    """Implements `ports.packet_claims.ClaimRules`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def link(self, link: PersonaWallet) -> None:
        """See `ports.packet_claims.ClaimRules.link`."""
        values = {"wallet_id": link.wallet_id, "is_claiming": link.is_claiming, "recipient": link.recipient}
        self._connection.execute(
            upsert(persona_wallet)
            .values(persona_id=link.persona_id, chain_id=link.chain_id, **values)
            .on_conflict_do_update(index_elements=["persona_id", "chain_id"], set_=values)
        )

    def unlink(self, persona_id: str, *, wallet_id: str) -> bool:
        """See `ports.packet_claims.ClaimRules.unlink`."""
        gone = self._connection.execute(
            delete(persona_wallet).where(
                persona_wallet.c.persona_id == persona_id, persona_wallet.c.wallet_id == wallet_id
            )
        )
        return gone.rowcount > 0

    def wallets_of(self, persona_ids: Sequence[str]) -> tuple[PersonaWallet, ...]:
        """See `ports.packet_claims.ClaimRules.wallets_of`."""
        rows = self._connection.execute(
            select(persona_wallet)
            .where(persona_wallet.c.persona_id.in_(list(persona_ids)))
            .order_by(persona_wallet.c.persona_id, persona_wallet.c.chain_id)
        )
        return tuple(
            PersonaWallet(row.persona_id, row.wallet_id, row.chain_id, row.is_claiming, address_or_none(row.recipient))
            for row in rows
        )

    def set_floor(self, wallet_id: str, floor: ClaimFloor) -> None:
        """See `ports.packet_claims.ClaimRules.set_floor`."""
        values = {"least": str(floor.least), "most_cost": str(floor.most_cost_wei)}
        self._connection.execute(
            upsert(claim_floor)
            .values(wallet_id=wallet_id, token=floor.token, **values)
            .on_conflict_do_update(index_elements=["wallet_id", "token"], set_=values)
        )

    def floors(self, wallet_id: str) -> dict[Address, ClaimFloor]:
        """See `ports.packet_claims.ClaimRules.floors`."""
        rows = self._connection.execute(select(claim_floor).where(claim_floor.c.wallet_id == wallet_id))
        found = (ClaimFloor(Address(bytes(row.token)), int(row.least), int(row.most_cost)) for row in rows)
        return {floor.token: floor for floor in found}


def _learnt(claim: PacketClaim, *, now_ms: int) -> dict[str, Any]:
    """What may change."""
    return {
        "requested_by": claim.requested_by,
        "recipient": claim.recipient,
        "reason": claim.reason,
        "sealed_key": claim.sealed_key,
        "tx_hash": claim.tx_hash,
        "created_at_s": claim.created_at_s,
        "tries": claim.tries,
        "payment_id": claim.payment_id,
        "token": claim.token,
        "decimals": claim.decimals,
        "expected": digits_or_none(claim.expected),
        "value": digits_or_none(claim.value),
        "received": digits_or_none(claim.received),
        "cost": str(claim.cost_wei),
        "claim_tx": claim.claim_tx,
        "coin_price": None if claim.coin_price is None else str(claim.coin_price),
        "priced_at_ms": claim.priced_at_ms,
        "updated_at_ms": now_ms,
    }


def _claim_of(row: Row[Any]) -> PacketClaim:
    return PacketClaim(
        id=row.id,
        tenant_id=row.tenant_id,
        wallet_id=row.wallet_id,
        chain_id=row.chain_id,
        version=PacketVersion(row.version),
        packet_id=bytes(row.packet_id),
        requested_by=row.requested_by,
        found_at_ms=row.found_at_ms,
        persona_id=row.persona_id,
        recipient=address_or_none(row.recipient),
        mention_id=row.mention_id,
        state=row.state,
        reason=row.reason,
        sealed_key=bytes_or_none(row.sealed_key),
        tx_hash=bytes_or_none(row.tx_hash),
        created_at_s=row.created_at_s,
        tries=row.tries,
        payment_id=row.payment_id,
        token=address_or_none(row.token),
        decimals=row.decimals,
        expected=number_or_none(row.expected),
        value=number_or_none(row.value),
        received=number_or_none(row.received),
        cost_wei=int(row.cost),
        claim_tx=bytes_or_none(row.claim_tx),
        coin_price=None if row.coin_price is None else Decimal(row.coin_price),
        priced_at_ms=row.priced_at_ms,
    )
