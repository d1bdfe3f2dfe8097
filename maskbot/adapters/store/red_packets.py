"""Red packets that we create, the shares taken of them, and the contracts they lie in (reliability.md C.2, C.3 8)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.errors import IllegalMove
from maskbot.adapters.store.nullable import address_or_none, bytes_or_none, digits_or_none, number_or_none
from maskbot.adapters.store.tables_red_packet import packet_contract, red_packet, red_packet_share
from maskbot.adapters.store.value_json import dump_value, load_value
from maskbot.domain.hosted_packet import HOSTED_PACKET, HostedPacket, PacketOrder, PacketShare
from maskbot.domain.money import Address
from maskbot.ports.packets import ContractFacts


class SqlRedPackets:
    """Implements `ports.packets.RedPackets`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, packet: HostedPacket, *, now_ms: int) -> None:
        """See `ports.packets.RedPackets.add`."""
        self._connection.execute(
            red_packet.insert(),
            {
                "id": packet.id,
                "tenant_id": packet.order.tenant_id,
                "order_key": packet.order.key,
                "terms": dump_value(packet.order, PacketOrder),
                "packet_address": packet.packet_address,
                "seed": packet.seed,
                "sealed_key": packet.sealed_key,
                "contract": packet.contract,
                "ordered_at_ms": packet.ordered_at_ms,
                **_changing(packet, now_ms=now_ms),
            },
        )

    def load(self, packet_id: str, *, is_locked: bool = False) -> HostedPacket | None:
        """See `ports.packets.RedPackets.load`."""
        statement = select(red_packet).where(red_packet.c.id == packet_id)
        row = self._connection.execute(statement.with_for_update() if is_locked else statement).one_or_none()
        return None if row is None else _packet(row)

    def find(self, *, tenant_id: str, order_key: str) -> HostedPacket | None:
        """See `ports.packets.RedPackets.find`."""
        row = self._connection.execute(
            select(red_packet).where(red_packet.c.tenant_id == tenant_id, red_packet.c.order_key == order_key)
        ).one_or_none()
        return None if row is None else _packet(row)

    def of_tenant(
        self, tenant_id: str, *, states: Collection[str] | None = None, limit: int = 1000
    ) -> tuple[HostedPacket, ...]:
        """See `ports.packets.RedPackets.of_tenant`."""
        statement = select(red_packet).where(red_packet.c.tenant_id == tenant_id)
        if states is not None:
            statement = statement.where(red_packet.c.state.in_(sorted(states)))
        rows = self._connection.execute(statement.order_by(red_packet.c.id.desc()).limit(limit))
        return tuple(_packet(row) for row in rows)

    def move(self, packet: HostedPacket, *, after: str, now_ms: int) -> HostedPacket:
        """See `ports.packets.RedPackets.move`."""
        if after != packet.state and not HOSTED_PACKET.allows(packet.state, after):
            raise IllegalMove(f"a red packet cannot go from {packet.state} to {after}")
        moved = replace(packet, state=after)
        changed = self._connection.execute(
            update(red_packet)
            .where(red_packet.c.id == packet.id, red_packet.c.state == packet.state)
            .values(_changing(moved, now_ms=now_ms))
        )
        if changed.rowcount != 1:
            raise IllegalMove(f"the red packet {packet.id} is not {packet.state} any more")
        return moved


class SqlPacketShares:
    """Implements `ports.packets.PacketShares`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace_after(self, packet_id: str, *, block: int, shares: Sequence[PacketShare]) -> None:
        """See `ports.packets.PacketShares.replace_after`."""
        self._connection.execute(
            delete(red_packet_share).where(red_packet_share.c.packet == packet_id, red_packet_share.c.block > block)
        )
        if shares:
            rows = [
                {
                    "packet": packet_id,
                    "tx_hash": share.tx_hash,
                    "log_index": share.log_index,
                    "block": share.block,
                    "recipient": bytes(share.recipient),
                    "value": str(share.value),
                    "is_final": share.is_final,
                }
                for share in shares
            ]
            self._connection.execute(red_packet_share.insert(), rows)

    def load(self, packet_id: str) -> tuple[PacketShare, ...]:
        """See `ports.packets.PacketShares.load`."""
        rows = self._connection.execute(
            select(red_packet_share)
            .where(red_packet_share.c.packet == packet_id)
            .order_by(red_packet_share.c.block, red_packet_share.c.log_index)
        )
        return tuple(
            PacketShare(
                tx_hash=bytes(row.tx_hash),
                log_index=row.log_index,
                block=row.block,
                recipient=Address(bytes(row.recipient)),
                value=int(row.value),
                is_final=row.is_final,
            )
            for row in rows
        )


class SqlPacketContracts:
    """Implements `ports.packets.PacketContracts`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def note(self, facts: ContractFacts, *, now_ms: int) -> ContractFacts | None:
        """See `ports.packets.PacketContracts.note`."""
        where = (packet_contract.c.chain_id == facts.chain_id, packet_contract.c.address == bytes(facts.address))
        row = self._connection.execute(select(packet_contract).where(*where)).one_or_none()
        seen = {"gas_payer": facts.gas_payer, "logic": facts.logic, "seen_at_ms": now_ms}
        self._connection.execute(
            upsert(packet_contract).on_conflict_do_update(index_elements=["chain_id", "address"], set_=seen),
            {"chain_id": facts.chain_id, "address": bytes(facts.address), **seen},
        )
        if row is None:
            return None
        return ContractFacts(
            row.chain_id, Address(bytes(row.address)), address_or_none(row.gas_payer), address_or_none(row.logic)
        )


def _changing(packet: HostedPacket, *, now_ms: int) -> dict[str, Any]:  # one column's value each
    return {
        "state": packet.state,
        "packet_id": packet.packet_id,
        "total": digits_or_none(packet.total),
        "created_at_s": packet.created_at_s,
        "expires_at_s": packet.expires_at_s,
        "tx_hash": packet.tx_hash,
        "block": packet.block,
        "rest": digits_or_none(packet.rest),
        "refunded": str(packet.refunded),
        "read_to": packet.read_to,
        "refund_id": packet.refund_id,
        "broadcast_id": packet.broadcast_id,
        "error_kind": packet.error_kind,
        "updated_at_ms": now_ms,
    }


def _packet(row: Row[Any]) -> HostedPacket:
    return HostedPacket(
        id=row.id,
        order=load_value(row.terms, PacketOrder),
        state=row.state,
        packet_address=Address(bytes(row.packet_address)),
        seed=bytes(row.seed),
        sealed_key=bytes(row.sealed_key),
        contract=Address(bytes(row.contract)),
        ordered_at_ms=row.ordered_at_ms,
        packet_id=bytes_or_none(row.packet_id),
        total=number_or_none(row.total),
        created_at_s=row.created_at_s,
        expires_at_s=row.expires_at_s,
        tx_hash=bytes_or_none(row.tx_hash),
        block=row.block,
        rest=number_or_none(row.rest),
        refunded=int(row.refunded),
        read_to=row.read_to,
        refund_id=row.refund_id,
        broadcast_id=row.broadcast_id,
        error_kind=row.error_kind,
    )
