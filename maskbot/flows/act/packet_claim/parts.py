"""What the flows that take shares work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from maskbot.flows.act.payment_parts import go_on
from maskbot.ports.chain import ChainNode
from maskbot.ports.inside import Clock, SecretBox
from maskbot.ports.store import Store
from maskbot.wire.red_packet import ContractBook


@dataclass(frozen=True, slots=True)
class ClaimParts:
    """The store, the chains by id, the contracts that are trusted, the vault's box of secrets, the clock. `reach` is called at
    every named point (tests die there)."""

    store: Store
    chain_of: Callable[[int], ChainNode]
    contracts: ContractBook
    secrets: SecretBox
    clock: Clock
    reach: Callable[[str], None] = go_on
