"""Paying, failing, paying again and refunding: nobody is paid twice, and the books are right to the wei (R36)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.domain.errors import Refused
from maskbot.flows.decide.giveaway import PayOrder, book_giveaway, pay_giveaway, refund_giveaway
from maskbot.flows.decide.giveaway.refund import PATIENCE_MS
from tests.fakes.bank import Bank, bank_and_house, books, prizes_of, state_of
from tests.fakes.giveaways import address_of, close, drawn, enter, opened
from tests.fakes.house import House

WHO = "operator:alice"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Bank, House]]:
    bank, house = bank_and_house(tmp_path)
    yield bank, house
    bank.close()
    house.store.close()


def pay(house: House, giveaway_id: str) -> int:
    return pay_giveaway(PayOrder(giveaway_id, WHO), store=house.store, now_ms=house.clock.ms).prizes


def refund(house: House, giveaway_id: str) -> str:
    return refund_giveaway(giveaway_id, requested_by=WHO, store=house.store, now_ms=house.clock.ms).state


def test_every_winner_is_paid_once_and_the_rest_goes_back(place: tuple[Bank, House]) -> None:
    bank, house = place
    giveaway = opened(house)
    for number in (1, 2):
        enter(house, number)
    drawn(house, giveaway)
    assert [pay(house, giveaway.id), pay(house, giveaway.id)] == [2, 0]
    bank.settle(house)
    assert state_of(house, giveaway).state == "paid"
    for prize in prizes_of(house, giveaway):
        assert bank.node.paid_to(prize.address) == [prize.base_units]
        assert prize.tx_hash is not None
    assert refund(house, giveaway.id) == "refunding"
    assert refund(house, giveaway.id) == "refunding"
    bank.settle(house)
    assert state_of(house, giveaway).state == "closed_out"
    assert bank.node.paid_to(address_of(9_999)) == [200]
    end = books(house, giveaway)
    assert (end.funded, end.paid, end.refunded, end.remainder) == (1_000, 800, 200, 0)


def test_a_payment_that_reverted_is_owed_again_and_paid_by_a_new_one(place: tuple[Bank, House]) -> None:
    bank, house = place
    giveaway = opened(house, prizes=(500,))
    enter(house, 1)
    drawn(house, giveaway)
    pay(house, giveaway.id)
    bank.node.reverting = True
    bank.settle(house)
    bank.node.reverting = False
    (failed,) = prizes_of(house, giveaway)
    assert failed.state == "owed"
    assert pay(house, giveaway.id) == 1
    bank.settle(house)
    (paid,) = prizes_of(house, giveaway)
    assert paid.state == "paid"
    assert paid.payment_id != failed.payment_id
    assert sorted(bank.states().values()) == ["final", "reverted"]


def test_booking_again_changes_nothing(place: tuple[Bank, House]) -> None:
    bank, house = place
    giveaway = opened(house)
    enter(house, 1)
    drawn(house, giveaway)
    pay(house, giveaway.id)
    bank.settle(house)
    before = (state_of(house, giveaway), prizes_of(house, giveaway))
    for _ in range(2):
        book_giveaway(giveaway.id, store=house.store, now_ms=house.clock.ms)
    assert (state_of(house, giveaway), prizes_of(house, giveaway)) == before


def test_money_that_winners_wait_for_is_not_refunded(place: tuple[Bank, House]) -> None:
    _, house = place
    giveaway = opened(house)
    enter(house, 1)
    drawn(house, giveaway)
    for _ in range(2):
        with pytest.raises(Refused):
            refund(house, giveaway.id)
        pay(house, giveaway.id)


def test_a_closed_giveaway_is_given_up_only_when_its_beacon_stays_silent(place: tuple[Bank, House]) -> None:
    bank, house = place
    giveaway = opened(house)
    enter(house, 1)
    close(house, giveaway)
    with pytest.raises(Refused, match="week"):
        refund(house, giveaway.id)
    house.clock.ms = giveaway.rules.draws_at_ms + PATIENCE_MS
    assert refund(house, giveaway.id) == "refunding"
    bank.settle(house)
    assert books(house, giveaway).refunded == 1_000


def test_without_an_address_to_refund_to_the_rest_stays_in_the_wallet(place: tuple[Bank, House]) -> None:
    bank, house = place
    giveaway = opened(house)
    with house.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE giveaway SET refund_to = NULL")
    drawn(house, giveaway)
    assert refund(house, giveaway.id) == "closed_out"
    assert books(house, giveaway).remainder == 1_000
    assert bank.states() == {}


def test_a_wallet_of_another_chain_or_tenant_pays_nothing(place: tuple[Bank, House]) -> None:
    bank, house = place
    giveaway = opened(house, wallet_id="w2")
    enter(house, 1)
    drawn(house, giveaway)
    with pytest.raises(Refused, match="wallet"):
        pay(house, giveaway.id)
    assert bank.states() == {}
    assert state_of(house, giveaway).state == "drawn"
