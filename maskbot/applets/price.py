"""Price: `price ETH`, `$ETH`, an address, and `30d` as a follow-up: what a token costs, in one honest line.

The grammar is `wire/cashtags`; what may be shown was decided by the market adapter. A link to trade stands only where it costs
nothing (a link on X does), for a token of the reviewed table, and under no red warning. Source: price-cards.md 2.2, 4, 8.6, 9, 10.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

from maskbot.domain.card import PriceCardFacts
from maskbot.domain.identity import Platform
from maskbot.domain.money import Address
from maskbot.domain.request import Answer, Fact, Facts, Need, NoFact, PriceFact, PriceNeed, Request
from maskbot.wire.cashtags import parse_cashtags
from maskbot.wire.money_text import amount_text, percent_text, price_text
from maskbot.wire.uniswap import trade_link

_FOLLOW_UP = re.compile(r"(?:[0-9]{1,4}[hdwmy]|max)", re.IGNORECASE | re.ASCII)


class Price:
    """Answers `price`, cashtags and windows."""

    name = "price"
    verbs: tuple[str, ...] = ("price", "p", "chart", "c", "quote")

    def accepts(self, request: Request) -> bool:
        """A cashtag or address without a command, or a window alone in a conversation."""
        return bool(_wanted(request))

    def needs(self, request: Request) -> tuple[Need, ...]:
        """At most three prices."""
        return _wanted(request)

    def decide(self, request: Request, facts: Facts) -> Answer:
        """One line a token. Silence when no token of that name is known."""
        wanted = _wanted(request)
        if not wanted:
            return Answer(words="Which token? For example: price ETH, price UNI 7d.", reason="no_token")
        told = [(need, facts.get(need)) for need in wanted]
        lines = [line for need, fact in told if (line := _line(need, fact)) is not None]
        if not lines:
            return Answer.silence("unknown_token")
        link = _link(request, [fact for _, fact in told])
        words = "\n".join([*lines, link] if link else lines)
        return Answer(
            words=words, reason="priced", cards=tuple(card for _, fact in told if (card := _card(fact)) is not None)
        )


def _card(fact: Fact | None) -> PriceCardFacts | None:
    """The card of a price; None without one, and for numbers no card can hold."""
    try:
        return fact.card if isinstance(fact, PriceFact) else None
    except ValueError:
        return None


def _wanted(request: Request) -> tuple[PriceNeed, ...]:
    conversation = _conversation(request)
    named = tuple(
        PriceNeed(
            symbol=wanted.symbol,
            address=wanted.address,
            vs=wanted.vs or "USD",
            window=wanted.window or "7d",
            conversation=conversation,
        )
        for wanted in parse_cashtags(request.text)
    )
    return named or _follow_up(request, conversation)


def _follow_up(request: Request, conversation: str) -> tuple[PriceNeed, ...]:
    """`30d` as the whole answer to a post: the grammar reads it behind a token of no meaning."""
    words = request.text.split()
    said = [word for word in words if not word.startswith("@")]
    if not request.is_thread or len(said) != 1 or len(words) > 20 or not _FOLLOW_UP.fullmatch(said[0]):
        return ()
    window = parse_cashtags(f"$X {said[0]}")[0].window
    return (PriceNeed(None, None, vs=None, window=window or "7d", conversation=conversation),)


def _conversation(request: Request) -> str:
    """Who talks to which of our accounts: one token at a time is kept for each pair."""
    person = request.person
    return f"{request.platform.value}/{request.bot_handle}/{person}"


def _line(need: PriceNeed, fact: Fact | None) -> str | None:
    name = need.symbol or (f"{need.address[:6]}…{need.address[-4:]}" if need.address else "This")
    match fact:
        case PriceFact():
            return _price_line(fact)
        case NoFact(reason="ambiguous", choices=choices):
            return f"{name} names several tokens; answer with the address: {' · '.join(choices[:3])}"
        case NoFact(reason="unknown_token" | "no_token"):
            return None
        case NoFact(reason="disagree", choices=choices):
            return (
                f"{name}: the sources disagree{' (' + ' to '.join(choices) + ')' if choices else ''}, so no price now."
            )
        case _:
            return f"{name}: no source answers at the moment. Please ask again later."


def _price_line(fact: PriceFact) -> str:
    as_of = datetime.fromtimestamp(fact.as_of_ms / 1000, UTC)
    parts = [f"{fact.symbol} {price_text(fact.price, vs=fact.vs, is_stablecoin=fact.is_stablecoin)}"]
    if fact.change_24h_percent is not None:
        parts[0] += f" {percent_text(fact.change_24h_percent)} 24h"
    change = _window_change(fact)
    if change is not None and fact.window != "24h":
        parts[0] += f" {percent_text(change)} {fact.window}"
    if fact.market_cap is not None:
        parts.append(f"cap {amount_text(fact.market_cap, vs=fact.vs)}")
    if fact.quote is not None:
        parts.append(_quote_text(fact))
    parts.append(f"{fact.source} {as_of:%H:%M} UTC")
    parts.extend(f"⚠ {warning}" for warning in fact.warnings[:1])
    return " · ".join(parts)


def _window_change(fact: PriceFact) -> Decimal | None:
    if fact.window == "7d":
        return fact.change_7d_percent
    if len(fact.series) < 2:
        return None
    return (fact.series[-1].price / fact.series[0].price - 1) * 100


def _quote_text(fact: PriceFact) -> str:
    quote = fact.quote
    assert quote is not None
    received = price_text(quote.amount_out, vs="USD").removeprefix("$")
    return f"Uniswap {quote.amount_in:f} {quote.symbol_in}→{received} {quote.symbol_out} (blk {quote.block})"


def _link(request: Request, facts: list[Fact | None]) -> str | None:
    """The link of the one token that was asked for, where one may stand."""
    if request.platform is Platform.X or len(facts) != 1:
        return None
    fact = facts[0]
    if not isinstance(fact, PriceFact) or fact.is_red or not fact.is_known:
        return None
    if fact.address is not None:
        return trade_link(Address(bytes.fromhex(fact.address[2:])))
    return trade_link(None) if fact.symbol == "ETH" else None
