"""A DAO's giveaway from end to end: both platforms, five people, one of them twice, one too late, one from both platforms.

A drand chain draws, prizes and refund go over a real Ethereum node, books balance to the wei (issue "Money that cannot be paid
twice", 5 and 6).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.adapters.drand import ChainBeacons, DrandClient
from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.domain.errors import Unavailable
from maskbot.domain.giveaway import Giveaway
from maskbot.domain.identity import Platform
from maskbot.domain.job import JobKind
from maskbot.flows.act.fetch_beacon import fetch_beacon
from maskbot.flows.act.fetch_funds import fetch_funds
from maskbot.flows.decide.giveaway import (
    PayOrder,
    book_giveaway,
    draw_giveaway,
    pay_giveaway,
    proof_of,
    refund_giveaway,
)
from maskbot.sandbox.chain import Anvil
from maskbot.sandbox.drand_server import DrandServer, sandbox_chain
from maskbot.sandbox.node import find_node
from maskbot.wire import draw as draw_room
from maskbot.wire.crypto import address_text
from maskbot.wire.draw import DrandPromise, check_proof
from tests.chaos.payment_faults import CHAIN, RULES, received
from tests.fakes.bank import books, prizes_of, state_of
from tests.fakes.giveaways import ETHER, HOUR_MS, address_of, close, enter, opened, person, say
from tests.fakes.house import House, build_house
from tests.fakes.till import ONE, POLICY, Till

WHO = "operator:treasurer"
VERIFIER = Path(draw_room.__file__).with_name("verify.mjs")


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("anvil"), accounts=1) as started:
        yield started


@pytest.fixture
def place(anvil: Anvil, tmp_path: Path) -> Iterator[tuple[Till, House]]:
    house = build_house(tmp_path)
    node = EvmNode(CHAIN, [Endpoint(anvil.url, chain_id=CHAIN.id)], quorum=1)
    bank = Till(folder=tmp_path, database="house.db", node=node, clock=house.clock, rules=RULES)
    bank.open()
    wallet = bank.set_up(policy=POLICY)
    anvil.request("anvil_setBalance", address_text(wallet.address), hex(100 * ONE))
    yield bank, house
    bank.close()
    node.close()
    house.store.close()


def settle(bank: Till, house: House, anvil: Anvil) -> None:
    """Work and mine until every payment has ended, then do the booking jobs."""
    for _ in range(40):
        house.clock.move(1_000)
        bank.work_once()
        anvil.mine()
        if set(bank.states().values()) <= {"final", "reverted", "rejected"}:
            break
    for job in house.claim(JobKind.BOOK_GIVEAWAY):
        book_giveaway(job.target_id, store=house.store, now_ms=house.clock.ms, job=job)


def draw_by_drand(house: House, giveaway: Giveaway, server: DrandServer) -> None:
    """First too early, then in time."""
    beacons = ChainBeacons(DrandClient([server.url], chain=server.chain), chain_of=lambda _: None)  # type: ignore[arg-type,return-value]  # no chain is asked
    parts = {"store": house.store, "beacons": beacons, "clock": house.clock, "notice": house.notice}
    with pytest.raises(Unavailable):
        fetch_beacon(giveaway.id, **parts)  # type: ignore[arg-type]  # keywords by name
    house.clock.ms = giveaway.rules.draws_at_ms
    fetch_beacon(giveaway.id, **parts)  # type: ignore[arg-type]  # keywords by name
    draw_giveaway(giveaway.id, store=house.store, now_ms=house.clock.ms)


def test_a_dao_gives_away_on_both_platforms(place: tuple[Till, House], anvil: Anvil, tmp_path: Path) -> None:
    bank, house = place
    chain = sandbox_chain(genesis_s=house.clock.ms // 1000, period_s=3)
    server = DrandServer(chain, now_s=lambda: house.clock.ms / 1000)
    number = chain.round_after(house.clock.ms // 1000 + 2 * HOUR_MS // 1000)
    funds = fetch_funds(ETHER, owner=bank.wallet.address, chain=bank.node)
    giveaway = opened(
        house,
        available=funds.available,
        prizes=(3 * ONE, 2 * ONE, ONE, ONE, ONE, ONE),
        beacon=DrandPromise(chain.hash, number).text,
        draws_at_ms=chain.time_of(number) * 1000,
    )
    for each, platform in enumerate((Platform.X, Platform.MASTODON, Platform.X, Platform.MASTODON, Platform.X)):
        assert enter(house, each, platform)[0].reason == "entered"
    assert enter(house, 0)[0].reason == "entry_entered_before"
    assert enter(house, 1, Platform.X)[0].reason == "entry_address_taken"  # the same purse from the other platform
    house.clock.ms = giveaway.rules.closes_at_ms
    assert enter(house, 7)[0].reason == "entry_too_late"
    close(house, giveaway)
    draw_by_drand(house, giveaway, server)
    server.close()

    with house.store.read() as work:
        proof = proof_of(giveaway.id, work=work)
    winners = check_proof(proof).winners
    assert len(winners) == 5
    (tmp_path / "proof.json").write_text(proof)
    second = subprocess.run(
        [str(find_node().executable), str(VERIFIER), str(tmp_path / "proof.json")],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert second.stdout.split() == [winner.id.hex() for winner in winners]

    assert pay_giveaway(PayOrder(giveaway.id, WHO), store=house.store, now_ms=house.clock.ms).prizes == 5
    settle(bank, house, anvil)
    for prize in prizes_of(house, giveaway):
        assert received(anvil, prize.address) == prize.base_units
    assert "was sent to" in str(say(house, person(0), "claim")[1])
    refund_giveaway(giveaway.id, requested_by=WHO, store=house.store, now_ms=house.clock.ms)
    settle(bank, house, anvil)
    assert state_of(house, giveaway).state == "closed_out"
    assert received(anvil, address_of(9_999)) == ONE
    end = books(house, giveaway)
    assert (end.funded, end.paid, end.refunded, end.remainder) == (9 * ONE, 8 * ONE, ONE, 0)
