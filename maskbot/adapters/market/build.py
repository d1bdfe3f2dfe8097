"""Puts the market together from addresses, keys and the parts it may use."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from maskbot.adapters.market.breaker import Breaker, Budget
from maskbot.adapters.market.cache import Cache, Codec
from maskbot.adapters.market.coinbase import Coinbase
from maskbot.adapters.market.coingecko import CoinGecko
from maskbot.adapters.market.coinmarketcap import CoinMarketCap
from maskbot.adapters.market.defillama import DefiLlama
from maskbot.adapters.market.dress import Dresser
from maskbot.adapters.market.geckoterminal import GeckoTerminal
from maskbot.adapters.market.http import JsonFetcher
from maskbot.adapters.market.market import Market
from maskbot.adapters.market.onchain import OnChain
from maskbot.adapters.market.panel import Panel, Sources
from maskbot.adapters.market.redis_store import RedisStore
from maskbot.adapters.market.uniswap_values import MAINNET, UniswapPlaces
from maskbot.ports.chain import ChainReader
from maskbot.ports.inside import Clock

_DAY_S = 86_400.0
_SHORT_S = 300.0


@dataclass(frozen=True, slots=True)
class MarketUrls:
    """Where the sources are, without trailing slashes; None for a source that is not asked."""

    coingecko: str
    defillama: str
    exchange: str
    terminal: str | None = None
    coinmarketcap: str | None = None


@dataclass(frozen=True, slots=True)
class MarketKeys:
    """API keys. CoinMarketCap is asked only with one."""

    coingecko: str | None = field(default=None, repr=False)
    coinmarketcap: str | None = field(default=None, repr=False)


def build_market(
    *,
    urls: MarketUrls,
    keys: MarketKeys,
    clock: Clock,
    chain: ChainReader | None = None,
    places: UniswapPlaces = MAINNET,
    broker_url: str | None = None,
    codec: Codec | None = None,
) -> Market:
    """The market. With `chain` it reads Chainlink and Uniswap at `places`; with `broker_url` and `codec` it remembers in Redis."""
    far = RedisStore(broker_url) if broker_url is not None and codec is not None else None
    cache = Cache(far=far, codec=codec, jitter=random.random)
    budget = Budget(count=cache.count, now_s=lambda: clock.now_ms() // 1000)
    breaker = Breaker()
    fetcher = JsonFetcher(breaker=breaker, budget=budget)
    readers = ThreadPoolExecutor(max_workers=10, thread_name_prefix="market-chain")
    coingecko = CoinGecko(url=urls.coingecko, api_key=keys.coingecko, fetcher=fetcher)
    terminal = (
        GeckoTerminal(url=urls.terminal, fetcher=fetcher, now_ms=clock.now_ms) if urls.terminal is not None else None
    )
    cmc = (
        CoinMarketCap(url=urls.coinmarketcap, api_key=keys.coinmarketcap, fetcher=fetcher)
        if urls.coinmarketcap is not None and keys.coinmarketcap
        else None
    )
    onchain = (
        OnChain(chain=chain, places=places, pool=readers, breaker=breaker, remember=_remember(cache, clock))
        if chain is not None
        else None
    )
    sources = Sources(
        coingecko=coingecko,
        defillama=DefiLlama(url=urls.defillama, fetcher=fetcher),
        exchange=Coinbase(url=urls.exchange, fetcher=fetcher),
        coinmarketcap=cmc,
        terminal=terminal,
        onchain=onchain,
    )
    panel = Panel(sources, cache=cache, clock=clock)
    dresser = Dresser(coingecko=coingecko, terminal=terminal, cache=cache, now_ms=clock.now_ms)
    closing: list[Callable[[], object]] = [panel.close, lambda: readers.shutdown(wait=False, cancel_futures=True)]
    closing.append(fetcher.close)
    if far is not None:
        closing.append(far.close)
    return Market(panel=panel, coingecko=coingecko, dresser=dresser, cache=cache, clock=clock, closing=closing)


def _remember(cache: Cache, clock: Clock) -> Callable[[str, Callable[[], str]], str]:
    """Names on the chain stay what they are for a day; what is not there is looked for again after five minutes."""

    def remember(key: str, ask: Callable[[], str]) -> str:
        known: str | None = cache.recall(f"chain/{key}", str, now_ms=clock.now_ms())
        if known is not None:
            return known
        found = ask()
        ttl_s = _DAY_S if found else _SHORT_S
        cache.keep(f"chain/{key}", found, str, ttl_s=ttl_s, now_ms=clock.now_ms())
        return found

    return remember
