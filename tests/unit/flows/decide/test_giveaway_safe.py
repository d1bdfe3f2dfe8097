"""Prizes and payments from a Safe: what is proposed is paid by nothing else, and the reverse (applets.md 1.1 R4, reliability.md
R36)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from maskbot.domain.delivery_plan import Means
from maskbot.domain.errors import Refused
from maskbot.domain.giveaway import Giveaway, books_of
from maskbot.domain.job import JobKind
from maskbot.domain.money import Address
from maskbot.domain.safe import Proposal, Safe, SafeLook, SafeVersion
from maskbot.domain.spending import SpendingRefused
from maskbot.domain.transaction import PaymentGone
from maskbot.flows.decide.giveaway import NotPayable, PayOrder, Payout, SafePayer, book_giveaway, pay_giveaway
from maskbot.flows.decide.safe import cancel_proposal, end_proposal, take_payment
from maskbot.wire.safe import calls_in, multi_send_of
from tests.fakes.bank import Bank, bank_and_house, books, prizes_of, state_of
from tests.fakes.giveaways import drawn, enter, opened
from tests.fakes.house import House
from tests.fakes.till import BOB, ONE, POLICY

SAFE = Address(b"\x5a" * 20)
LOOK = SafeLook(SafeVersion.V1_4_1, Address(b"\x51" * 20), (), 2, 3, 100, multi_send_of(SafeVersion.V1_4_1)[0], 36, 0)
PAYER = SafePayer("s1", "w1", LOOK)
WHO = "operator:alice"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Bank, House]]:
    bank, house = bank_and_house(tmp_path)
    with bank.store.write() as work:
        work.treasury.rules.set_policy("w1", replace(POLICY, safes=(SAFE,)), now_ms=bank.clock.ms)
        safe = Safe("s1", house.tenant_id, 31337, SAFE, "dao", LOOK.version, LOOK.singleton)
        work.treasury.safes.add(safe, now_ms=bank.clock.ms)
    yield bank, house
    bank.close()
    house.store.close()


def won(house: House, people: int = 3) -> Giveaway:
    giveaway = opened(house)
    for number in range(people):
        enter(house, number)
    return drawn(house, giveaway)


def pay(house: House, giveaway: Giveaway, *, safe: SafePayer | None = PAYER) -> Payout:
    return pay_giveaway(PayOrder(giveaway.id, WHO, safe=safe), store=house.store, now_ms=house.clock.ms)


def proposals(house: House) -> tuple[Proposal, ...]:
    with house.store.read() as work:
        states = ("planned", "proposed", "confirmed", "executed", "replaced", "cancelled")
        return tuple(sorted(work.treasury.proposals.in_states(states), key=lambda one: one.id))


def end(house: House, proposal: Proposal, after: str, tx_hash: bytes | None = None) -> None:
    """The vault signed, and the chain decided."""
    with house.store.write() as work:
        signed = replace(proposal, state="proposed", signature=bytes(65))
        work.treasury.proposals.save(signed, before="planned", now_ms=house.clock.ms)
        ended = replace(signed, state=after, tx_hash=tx_hash)
        end_proposal(ended, before="proposed", actor="chain", work=work, now_ms=house.clock.ms)


def book(house: House) -> int:
    jobs = house.claim(JobKind.BOOK_GIVEAWAY)
    for job in jobs:
        book_giveaway(job.target_id, store=house.store, now_ms=house.clock.ms, job=job)
    return len(jobs)


def test_prizes_are_proposed_as_one_batch_and_paid_when_it_is_executed(place: tuple[Bank, House]) -> None:
    _, house = place
    giveaway = won(house)
    assert pay(house, giveaway) == Payout(Means.SAFE, 3, 1)
    (proposal,) = proposals(house)
    prizes = prizes_of(house, giveaway)
    assert [(call.to, call.value_wei) for call in calls_in(proposal.tx)] == [
        (one.address, one.base_units) for one in prizes
    ]
    assert {(one.state, one.payment_id) for one in prizes} == {("paying", proposal.id)}
    book_giveaway(giveaway.id, store=house.store, now_ms=house.clock.ms)
    assert {one.state for one in prizes_of(house, giveaway)} == {"paying"}
    end(house, proposal, "executed", b"\x77" * 32)
    assert book(house) == 1
    assert {(one.state, one.tx_hash) for one in prizes_of(house, giveaway)} == {("paid", b"\x77" * 32)}
    assert (state_of(house, giveaway).state, books(house, giveaway).remainder) == ("paid", 0)


def test_what_is_proposed_is_not_paid_by_a_wallet_and_the_reverse(place: tuple[Bank, House]) -> None:
    bank, house = place
    giveaway = won(house)
    pay(house, giveaway)
    assert pay(house, giveaway, safe=None) == pay(house, giveaway) == Payout(None, 0, 0)
    bank.settle(house)
    assert bank.states() == {}
    end(house, proposals(house)[0], "replaced")
    book(house)
    assert {one.state for one in prizes_of(house, giveaway)} == {"owed"}, "only now, as it can never be executed"
    assert pay(house, giveaway, safe=None).prizes == 3
    assert pay(house, giveaway) == Payout(None, 0, 0)
    assert len(proposals(house)) == 1
    bank.settle(house)
    assert state_of(house, giveaway).state == "paid"


def test_a_replaced_batch_is_proposed_anew_under_a_name_of_its_own(place: tuple[Bank, House]) -> None:
    _, house = place
    giveaway = won(house)
    pay(house, giveaway)
    end(house, proposals(house)[0], "replaced")
    book(house)
    assert pay(house, giveaway).payments == 1
    first, second = proposals(house)
    assert first.purpose_id != second.purpose_id
    with house.store.write() as work:
        cancel_proposal(second.id, actor=WHO, work=work, now_ms=house.clock.ms)
    book(house)
    assert {one.state for one in prizes_of(house, giveaway)} == {"owed"}
    assert books_of(state_of(house, giveaway), prizes_of(house, giveaway)).owed == 1_000


def test_a_safe_of_another_chain_or_none_pays_nothing(place: tuple[Bank, House]) -> None:
    bank, house = place
    giveaway = won(house)
    with bank.store.write() as work:
        other = Safe("s2", house.tenant_id, 1, SAFE, "other", LOOK.version, LOOK.singleton)
        work.treasury.safes.add(other, now_ms=1)
    for safe in ("s2", "none"):
        with pytest.raises(NotPayable, match="Safe on chain 31337"):
            pay(house, giveaway, safe=replace(PAYER, safe_id=safe))
    with bank.store.write() as work:
        work.treasury.rules.set_policy("w1", POLICY, now_ms=1)
    with pytest.raises(SpendingRefused):
        pay(house, giveaway)
    assert state_of(house, giveaway).state == "drawn"
    assert proposals(house) == ()


def test_a_payment_above_the_policy_is_taken_over_once_and_never_made_here(place: tuple[Bank, House]) -> None:
    bank, house = place
    intent = bank.plan("rent", value_wei=60 * ONE)
    bank.work()
    taken = [take(house, intent.id) for _ in range(2)]
    assert taken[0] == taken[1]
    assert (taken[0].tx.call, taken[0].purpose_id) == (intent.call, intent.id)
    assert (bank.intent(intent.id).state, bank.intent(intent.id).error_kind) == ("rejected", "ProposedToSafe")
    bank.mine_and_step(3)
    assert bank.node.paid_to(BOB) == []


def test_a_signed_payment_or_one_that_belongs_to_a_giveaway_is_not_taken(place: tuple[Bank, House]) -> None:
    bank, house = place
    signed = bank.plan("a")
    bank.work()
    with pytest.raises(PaymentGone):
        take(house, signed.id)
    giveaway = won(house)
    pay(house, giveaway, safe=None)
    payment = prizes_of(house, giveaway)[0].payment_id
    assert payment is not None
    with pytest.raises(Refused) as refusal:
        take(house, payment)
    assert refusal.value.kind == "HasOwner"
    assert bank.intent(payment).state == "planned"


def test_a_payment_is_not_taken_to_a_safe_that_the_policy_does_not_list(place: tuple[Bank, House]) -> None:
    bank, house = place
    intent = bank.plan("rent", value_wei=60 * ONE)
    bank.work()
    with bank.store.write() as work:
        work.treasury.rules.set_policy("w1", POLICY, now_ms=1)
    with pytest.raises(SpendingRefused):
        take(house, intent.id)
    assert bank.intent(intent.id).state == "planned", "nothing was rejected either"


def take(house: House, intent_id: str) -> Proposal:
    with house.store.write() as work:
        return take_payment(
            intent_id,
            safe_id="s1",
            wallet_id="w1",
            look=LOOK,
            queued_nonce=0,
            requested_by=WHO,
            work=work,
            now_ms=house.clock.ms,
        )
