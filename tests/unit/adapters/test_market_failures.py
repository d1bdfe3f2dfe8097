"""The failure matrix (price-cards.md 5, issue 5): every shape of failure, at one source and at all of them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from maskbot.adapters.market import Market
from maskbot.domain.chain import At, Header
from maskbot.domain.request import NoFact, PriceNeed
from maskbot.ports.chain import WrongChain
from tests.fakes.chain import FakeChain
from tests.unit.adapters.market_process import ETH, MarketSites, Now, priced, running_market_sites

PRICE = Decimal("3425.02")
LIMITED = ["limited_json", "limited_text", "limited_cmc", "limited_cmc_month"]
NO_JSON = ["html", "broken_json", "deep", "giant", "nan", "infinity", "number_bomb", "long_number"]
NO_PRICE = ["status", "error_inside", "empty", "zero", "nulls", "negative", "frozen", "ahead"]
SOURCES = ["/api/v3/coins/markets", "/products/*", "/prices/*"]


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
    made = sites.market(clock=clock)
    yield made
    made.close()


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("effect", [*LIMITED, *NO_JSON, *NO_PRICE, "outlier"])
def test_a_source_that_fails_leaves_the_price_to_the_others(
    market: Market, sites: MarketSites, effect: str, source: str
) -> None:
    sites.spoil(effect, path=source)
    fact = priced(market)
    assert fact.price == PRICE
    assert fact.warnings == ()


@pytest.mark.parametrize("effect", [*LIMITED, *NO_JSON, *NO_PRICE])
def test_sources_that_all_fail_the_same_way_give_no_price(market: Market, sites: MarketSites, effect: str) -> None:
    sites.spoil(effect)
    assert market.fetch_price(ETH) == NoFact("unavailable")


class OtherChain(FakeChain):
    """A node that serves another chain than the one it was set up for."""

    def fetch_header(self, at: At) -> Header | None:
        raise WrongChain("the node serves chain 5; it was set up for chain 1")


def test_a_node_that_is_set_up_wrong_leaves_the_price_to_the_others(sites: MarketSites, clock: Now) -> None:
    market = sites.market(clock=clock, chain=OtherChain())
    fact = priced(market)
    assert (fact.price, fact.quote, fact.warnings) == (PRICE, None, ())
    market.close()


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("effect", ["drip", "hang"])
def test_a_source_that_stalls_is_given_up(market: Market, sites: MarketSites, effect: str, source: str) -> None:
    sites.spoil(effect, path=source, seconds=0.6 if effect == "drip" else 20.0)
    fact = priced(market)
    assert fact.price == PRICE
    assert "delayed" not in fact.warnings


@pytest.mark.parametrize("source", ["/api/v3/coins/markets", "/prices/*"])
def test_an_answer_about_another_coin_is_refused(market: Market, sites: MarketSites, source: str) -> None:
    sites.spoil("wrong_coin", path=source)
    fact = priced(market)
    assert (fact.symbol, fact.price) == ("ETH", PRICE)


def test_prices_that_are_all_stale_say_so(market: Market, sites: MarketSites) -> None:
    sites.spoil("stale")
    assert priced(market).warnings == ("delayed",)


def test_a_stale_source_does_not_make_the_fresh_ones_late(market: Market, sites: MarketSites) -> None:
    sites.spoil("stale", path="/products/*")
    fact = priced(market)
    assert fact.warnings == ()
    assert fact.source == "CoinGecko +1"


def test_an_error_inside_a_coinmarketcap_answer_is_no_price(sites: MarketSites, clock: Now) -> None:
    sites.spoil("status", path="/api/*")
    sites.spoil("error_inside", path="/v2/*")
    market = sites.market(clock=clock, cmc_key="key")
    fact = priced(market)
    market.close()
    assert fact.source == "Coinbase +1"
    assert fact.market_cap is None


def test_coinmarketcap_stands_in_for_a_failing_coingecko(sites: MarketSites, clock: Now) -> None:
    sites.spoil("html", path="/api/*")
    market = sites.market(clock=clock, cmc_key="key")
    fact = priced(market)
    market.close()
    assert fact.source == "Coinbase +2"
    assert fact.market_cap is not None
    assert fact.rank == 2


def test_coinmarketcap_is_not_asked_while_the_others_agree(sites: MarketSites, clock: Now) -> None:
    market = sites.market(clock=clock, cmc_key="key")
    priced(market)
    market.close()
    assert not [path for path in sites.calls() if path.startswith("/v2/")]


def test_a_retry_after_is_honoured_and_a_third_failure_pauses(market: Market, sites: MarketSites, clock: Now) -> None:
    sites.spoil("limited_json", path="/products/*", count=1)
    priced(market)
    clock.ahead_ms += 61_000
    priced(market)
    assert sites.calls()["/products/ETH-USD/ticker"] == 1


def test_three_failures_open_the_breaker(market: Market, sites: MarketSites) -> None:
    sites.spoil("status", path="/prices/*")
    for symbol in ("ETH", "BTC", "SOL", "DOGE", "ADA"):
        priced(market, PriceNeed(symbol, None))
    assert sum(count for path, count in sites.calls().items() if path.startswith("/prices/")) == 3


def test_a_price_that_was_known_is_shown_as_delayed_when_nobody_answers(
    market: Market, sites: MarketSites, clock: Now
) -> None:
    priced(market)
    sites.spoil("zero")
    clock.ahead_ms += 20 * 60_000
    fact = priced(market)
    assert (fact.price, fact.warnings) == (PRICE, ("delayed",))
    clock.ahead_ms += 20 * 60_000
    assert market.fetch_price(ETH) == NoFact("unavailable")


def test_a_jump_that_one_source_tells_alone_is_held(market: Market, sites: MarketSites, clock: Now) -> None:
    before = priced(market)
    sites.spoil("status", path="/products/*")
    sites.spoil("status", path="/prices/*")
    sites.price(ethereum=5_000.0)
    clock.ahead_ms += 120_000
    held = priced(market)
    assert (held.price, held.as_of_ms) == (before.price, before.as_of_ms)
    assert held.warnings[0] == "a jump is not confirmed"
    assert held.is_red


def test_a_jump_that_two_sources_tell_is_shown(market: Market, sites: MarketSites, clock: Now) -> None:
    priced(market)
    sites.price(ethereum=5_000.0)
    clock.ahead_ms += 120_000
    assert priced(market).price == 5_000


def test_a_source_that_struck_out_is_not_asked_about_that_token(market: Market, sites: MarketSites, clock: Now) -> None:
    sites.spoil("outlier", path="/products/*")
    for _ in range(4):
        priced(market)
        clock.ahead_ms += 61_000
    assert sites.calls()["/products/ETH-USD/ticker"] == 3
