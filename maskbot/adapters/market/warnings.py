"""What a card warns of, worst first, and whether it forbids a trade link. Pure. Source: price-cards.md 6 (de-peg) and 8.7."""

from __future__ import annotations

from decimal import Decimal

from maskbot.adapters.market.quotes import Details, Token
from maskbot.adapters.market.uniswap_values import PoolView

DELAYED = "delayed"
HELD = "a jump is not confirmed"
ONE_SOURCE = "one source only"
LEAST_LIQUIDITY_USD = Decimal(50_000)
_MOST_IMPACT_PERCENT = Decimal(3)
_MOST_POOL_GAP = Decimal("0.02")
_PEG_WARNING = Decimal("0.005")
_PEG_BROKEN = Decimal("0.02")
_STAKED_WARNING = Decimal("0.01")
_YOUNG_MS = 48 * 3_600_000


def warnings_of(
    token: Token,
    details: Details,
    *,
    price: Decimal,
    vs: str,
    agreeing: int,
    pool: PoolView | None,
    is_delayed: bool,
    now_ms: int,
) -> tuple[tuple[str, ...], bool]:
    """The warnings, and whether one of them is red."""
    red: list[str] = []
    yellow: list[str] = []
    gap = peg_gap(token, details, price=price, vs=vs)
    if gap is not None:
        is_broken = gap >= (_PEG_BROKEN if token.pegged_to == "USD" or token.symbol == "WETH" else _STAKED_WARNING)
        (red if is_broken else yellow).append("off its peg" if is_broken else "slightly off its peg")
    if not token.is_pinned and not token.id:
        red.append("unverified contract")
    if _is_hard_to_sell(details, pool):
        red.append("low liquidity")
    elif pool is not None and vs == "USD" and abs(pool.price_usd - price) > _MOST_POOL_GAP * price:
        red.append("thin pool")
    if agreeing < 2:
        yellow.append(ONE_SOURCE)
    if details.born_ms is not None and not token.is_pinned and now_ms - details.born_ms < _YOUNG_MS:
        red.append("token under 48 h old")
    if token.others:
        few = "1 other token uses" if token.others == 1 else f"{token.others} other tokens use"
        yellow.append(f"{few} {token.symbol}")
    if is_delayed:
        yellow.append(DELAYED)
    return (*red, *yellow), bool(red)


def peg_gap(token: Token, details: Details, *, price: Decimal, vs: str) -> Decimal | None:
    """How far the price is from what the token is pegged to, as a part of it; None below the warning limit, or unknown."""
    target = details.underlying
    if token.pegged_to == "USD":
        target = Decimal(1) if vs == "USD" else None
    if target is None:
        return None
    gap = abs(price / target - 1)
    is_exact = token.pegged_to == "USD" or token.symbol == "WETH"
    return gap if gap >= (_PEG_WARNING if is_exact else _STAKED_WARNING) else None


def _is_hard_to_sell(details: Details, pool: PoolView | None) -> bool:
    if details.liquidity_usd is not None and details.liquidity_usd < LEAST_LIQUIDITY_USD:
        return True
    return pool is not None and pool.impact_percent > _MOST_IMPACT_PERCENT
