"""What is worth taking, as a pure function: never at a loss, whatever prices, fees and floors are (red-packets.md 3.2, 10)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.chain import Fees
from maskbot.domain.gas import first_offer
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.packet_claim import ClaimFloor, Prospect, weigh_share
from maskbot.domain.transaction import ContractCall

TOKEN = Address(b"\x77" * 20)
amounts = st.integers(0, 2**96)


def prospect(**changes: object) -> Prospect:
    fields = {
        "call": ContractCall(TOKEN, 0),
        "token": NATIVE,
        "share": 10**16,
        "needed_gas": 100_000,
        "fees": Fees(10**9, 10**8, 10**9),
        "balance_wei": 10**18,
        "seconds_left": 60,
    }
    return Prospect(**{**fields, **changes})  # type: ignore[arg-type]  # whatever the test says


@given(
    share=amounts,
    is_coin=st.booleans(),
    worth=st.one_of(st.none(), amounts),
    floor=st.one_of(st.none(), st.builds(ClaimFloor, st.just(TOKEN), amounts, amounts)),
    base=st.one_of(st.none(), st.integers(0, 10**13)),
    tip=st.integers(0, 10**12),
    gas=st.integers(21_000, 10**7),
    cap=st.integers(1, 10**13),
)
def test_what_is_taken_costs_no_more_than_it_is_worth(
    *,
    share: int,
    is_coin: bool,
    worth: int | None,
    floor: ClaimFloor | None,
    base: int | None,
    tip: int,
    gas: int,
    cap: int,
) -> None:
    fees = Fees(base, tip, tip + (base or 0))
    seen = prospect(token=NATIVE if is_coin else TOKEN, share=share, needed_gas=gas, fees=fees)
    weighed = weigh_share(seen, floor=floor, worth_wei=worth, policy_cap_wei=cap)
    if not isinstance(weighed, int):
        return
    offer = first_offer(fees, cap_wei=weighed)
    worst_wei = gas * offer.max_fee_wei
    assert offer.max_fee_wei <= weighed <= cap
    assert worst_wei <= seen.balance_wei
    if floor is not None:
        assert share >= floor.least
        assert worst_wei <= floor.most_cost_wei
    if is_coin:
        assert worst_wei <= share
    elif worth is not None:
        assert worst_wei <= worth
    else:
        assert floor is not None


def test_each_hindrance_has_its_name() -> None:
    def kind(**changes: object) -> str:
        floor, worth = changes.pop("floor", None), changes.pop("worth", None)
        weighed = weigh_share(prospect(**changes), floor=floor, worth_wei=worth, policy_cap_wei=10**12)  # type: ignore[arg-type]  # test data
        assert not isinstance(weighed, int)
        return f"{weighed.kind} {weighed.then}"

    assert kind(token=TOKEN) == "WorthUnknown left"
    assert kind(floor=ClaimFloor(NATIVE, 10**17, 10**18)) == "TooLittle left"
    assert kind(share=10**9) == "GasTooDear later"
    assert kind(token=TOKEN, worth=10**10) == "GasTooDear later"
    assert kind(balance_wei=10**12) == "NoGasMoney later"
