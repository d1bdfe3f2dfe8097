"""Payments from one wallet beside raw sending to the same node with 1 s blocks; signatures a second, bare and by the vault.

`python -m tests.bench.bench_payments`. Aims: payments at 0.8 of the raw rate, 1,000 signatures a second.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

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

PAYMENTS = 300
CHAIN = replace(SMALL, window=1_000)
OFFER = GasOffer(50 * 10**9, 10**9, is_legacy=False)
RULES = PaymentRules(batch=500, poll_ms=200, resend_ms=60_000, bump_ms=600_000)


def main() -> None:
    """Print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    fields = TransactionFields(CHAIN.id, 0, 21_000, OFFER, ContractCall(BOB, 1))
    bare = rate(
        lambda: [sign_transaction(replace(fields, nonce=nonce), private_key=PRIVATE_KEY) for nonce in range(3_000)],
        3_000,
    )
    say(f"signatures, bare            {bare:10,.0f}/s")
    with (
        tempfile.TemporaryDirectory(prefix="mb-b-") as folder,
        Anvil(Path(folder, "anvil"), accounts=1, block_time_s=1) as anvil,
    ):
        raw = raw_rate(anvil, folder=Path(folder))
        say(f"raw sending, until mined    {raw:10,.0f}/s")
        paid, signed = payment_rate(anvil, folder=Path(folder))
        say(f"signatures by the vault     {signed:10,.0f}/s  (checked, nonce and bytes stored, one commit each)")
        say(f"payments, until mined       {paid:10,.0f}/s  {paid / raw:.2f} of raw")


def raw_rate(anvil: Anvil, *, folder: Path) -> float:
    """Pre-signed transactions, one after the other, through the same adapter."""
    node = EvmNode(CHAIN, [Endpoint(anvil.url, chain_id=CHAIN.id)], quorum=1)
    till = open_till(folder / "raw", node)
    address = till.wallet.address
    fund(anvil, address)
    ready = [
        sign_transaction(
            TransactionFields(CHAIN.id, nonce, 21_000, OFFER, ContractCall(BOB, 1)), private_key=PRIVATE_KEY
        ).raw
        for nonce in range(PAYMENTS)
    ]
    begun = time.perf_counter()
    for one in ready:
        node.submit(one)
    while nonce_of(anvil, address) < PAYMENTS:
        time.sleep(0.02)
    taken_s = time.perf_counter() - begun
    till.close()
    node.close()
    return PAYMENTS / taken_s


def payment_rate(anvil: Anvil, *, folder: Path) -> tuple[float, float]:
    """The same number of payments, planned and approved before the clock starts, as pre-signing was; and the vault's own rate."""
    node = EvmNode(CHAIN, [Endpoint(anvil.url, chain_id=CHAIN.id)], quorum=1)
    till = open_till(folder / "paid", node)
    anvil.request("anvil_setNonce", "0x" + till.wallet.address.hex(), hex(PAYMENTS))
    with till.store.write() as work:
        work.treasury.wallets.move("w1", after="active", reason="", now_ms=0, next_nonce=PAYMENTS)
        work.switches.flip("payments", is_on=False, reason="", who="", now_ms=0)
    for number in range(PAYMENTS):
        till.plan(f"p{number}", value_wei=ONE)
    while "planned" in till.states().values():
        till.work_once()
    with till.store.write() as work:
        work.switches.flip("payments", is_on=True, reason="", who="", now_ms=0)
    begun = time.perf_counter()
    while nonce_of(anvil, till.wallet.address) < 2 * PAYMENTS:
        if till.work_once() == 0:
            time.sleep(0.01)
    taken_s = time.perf_counter() - begun
    with till.store.write() as work:
        work.switches.flip("payments", is_on=False, reason="", who="", now_ms=0)
    ids = [till.plan(f"s{number}", value_wei=ONE).id for number in range(PAYMENTS)]
    while "planned" in till.states().values():
        till.work_once()
    with till.store.write() as work:
        work.switches.flip("payments", is_on=True, reason="", who="", now_ms=0)
    signed = rate(lambda: till.signer.sign_payments([SignOrder(one, OFFER) for one in ids]), len(ids))
    till.close()
    node.close()
    return PAYMENTS / taken_s, signed


def open_till(folder: Path, node: EvmNode) -> Till:
    """A till with a wallet of its own folder."""
    folder.mkdir()
    till = Till(folder, node, SystemClock(), rules=RULES)
    upgrade(till.url)
    till.open()
    till.set_up()
    return till


def rate(work: object, count: int) -> float:
    """How many a second."""
    assert callable(work)
    begun = time.perf_counter()
    work()
    return count / (time.perf_counter() - begun)


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
