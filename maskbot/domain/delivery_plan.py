"""How prizes could be delivered, what each way costs, and which one is the cheapest right one: a dry run as values.

Source: red-packets.md 9.1 and 9.4 (measured gas), 2.5 (equal shares), 3.1 (255 shares); reliability.md G. Gas of people's own
claims is shown, since a gift that costs its taker more than it is worth is none. All gas is on the high side: 20 % are added to
what was measured, as to every estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from maskbot.domain.money import Token

MOST_SHARES = 255
_RESERVE_PERCENT = 20


class Means(StrEnum):
    """A way of delivery."""

    TRANSFERS = "transfers"
    DISPERSE = "disperse"
    PACKET = "packet"


@dataclass(frozen=True, slots=True)
class Route:
    """One way: `gas` is what the giveaway's wallet pays, `claim_gas` what each winner pays besides; `obstacle` says why it is not
    possible here, None if it is."""

    means: Means
    transactions: int
    gas: int
    claim_gas: int
    obstacle: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """The dry run. Gas prices are wei; `total` is base units of the token; costs are wei of the chain's coin."""

    token: Token
    winners: int
    total: int
    gas_price_wei: int
    max_fee_wei: int
    routes: tuple[Route, ...]

    @property
    def chosen(self) -> Route:
        """The possible way that costs the giveaway's wallet and the winners together least; plain transfers are always possible."""
        possible = [route for route in self.routes if route.obstacle is None]
        return min(possible, key=lambda route: route.gas + route.claim_gas * self.winners)

    def cost_wei(self, route: Route) -> int:
        """What the wallet pays for gas at today's price."""
        return route.gas * self.gas_price_wei

    def worst_case_wei(self, route: Route) -> int:
        """The most that leaves the wallet in the chain's coin: gas at the policy's highest fee, and prizes that are coins."""
        return route.gas * self.max_fee_wei + (self.total if self.token.is_native else 0)


def plan_routes(
    token: Token,
    *,
    prizes: Sequence[int],
    personas: int,
    gas_price_wei: int,
    max_fee_wei: int,
    has_disperse: bool,
    has_packets: bool,
) -> DeliveryPlan:
    """The dry run for these prizes (base units). `personas` is how many winners have a key that a packet can be encrypted to;
    `has_disperse` and `has_packets` say whether the chain has a contract we trust for it."""
    count = len(prizes)
    transfers = Route(Means.TRANSFERS, count, _with_reserve((21_000 if token.is_native else 52_000) * count), 0)
    obstacle = None if has_disperse else "no disperse contract is trusted on this chain"
    disperse_gas = 22_400 + 35_400 * count if token.is_native else 92_000 + 27_000 * count
    disperse = Route(Means.DISPERSE, 1 if token.is_native else 2, _with_reserve(disperse_gas), 0, obstacle)
    packet = Route(
        Means.PACKET,
        1 if token.is_native else 2,
        _with_reserve(136_000 if token.is_native else 222_000),
        _with_reserve(108_000),
        _packet_obstacle(prizes, personas=personas, has_packets=has_packets),
    )
    return DeliveryPlan(token, count, sum(prizes), gas_price_wei, max_fee_wei, (transfers, disperse, packet))


def _packet_obstacle(prizes: Sequence[int], *, personas: int, has_packets: bool) -> str | None:
    if not has_packets:
        return "no red packet contract is trusted on this chain"
    if not prizes or len(set(prizes)) > 1:
        return "a red packet splits into equal shares, and the prizes are not equal"
    if len(prizes) > MOST_SHARES:
        return f"a red packet has {MOST_SHARES} shares at most"
    if personas < len(prizes):
        return f"{len(prizes) - personas} of the winners have no key it could be encrypted to"
    return None


def _with_reserve(gas: int) -> int:
    return gas * (100 + _RESERVE_PERCENT) // 100
