"""Prizes by a disperse contract: one payment for many, all or nothing, an exact allowance first for tokens (red-packets.md 9.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from maskbot.domain.delivery_plan import Means
from maskbot.domain.errors import Refused
from maskbot.domain.giveaway import Giveaway
from maskbot.domain.money import Token
from maskbot.domain.spending import Allowance, SpendingPolicy
from maskbot.flows.decide.giveaway import NotPayable, PayOrder, Payout, pay_giveaway, plan_delivery
from maskbot.flows.decide.payment import cancel_payment
from maskbot.wire.transaction import effect_of
from tests.fakes.bank import COIN, DISPERSING, HUB, Bank, bank_and_house, books, prizes_of, state_of
from tests.fakes.giveaways import ETHER, address_of, drawn, enter, opened
from tests.fakes.house import House

WHO = "operator:alice"
OTHER_ID = "01900000-0000-7000-8000-000000000002"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Bank, House]]:
    bank, house = bank_and_house(tmp_path)
    yield bank, house
    bank.close()
    house.store.close()


def won(house: House, token: Token, *, winners: int = 3, **changes: object) -> Giveaway:
    """A drawn giveaway with so many winners."""
    giveaway = opened(house, token=token, **changes)  # type: ignore[arg-type]  # rules, whatever the test says
    for number in range(winners):
        enter(house, number, words=giveaway.rules.code)
    return drawn(house, giveaway)


def pay(house: House, giveaway: Giveaway, means: Means | None = Means.DISPERSE) -> Payout:
    return pay_giveaway(PayOrder(giveaway.id, WHO, means, HUB), store=house.store, now_ms=house.clock.ms)


def set_policy(bank: Bank, policy: SpendingPolicy) -> None:
    with bank.store.write() as work:
        work.treasury.rules.set_policy("w1", policy, now_ms=bank.clock.ms)


def test_coins_go_to_all_winners_by_one_call(place: tuple[Bank, House]) -> None:
    bank, house = place
    giveaway = won(house, ETHER)
    assert pay(house, giveaway) == Payout(Means.DISPERSE, 3, 1)
    bank.settle(house)
    assert state_of(house, giveaway).state == "paid"
    prizes = prizes_of(house, giveaway)
    assert len({prize.tx_hash for prize in prizes}) == len({prize.payment_id for prize in prizes}) == 1
    assert [bank.node.paid_to(prize.address) for prize in prizes] == [[500], [300], [200]]
    end = books(house, giveaway)
    assert (end.funded, end.paid, end.owed, end.remainder) == (1_000, 1_000, 0, 0)


def test_tokens_go_when_an_allowance_of_exactly_their_sum_is_final(place: tuple[Bank, House]) -> None:
    bank, house = place
    giveaway = won(house, COIN)
    assert pay(house, giveaway) == Payout(Means.DISPERSE, 3, 1)
    (first,) = {prize.payment_id or "" for prize in prizes_of(house, giveaway)}
    assert effect_of(bank.intent(first).call).allowance == Allowance(COIN.address, HUB, 1_000)
    bank.step()
    bank.mine_and_step()
    assert len(bank.states()) == 1, "nothing is planned behind an allowance that is not final"
    bank.settle(house)
    assert {prize.state for prize in prizes_of(house, giveaway)} == {"paying"}
    bank.settle(house)
    assert state_of(house, giveaway).state == "paid"
    assert [bank.node.paid_to(prize.address, token=COIN.address) for prize in prizes_of(house, giveaway)] == [
        [500],
        [300],
        [200],
    ]
    assert first not in {prize.payment_id for prize in prizes_of(house, giveaway)}


@pytest.mark.parametrize("token", [ETHER, COIN])
def test_a_cap_of_gas_splits_the_winners_into_calls(place: tuple[Bank, House], token: Token) -> None:
    bank, house = place
    set_policy(bank, replace(DISPERSING, max_gas=130_000))
    giveaway = won(house, token)
    assert pay(house, giveaway).payments == (2 if token is ETHER else 1)
    for _ in range(2):
        bank.settle(house)
    assert state_of(house, giveaway).state == "paid"
    assert len({prize.tx_hash for prize in prizes_of(house, giveaway)}) == 2
    assert sum(sum(bank.node.paid_to(address_of(number), token=token.address)) for number in range(3)) == 1_000


def test_a_call_that_fails_leaves_every_prize_owed_and_another_means_pays_it(place: tuple[Bank, House]) -> None:
    bank, house = place
    giveaway = won(house, ETHER)
    pay(house, giveaway)
    bank.node.reverting = True
    bank.settle(house)
    assert {prize.state for prize in prizes_of(house, giveaway)} == {"owed"}
    bank.node.reverting = False
    bank.node.reorg(99)  # this chain in memory moves coins of reverted calls as well
    assert pay(house, giveaway, Means.TRANSFERS) == Payout(Means.TRANSFERS, 3, 3)


@pytest.mark.parametrize("is_allowed", [False, True])
def test_a_stopped_payment_makes_its_prizes_owed_and_a_new_one_is_named_after_it(
    place: tuple[Bank, House], is_allowed: bool
) -> None:
    bank, house = place
    giveaway = won(house, COIN)
    pay(house, giveaway)
    if is_allowed:
        bank.settle(house)
    (stopped,) = {prize.payment_id or "" for prize in prizes_of(house, giveaway)}
    with house.store.write() as work:
        cancel_payment(stopped, actor="operator:bob", work=work, now_ms=house.clock.ms)
    bank.settle(house)
    assert {prize.state for prize in prizes_of(house, giveaway)} == {"owed"}
    assert pay(house, giveaway).prizes == 3
    for _ in range(2):
        bank.settle(house)
    assert state_of(house, giveaway).state == "paid"


def test_one_token_has_one_allowance_of_a_wallet_under_way(place: tuple[Bank, House]) -> None:
    bank, house = place
    first = won(house, COIN)
    second = won(house, COIN, giveaway_id=OTHER_ID, code="summer")
    pay(house, first)
    for _ in range(2):
        with pytest.raises(NotPayable, match="under way"):
            pay(house, second)
        bank.settle(house)
    assert pay(house, second).payments == 1


@pytest.mark.parametrize(
    ("policy", "contract", "reason"),
    [
        (DISPERSING, None, "chains file"),
        (replace(DISPERSING, methods=()), HUB, "does not list"),
        (replace(DISPERSING, max_gas=60_000), HUB, "cap of gas"),
        (replace(DISPERSING, tokens=(replace(DISPERSING.tokens[0], per_payment=999),)), HUB, "above the policy's cap"),
    ],
)
def test_what_stands_against_it_is_said_and_transfers_are_chosen(
    place: tuple[Bank, House], policy: SpendingPolicy, contract: object, reason: str
) -> None:
    bank, house = place
    set_policy(bank, policy)
    giveaway = won(house, ETHER)
    trusted = HUB if contract else None
    with house.store.read() as work:
        ways = plan_delivery(
            ETHER,
            prizes=(500, 300, 200),
            personas=0,
            wallet_id="w1",
            disperse=trusted,
            packet=None,
            gas_price_wei=1,
            work=work,
        )
    assert reason in str(ways.route_of(Means.DISPERSE).obstacle)
    with pytest.raises(Refused, match=reason):
        pay_giveaway(PayOrder(giveaway.id, WHO, Means.DISPERSE, trusted), store=house.store, now_ms=house.clock.ms)
    assert state_of(house, giveaway).state == "drawn"
    chosen = pay_giveaway(PayOrder(giveaway.id, WHO, None, trusted), store=house.store, now_ms=house.clock.ms)
    assert chosen.means is Means.TRANSFERS


def test_many_winners_of_a_token_are_dispersed_without_being_asked_for(place: tuple[Bank, House]) -> None:
    _, house = place
    giveaway = won(house, COIN, winners=5, prizes=(1,) * 5)
    assert pay(house, giveaway, None).means is Means.DISPERSE
