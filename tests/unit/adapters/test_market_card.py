"""What a price brings for its card: series of every window, exchanges, pools, follow-ups, batches, and few calls."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import pairwise

import pytest

from maskbot.adapters.market import Market
from maskbot.adapters.store.value_json import dump_value, load_value
from maskbot.domain.request import Fact, NoFact, PriceNeed
from tests.unit.adapters.market_process import MarketSites, Now, priced, running_market_sites

PANTHER = "0x909e34d3f6124c324ac83dcca84b74398a6fa173"


@pytest.fixture(scope="module")
def running() -> Iterator[MarketSites]:
    with running_market_sites() as sites:
        yield sites


@pytest.fixture
def sites(running: MarketSites) -> MarketSites:
    running.reset()
    return running


@pytest.fixture
def clock() -> Now:
    return Now()


@pytest.fixture
def market(sites: MarketSites, clock: Now) -> Iterator[Market]:
    made = sites.market(clock=clock, has_terminal=True)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("window", "points", "hours"),
    [
        ("1h", 13, 1),
        ("24h", 49, 24),
        ("7d", 168, 167),
        ("30d", 31, 30 * 24),
        ("90d", 400, 90 * 24 - 1),
        ("1y", 365, 364 * 24),
        ("max", 400, 729 * 24),
    ],
)
def test_each_window_has_its_series(market: Market, window: str, points: int, hours: int) -> None:
    fact = priced(market, PriceNeed("ETH", None, window=window))
    assert fact.window == window
    assert len(fact.series) == points
    assert abs(fact.series[-1].at_s - fact.series[0].at_s - hours * 3600) <= (86_400 if window == "30d" else 3600)
    assert abs(fact.series[-1].price / fact.price - 1) < Decimal("0.01")
    assert fact.card.series == fact.series


@pytest.mark.parametrize(("window", "bars", "step_s"), [("24h", 48, 1_800), ("30d", 30, 86_400), ("7d", 0, 0)])
def test_candles_are_drawn_where_bars_help(market: Market, window: str, bars: int, step_s: int) -> None:
    candles = priced(market, PriceNeed("ETH", None, window=window)).card.candles
    assert abs(len(candles) - bars) <= (1 if window == "30d" else 0)
    assert {later.at_s - earlier.at_s for earlier, later in pairwise(candles)} == ({step_s} if step_s else set())


def test_candles_cost_no_further_call_and_come_in_the_asked_currency(market: Market, sites: MarketSites) -> None:
    fact = priced(market, PriceNeed("ETH", None, vs="EUR", window="24h"))
    assert abs(fact.candles[-1].close / fact.price - 1) < Decimal("0.01")
    assert sum(count for path, count in sites.calls().items() if "/ohlc" in path or "/market_chart" in path) == 1


@pytest.mark.parametrize(
    "effect", ["html", "nulls", "empty", "zero", "negative", "limited_json", "broken_json", "giant", "deep"]
)
def test_without_usable_bars_a_line_is_drawn(market: Market, sites: MarketSites, effect: str) -> None:
    sites.spoil(effect, path="/api/v3/coins/*/ohlc", count=1, retry_after_s=1)
    fact = priced(market, PriceNeed("ETH", None, window="24h"))
    assert fact.candles == ()
    assert len(fact.series) == (0 if effect == "limited_json" else 288)  # a source that asks for a pause is left alone


def test_a_course_that_ends_far_from_the_price_is_not_drawn_beside_it(market: Market, sites: MarketSites) -> None:
    sites.spoil("outlier", path="/api/v3/coins/*/ohlc")
    sites.spoil("outlier", path="/api/v3/coins/*/market_chart")
    for window in ("24h", "90d"):
        fact = priced(market, PriceNeed("ETH", None, window=window))
        assert (fact.candles, fact.series) == ((), ())


def test_a_token_of_a_pool_alone_has_the_pools_bars(market: Market, sites: MarketSites) -> None:
    sites.spoil("status", path="/api/v3/*", status=404)
    fact = priced(market, PriceNeed(None, PANTHER, window="30d"))
    assert len(fact.candles) == 30
    assert fact.series[-1].price == fact.candles[-1].close


def test_a_price_brings_all_that_its_card_shows(market: Market) -> None:
    fact = priced(market)
    assert fact.exchanges == ("Binance", "Coinbase Exchange", "Kraken", "OKX", "Bybit")
    assert fact.more_exchanges == 2
    assert (fact.rank, fact.is_known, fact.is_stablecoin, fact.quote) == (2, True, False, None)
    assert fact.low_24h is not None
    assert fact.high_24h is not None
    assert fact.low_24h <= fact.price <= fact.high_24h
    assert fact.volume_24h is not None


def test_a_price_survives_its_row_in_the_store(market: Market) -> None:
    fact = priced(market)
    assert load_value(dump_value(fact, Fact), Fact) == fact


def test_a_missing_series_takes_nothing_but_itself(market: Market, sites: MarketSites) -> None:
    for path in ("market_chart", "ohlc", "tickers"):
        sites.spoil("html", path=f"/api/v3/coins/*/{path}")
    fact = priced(market, PriceNeed("ETH", None, window="30d"))
    assert (fact.series, fact.exchanges, fact.price) == ((), (), Decimal("3425.02"))


def test_an_address_that_only_pools_know_is_priced_from_its_deepest_one(market: Market, sites: MarketSites) -> None:
    sites.spoil("status", path="/api/v3/*", status=404)
    fact = priced(market, PriceNeed(None, PANTHER))
    assert fact.price == Decimal("0.044")
    assert fact.warnings == ("unverified contract",)
    assert (fact.is_red, fact.is_known, fact.address) == (True, False, PANTHER)
    assert len(fact.series) == 168
    assert fact.change_24h_percent == Decimal("2.5")


def test_an_address_is_not_guessed_when_coingecko_is_down(market: Market, sites: MarketSites, clock: Now) -> None:
    sites.spoil("status", path="/api/v3/*")
    assert "unverified contract" in priced(market, PriceNeed(None, PANTHER)).warnings
    sites.heal()
    clock.ahead_ms += 61_000
    known = priced(market, PriceNeed(None, PANTHER))
    assert (known.symbol, known.warnings) == ("PAN", ())


def test_a_follow_up_keeps_the_token_and_the_currency(market: Market) -> None:
    priced(market, PriceNeed("ETH", None, vs="EUR", conversation="alice"))
    fact = priced(market, PriceNeed(None, None, vs=None, window="30d", conversation="alice"))
    assert (fact.symbol, fact.vs, fact.window) == ("ETH", "EUR", "30d")


def test_a_follow_up_to_nothing_and_to_somebody_elses_is_no_token(market: Market) -> None:
    priced(market, PriceNeed("ETH", None, conversation="alice"))
    follow_up = PriceNeed(None, None, vs=None, window="30d")
    assert market.fetch_price(follow_up) == NoFact("no_token")
    assert market.fetch_price(PriceNeed(None, None, conversation="bob")) == NoFact("no_token")


def test_a_thousand_questions_cost_one_call_a_source(market: Market, sites: MarketSites) -> None:
    with ThreadPoolExecutor(16) as people:
        prices = set(people.map(lambda _: priced(market).price, range(1_000)))
    assert prices == {Decimal("3425.02")}
    calls = sites.calls()
    assert calls == {
        "/api/v3/coins/markets": 1,
        "/api/v3/coins/ethereum/tickers": 1,
        "/products/ETH-USD/ticker": 1,
        "/prices/current/coingecko:ethereum": 1,
    }


def test_the_batch_serves_every_top_coin_without_asking_again(market: Market, sites: MarketSites) -> None:
    assert market.refresh_ahead() is True
    assert market.refresh_ahead() is False
    for symbol in ("ETH", "BTC", "SOL", "UNI", "WETH"):
        fact = priced(market, PriceNeed(symbol, None))
        assert fact.market_cap is not None
    assert sites.calls()["/api/v3/coins/markets"] == 2  # the batch, and WETH, which has no rank


def test_an_older_batch_still_gives_the_card_its_details(market: Market, sites: MarketSites, clock: Now) -> None:
    market.refresh_ahead()
    clock.ahead_ms += 7 * 60_000
    fact = priced(market)
    assert fact.market_cap is not None
    assert len(fact.series) == 168


def test_a_wrapped_coin_far_from_its_coin_is_off_its_peg(market: Market, sites: MarketSites) -> None:
    assert priced(market, PriceNeed("WETH", None)).warnings == ()
    sites.price(weth=3_300.0)
    sites.price(**{"wrapped-bitcoin": 77_000.0})
    fact = priced(market, PriceNeed("WBTC", None))
    assert fact.warnings == ("off its peg",)
    assert fact.is_red


def test_the_budget_of_a_source_is_kept(market: Market, sites: MarketSites) -> None:
    symbols = ["BTC", "ETH", "XRP", "BNB", "SOL", "DOGE", "ADA", "TRX", "LINK", "LTC", "UNI", "DAI", "PEPE", "AAVE"]
    for symbol in symbols:
        for vs in ("USD", "EUR", "JPY"):
            market.fetch_price(PriceNeed(symbol, None, vs=vs))
    asked = sum(count for path, count in sites.calls().items() if path.startswith("/api/v3/"))
    assert asked <= 60  # 30 a minute, and the minute may have turned


def test_a_price_in_another_currency_is_that_currencys(market: Market) -> None:
    fact = priced(market, PriceNeed("ETH", None, vs="JPY"))
    assert fact.vs == "JPY"
    assert abs(fact.price - Decimal("517863.024")) < 1
    assert "one source only" in fact.warnings
