"""What the flows of a payment work with, and when they do what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from maskbot.ports.chain import ChainNode
from maskbot.ports.inside import Clock
from maskbot.ports.store import Store
from maskbot.ports.treasury import WalletKeys


def go_on(point: str) -> None:
    """What happens at a named point of the payment path: nothing. Tests put something else in its place, and die there."""


@dataclass(frozen=True, slots=True)
class PaymentRules:
    """`batch` payments of a wallet are signed in one sweep, within the window of its chain. `at_once` transactions are handed over,
    or looked for, before the answers are recorded. Bytes are sent again after `resend_ms`,
    and replaced with more gas after `bump_ms`. A wallet with something on its way is looked at every `poll_ms`. After `looks` looks
    in a row that found a nonce used up and no receipt, the wallet is quarantined."""

    batch: int = 100
    at_once: int = 100
    resend_ms: int = 20_000
    bump_ms: int = 90_000
    poll_ms: int = 2_000
    looks: int = 2
    idle_ms: int = 15_000


@dataclass(frozen=True, slots=True)
class PaymentParts:
    """The store, the chains by id, the vault's wallet keys, the clock. `reach` is called at every named point."""

    store: Store
    chain_of: Callable[[int], ChainNode]
    keys: WalletKeys
    clock: Clock
    rules: PaymentRules
    reach: Callable[[str], None] = go_on
