"""The market: which token is meant, every source at once, one judgement, a memory, and what a card shows beside the price.

Source: price-cards.md 3 (times to live, single flight, stale up to 30 min), 4 (which token), 6 (4 s in all).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from maskbot.adapters.market import fields, judge, pinned, resolve
from maskbot.adapters.market.cache import Cache
from maskbot.adapters.market.candles import Course
from maskbot.adapters.market.coingecko import CoinGecko, Listing
from maskbot.adapters.market.conversation import Conversations
from maskbot.adapters.market.dress import Dresser, hourly
from maskbot.adapters.market.flight import Flights
from maskbot.adapters.market.panel import Panel
from maskbot.adapters.market.quotes import Token
from maskbot.adapters.market.resolve import Found
from maskbot.adapters.market.warnings import DELAYED
from maskbot.domain.errors import MaskbotError, Unavailable
from maskbot.domain.request import NoFact, PriceFact, PriceNeed
from maskbot.ports.inside import Clock

TOTAL_S = 4.0
SPOT_TTL_S = 60.0
STALE_S = 1_800.0
NEGATIVE_TTL_S = 300.0
TOKEN_TTL_S = 86_400.0
_NEAR = Decimal("0.05")
FIATS = frozenset(
    {"USD", "EUR", "GBP", "JPY", "KRW", "CNY", "CAD", "AUD", "CHF", "INR", "BRL", "MXN"}
    | {"SGD", "HKD", "TWD", "TRY", "SEK", "NOK", "DKK", "PLN", "CZK", "NZD", "ZAR", "THB"}
)
_FOUND = Token | NoFact
_Part = TypeVar("_Part")


class Market:
    """Prices from every source that is set up. Safe to share between threads."""

    def __init__(
        self,
        *,
        panel: Panel,
        coingecko: CoinGecko,
        dresser: Dresser,
        cache: Cache,
        clock: Clock,
        closing: Sequence[Callable[[], object]],
    ) -> None:
        self._panel = panel
        self._coingecko = coingecko
        self._dresser = dresser
        self._cache = cache
        self._clock = clock
        self._closing = closing
        self._conversations = Conversations(cache=cache, now_ms=clock.now_ms)
        self._flights: Flights[PriceFact | NoFact] = Flights()
        self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="market-card")

    def fetch_price(self, need: PriceNeed) -> PriceFact | NoFact:
        """The price, or why there is none: `unknown_token`, `ambiguous`, `disagree`, `no_token` (a follow-up to nothing), or
        `unavailable` when no source gives a usable one and nothing younger than 30 minutes is remembered. Never raises for that:
        whoever asks is told at once, and nobody waits for a second try.
        """
        complete = self._conversations.completed(need)
        if complete is None:
            return NoFact("no_token")
        fact = self._answer(complete, (complete.vs or "USD").upper())
        if isinstance(fact, PriceFact):
            self._conversations.keep(complete)
        return fact

    def refresh_ahead(self) -> bool:
        """Fetch the largest coins in one call if that is due (every ten minutes, once for all processes that share a Redis);
        whether it was done. Never raises: a card then asks for itself."""
        return self._panel.refresh_ahead()

    def close(self) -> None:
        """Stop the pools and close the connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for part in self._closing:
            part()

    def _answer(self, need: PriceNeed, vs: str) -> PriceFact | NoFact:
        if vs in FIATS:
            return self._in_currency(need, vs)
        quoted = pinned.by_symbol().get(vs)
        if quoted is None:
            return NoFact("unknown_token")
        other = self._pool.submit(self._spot, PriceNeed(quoted.symbol, None), "USD")
        price = self._spot(need, "USD")
        fact = crossed(price, other.result(), vs=vs)
        return replace(fact, window=need.window) if isinstance(fact, PriceFact) else fact

    def _in_currency(self, need: PriceNeed, vs: str) -> PriceFact | NoFact:
        deadline_s = time.monotonic() + TOTAL_S
        course: Future[Course] | None = None
        listing: Future[Listing] | None = None
        known = pinned.by_symbol().get(need.symbol or "") or pinned.by_address().get(need.address or "")
        if known is not None:
            need = replace(need, symbol=known.symbol, address=None)
            course, listing = self._begin(known, vs, need.window)
        fact = self._spot(need, vs)
        if isinstance(fact, NoFact):
            return fact
        if known is None:
            token = self._cache.recall(f"token/{need.address or need.symbol}", _FOUND, now_ms=self._clock.now_ms())
            if isinstance(token, Token):
                course, listing = self._begin(token, vs, need.window)
        went = _in_time(course, deadline_s) or Course()
        if not fits(went, fact.price):
            went = Course()
        points = went.series or (fact.series if need.window == "7d" else ())
        found = _in_time(listing, deadline_s) or Listing((), 0)
        return replace(
            fact,
            window=need.window,
            series=points,
            candles=went.candles,
            exchanges=found.names,
            more_exchanges=found.more,
        )

    def _begin(self, token: Token, vs: str, window: str) -> tuple[Future[Course] | None, Future[Listing]]:
        """What can be fetched beside the price: the week's series comes with the price itself."""
        is_there = window == "7d" and token.id
        course = None if is_there else self._pool.submit(self._course, token, vs, window)
        return course, self._pool.submit(self._dresser.listing, token)

    def _course(self, token: Token, vs: str, window: str) -> Course:
        if token.id:
            return self._dresser.course(token, vs=vs, window=window)
        pool = self._panel.pool_of(token)
        return self._dresser.pool_course(token, pool=pool, window=window) if pool and vs == "USD" else Course()

    def _spot(self, need: PriceNeed, vs: str) -> PriceFact | NoFact:
        key = f"spot/{need.address or need.symbol}/{vs}"
        now_ms = self._clock.now_ms()
        return self._remembered(key, now_ms) or self._flights.join(key, lambda: self._asked(key, need, vs))

    def _remembered(self, key: str, now_ms: int) -> PriceFact | NoFact | None:
        price: PriceFact | None = self._cache.recall(key, PriceFact, now_ms=now_ms)
        if price is not None:
            return price
        nothing: NoFact | None = self._cache.recall(f"no-{key}", NoFact, now_ms=now_ms)
        return nothing

    def _asked(self, key: str, need: PriceNeed, vs: str) -> PriceFact | NoFact:
        now_ms = self._clock.now_ms()
        known = self._remembered(key, now_ms)
        if known is not None:
            return known
        previous: PriceFact | None = self._cache.recall_stale(key, PriceFact, now_ms=now_ms)
        try:
            fact = self._ask(need, vs, previous)
        except Unavailable:
            fact = NoFact("unavailable")
        now_ms = self._clock.now_ms()
        if isinstance(fact, PriceFact):
            self._cache.keep(key, fact, PriceFact, ttl_s=SPOT_TTL_S, stale_s=STALE_S, now_ms=now_ms)
            return fact
        if fact.reason != "unavailable":
            ttl_s = SPOT_TTL_S if fact.reason == "disagree" else NEGATIVE_TTL_S
            self._cache.keep(f"no-{key}", fact, NoFact, ttl_s=ttl_s, now_ms=now_ms)
            return fact
        return _stale(previous, now_ms=now_ms)

    def _ask(self, need: PriceNeed, vs: str, previous: PriceFact | None) -> PriceFact | NoFact:
        deadline_s = time.monotonic() + TOTAL_S
        found = self._token(need)
        if isinstance(found.token, NoFact):
            return found.token
        token = found.token
        view = self._panel.ask(token, vs=vs, deadline_s=deadline_s, row=found.row if vs == "USD" else None)
        verdict = judge.judge(
            token,
            view.said,
            details=view.details,
            vs=vs,
            now_ms=self._clock.now_ms(),
            pool=view.pool,
            previous=previous,
        )
        self._panel.note(token, verdict)
        fact = verdict.fact
        if isinstance(fact, PriceFact) and not fact.series:
            fact = replace(fact, series=hourly(view.details, last_at_ms=fact.as_of_ms))
        return fact

    def _token(self, need: PriceNeed) -> Found:
        """The token of the need, remembered for a day; what nobody uses for five minutes."""
        key = f"token/{need.address or need.symbol}"
        known = self._cache.recall(key, _FOUND, now_ms=self._clock.now_ms())
        if known is not None:
            return Found(known)
        if need.address:
            try:
                found = Found(resolve.by_address(need.address, coingecko=self._coingecko))
            except Unavailable:
                return Found(resolve.unlisted(need.address))
        else:
            found = resolve.by_symbol(need.symbol or "", coingecko=self._coingecko)
        ttl_s = TOKEN_TTL_S if isinstance(found.token, Token) else NEGATIVE_TTL_S
        self._cache.keep(key, found.token, _FOUND, ttl_s=ttl_s, now_ms=self._clock.now_ms())
        return found


def fits(course: Course, price: Decimal) -> bool:
    """Whether the course ends near the price (5 %): another coin's or another currency's does not (price-cards.md 6)."""
    return not course.series or abs(course.series[-1].price - price) <= _NEAR * price


def crossed(price: PriceFact | NoFact, quoted: PriceFact | NoFact, *, vs: str) -> PriceFact | NoFact:
    """A price in another token, from both prices in dollars; what is in dollars otherwise is left out."""
    if isinstance(price, NoFact):
        return price
    if isinstance(quoted, NoFact):
        return quoted
    return PriceFact(
        symbol=price.symbol,
        name=price.name,
        vs=vs,
        price=fields.rounded(price.price / quoted.price).normalize() if price.price != quoted.price else Decimal(1),
        change_24h_percent=None,
        change_7d_percent=None,
        market_cap=None,
        source=price.source,
        as_of_ms=min(price.as_of_ms, quoted.as_of_ms),
        warnings=tuple(dict.fromkeys(price.warnings + quoted.warnings)),
        is_red=price.is_red or quoted.is_red,
        rank=price.rank,
        address=price.address,
        is_known=price.is_known,
    )


def _stale(previous: PriceFact | None, *, now_ms: int) -> PriceFact | NoFact:
    """The last price, if its data are young enough to be shown as delayed; `unavailable` otherwise."""
    if previous is None or now_ms - previous.as_of_ms > judge.STALE_LIMIT_MS:
        return NoFact("unavailable")
    return replace(previous, warnings=tuple(dict.fromkeys((*previous.warnings, DELAYED))))


def _in_time(flight: Future[_Part] | None, deadline_s: float) -> _Part | None:
    """What a flight brings until the deadline; None for what fails or is late."""
    if flight is None:
        return None
    try:
        return flight.result(max(0.0, deadline_s - time.monotonic()))
    except (TooLate, MaskbotError):
        return None
