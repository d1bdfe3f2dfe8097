"""Red packets of our own as operators see them: books, takers, dry runs. No key is ever shown."""

from __future__ import annotations

from collections.abc import Sequence

from maskbot.cli.show import Row
from maskbot.domain.hosted_packet import HostedPacket, PacketOrder, PacketShare, TokenShares, packet_books
from maskbot.domain.money import Amount
from maskbot.domain.packet_plan import PacketPlan
from maskbot.flows.act.fetch_funds import Funds
from maskbot.wire.crypto import address_text


def packet_fields(packet: HostedPacket, taken: Sequence[PacketShare]) -> dict[str, object]:
    """What is told of a packet in one line or screen."""
    order, books = packet.order, packet_books(packet, taken)
    fields: dict[str, object] = {
        "id": packet.id,
        "state": packet.state,
        "error": packet.error_kind or "",
        "packet": "" if packet.packet_id is None else f"0x{packet.packet_id.hex()}",
        "chain": order.chain_id,
        "contract": address_text(packet.contract),
        "total": amount_of(order, order.contents.total if packet.total is None else packet.total),
        "shares": order.contents.shares,
        "taken": len(taken),
        **{name: amount_of(order, getattr(books, name)) for name in ("funded", "claimed", "refunded", "rest")},
        "unexplained": books.unexplained,
        "readers": _readers(packet),
        "message": order.message,
        "from": order.sender_name,
        "ordered_at_ms": packet.ordered_at_ms,
        "expires_at_ms": None if packet.expires_at_s is None else packet.expires_at_s * 1000,
        "transaction": "" if packet.tx_hash is None else f"0x{packet.tx_hash.hex()}",
        "broadcast": packet.broadcast_id or "",
        "refund_payment": packet.refund_id or "",
    }
    return fields


def share_rows(packet: HostedPacket, taken: Sequence[PacketShare]) -> list[Row]:
    """Who took what, in the order of the chain."""
    is_nft = packet.is_nft
    return [
        {
            "to": address_text(share.recipient),
            "value": f"token {share.value}" if is_nft else amount_of(packet.order, share.value),
            "final": share.is_final,
            "transaction": f"0x{share.tx_hash.hex()}",
        }
        for share in taken
    ]


def plan_fields(order: PacketOrder, costs: PacketPlan, funds: Funds) -> dict[str, object]:
    """The dry run: gas by step, today's cost, the worst case, and whether the wallet has enough."""
    contents = order.contents
    has_tokens = not isinstance(contents, TokenShares) or funds.available >= contents.total
    return {
        "total": amount_of(order, contents.total),
        "shares": contents.shares,
        "open_for_s": order.duration_s,
        "gas_of_allowance": costs.allow_gas,
        "gas_of_creation": costs.create_gas,
        "gas_of_end": costs.end_gas,
        "gas_of_a_claim": costs.claim_gas,
        "gas_price_wei": costs.gas_price_wei,
        "cost_wei": costs.cost_wei,
        "worst_case_wei": costs.worst_case_wei,
        "coins_in_wallet_wei": funds.coins_wei,
        "enough": has_tokens and funds.coins_wei >= costs.worst_case_wei,
    }


def amount_of(order: PacketOrder, units: int) -> str:
    """So much of what the packet holds."""
    contents = order.contents
    if isinstance(contents, TokenShares):
        return str(Amount(contents.token, units))
    return f"{units} of {contents.name}"


def _readers(packet: HostedPacket) -> str:
    publication = packet.order.publication
    if publication is None:
        return "nobody"
    return "everybody" if publication.recipients is None else f"sealed for {len(publication.recipients)}"
