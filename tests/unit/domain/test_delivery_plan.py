"""The dry run: the cheapest right way, with the reason why each other one is not (red-packets.md 9.4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskbot.domain.delivery_plan import DeliveryPlan, Means, plan_routes
from maskbot.domain.money import NATIVE, Address, Token

ETHER = Token(1, NATIVE, "ETH", 18)
DAI = Token(1, Address(b"\x01" * 20), "DAI", 18)


def plan(token: Token, *, count: int = 10, personas: int = 10, is_trusted: bool = True) -> DeliveryPlan:
    return plan_routes(
        token,
        prizes=(100,) * count,
        personas=personas,
        gas_price_wei=2,
        max_fee_wei=5,
        obstacles={} if is_trusted else dict.fromkeys((Means.DISPERSE, Means.PACKET), "no contract is trusted here"),
    )


def test_coins_go_by_plain_transfers_and_tokens_are_dispersed() -> None:
    assert plan(ETHER).chosen.means is Means.TRANSFERS
    assert plan(DAI).chosen.means is Means.DISPERSE
    assert plan(DAI, is_trusted=False).chosen.means is Means.TRANSFERS


@pytest.mark.parametrize(("token", "measured"), [(ETHER, 2_100_000), (DAI, 5_160_116)])
def test_gas_is_on_the_high_side_of_what_was_measured_for_a_hundred(token: Token, measured: int) -> None:
    transfers = plan(token, count=100).routes[0]
    assert measured < transfers.gas < measured * 13 // 10


def test_a_packet_says_what_stands_in_its_way() -> None:
    obstacles = {
        "keys": plan(ETHER, personas=9).routes[2].obstacle,
        "contract": plan(ETHER, is_trusted=False).routes[2].obstacle,
        "shares": plan(ETHER, count=256, personas=256).routes[2].obstacle,
    }
    assert plan(ETHER).routes[2].obstacle is None
    assert all(obstacles.values())
    assert len(set(obstacles.values())) == 3


def test_the_worst_case_is_the_highest_fee_and_prizes_that_are_coins() -> None:
    coins, tokens = plan(ETHER), plan(DAI)
    assert coins.worst_case_wei(coins.routes[0]) == coins.routes[0].gas * 5 + 1_000
    assert tokens.worst_case_wei(tokens.routes[0]) == tokens.routes[0].gas * 5
    assert coins.cost_wei(coins.routes[0]) == coins.routes[0].gas * 2


def test_unequal_prizes_are_no_packet() -> None:
    unequal = plan_routes(ETHER, prizes=(2, 1), personas=2, gas_price_wei=1, max_fee_wei=1, obstacles={})
    assert "equal" in str(unequal.routes[2].obstacle)
    assert replace(unequal).chosen.means is Means.TRANSFERS
