"""A share is claimed once: the process dies at every point of the path, flows run twice, nodes lie, stall and lose answers.

reliability.md C.3, E12, R5, R9, R12. What dies is a call in this process; the store, the vault's store and the chain stay as
they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from maskbot.adapters.evm import EvmNode
from maskbot.domain.errors import Refused
from maskbot.domain.job import JobKind
from maskbot.domain.packet_claim import MOST_TRIES
from maskbot.flows.act.packet_claim import book_claim, check_claim
from maskbot.sandbox.chain import ETHER, dev_account
from tests.chaos.payment_faults import Died, dying_at
from tests.journeys.claim_world import Claims
from tests.ports.evm_parts import node_of
from tests.ports.lying_rpc import Complain, Json, LyingRpc, Weather

CLAIM_POINTS = (
    "claim.begun",
    "claim.looked",
    "claim.planned",
    "claim.recorded",
    "claim.booking",
    "claim.in_booking",
    "claim.booked",
)
"""Every step of a claim outside of its payment."""

PAYMENT_POINTS = (
    "check.judged",
    "vault.stored",
    "vault.committed",
    "send.before",
    "send.after",
    "confirm.in_transaction",
)
"""Those of its payment where something of a claim could be lost (tests/chaos has them all)."""


@contextmanager
def liar(claims: Claims, *, quorum: int = 1, timeout_s: float = 10.0) -> Iterator[LyingRpc]:
    """The till talks to the chain through a liar; with a quorum of two, also to the chain itself."""
    honest = claims.node
    with LyingRpc(claims.ground.anvil.url) as proxy:
        urls = [proxy.url] if quorum == 1 else [proxy.url, claims.ground.anvil.url]
        node = node_of(*urls, quorum=quorum, timeout_s=timeout_s)
        claims.node = node
        try:
            yield proxy
        finally:
            claims.node = honest
            node.close()


def shares_of(claims: Claims) -> int:
    """How many shares our wallet took, as the chain tells."""
    node: EvmNode = claims.ground.node
    owned = node.fetch_account(claims.wallet.address).balance_wei
    return round((owned + claims.only().cost_wei - ETHER) / ETHER)


@pytest.mark.parametrize("point", CLAIM_POINTS + PAYMENT_POINTS)
def test_who_dies_at_any_point_claims_once_in_the_end(claims: Claims, point: str) -> None:
    def die() -> None:
        raise Died

    claims.post(claims.meta(claims.ground.create()))
    claims.reach = claims.vault_reach = dying_at(point, 1, die=die)
    deaths = 0
    for _ in range(10):
        try:
            claims.settle(blocks=1)
        except Died:
            deaths += 1
    claims.settle()
    assert (deaths, claims.only().state, shares_of(claims), claims.sent()) == (1, "claimed", 1, 1)
    assert len(claims.notices()) == 1


def test_flows_that_run_twice_claim_once(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create()))
    first = claims.house.claim(JobKind.CHECK_CLAIM, lease_ms=0)[0]
    second = claims.house.claim(JobKind.CHECK_CLAIM, lease_ms=0)[0]
    check_claim(second, parts=claims.claim_parts)
    with pytest.raises(Refused):
        check_claim(first, parts=claims.claim_parts)
    for _ in range(6):
        claims.house.clock.move(1_000)
        claims.work()
        claims.ground.anvil.mine()
        jobs = claims.house.claim(JobKind.BOOK_CLAIM, lease_ms=0)
        if jobs:
            again = claims.house.claim(JobKind.BOOK_CLAIM, lease_ms=0)
            book_claim(again[0], parts=claims.claim_parts)
            with pytest.raises(Refused):
                book_claim(jobs[0], parts=claims.claim_parts)
    assert (claims.only().state, shares_of(claims), claims.sent(), len(claims.notices())) == ("claimed", 1, 1, 1)


def test_a_lost_answer_to_the_transaction_is_looked_for(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create()))
    with liar(claims) as rpc:
        rpc.weather = Weather(method="eth_sendRawTransaction", is_lost=True)
        claims.settle(blocks=1)
        rpc.weather = None
        claims.settle()
    assert (claims.only().state, shares_of(claims), claims.sent()) == ("claimed", 1, 1)


def test_a_node_that_stalls_costs_time_and_nothing_else(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create()))
    with liar(claims, timeout_s=0.2) as rpc:
        rpc.weather = Weather(stalls=True)
        claims.settle(blocks=1)
        assert (claims.only().state, claims.sent()) == ("found", 0)
        rpc.weather = None
        claims.settle()
    assert (claims.only().state, claims.sent()) == ("claimed", 1)


def test_a_node_of_another_chain_gets_nothing(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create()))
    with liar(claims) as rpc:
        rpc.lies["eth_chainId"] = lambda _, __: "0x1"
        claims.settle(blocks=2)
    assert (claims.only().state, claims.sent()) == ("found", 0)
    claims.settle()
    assert claims.only().state == "claimed"


def test_one_liar_of_two_neither_wins_a_share_nor_loses_one(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create()))
    refusal = "0x08c379a0" + (b"\0" * 31 + b" " + b"\0" * 31 + b"\x0c" + b"Out of stock".ljust(32, b"\0")).hex()

    def refuse(params: list[Json], honest: Json) -> Json:

        if params[0].get("data", params[0].get("input", "")).startswith("0x7394ad93"):
            raise Complain(3, "execution reverted: Out of stock", refusal)
        return honest

    with liar(claims, quorum=2) as rpc:
        rpc.lies["eth_call"] = refuse
        claims.settle(blocks=2)
        assert (claims.only().state, claims.sent()) == ("found", 0)
    claims.house.clock.move(60_000)
    claims.settle()
    assert claims.only().state == "claimed"


def test_a_lone_liar_that_promises_a_share_costs_a_few_capped_tries_at_most(claims: Claims) -> None:
    packet_id = claims.ground.create(shares=1)
    claims.ground.claim_as(dev_account(5), packet_id)
    word = (1).to_bytes(32, "big")
    open_packet = bytes(32) + (3 * ETHER).to_bytes(32, "big") + word + bytes(32) * 3

    def promise(params: list[Json], honest: Json) -> Json:
        asked = params[0].get("data", params[0].get("input", ""))
        if asked.startswith("0x6bfdaece"):
            return "0x" + open_packet.hex()
        return "0x" + ETHER.to_bytes(32, "big").hex() if asked.startswith("0x7394ad93") else honest

    claims.post(claims.meta(packet_id))
    with liar(claims) as rpc:
        rpc.lies["eth_call"] = promise
        rpc.lies["eth_estimateGas"] = lambda _, __: hex(90_000)
        claims.settle(blocks=30)
    claim = claims.only()
    assert (claim.state, claim.tries) == ("failed", MOST_TRIES)
    assert claims.sent() <= MOST_TRIES
    assert claim.cost_wei < MOST_TRIES * ETHER


def test_a_liar_that_hides_the_receipt_only_delays_the_books(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create()))
    with liar(claims, quorum=2) as rpc:
        rpc.lies["eth_getTransactionReceipt"] = lambda _, __: None
        claims.settle()
        assert claims.only().state == "claiming"
    claims.settle()
    assert (claims.only().state, shares_of(claims), claims.sent()) == ("claimed", 1, 1)


def test_a_claim_in_a_block_that_leaves_the_chain_is_sent_again_as_the_same_bytes(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create()))
    claims.settle(blocks=1)
    assert claims.sent() == 1
    claims.ground.anvil.request("anvil_reorg", 2, [])
    claims.settle(blocks=10)
    raw = claims.attempts(claims.only().payment_id or "")
    assert (claims.only().state, claims.sent(), len(raw)) == ("claimed", 1, 1)
