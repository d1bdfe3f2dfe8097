"""Price: `price ETH`, `$ETH`, an address: what a token costs, in one honest line.

The grammar is `wire/cashtags`; what may be shown was decided by the market adapter. Source: price-cards.md 4, 8.6, 9, 10.
"""

from __future__ import annotations

from datetime import UTC, datetime

from maskbot.domain.request import Answer, Fact, Facts, Need, NoFact, PriceFact, PriceNeed, Request
from maskbot.wire.cashtags import parse_cashtags
from maskbot.wire.money_text import amount_text, percent_text, price_text

_STABLECOINS = frozenset({"USDT", "USDC", "DAI", "FRAX", "TUSD", "PYUSD", "USDE", "LUSD", "GUSD", "USDP"})


class Price:
    """Answers `price` and cashtags."""

    name = "price"
    verbs: tuple[str, ...] = ("price", "p", "chart", "c", "quote")

    def accepts(self, request: Request) -> bool:
        """A cashtag or address without a command."""
        return bool(_wanted(request))

    def needs(self, request: Request) -> tuple[Need, ...]:
        """At most three prices."""
        return _wanted(request)

    def decide(self, request: Request, facts: Facts) -> Answer:
        """One line a token. Silence when no token of that name is known."""
        wanted = _wanted(request)
        if not wanted:
            return Answer(words="Which token? For example: price ETH, price UNI 7d.", reason="no_token")
        lines = [line for need in wanted if (line := _line(need, facts.get(need))) is not None]
        if not lines:
            return Answer.silence("unknown_token")
        return Answer(words="\n".join(lines), reason="priced")


def _wanted(request: Request) -> tuple[PriceNeed, ...]:
    return tuple(
        PriceNeed(symbol=wanted.symbol, address=wanted.address, vs=wanted.vs or "USD", window=wanted.window or "7d")
        for wanted in parse_cashtags(request.text)
    )


def _line(need: PriceNeed, fact: Fact | None) -> str | None:
    name = need.symbol or f"{(need.address or '')[:6]}…{(need.address or '')[-4:]}"
    match fact:
        case PriceFact():
            return _price_line(fact)
        case NoFact(reason="ambiguous", choices=choices):
            return f"{name} names several tokens; answer with the address: {' · '.join(choices[:3])}"
        case NoFact(reason="unknown_token"):
            return None
        case NoFact(reason="disagree", choices=choices):
            return (
                f"{name}: the sources disagree{' (' + ' to '.join(choices) + ')' if choices else ''}, so no price now."
            )
        case _:
            return f"{name}: no source answers at the moment. Please ask again later."


def _price_line(fact: PriceFact) -> str:
    as_of = datetime.fromtimestamp(fact.as_of_ms / 1000, UTC)
    parts = [f"{fact.symbol} {price_text(fact.price, vs=fact.vs, is_stablecoin=fact.symbol in _STABLECOINS)}"]
    if fact.change_24h_percent is not None:
        parts[0] += f" {percent_text(fact.change_24h_percent)} 24h"
    if fact.change_7d_percent is not None:
        parts[0] += f" {percent_text(fact.change_7d_percent)} 7d"
    if fact.market_cap is not None:
        parts.append(f"cap {amount_text(fact.market_cap, vs=fact.vs)}")
    parts.append(f"{fact.source} {as_of:%H:%M} UTC")
    parts.extend(f"⚠ {warning}" for warning in fact.warnings[:1])
    return " · ".join(parts)
