"""Which price may be shown, decided from what the sources said. Pure: no clock, no network.

Source: price-cards.md 6: the acceptance table, two agree and one differs, all differ, jump on one source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from maskbot.adapters.market.onchain import CHAINLINK
from maskbot.adapters.market.quotes import Details, Quote, Said, Token
from maskbot.adapters.market.uniswap_values import PoolView
from maskbot.adapters.market.warnings import HELD, warnings_of
from maskbot.domain.request import NoFact, PriceFact
from maskbot.wire.money_text import price_text

STALE_LIMIT_MS = 30 * 60_000
"""Older than this is not shown at all."""
AHEAD_LIMIT_MS = 5 * 60_000
"""A time further ahead than this is no time."""
CONFIDENCE_FLOOR = Decimal("0.9")
_CHAINLINK_SPREAD = Decimal("0.02")
_JUMP = Decimal("0.30")
_JUMP_WITHIN_MS = 10 * 60_000


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far from the median a quote may be, and how old before it is called delayed."""

    spread: Decimal
    age_ms: int


_PINNED = Bounds(Decimal("0.01"), 5 * 60_000)
_RANKED = Bounds(Decimal("0.03"), 15 * 60_000)
_OTHER = Bounds(Decimal("0.10"), 30 * 60_000)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The fact, the sources that stand behind it, and those that said something else."""

    fact: PriceFact | NoFact
    agreeing: tuple[str, ...] = ()
    outliers: tuple[str, ...] = ()


def judge(
    token: Token,
    said: Sequence[Said],
    *,
    details: Details,
    vs: str,
    now_ms: int,
    pool: PoolView | None = None,
    previous: PriceFact | None = None,
) -> Verdict:
    """The price to show, or why none: `unavailable` when no usable quote came, `disagree` when no two agree."""
    bounds = bounds_of(token, details)
    usable = [one.quote for one in said if _is_usable(one.quote, now_ms)]
    if not usable:
        return Verdict(NoFact("unavailable"))
    agreeing = agreeing_of(usable, bounds, now_ms=now_ms)
    outliers = tuple(quote.source for quote in usable if quote not in agreeing) if len(agreeing) > 1 else ()
    if not agreeing:
        prices = sorted(quote.price for quote in usable)
        return Verdict(NoFact("disagree", choices=(price_text(prices[0], vs=vs), price_text(prices[-1], vs=vs))))
    names = tuple(quote.source for quote in agreeing)
    price = _price_of(agreeing)
    if previous is not None and len(agreeing) == 1 and _is_jump(price, previous, now_ms=now_ms):
        held = tuple(dict.fromkeys((HELD, *previous.warnings)))
        return Verdict(replace(previous, warnings=held, is_red=True), names)
    as_of_ms = min(now_ms, *(quote.as_of_ms for quote in agreeing))
    warnings, is_red = warnings_of(
        token,
        details,
        price=price,
        vs=vs,
        agreeing=len(agreeing),
        pool=pool,
        is_delayed=now_ms - as_of_ms > bounds.age_ms,
        now_ms=now_ms,
    )
    fact = PriceFact(
        symbol=token.symbol,
        name=token.name,
        vs=vs,
        price=price,
        change_24h_percent=details.change_24h_percent,
        change_7d_percent=details.change_7d_percent,
        market_cap=details.market_cap,
        source=names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}",
        as_of_ms=as_of_ms,
        warnings=warnings,
        is_red=is_red,
        volume_24h=details.volume_24h,
        low_24h=details.low_24h,
        high_24h=details.high_24h,
        rank=details.rank,
        address=token.address,
        quote=pool.quote if pool is not None else None,
        is_stablecoin=token.is_stablecoin,
        is_known=token.is_pinned,
    )
    return Verdict(fact, names, outliers)


def bounds_of(token: Token, details: Details) -> Bounds:
    """The row of the acceptance table: pinned or rank up to 100, up to 500, and everything else."""
    rank = details.rank if details.rank is not None else token.rank
    if token.is_pinned or (rank is not None and rank <= 100):
        return _PINNED
    return _RANKED if rank is not None and rank <= 500 else _OTHER


def agreeing_of(quotes: Sequence[Quote], bounds: Bounds, *, now_ms: int) -> tuple[Quote, ...]:
    """The largest group within the spread of its own median, the fresh ones first: what is late only speaks when no two fresh ones
    agree. A single quote agrees with itself, two that differ do not."""
    fresh = [quote for quote in quotes if now_ms - quote.as_of_ms <= bounds.age_ms]
    among_fresh = _group(fresh, bounds.spread)
    if len(among_fresh) >= 2:
        return among_fresh
    return tuple(quotes) if len(quotes) == 1 else _group(quotes, bounds.spread)


def is_usable(quote: Quote, *, now_ms: int) -> bool:
    """Whether a quote may count at all."""
    return _is_usable(quote, now_ms)


def _is_usable(quote: Quote, now_ms: int) -> bool:
    if quote.price <= 0 or not -AHEAD_LIMIT_MS <= now_ms - quote.as_of_ms <= STALE_LIMIT_MS:
        return False
    return quote.confidence is None or quote.confidence >= CONFIDENCE_FLOOR


def _group(quotes: Sequence[Quote], spread: Decimal) -> tuple[Quote, ...]:
    best: tuple[Quote, ...] = ()
    for center in quotes:
        near = [
            other for other in quotes if abs(other.price - center.price) <= _spread(other, spread) * 2 * center.price
        ]
        median = _median([quote.price for quote in near])
        group = tuple(quote for quote in near if abs(quote.price - median) <= _spread(quote, spread) * median)
        if len(group) > len(best):
            best = group
    return best if len(best) >= 2 else ()


def _spread(quote: Quote, spread: Decimal) -> Decimal:
    return max(spread, _CHAINLINK_SPREAD) if quote.source == CHAINLINK else spread


def _price_of(agreeing: Sequence[Quote]) -> Decimal:
    """The median; a Chainlink feed lags by design, so it confirms, and counts itself only beside a single other."""
    markets = [quote.price for quote in agreeing if quote.source != CHAINLINK]
    return _median(markets if markets else [quote.price for quote in agreeing])


def _median(prices: Sequence[Decimal]) -> Decimal:
    ordered = sorted(prices)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _is_jump(price: Decimal, previous: PriceFact, *, now_ms: int) -> bool:
    is_recent = now_ms - previous.as_of_ms <= _JUMP_WITHIN_MS
    return is_recent and abs(price - previous.price) > _JUMP * previous.price
