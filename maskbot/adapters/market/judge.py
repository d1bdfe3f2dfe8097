"""Which price may be shown, decided from what the sources said. Pure: no clock, no network.

Source: price-cards.md 6 (acceptance table, two agree and one differs, de-peg) and 8.7 (warnings, worst first).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from maskbot.adapters.market.quotes import Details, Quote, Token
from maskbot.domain.request import NoFact, PriceFact
from maskbot.wire.money_text import price_text

STALE_LIMIT_MS = 30 * 60_000
"""Older than this is not shown at all."""
CONFIDENCE_FLOOR = Decimal("0.9")
_PEG_WARNING = Decimal("0.005")
_PEG_BROKEN = Decimal("0.02")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far from the median a quote may be, and how old before it is called delayed."""

    spread: Decimal
    age_ms: int


_PINNED = Bounds(Decimal("0.01"), 5 * 60_000)
_RANKED = Bounds(Decimal("0.03"), 15 * 60_000)
_OTHER = Bounds(Decimal("0.10"), 30 * 60_000)


def judge(token: Token, quotes: Sequence[Quote], *, details: Details, vs: str, now_ms: int) -> PriceFact | NoFact:
    """The price to show, or why none: `unavailable` when no usable quote came, `disagree` when no two agree."""
    bounds = bounds_of(token, details)
    fresh = [quote for quote in quotes if _is_usable(quote, now_ms)]
    if not fresh:
        return NoFact("unavailable")
    chosen = _agreeing(fresh, bounds.spread)
    if not chosen:
        prices = sorted(quote.price for quote in fresh)
        return NoFact("disagree", choices=(price_text(prices[0], vs=vs), price_text(prices[-1], vs=vs)))
    price = _median([quote.price for quote in chosen])
    as_of_ms = min(quote.as_of_ms for quote in chosen)
    return PriceFact(
        symbol=token.symbol,
        name=token.name,
        vs=vs,
        price=price,
        change_24h_percent=details.change_24h_percent,
        change_7d_percent=details.change_7d_percent,
        market_cap=details.market_cap,
        source="+".join(quote.source for quote in chosen[:2]),
        as_of_ms=as_of_ms,
        warnings=_warnings(token, chosen, price=price, vs=vs, is_delayed=now_ms - as_of_ms > bounds.age_ms),
    )


def bounds_of(token: Token, details: Details) -> Bounds:
    """The row of the acceptance table: pinned or rank up to 100, up to 500, and everything else."""
    rank = details.rank if details.rank is not None else token.rank
    if token.is_pinned or (rank is not None and rank <= 100):
        return _PINNED
    return _RANKED if rank is not None and rank <= 500 else _OTHER


def _is_usable(quote: Quote, now_ms: int) -> bool:
    if quote.price <= 0 or now_ms - quote.as_of_ms > STALE_LIMIT_MS:
        return False
    return quote.confidence is None or quote.confidence >= CONFIDENCE_FLOOR


def _agreeing(quotes: Sequence[Quote], spread: Decimal) -> tuple[Quote, ...]:
    """The largest group around one quote in which every price is within the spread of the group's median; a single quote
    agrees with itself, two that differ do not."""
    if len(quotes) == 1:
        return tuple(quotes)
    best: tuple[Quote, ...] = ()
    for center in quotes:
        group = tuple(other for other in quotes if abs(other.price - center.price) <= spread * 2 * center.price)
        median = _median([quote.price for quote in group])
        group = tuple(quote for quote in group if abs(quote.price - median) <= spread * median)
        if len(group) > len(best):
            best = group
    return best if len(best) >= 2 else ()


def _median(prices: Sequence[Decimal]) -> Decimal:
    ordered = sorted(prices)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _warnings(token: Token, chosen: Sequence[Quote], *, price: Decimal, vs: str, is_delayed: bool) -> tuple[str, ...]:
    found = []
    if token.is_stablecoin and vs == "USD" and abs(price - 1) >= _PEG_WARNING:
        found.append("off its peg" if abs(price - 1) >= _PEG_BROKEN else "slightly off its peg")
    if len(chosen) < 2:
        found.append("one source only")
    if token.others:
        few = "1 other token uses" if token.others == 1 else f"{token.others} other tokens use"
        found.append(f"{few} {token.symbol}")
    if is_delayed:
        found.append("delayed")
    return tuple(found)
