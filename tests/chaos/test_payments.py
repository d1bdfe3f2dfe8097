"""R5, R7, R9, R11 on a real chain: a payment dies at every named point of its way, and is paid exactly once all the same.

Here the process dies by an exception that nothing catches; `chaos_payments` ends it with `os._exit(137)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from maskbot.domain.money import Address
from maskbot.sandbox.chain import Anvil
from maskbot.wire.crypto import keccak256
from tests.chaos.payment_faults import (
    BATCH_POINTS,
    PLAIN_POINTS,
    REORG_POINTS,
    REPLACED_POINTS,
    RULES,
    Died,
    chain_till,
    dying_at,
    nonce_of,
    received,
)
from tests.fakes.inside import FakeClock
from tests.fakes.till import ONE, Till

ROUNDS = 60


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("anvil"), accounts=1) as started:
        started.request("evm_setAutomine", False)
        yield started


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def till(anvil: Anvil, tmp_path: Path, clock: FakeClock) -> Iterator[Till]:
    mark = anvil.request("evm_snapshot")
    made = chain_till(tmp_path, anvil, clock=clock)
    anvil.request("anvil_setBalance", "0x" + made.wallet.address.hex(), hex(10**9 * ONE))
    yield made
    made.close()
    anvil.request("evm_revert", mark)


def target(name: str) -> Address:
    """An account that nobody has used."""
    return Address(keccak256(name.encode())[12:])


def live(till: Till, anvil: Anvil, clock: FakeClock, *, is_mining: bool = True, rounds: int = ROUNDS) -> int:
    """Work and mine until everything has ended, as a process that dies and is started again; how often it died."""
    deaths = 0
    for _ in range(rounds):
        clock.move(1_000)
        try:
            till.work_once()
        except Died:
            deaths += 1
            till.close()
            till.open()
        if is_mining:
            anvil.request("evm_mine")
        if set(till.states().values()) <= {"final", "reverted", "rejected"}:
            break
    return deaths


def die() -> None:
    raise Died


@pytest.mark.parametrize(("point", "count"), [*((point, 1) for point in PLAIN_POINTS), ("vault.signed", 2)])
def test_a_payment_that_dies_at_any_point_is_paid_exactly_once(
    till: Till, anvil: Anvil, clock: FakeClock, point: str, count: int
) -> None:
    till.reach = till.vault_reach = dying_at(point, count, die=die)
    to = target(point)
    plan_twice(till, to)
    deaths = live(till, anvil, clock)
    assert set(till.states().values()) == {"final"}
    assert received(anvil, to) == 3 * ONE
    assert nonce_of(anvil, till.wallet.address) == till.wallet.next_nonce == 2
    assert deaths + (point == "plan.recorded") == 1


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("point", BATCH_POINTS)
def test_a_batch_that_dies_after_some_of_its_payments_pays_each_exactly_once(
    till: Till, anvil: Anvil, clock: FakeClock, point: str, count: int
) -> None:
    till.rules = replace(RULES, at_once=1)
    till.close()
    till.open()
    to = target(f"{point} {count}")
    for number in range(3):
        till.plan(f"p{number}", to=to, value_wei=ONE + number)
    till.reach = till.vault_reach = dying_at(point, count, die=die)
    assert live(till, anvil, clock) == 1
    assert set(till.states().values()) == {"final"}
    assert received(anvil, to) == 3 * ONE + 3
    assert nonce_of(anvil, till.wallet.address) == till.wallet.next_nonce == 3


def plan_twice(till: Till, to: Address) -> None:
    """Two payments; whoever dies while planning plans again."""
    for _ in range(2):
        try:
            till.plan("a", to=to, value_wei=ONE)
            till.reach("plan.recorded")
            till.plan("b", to=to, value_wei=2 * ONE)
            till.reach("plan.recorded")
        except Died:
            till.close()
            till.open()


@pytest.mark.parametrize("point", REPLACED_POINTS)
def test_a_payment_that_dies_while_it_is_replaced_is_paid_exactly_once(
    till: Till, anvil: Anvil, clock: FakeClock, point: str
) -> None:
    till.reach = till.vault_reach = dying_at(point, 1, die=die)
    intent = till.plan("a", to=target(point))
    assert live(till, anvil, clock, is_mining=False, rounds=25) == 1
    assert len(till.attempts(intent.id)) > 1
    live(till, anvil, clock)
    assert till.states() == {"a": "final"}
    assert received(anvil, target(point)) == ONE
    assert nonce_of(anvil, till.wallet.address) == till.wallet.next_nonce == 1


@pytest.mark.parametrize(("point", "depth"), [(REORG_POINTS[0], 1), ("send.before", 3), ("send.after", 1), ("", 10)])
def test_a_reorg_takes_payments_back_and_they_are_paid_exactly_once(
    till: Till, anvil: Anvil, clock: FakeClock, point: str, depth: int
) -> None:
    to = target(f"reorg {point} {depth}")
    for number in range(3):
        till.plan(f"p{number}", to=to)
    clock.move(1_000)
    till.work_once()
    clock.move(1_000)
    till.work_once()
    anvil.request("anvil_mine", hex(depth))
    if depth == 1:
        clock.move(1_000)
        till.work_once()
        assert set(till.states().values()) == {"included"}
    till.reach = till.vault_reach = dying_at(point, 1, die=die)
    anvil.request("anvil_reorg", depth, [])
    live(till, anvil, clock)
    assert set(till.states().values()) == {"final"}
    assert received(anvil, to) == 3 * ONE
    assert nonce_of(anvil, till.wallet.address) == till.wallet.next_nonce == 3


def test_a_node_that_serves_another_chain_gets_nothing(anvil: Anvil, tmp_path: Path, clock: FakeClock) -> None:
    with Anvil(tmp_path / "other", chain_id=5, accounts=1) as other:
        (tmp_path / "till").mkdir()
        till = chain_till(tmp_path / "till", other, clock=clock)
        till.plan("a")
        live(till, other, clock, rounds=3)
        assert till.states() == {"a": "planned"}
        assert till.wallet.next_nonce == 0
        till.close()
