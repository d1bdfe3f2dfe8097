"""The market: which token is meant, three sources at once, one judgement, a short memory.

Source: price-cards.md 3 (times to live, single flight, stale up to 30 min), 4 (which token), 6 (4 s in all).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from decimal import Decimal

from maskbot.adapters.market import judge, pinned, sources
from maskbot.adapters.market.http import JsonFetcher
from maskbot.adapters.market.memory import Memory
from maskbot.adapters.market.quotes import Details, Quote, Token
from maskbot.adapters.market.resolve import Resolver
from maskbot.domain.errors import Malformed, Unavailable
from maskbot.domain.request import NoFact, PriceFact, PriceNeed
from maskbot.ports.inside import Clock

TOTAL_S = 4.0
FIATS = frozenset(
    {"USD", "EUR", "GBP", "JPY", "KRW", "CNY", "CAD", "AUD", "CHF", "INR", "BRL", "MXN"}
    | {"SGD", "HKD", "TWD", "TRY", "SEK", "NOK", "DKK", "PLN", "CZK", "NZD", "ZAR", "THB"}
)
_SPOT_TTL_S = 60.0
_NEGATIVE_TTL_S = 300.0


@dataclass(frozen=True, slots=True)
class MarketUrls:
    """Where the sources are, without trailing slashes."""

    coingecko: str
    defillama: str
    exchange: str


class Market:
    """Prices from three sources. Safe to share between threads; keeps a pool of twelve for its calls."""

    def __init__(self, *, urls: MarketUrls, coingecko_api_key: str | None, clock: Clock) -> None:
        self._urls = urls
        self._clock = clock
        self._fetcher = JsonFetcher()
        is_pro = urls.coingecko.startswith("https://pro-api.")
        header = "x-cg-pro-api-key" if is_pro else "x-cg-demo-api-key"
        self._coingecko_headers = {header: coingecko_api_key} if coingecko_api_key else {}
        self._resolver = Resolver(fetch=self._fetch_coingecko)
        self._memory = Memory()
        self._pool = ThreadPoolExecutor(max_workers=12, thread_name_prefix="market")

    def fetch_price(self, need: PriceNeed) -> PriceFact | NoFact:
        """The price, or why there is none (`unknown_token`, `ambiguous`, `disagree`, `unavailable`).

        Raises:
            Unavailable: no source answered, and nothing younger than 30 minutes is remembered.
        """
        vs = need.vs.upper()
        if vs in FIATS:
            return self._priced(need.symbol, need.address, vs)
        quoted = pinned.by_symbol().get(vs)
        if quoted is None:
            return NoFact("unknown_token")
        return _crossed(self._priced(need.symbol, need.address, "USD"), self._priced(quoted.symbol, None, "USD"), vs=vs)

    def close(self) -> None:
        """Stop the pool and close the connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._fetcher.close()

    def _priced(self, symbol: str | None, address: str | None, vs: str) -> PriceFact | NoFact:
        key = f"{address or symbol}/{vs}"
        with self._memory.only_one(key):
            known = self._memory.recall(key, now_ms=self._clock.now_ms())
            if known is not None:
                return known
            try:
                fact = self._ask(symbol, address, vs)
            except Unavailable:
                stale = self._memory.recall_stale(key, now_ms=self._clock.now_ms(), limit_ms=judge.STALE_LIMIT_MS)
                if stale is None:
                    raise
                return replace(stale, warnings=tuple(dict.fromkeys((*stale.warnings, "delayed"))))
            ttl_s = _SPOT_TTL_S if isinstance(fact, PriceFact) else _NEGATIVE_TTL_S
            if not isinstance(fact, NoFact) or fact.reason in ("unknown_token", "ambiguous"):
                self._memory.keep(key, fact, until_ms=self._clock.now_ms() + int(ttl_s * 1000))
            return fact

    def _ask(self, symbol: str | None, address: str | None, vs: str) -> PriceFact | NoFact:
        deadline_s = time.monotonic() + TOTAL_S
        token = self._resolver.by_address(address) if address else self._resolver.by_symbol(symbol or "")
        if isinstance(token, NoFact):
            return token
        quotes, details = self._gather(token, vs, deadline_s)
        return judge.judge(token, quotes, details=details, vs=vs, now_ms=self._clock.now_ms())

    def _gather(self, token: Token, vs: str, deadline_s: float) -> tuple[list[Quote], Details]:
        calls: list[Callable[[], tuple[Quote, Details]]] = []
        if token.id:
            calls.append(lambda: self._from_coingecko(token, vs))
        if vs == "USD":
            calls.append(lambda: (self._from_llama(token), Details()))
        if token.exchange:
            calls.append(lambda: (self._from_exchange(token, vs), Details()))
        futures: list[Future[tuple[Quote, Details]]] = [self._pool.submit(call) for call in calls]
        done, _ = wait(futures, timeout=max(0.0, deadline_s - time.monotonic()))
        quotes, details, answered = [], Details(), 0
        for future in futures:
            if future not in done:
                future.cancel()
                continue
            try:
                quote, said = future.result()
            except Malformed:
                answered += 1
            except Unavailable as error:
                answered += error.kind == "NotFound"
            else:
                quotes.append(quote)
                details = said if said != Details() else details
        if not quotes and not answered:
            raise Unavailable("no market source answered", retry_after_s=30.0)
        return quotes, details

    def _from_coingecko(self, token: Token, vs: str) -> tuple[Quote, Details]:
        answer = self._fetch_coingecko(
            "/coins/markets",
            {
                "vs_currency": vs.lower(),
                "ids": token.id,
                "sparkline": "true",
                "price_change_percentage": "24h,7d",
            },
        )
        for row in sources.read_markets(answer):
            if row.token.id == token.id:
                return row.quote, row.details
        raise Malformed("CoinGecko: no usable price for this token")

    def _from_llama(self, token: Token) -> Quote:
        coin = f"coingecko:{token.id}" if token.id else f"ethereum:{token.address}"
        url = f"{self._urls.defillama}/prices/current/{coin}"
        return sources.read_llama(self._fetcher.fetch(url, params={"searchWidth": "4h"}), coin=coin)

    def _from_exchange(self, token: Token, vs: str) -> Quote:
        url = f"{self._urls.exchange}/products/{token.exchange}-{vs}/ticker"
        return sources.read_ticker(self._fetcher.fetch(url, params={}))

    def _fetch_coingecko(self, path: str, params: dict[str, str]) -> object:
        return self._fetcher.fetch(self._urls.coingecko + path, params=params, headers=self._coingecko_headers)


def _crossed(price: PriceFact | NoFact, quoted: PriceFact | NoFact, *, vs: str) -> PriceFact | NoFact:
    """A price in another token, from both prices in dollars; changes and cap are in dollars and left out."""
    if isinstance(price, NoFact):
        return price
    if isinstance(quoted, NoFact):
        return quoted
    return replace(
        price,
        vs=vs,
        price=(price.price / quoted.price).normalize() if price.price != quoted.price else Decimal(1),
        change_24h_percent=None,
        change_7d_percent=None,
        market_cap=None,
        as_of_ms=min(price.as_of_ms, quoted.as_of_ms),
        warnings=tuple(dict.fromkeys(price.warnings + quoted.warnings)),
    )
