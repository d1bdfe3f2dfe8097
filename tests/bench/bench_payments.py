"""Payments from one wallet beside raw sending to the same node with 1 s blocks; signatures a second, bare and by the vault.

`python -m tests.bench.bench_payments`. Aims: payments at 0.8 of the raw rate, 1,000 signatures a second.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import harmonic_mean

import structlog

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.adapters.store.upgrade import upgrade
from maskbot.adapters.system import SystemClock
from maskbot.domain.gas import GasOffer
from maskbot.domain.transaction import ContractCall
from maskbot.flows.act.payment_parts import PaymentRules
from maskbot.ports.treasury import SignOrder
from maskbot.sandbox.chain import Anvil
from maskbot.wire.transaction import TransactionFields, sign_transaction
from tests.chaos.payment_faults import CHAIN as SMALL
from tests.chaos.payment_faults import fund, nonce_of
from tests.fakes.till import BOB, ONE, PRIVATE_KEY, Till

PAYMENTS = 1_000
CHAIN = replace(SMALL, window=2_000)
"""As many unmined transactions as anvil takes; public nodes keep 16 of an account, which is the default."""
OFFER = GasOffer(50 * 10**9, 10**9, is_legacy=False)
RULES = PaymentRules(batch=1_000, at_once=500, poll_ms=200, resend_ms=60_000, bump_ms=600_000)
ROUNDS = 6
"""All count: where in a second a round begins decides on a whole block, so the best of a few would be luck."""


def main() -> None:
    """Print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    say(f"load {os.getloadavg()[0]:.1f}; {PAYMENTS:,} payments of one wallet, 1 s blocks, {ROUNDS} rounds together")
    fields = TransactionFields(CHAIN.id, 0, 21_000, OFFER, ContractCall(BOB, 1))
    bare = rate(
        lambda: [sign_transaction(replace(fields, nonce=nonce), private_key=PRIVATE_KEY) for nonce in range(3_000)],
        3_000,
    )
    say(f"signatures, bare                    {bare:8,.0f}/s")
    with (
        tempfile.TemporaryDirectory(prefix="mb-b-") as folder,
        Anvil(Path(folder, "anvil"), accounts=1, block_time_s=1) as anvil,
    ):
        node = EvmNode(CHAIN, [Endpoint(anvil.url, chain_id=CHAIN.id)], quorum=1)
        till = open_till(Path(folder, "till"), node)
        fund(anvil, till.wallet.address)
        say(f"signatures by the vault             {vault_rate(till, anvil):8,.0f}/s  (judged, nonces and bytes stored)")
        found: dict[str, list[float]] = {name: [] for name in ("raw", "raw final", "approved", "planned")}
        for number in range(ROUNDS):
            mined, final = raw_rates(till, anvil, node)
            found["raw"].append(mined)
            found["raw final"].append(final)
            found["approved"].append(approved_rate(till, anvil, f"a{number}-"))
            found["planned"].append(planned_rate(till, f"b{number}-"))
        mean = {name: harmonic_mean(rates) for name, rates in found.items()}
        show("mined", mean["raw"], "approved", mean["approved"])
        show("final", mean["raw final"], "planned", mean["planned"])
        till.close()
        node.close()


def show(end: str, raw: float, begin: str, paid: float) -> None:
    """One pair of figures."""
    say(f"raw sending, until {end}            {raw:8,.0f}/s")
    say(f"payments, {begin:8} until {end}     {paid:8,.0f}/s  {paid / raw:.2f} of raw (aim 0.8)")


def raw_rates(till: Till, anvil: Anvil, node: EvmNode) -> tuple[float, float]:
    """Pre-signed transactions of the same account, one after the other through the same adapter: until mined, and until final."""
    first = till.wallet.next_nonce
    ready = [
        sign_transaction(
            TransactionFields(CHAIN.id, first + at, 21_000, OFFER, ContractCall(BOB, 1)), private_key=PRIVATE_KEY
        ).raw
        for at in range(PAYMENTS)
    ]
    begun = time.perf_counter()
    for one in ready:
        node.submit(one)
    wait_for(lambda: nonce_of(anvil, till.wallet.address) == first + PAYMENTS)
    mined_s = time.perf_counter() - begun
    block = block_of(anvil)
    wait_for(lambda: block_of(anvil) >= block + CHAIN.final_depth - 1)
    final_s = time.perf_counter() - begun
    with till.store.write() as work:  # what was sent past the engine is no foreign spender
        work.treasury.wallets.take_nonces("w1", first=first, count=PAYMENTS, now_ms=0)
    return PAYMENTS / mined_s, PAYMENTS / final_s


def vault_rate(till: Till, anvil: Anvil) -> float:
    """Approved payments, signed by one request for all; then made, so that the next figure begins with an empty wallet."""
    ids = plan_approved(till, "s")
    flip(till, is_on=True)
    signed = rate(lambda: till.signer.sign_payments([SignOrder(one, OFFER) for one in ids]), len(ids))
    work_until(till, lambda: set(till.states().values()) == {"final"})
    return signed


def approved_rate(till: Till, anvil: Anvil, prefix: str) -> float:
    """Payments that were planned and approved before the clock starts, as pre-signing was, until they are mined."""
    plan_approved(till, prefix)
    goal = till.wallet.next_nonce + PAYMENTS
    flip(till, is_on=True)
    begun = time.perf_counter()
    work_until(till, lambda: nonce_of(anvil, till.wallet.address) == goal)
    taken_s = time.perf_counter() - begun
    work_until(till, lambda: set(till.states().values()) == {"final"})
    return PAYMENTS / taken_s


def planned_rate(till: Till, prefix: str) -> float:
    """The whole way: simulated, judged, signed, sent, confirmed, and recorded as final."""
    for number in range(PAYMENTS):
        till.plan(f"{prefix}{number}", value_wei=ONE)
    begun = time.perf_counter()
    work_until(till, lambda: not under_way(till))
    return PAYMENTS / (time.perf_counter() - begun)


def plan_approved(till: Till, prefix: str) -> list[str]:
    """Payments that wait for the switch, which is off."""
    flip(till, is_on=False)
    ids = [till.plan(f"{prefix}{number}", value_wei=ONE).id for number in range(PAYMENTS)]
    work_until(till, lambda: till.intent(ids[-1]).state == "approved")
    return ids


def under_way(till: Till) -> bool:
    """Whether some payment has not ended."""
    with till.store.read() as work:
        states = {"planned", "approved", "signed", "broadcast", "unknown", "included"}
        return bool(work.treasury.intents.in_states(states, limit=1))


def work_until(till: Till, is_done: Callable[[], bool]) -> None:
    """Do what is due until it is done."""
    while not is_done():
        if till.work_once() == 0:
            time.sleep(0.01)


def wait_for(is_done: Callable[[], bool]) -> None:
    """Wait for the chain."""
    while not is_done():
        time.sleep(0.01)


def block_of(anvil: Anvil) -> int:
    """The newest block."""
    return int(anvil.request("eth_blockNumber"), 16)


def flip(till: Till, *, is_on: bool) -> None:
    """The switch of payments."""
    with till.store.write() as work:
        work.switches.flip("payments", is_on=is_on, reason="", who="", now_ms=0)


def open_till(folder: Path, node: EvmNode) -> Till:
    """A till with a wallet of its own folder."""
    folder.mkdir()
    till = Till(folder, node, SystemClock(), rules=RULES)
    upgrade(till.url)
    till.open()
    till.set_up()
    return till


def rate(work: Callable[[], object], count: int) -> float:
    """How many a second."""
    begun = time.perf_counter()
    work()
    return count / (time.perf_counter() - begun)


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
