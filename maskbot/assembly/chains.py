"""Connects to the chains of the chains file."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.domain.errors import Misconfigured
from maskbot.ports.chain import ChainNode
from maskbot.ports.safes import SafeQueue
from maskbot.settings import ChainNodes


def connect(chain_id: int, chains: Mapping[int, ChainNodes], *, ca_bundle: Path | None) -> ChainNode:
    """The nodes of a chain. Makes no connection yet.

    Raises:
        Misconfigured: the file does not name the chain, or its nodes do not make a quorum.
    """
    nodes = chains.get(chain_id)
    if nodes is None:
        raise Misconfigured(f"chain {chain_id} is not served: write it into the file of MASKBOT_CHAINS_FILE")
    bundle = None if ca_bundle is None else str(ca_bundle)
    endpoints = [Endpoint(url, chain_id=chain_id, ca_bundle=bundle) for url in nodes.node_urls]
    return EvmNode(nodes.chain, endpoints, quorum=nodes.quorum)


def connect_safe_queue(nodes: ChainNodes, *, ca_bundle: Path | None) -> SafeQueue:
    """The queue service for Safes of a chain that has one. Makes no connection yet."""
    from maskbot.adapters.safe_queue import SafeTransactionService

    assert nodes.safe_service is not None
    tls = None if ca_bundle is None else ssl.create_default_context(cafile=str(ca_bundle))
    return SafeTransactionService(nodes.safe_service, api_key=nodes.safe_service_key, tls=tls)
