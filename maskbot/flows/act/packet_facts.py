"""What a chain says about a red packet that somebody asks of, within bounds (red-packets.md 3.4)."""

from __future__ import annotations

from collections.abc import Callable

from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.packet_fact import PacketFact, PacketNeed
from maskbot.domain.red_packet import PacketReference
from maskbot.domain.request import NoFact
from maskbot.flows.act.fetch_packet import fetch_packet, fetch_token
from maskbot.ports.chain import ChainNode
from maskbot.wire.red_packet import ContractBook

NodeOf = Callable[[int], ChainNode]
"""The nodes of a chain by its id; raises Misconfigured for one that is not set up."""
_MOST_PAGES = 8


def fetch_packet_fact(need: PacketNeed, *, node_of: NodeOf, contracts: ContractBook) -> PacketFact | NoFact:
    """The fact, or a NoFact (`refused`) when no contract of this kind is trusted or it does not answer as one.

    Raises: Unavailable if no node answers; Misconfigured for a chain that is not set up.
    """
    reference = PacketReference(need.chain_id, need.version, need.packet_id)
    try:
        contracts.find(chain_id=need.chain_id, version=need.version)
        node = node_of(need.chain_id)
        packet = fetch_packet(
            reference,
            node=node,
            contracts=contracts,
            viewer=None,
            tx_hash=need.tx_hash,
            created_at_s=need.created_at_s,
            most_pages=_MOST_PAGES,
        )
        token = None if packet.is_nft else fetch_token(packet.availability.token, chain_id=need.chain_id, node=node)
    except (Malformed, Refused):
        return NoFact("refused")
    creation = packet.creation
    return PacketFact(
        state=packet.state,
        shares=packet.availability.shares,
        left=packet.shares_left,
        rest=packet.availability.rest,
        token=packet.availability.token,
        chain_name=node.chain.name,
        coin=node.chain.coin.symbol,
        total=None if creation is None else creation.total,
        expires_at_s=None if creation is None else creation.expires_at_s,
        is_random=None if creation is None else creation.is_random,
        symbol=None if token is None else token.symbol,
        decimals=None if token is None else token.decimals,
    )
