"""Ethereum chains over JSON-RPC: the one door to web3 (reliability.md C.3, E12)."""

from __future__ import annotations

import maskbot.adapters.recursion  # noqa: F401 - first: see there
from maskbot.adapters.evm.endpoint import Endpoint
from maskbot.adapters.evm.node import EvmNode

__all__ = ["Endpoint", "EvmNode"]
