"""Prices: agreement, failures, ambiguous symbols, and the memory. The sites are real HTTP on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from maskbot.adapters.market import Market, MarketKeys, MarketUrls, build_market
from maskbot.domain.request import NoFact, PriceNeed
from tests.unit.adapters.market_process import priced
from tests.unit.adapters.market_sites import Sites, coin, running_sites

NOW_MS = 1_795_405_000_000
ETH = PriceNeed(symbol="ETH", address=None)
MARKETS_ETH = "/coins/markets?ids=ethereum"
LLAMA_ETH = "/prices/current/coingecko:ethereum"
TICKER_ETH = "/products/ETH-USD/ticker"


class FakeClock:
    def __init__(self) -> None:
        self.ms = NOW_MS

    def now_ms(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def sites() -> Iterator[Sites]:
    with running_sites() as running:
        yield running


@pytest.fixture
def market(sites: Sites, clock: FakeClock) -> Iterator[Market]:
    urls = MarketUrls(coingecko=sites.url, defillama=sites.url, exchange=sites.url)
    made = build_market(urls=urls, keys=MarketKeys(coingecko="canary"), clock=clock)
    yield made
    made.close()


def _three(sites: Sites, gecko: float, llama: float, exchange: str) -> None:
    sites.put(MARKETS_ETH, [coin("ethereum", "eth", gecko, now_ms=NOW_MS)])
    entry = {"price": llama, "timestamp": NOW_MS // 1000, "confidence": 0.99, "symbol": "ETH"}
    sites.put(LLAMA_ETH, {"coins": {"coingecko:ethereum": entry}})
    sites.put(TICKER_ETH, {"price": exchange, "time": "2026-11-23T03:36:40Z"})


def test_three_sources_agree_on_the_median(sites: Sites, market: Market) -> None:
    _three(sites, 3425.02, 3424.00, "3426.50")
    fact = priced(market)
    assert fact.price == Decimal("3425.02")
    assert fact.change_24h_percent == Decimal("2.414")
    assert fact.change_7d_percent == Decimal("-3.456")
    assert (fact.symbol, fact.vs, fact.warnings) == ("ETH", "USD", ())


def test_an_outlier_is_outvoted(sites: Sites, market: Market) -> None:
    _three(sites, 9999.0, 3424.00, "3426.00")
    fact = priced(market)
    assert fact.price == Decimal(3425)
    assert "CoinGecko" not in fact.source


def test_sources_that_all_differ_give_no_price_but_the_range(sites: Sites, market: Market) -> None:
    _three(sites, 1000.0, 2000.0, "3000")
    assert market.fetch_price(ETH) == NoFact("disagree", choices=("$1,000.00", "$3,000.00"))


def test_one_source_alone_says_so(sites: Sites, market: Market) -> None:
    sites.put(MARKETS_ETH, [coin("ethereum", "eth", 3425.02, now_ms=NOW_MS)])
    assert "one source only" in priced(market).warnings


def test_no_source_is_unavailable_and_never_zero(market: Market, sites: Sites) -> None:
    for path in (MARKETS_ETH, LLAMA_ETH, TICKER_ETH):
        sites.put(path, {}, status=503)
    assert market.fetch_price(ETH) == NoFact("unavailable")


@pytest.mark.parametrize(
    "answer",
    [
        [{"id": "ethereum", "symbol": "eth", "name": "Ethereum", "current_price": 0}],
        [{"id": "ethereum", "symbol": "eth", "name": "Ethereum", "current_price": None}],
        b'[{"current_price": 1e999999}]',
        b'[{"current_price": NaN}]',
        b"[" * 100_000,
        b'{"error": "trunc',
        {},
        [],
        [[]],
        b"\xff",
        b'"' + b"x" * 600_000 + b'"',
    ],
)
def test_a_broken_answer_is_no_price(sites: Sites, market: Market, answer: object) -> None:
    _three(sites, 1.0, 3424.0, "3426.00")
    sites.put(MARKETS_ETH, answer)
    fact = priced(market)
    assert fact.price == Decimal(3425)


def test_a_plain_text_429_is_no_price_and_the_host_is_left_alone(
    sites: Sites, market: Market, clock: FakeClock
) -> None:
    for path in (MARKETS_ETH, LLAMA_ETH, TICKER_ETH):
        sites.put(path, b"Throttled", status=429, content_type="text/plain")
    assert market.fetch_price(ETH) == NoFact("unavailable")
    asked = len(sites.asked)
    assert market.fetch_price(ETH) == NoFact("unavailable")
    assert len(sites.asked) == asked


def test_a_cap_that_is_not_price_times_supply_is_refused(sites: Sites, market: Market) -> None:
    _three(sites, 3425.0, 3424.0, "3426.00")
    sites.put(MARKETS_ETH, [coin("ethereum", "eth", 3425.0, now_ms=NOW_MS, market_cap=1)])
    assert "CoinGecko" not in priced(market).source


def test_a_series_that_ends_elsewhere_is_refused(sites: Sites, market: Market) -> None:
    _three(sites, 3425.0, 3424.0, "3426.00")
    series = {"price": [3425.0] * 167 + [1.0, None]}
    sites.put(MARKETS_ETH, [coin("ethereum", "eth", 3425.0, now_ms=NOW_MS, sparkline_in_7d=series)])
    assert "CoinGecko" not in priced(market).source


def test_a_frozen_price_is_delayed_and_later_refused(sites: Sites, market: Market, clock: FakeClock) -> None:
    _three(sites, 3425.0, 3424.0, "3426.00")
    clock.ms += 10 * 60_000
    assert "delayed" in priced(market).warnings
    clock.ms += 40 * 60_000
    assert market.fetch_price(ETH) == NoFact("unavailable")


def test_a_price_is_remembered_for_a_minute(sites: Sites, market: Market, clock: FakeClock) -> None:
    _three(sites, 3425.0, 3424.0, "3426.00")
    priced(market)
    asked = len(sites.asked)
    priced(market)
    assert len(sites.asked) == asked
    clock.ms += 61_000
    priced(market)
    assert len(sites.asked) > asked


def test_a_remembered_price_outlives_its_sources_and_says_delayed(
    sites: Sites, market: Market, clock: FakeClock
) -> None:
    _three(sites, 3425.0, 3424.0, "3426.00")
    priced(market)
    clock.ms += 120_000
    for path in (MARKETS_ETH, LLAMA_ETH, TICKER_ETH):
        sites.put(path, {}, status=500)
    assert "delayed" in priced(market).warnings


def test_a_stablecoin_off_its_peg_says_so(sites: Sites, market: Market) -> None:
    sites.put("/coins/markets?ids=dai", [coin("dai", "dai", 0.97, now_ms=NOW_MS)])
    entry = {"price": 0.971, "timestamp": NOW_MS // 1000, "confidence": 0.99}
    sites.put("/prices/current/coingecko:dai", {"coins": {"coingecko:dai": entry}})
    assert priced(market, PriceNeed(symbol="DAI", address=None)).warnings == ("off its peg",)


def test_a_pinned_address_means_its_token(sites: Sites, market: Market) -> None:
    sites.put("/coins/markets?ids=uniswap", [coin("uniswap", "uni", 7.5, now_ms=NOW_MS)])
    need = PriceNeed(symbol=None, address="0x1f9840a85d5af5bf1d1762f925bdaddc4201f984")
    assert priced(market, need).symbol == "UNI"


def test_an_unlisted_address_is_priced_only_with_confidence(sites: Sites, market: Market) -> None:
    address = "0x" + "ab" * 20
    coin_key = f"ethereum:{address}"
    need = PriceNeed(symbol=None, address=address)
    entry = {"price": 12.94, "timestamp": NOW_MS // 1000, "confidence": 0.51}
    sites.put(f"/prices/current/{coin_key}", {"coins": {coin_key: entry}})
    assert market.fetch_price(need) == NoFact("unavailable")
    sites.put(f"/prices/current/{coin_key}", {"coins": {coin_key: {**entry, "confidence": 0.95}}})
    assert "one source only" in priced(market, need).warnings


def test_a_clear_favourite_is_picked_and_the_others_are_told(sites: Sites, market: Market) -> None:
    big = coin("big-coin", "big", 10.0, now_ms=NOW_MS)
    small = coin("small-coin", "big", 0.1, now_ms=NOW_MS, market_cap=100_000.0, market_cap_rank=3000)
    sites.put("/coins/markets?symbols=big", [small, big])
    sites.put("/coins/markets?ids=big-coin", [big])
    fact = priced(market, PriceNeed(symbol="BIG", address=None))
    assert fact.warnings == ("one source only", "1 other token uses BIG")


def test_a_shared_symbol_without_favourite_gives_choices(sites: Sites, market: Market) -> None:
    rows = [coin(f"grt-{n}", "gxt", 10.0 + n, now_ms=NOW_MS) for n in range(5)]
    sites.put("/coins/markets?symbols=gxt", rows)
    sites.put("/coins/grt-4", {"platforms": {"ethereum": "0x" + "12" * 20}})
    fact = market.fetch_price(PriceNeed(symbol="GXT", address=None))
    assert isinstance(fact, NoFact)
    assert fact.reason == "ambiguous"
    assert fact.choices[0] == "Grt 4 (ethereum 0x12…12)"
    assert len(fact.choices) == 3


@pytest.mark.parametrize("symbol", ["DEFI", "NOSUCH"])
def test_words_and_unknown_symbols_are_unknown_tokens(sites: Sites, market: Market, symbol: str) -> None:
    sites.put("/coins/markets?symbols=nosuch", [])
    assert market.fetch_price(PriceNeed(symbol=symbol, address=None)) == NoFact("unknown_token")


def test_a_price_in_another_token_is_crossed_through_dollars(sites: Sites, market: Market) -> None:
    _three(sites, 3000.0, 3000.0, "3000")
    sites.put("/coins/markets?ids=bitcoin", [coin("bitcoin", "btc", 60000.0, now_ms=NOW_MS)])
    entry = {"price": 60000, "timestamp": NOW_MS // 1000, "confidence": 0.99}
    sites.put("/prices/current/coingecko:bitcoin", {"coins": {"coingecko:bitcoin": entry}})
    fact = priced(market, PriceNeed(symbol="ETH", address=None, vs="BTC"))
    assert (fact.price, fact.vs) == (Decimal("0.05"), "BTC")


def test_the_api_key_goes_to_coingecko_alone(sites: Sites, market: Market) -> None:
    _three(sites, 3425.0, 3424.0, "3426.00")
    priced(market)
    keyed = {path for path, names in sites.asked_headers if "x-cg-demo-api-key" in names}
    assert keyed == {MARKETS_ETH, "/coins/ethereum/tickers"}
