"""The sources, and which of them is asked for which token.

At once: CoinGecko (unless the batch of the top coins is fresh enough), the exchange, DefiLlama, Chainlink. Spare, because they cost
a budget or say less: CoinMarketCap, GeckoTerminal for listed tokens, and CoinGecko itself behind an older batch. What only an
address names is asked of GeckoTerminal and DefiLlama at once. Uniswap is read last, for an amount that the price decides.
Source: price-cards.md 2, 3 (batches), 6 (order, distrust).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, fields, replace
from threading import Lock

from maskbot.adapters.market import coinbase, coingecko, coinmarketcap, defillama, geckoterminal, judge, pinned
from maskbot.adapters.market.cache import Cache
from maskbot.adapters.market.coinbase import Coinbase
from maskbot.adapters.market.coingecko import CoinGecko, Row
from maskbot.adapters.market.coinmarketcap import CoinMarketCap
from maskbot.adapters.market.defillama import DefiLlama
from maskbot.adapters.market.gather import Ask, gather
from maskbot.adapters.market.geckoterminal import GeckoTerminal
from maskbot.adapters.market.http import CALL_S
from maskbot.adapters.market.onchain import CHAINLINK, OnChain
from maskbot.adapters.market.quotes import Details, Quote, Said, Token
from maskbot.adapters.market.trust import Trust
from maskbot.adapters.market.uniswap_values import PoolView, Prepared
from maskbot.domain.errors import Malformed, Misconfigured, Refused, Unavailable
from maskbot.ports.inside import Clock

BATCH_TTL_S = 600.0
ROW_TTL_S = 60.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources that are set up; None for those that are not."""

    coingecko: CoinGecko
    defillama: DefiLlama
    exchange: Coinbase
    coinmarketcap: CoinMarketCap | None = None
    terminal: GeckoTerminal | None = None
    onchain: OnChain | None = None


@dataclass(frozen=True, slots=True)
class View:
    """All that was said of a token."""

    said: tuple[Said, ...]
    details: Details
    pool: PoolView | None = None


class Panel:
    """Asks the sources. Safe to share between threads."""

    def __init__(self, sources: Sources, *, cache: Cache, clock: Clock) -> None:
        self._sources = sources
        self._cache = cache
        self._clock = clock
        self._trust = Trust()
        self._pool = ThreadPoolExecutor(max_workers=24, thread_name_prefix="market")
        self._last_direct_ms = 0
        self._lock = Lock()

    def ask(self, token: Token, *, vs: str, deadline_s: float, row: Row | None) -> View:
        """Everything there is to know of a token now. `row` is what CoinGecko has just said of it."""
        now_ms = self._clock.now_ms()
        kept: Row | None = row or self._cache.recall(_row_key(token, vs), Row, now_ms=now_ms)
        onchain = self._sources.onchain if vs == "USD" else None
        prepared = self._pool.submit(onchain.prepare, token) if onchain is not None else None
        asks = [ask for ask in self._asks(token, vs, kept) if not self._is_distrusted(ask.source, token)]
        given = (kept.said,) if kept is not None and self._is_fresh(kept, token) else ()
        if kept is not None and not given and token.is_pinned and vs == "USD":
            self._pool.submit(self.refresh_ahead)
        asked = gather(
            asks,
            pool=self._pool,
            deadline_s=deadline_s,
            is_enough=lambda said: self._is_enough(token, (*given, *said), kept),
        )
        said = (*given, *asked)
        details = merged([one.details for one in said] + ([kept.said.details] if kept is not None else []))
        pool = self._pool_view(token, prepared, [one.quote for one in said], deadline_s)
        if not token.id and pool is not None and details.pool is None:
            said = (*said, Said(Quote("Uniswap", pool.price_usd, now_ms)))
        if details.pool is not None:
            self._cache.keep(f"pool-of/{token.address}", details.pool, str, ttl_s=86_400.0, now_ms=now_ms)
        return View(said, details, pool)

    def pool_of(self, token: Token) -> str | None:
        """The deepest pool of a token known by address, if it was asked for within the day."""
        found: str | None = self._cache.recall(f"pool-of/{token.address}", str, now_ms=self._clock.now_ms())
        return found

    def note(self, token: Token, verdict: judge.Verdict) -> None:
        """Remember who differed from the others, and who agreed."""
        for source in verdict.outliers:
            _LOG.info("market outlier source=%s token=%s", source, token.id or token.address)
            self._trust.strike(source, _name(token), now_ms=self._clock.now_ms())
        if len(verdict.agreeing) > 1:
            for source in verdict.agreeing:
                self._trust.forgive(source, _name(token))

    def refresh_ahead(self) -> bool:
        """Fetch the top coins in one call if nobody has done so for ten minutes; whether it was done now."""
        now_ms = self._clock.now_ms()
        if self._cache.count(f"batch/{now_ms // int(BATCH_TTL_S * 1000)}", int(BATCH_TTL_S) + 60) > 1:
            return False
        try:
            rows = self._sources.coingecko.top()
        except (Unavailable, Malformed) as error:
            _LOG.info("market batch failed kind=%s", error.kind)
            return False
        for row in rows:
            self._cache.keep(_row_key(row.token, "USD"), row, Row, ttl_s=BATCH_TTL_S * 1.2, now_ms=now_ms)
        return True

    def close(self) -> None:
        """Stop the pool."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _asks(self, token: Token, vs: str, kept: Row | None) -> list[Ask]:
        sources, asks = self._sources, []
        if token.id and (kept is None or not self._is_fresh(kept, token)):
            asks.append(Ask(coingecko.NAME, lambda: self._row(token, vs).said, is_spare=kept is not None))
        if token.exchange and vs in coinbase.CURRENCIES:
            asks.append(Ask(coinbase.NAME, lambda: sources.exchange.ask(token, vs=vs)))
        if vs == "USD":
            asks.append(Ask(defillama.NAME, lambda: sources.defillama.ask(token)))
        onchain, terminal, cmc = sources.onchain, sources.terminal, sources.coinmarketcap
        if onchain is not None and token.feed and vs == "USD":
            asks.append(Ask(CHAINLINK, lambda: onchain.ask_feed(token)))
        if terminal is not None and token.address and vs == "USD" and not token.is_pinned:
            asks.append(Ask(geckoterminal.NAME, lambda: terminal.ask(token), is_spare=bool(token.id)))
        if cmc is not None and token.cmc_id is not None:
            asks.append(Ask(coinmarketcap.NAME, lambda: cmc.ask(token, vs=vs), is_spare=True))
        return asks

    def _row(self, token: Token, vs: str) -> Row:
        """The token's row, or the batch that holds it when single rows are asked for again and again."""
        now_ms = self._clock.now_ms()
        with self._lock:
            is_busy = now_ms - self._last_direct_ms < BATCH_TTL_S * 1000
            self._last_direct_ms = now_ms
        if is_busy and vs == "USD" and token.is_pinned and self.refresh_ahead():
            kept: Row | None = self._cache.recall(_row_key(token, vs), Row, now_ms=now_ms)
            if kept is not None:
                return self._pegged(kept, token, vs)
        underlying = None if token.is_stablecoin else pinned.by_symbol().get(token.pegged_to or "")
        row = self._sources.coingecko.row(token, vs=vs, underlying=underlying)
        self._cache.keep(_row_key(token, vs), row, Row, ttl_s=ROW_TTL_S, now_ms=now_ms)
        return row

    def _pegged(self, row: Row, token: Token, vs: str) -> Row:
        target = pinned.by_symbol().get(token.pegged_to or "")
        if target is None or token.is_stablecoin:
            return row
        other: Row | None = self._cache.recall(_row_key(target, vs), Row, now_ms=self._clock.now_ms())
        return row if other is None else Row(row.token, coingecko.with_underlying(row.said, other.said.quote.price))

    def _is_fresh(self, row: Row, token: Token) -> bool:
        age_ms = self._clock.now_ms() - row.said.quote.as_of_ms
        return age_ms <= judge.bounds_of(token, row.said.details).age_ms

    def _is_distrusted(self, source: str, token: Token) -> bool:
        return self._trust.is_distrusted(source, _name(token), now_ms=self._clock.now_ms())

    def _is_enough(self, token: Token, said: Sequence[Said], kept: Row | None) -> bool:
        """Whether two agree and there is something to say beside the price."""
        now_ms = self._clock.now_ms()
        details = merged([one.details for one in said] + ([kept.said.details] if kept is not None else []))
        quotes = [one.quote for one in said if judge.is_usable(one.quote, now_ms=now_ms)]
        agreeing = judge.agreeing_of(quotes, judge.bounds_of(token, details), now_ms=now_ms)
        return len(agreeing) >= 2 and details.change_24h_percent is not None

    def _pool_view(
        self, token: Token, prepared: Future[Prepared | None] | None, quotes: Sequence[Quote], deadline_s: float
    ) -> PoolView | None:
        onchain = self._sources.onchain
        usable = [quote for quote in quotes if judge.is_usable(quote, now_ms=self._clock.now_ms())]
        if onchain is None or prepared is None or not usable:
            return None
        middle = sorted(quote.price for quote in usable)[len(usable) // 2]
        until_s = min(deadline_s, time.monotonic() + CALL_S)
        try:
            ready = prepared.result(max(0.0, until_s - time.monotonic()))
            if ready is None or not ready.routes:
                return None
            flight = self._pool.submit(onchain.view, token, ready, price_usd=middle)
            return flight.result(max(0.0, until_s - time.monotonic()))
        except TooLate:
            onchain.note_slowness()
        except Misconfigured as error:
            _LOG.error("market chain misconfigured kind=%s", error.kind)
        except (Unavailable, Malformed, Refused):
            pass
        return None


def merged(all_details: Sequence[Details]) -> Details:
    """For each detail what the first source said that knows it."""
    made = Details()
    for field in fields(Details):
        for details in all_details:
            value = getattr(details, field.name)
            if value not in (None, ()):
                made = replace(made, **{field.name: value})
                break
    return made


def _row_key(token: Token, vs: str) -> str:
    return f"row/{token.id}/{vs}"


def _name(token: Token) -> str:
    return token.id or token.address or token.symbol
