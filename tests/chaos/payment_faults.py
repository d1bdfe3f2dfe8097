"""The named points of the payment path, and payments on a real chain that die at one of them (reliability.md R5, F.3)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.adapters.store.upgrade import upgrade
from maskbot.domain.money import Address, Chain
from maskbot.flows.act.payment_parts import PaymentRules
from maskbot.ports.inside import Clock
from maskbot.sandbox.chain import Anvil
from maskbot.wire.crypto import address_text
from tests.fakes.till import ONE, Till

PLAIN_POINTS = (
    "plan.recorded",
    "check.begun",
    "check.simulated",
    "check.judged",
    "check.recorded",
    "sweep.begun",
    "sign.before",
    "vault.locked",
    "vault.signed",
    "vault.stored",
    "vault.committed",
    "sign.after",
    "send.before",
    "send.after",
    "send.in_transaction",
    "send.recorded",
    "confirm.found",
    "confirm.in_transaction",
    "confirm.recorded",
    "sweep.done",
)
"""Every step of a payment that goes well."""

BATCH_POINTS = (
    "vault.signed",
    "send.before",
    "send.after",
    "send.in_transaction",
    "send.recorded",
    "confirm.found",
    "confirm.in_transaction",
    "confirm.recorded",
)
"""Where a batch may die after k of its n payments."""

REPLACED_POINTS = ("bump.before", "vault.replaced", "bump.signed")
"""What is added when it has to be replaced with more gas."""

REORG_POINTS = ("confirm.missing",)
"""What is added when its block leaves the chain."""

CHAIN = Chain(31337, "anvil", "ETH", final_depth=2, has_finalized=False, window=8)
RULES = PaymentRules(batch=8, resend_ms=3_000, bump_ms=10_000, poll_ms=500, idle_ms=1_000, looks=2)


class Died(BaseException):
    """The process ends here, as far as a test in one process can tell."""


def dying_at(point: str, count: int, *, die: Callable[[], None]) -> Callable[[str], None]:
    """Calls `die` when the point is reached for the `count`th time."""
    seen = [0]

    def reach(reached: str) -> None:
        if reached == point:
            seen[0] += 1
            if seen[0] == count:
                die()

    return reach


def chain_till(folder: Path, anvil: Anvil, *, clock: Clock) -> Till:
    """A till on a real chain, with a funded wallet; an empty folder is set up."""
    node = EvmNode(CHAIN, [Endpoint(anvil.url, chain_id=CHAIN.id)], quorum=1)
    till = Till(folder=folder, node=node, clock=clock, rules=RULES, lease_ms=1)
    is_new = not (folder / "till.db").exists()
    if is_new:
        upgrade(till.url)
    till.open()
    if is_new:
        till.set_up(next_nonce=0)
    return till


def fund(anvil: Anvil, address: Address, nonce: int = 0) -> None:
    """A fresh start for an account of the till."""
    anvil.request("anvil_setBalance", address_text(address), hex(10**9 * ONE))
    anvil.request("anvil_setNonce", address_text(address), hex(nonce))


def received(anvil: Anvil, address: Address) -> int:
    """What an account owns now, in wei."""
    return int(anvil.request("eth_getBalance", address_text(address), "latest"), 16)


def nonce_of(anvil: Anvil, address: Address) -> int:
    """How many of its transactions are mined."""
    return int(anvil.request("eth_getTransactionCount", address_text(address), "latest"), 16)
