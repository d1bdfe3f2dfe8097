"""Caps, thresholds and offers, as pure functions (reliability.md R13, R17, R19)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.chain import Fees
from maskbot.domain.gas import FeeCapReached, GasOffer, first_offer, is_raised, raised_offer
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.spending import (
    Allowance,
    Effect,
    Method,
    Spend,
    SpendingPolicy,
    SpendingRefused,
    TokenLimit,
    check_caps,
    check_effect,
    needed_approvals,
)

PEOPLE = [Address(bytes([number]) * 20) for number in range(1, 4)]
POLICY = SpendingPolicy(1, (TokenLimit(NATIVE, per_payment=10, per_day=30, per_recipient=20, approval_above=5),))
fees = st.builds(
    lambda base, tip: Fees(base, tip, base or tip), st.one_of(st.none(), st.integers(0, 10**12)), st.integers(1, 10**11)
)


@given(spends=st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(0, 15)), max_size=40))
def test_whatever_comes_the_caps_hold(spends: list[tuple[Address, int]]) -> None:
    totals: dict[tuple[Address, Address | None], int] = {}
    for recipient, amount in spends:
        try:
            check_caps(POLICY, Effect((Spend(NATIVE, recipient, amount),)), totals=totals)
        except SpendingRefused:
            continue
        assert amount <= 10
        for key in ((NATIVE, recipient), (NATIVE, None)):
            totals[key] = totals.get(key, 0) + amount
    assert totals.get((NATIVE, None), 0) <= 30
    assert all(totals.get((NATIVE, one), 0) <= 20 for one in PEOPLE)


def test_a_share_is_claimed_for_the_wallet_itself_or_a_listed_recipient_only() -> None:
    claim = Method(Address(b"\x0d" * 20), bytes.fromhex("7394ad93"))
    own, listed, thief = PEOPLE
    for recipients, allowed in ((None, {own}), ((listed,), {own, listed})):
        policy = SpendingPolicy(1, methods=(claim,), recipients=recipients)
        for person in (own, listed, thief):
            effect = Effect((), claim, claims_for=person)
            if person in allowed:
                check_effect(policy, effect, chain_id=1, own=own)
                continue
            with pytest.raises(SpendingRefused) as refusal:
                check_effect(policy, effect, chain_id=1, own=own)
            assert refusal.value.rule == "recipient"


@pytest.mark.parametrize(("amounts", "needed"), [((5,), 0), ((6,), 1), ((3, 3), 1), ((), 0)])
def test_a_threshold_is_for_the_whole_payment(amounts: tuple[int, ...], needed: int) -> None:
    effect = Effect(tuple(Spend(NATIVE, PEOPLE[index], amount) for index, amount in enumerate(amounts)))
    assert needed_approvals(POLICY, effect) == needed


def test_a_payment_to_many_counts_as_a_whole() -> None:
    effect = Effect(tuple(Spend(NATIVE, one, 4) for one in PEOPLE))
    with pytest.raises(SpendingRefused) as refusal:
        check_caps(POLICY, effect, totals={})
    assert refusal.value.rule == "per_payment"


HUB = Address(b"\x0c" * 20)
WITH_HUB = SpendingPolicy(1, POLICY.tokens, methods=(Method(HUB, b"\1\2\3\4"),))


def allowance(amount: int) -> Effect:
    return Effect((), allowance=Allowance(NATIVE, HUB, amount))


@pytest.mark.parametrize(("amount", "needed"), [(0, 0), (5, 0), (6, 1), (10, 1)])
def test_an_allowance_needs_approval_above_the_threshold_of_its_token(amount: int, needed: int) -> None:
    check_effect(WITH_HUB, allowance(amount), chain_id=1, own=PEOPLE[0])
    check_caps(WITH_HUB, allowance(amount), totals={})
    assert needed_approvals(WITH_HUB, allowance(amount)) == needed


def test_an_allowance_above_the_cap_of_one_payment_is_refused_and_no_day_counts_it() -> None:
    with pytest.raises(SpendingRefused) as refusal:
        check_caps(WITH_HUB, allowance(11), totals={})
    assert refusal.value.rule == "per_payment"
    check_caps(WITH_HUB, allowance(10), totals={(NATIVE, None): 30, (NATIVE, HUB): 20})


@pytest.mark.parametrize("amount", [2**256 - 1, 2**96 - 1])
def test_an_allowance_without_end_is_refused_whatever_the_caps_say(amount: int) -> None:
    rich = TokenLimit(NATIVE, 2**256 - 1, 2**256 - 1, 2**256 - 1, 2**256 - 1)
    with pytest.raises(SpendingRefused) as refusal:
        check_effect(SpendingPolicy(1, (rich,), methods=WITH_HUB.methods), allowance(amount), chain_id=1, own=PEOPLE[0])
    assert refusal.value.rule == "unlimited"


@given(now=fees, later=fees, cap=st.integers(1, 10**13))
def test_an_offer_never_passes_the_cap_and_a_raise_is_an_eighth(now: Fees, later: Fees, cap: int) -> None:
    try:
        offer = first_offer(now, cap_wei=cap)
        for _ in range(50):
            assert offer.max_fee_wei <= cap
            after = raised_offer(offer, fees=later, cap_wei=cap)
            assert is_raised(offer, after)
            assert after.max_fee_wei * 8 >= offer.max_fee_wei * 9
            offer = after
    except FeeCapReached:
        pass


def test_a_smaller_raise_does_not_count() -> None:
    before = GasOffer(1000, 100, is_legacy=False)
    assert is_raised(before, GasOffer(1125, 113, is_legacy=False))
    assert not is_raised(before, GasOffer(1124, 113, is_legacy=False))
    assert not is_raised(before, GasOffer(1125, 112, is_legacy=False))
