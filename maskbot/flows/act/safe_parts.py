"""What the flows of Safes work with, and when they do what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from maskbot.flows.act.payment_parts import go_on
from maskbot.ports.chain import ChainNode
from maskbot.ports.inside import Clock
from maskbot.ports.safes import SafeHasher, SafeQueue
from maskbot.ports.store import Store
from maskbot.ports.treasury import WalletKeys


@dataclass(frozen=True, slots=True)
class SafeParts:
    """The store, the chains by id, the vault's wallet keys, the queue service of a chain (None where there is none), a second
    opinion on hashes, the clock. A Safe with open proposals is looked at every `poll_ms`; one search reads `most_pages` pages of
    events."""

    store: Store
    chain_of: Callable[[int], ChainNode]
    keys: WalletKeys
    queue_of: Callable[[int], SafeQueue | None]
    hasher: SafeHasher
    clock: Clock
    poll_ms: int = 30_000
    most_pages: int = 20
    reach: Callable[[str], None] = go_on
