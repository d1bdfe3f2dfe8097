"""How prizes could be delivered, what each way costs, and which one is the cheapest right one: a dry run as values.

Source: red-packets.md 9.1 and 9.4 (measured gas), 2.5 (equal shares), 3.1 (255 shares); reliability.md G. Gas of people's own
claims is shown, since a gift that costs its taker more than it is worth is none. All gas is on the high side: 20 % are added to
what was measured, as to every estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from maskbot.domain.money import Token

MOST_SHARES = 255
MOST_DISPERSED = 200
"""Recipients of one disperse call."""
_RESERVE_PERCENT = 20
_APPROVE_GAS = 46_300
_DISPERSE_COINS, _DISPERSE_TOKENS = (22_400, 35_400), (45_700, 27_000)
"""Gas of one disperse call: for itself, and for each recipient; a token's allowance comes besides."""


class Means(StrEnum):
    """A way of delivery."""

    TRANSFERS = "transfers"
    DISPERSE = "disperse"
    PACKET = "packet"
    SAFE = "safe"
    """Proposed to the owners of a Safe, who pay from there: never chosen by cost, and so no route of the dry run."""


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

    def route_of(self, means: Means) -> Route:
        """The way of this kind, possible or not."""
        return next(route for route in self.routes if route.means is means)

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
    batch: int = MOST_DISPERSED,
    obstacles: Mapping[Means, str],
) -> DeliveryPlan:
    """The dry run for these prizes (base units). `personas` is how many winners have a key that a packet can be encrypted to;
    `batch` is how many one disperse call pays; `obstacles` is what stands in the way besides the prizes themselves (no contract
    that is trusted on this chain, a policy that does not allow it)."""
    count = len(prizes)
    transfers = Route(Means.TRANSFERS, count, _with_reserve((21_000 if token.is_native else 52_000) * count), 0)
    calls = -(-count // max(batch, 1))
    per_call, per_recipient = _disperse_gas(token)
    disperse = Route(
        Means.DISPERSE,
        calls if token.is_native else calls + 1,
        _with_reserve((0 if token.is_native else _APPROVE_GAS) + per_call * calls + per_recipient * count),
        0,
        obstacles.get(Means.DISPERSE),
    )
    packet = Route(
        Means.PACKET,
        1 if token.is_native else 2,
        _with_reserve(136_000 if token.is_native else 222_000),
        _with_reserve(108_000),
        obstacles.get(Means.PACKET) or _packet_obstacle(prizes, personas=personas),
    )
    return DeliveryPlan(token, count, sum(prizes), gas_price_wei, max_fee_wei, (transfers, disperse, packet))


def disperse_batch(token: Token, *, max_gas: int) -> int:
    """How many recipients one disperse call pays below a cap of gas: at most 200; 0 if not even one."""
    per_call, per_recipient = _disperse_gas(token)
    without_reserve = max_gas * 100 // (100 + _RESERVE_PERCENT)
    return max(0, min(MOST_DISPERSED, (without_reserve - per_call) // per_recipient))


def _disperse_gas(token: Token) -> tuple[int, int]:
    return _DISPERSE_COINS if token.is_native else _DISPERSE_TOKENS


def _packet_obstacle(prizes: Sequence[int], *, personas: int) -> str | None:
    if not prizes or len(set(prizes)) > 1:
        return "a red packet splits into equal shares, and the prizes are not equal"
    if len(prizes) > MOST_SHARES:
        return f"a red packet has {MOST_SHARES} shares at most"
    if personas < len(prizes):
        return f"{len(prizes) - personas} of the winners have no key it could be encrypted to"
    return None


def _with_reserve(gas: int) -> int:
    return gas * (100 + _RESERVE_PERCENT) // 100
