"""What a transaction offers for gas, and how an offer may be raised (reliability.md C.3 5, R13). All figures are wei."""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.chain import Fees
from maskbot.domain.errors import Refused

BUMP_NUMERATOR, BUMP_DENOMINATOR = 9, 8
"""A replacement offers at least 1.125 times as much in both fields; nodes ask for 1.1."""


class FeeCapReached(Refused):
    """The fees that the chain asks, or a replacement needs, are above the policy's cap. Waits; nothing is signed."""

    kind = "FeeCapReached"


@dataclass(frozen=True, slots=True)
class GasOffer:
    """What one unit of gas may cost. A legacy offer has one price, which stands in both fields."""

    max_fee_wei: int
    tip_wei: int
    is_legacy: bool

    def __post_init__(self) -> None:
        if not 0 <= self.tip_wei <= self.max_fee_wei < 2**128:
            raise ValueError("a tip is between 0 and the highest fee, which has at most 128 bits")
        if self.is_legacy and self.tip_wei != self.max_fee_wei:
            raise ValueError("a legacy offer has one price")


def first_offer(fees: Fees, *, cap_wei: int) -> GasOffer:
    """What to offer for a new transaction: twice the base fee and the tip, or the gas price on a chain without EIP-1559.

    Raises:
        FeeCapReached: the cap is below what the next block asks.
    """
    if fees.base_fee_wei is None:
        if fees.gas_price_wei > cap_wei:
            raise FeeCapReached("the chain's gas price is above the policy's cap")
        return GasOffer(fees.gas_price_wei, fees.gas_price_wei, is_legacy=True)
    asked = fees.base_fee_wei + fees.priority_fee_wei
    if asked > cap_wei:
        raise FeeCapReached("the chain's base fee and tip are above the policy's cap")
    return GasOffer(min(cap_wei, asked + fees.base_fee_wei), fees.priority_fee_wei, is_legacy=False)


def raised_offer(before: GasOffer, *, fees: Fees, cap_wei: int) -> GasOffer:
    """What a replacement offers: at least 1.125 times as much in both fields, and what the chain asks now.

    Raises:
        FeeCapReached: that is above the cap; the transaction waits as it is.
    """
    least_max, least_tip = raised(before.max_fee_wei), raised(before.tip_wei)
    if least_max > cap_wei:
        raise FeeCapReached("a replacement would offer more than the policy's cap")
    if before.is_legacy:
        price = min(cap_wei, max(least_max, fees.gas_price_wei))
        return GasOffer(price, price, is_legacy=True)
    tip = max(least_tip, min(fees.priority_fee_wei, cap_wei))
    wanted = 2 * (fees.base_fee_wei or 0) + tip
    return GasOffer(min(cap_wei, max(least_max, wanted, tip)), min(tip, cap_wei), is_legacy=False)


def cancelling_offer(before: GasOffer, *, fees: Fees, cap_wei: int) -> GasOffer:
    """What the first cancellation of a payment offers: a raised offer, or as much as the cap allows. A node that holds the payment
    refuses the latter; one that does not takes it, so that no nonce stays empty because the payment was dear."""
    try:
        return raised_offer(before, fees=fees, cap_wei=cap_wei)
    except FeeCapReached:
        return capped(before, cap_wei=cap_wei)


def capped(offer: GasOffer, *, cap_wei: int) -> GasOffer:
    """The same offer, or what the cap leaves of it."""
    most = min(offer.max_fee_wei, cap_wei)
    return GasOffer(most, min(offer.tip_wei, most), offer.is_legacy)


def is_raised(before: GasOffer, after: GasOffer) -> bool:
    """Whether `after` may replace `before`: same kind, both fields raised by an eighth."""
    return (
        before.is_legacy == after.is_legacy
        and after.max_fee_wei >= raised(before.max_fee_wei)
        and after.tip_wei >= raised(before.tip_wei)
    )


def raised(wei: int) -> int:
    """1.125 times as much, rounded up; at least one more."""
    return max(wei + 1, -(-wei * BUMP_NUMERATOR // BUMP_DENOMINATOR))
