"""The simulated market-data sites: shapes of each source, every failure shape, and the market adapter reading them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest

from maskbot.adapters.market import Market, MarketKeys, MarketUrls, build_market
from maskbot.domain.request import NoFact, PriceFact, PriceNeed
from maskbot.sandbox.market_coins import COINS
from tests.unit.adapters.market_process import Now, running_market_sites

ETH = "/api/v3/coins/markets?vs_currency=usd&ids=ethereum&sparkline=true"


@pytest.fixture(scope="module")
def process() -> Iterator[str]:
    with running_market_sites() as running:
        yield running.url


@pytest.fixture
def sites(process: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=process, timeout=5) as client:
        client.post("/_sandbox/reset").raise_for_status()
        yield client


@pytest.fixture
def market(process: str, sites: httpx.Client) -> Iterator[Market]:
    urls = MarketUrls(coingecko=f"{process}/api/v3", defillama=process, exchange=process)
    made = build_market(urls=urls, keys=MarketKeys(coingecko="sandbox"), clock=Now())
    yield made
    made.close()


def spoil(sites: httpx.Client, effect: str, **rule: object) -> None:
    sites.post("/_sandbox/faults", json={"effect": effect, **rule}).raise_for_status()


def test_every_coin_holds_together(sites: httpx.Client) -> None:
    ids = ",".join(coin.id for coin in COINS)
    params = {"vs_currency": "eur", "ids": ids, "sparkline": "true"}
    rows = sites.get("/api/v3/coins/markets", params=params).json()
    assert len(rows) == len(COINS)
    for row in rows:
        points = row["sparkline_in_7d"]["price"]
        assert len(points) == 168
        assert points[-1] == pytest.approx(row["current_price"])
        assert row["market_cap"] == pytest.approx(row["current_price"] * row["circulating_supply"])
        assert row["price_change_percentage_24h"] == pytest.approx((points[-1] / points[-25] - 1) * 100, abs=0.001)
        assert min(points) > 0


def test_a_shared_symbol_gives_all_its_tokens_when_asked(sites: httpx.Client) -> None:
    params = {"vs_currency": "usd", "symbols": "uni", "include_tokens": "all"}
    assert [row["id"] for row in sites.get("/api/v3/coins/markets", params=params).json()] == [
        "uniswap",
        "unicorn-token",
    ]
    params["include_tokens"] = "top"
    assert [row["id"] for row in sites.get("/api/v3/coins/markets", params=params).json()] == ["uniswap"]


def test_each_source_says_the_same_price_in_its_own_shape(sites: httpx.Client) -> None:
    uni = "0x1f9840a85d5af5bf1d1762f925bdaddc4201f984"
    cmc = sites.get(
        "/v2/cryptocurrency/quotes/latest?symbol=UNI&convert=USD", headers={"X-CMC_PRO_API_KEY": "k"}
    ).json()
    told = [
        sites.get("/api/v3/simple/price?ids=uniswap&vs_currencies=usd").json()["uniswap"]["usd"],
        sites.get(f"/api/v3/simple/token_price/ethereum?contract_addresses={uni}&vs_currencies=usd").json()[uni]["usd"],
        cmc["data"]["UNI"][0]["quote"]["USD"]["price"],
        sites.get(f"/api/v2/simple/networks/eth/token_price/{uni}").json()["data"]["attributes"]["token_prices"][uni],
        sites.get(f"/prices/current/ethereum:{uni}").json()["coins"][f"ethereum:{uni}"]["price"],
        sites.get("/prices/current/coingecko:uniswap").json()["coins"]["coingecko:uniswap"]["price"],
        sites.get("/api/v3/ticker/24hr?symbol=UNIUSDT").json()["lastPrice"],
        sites.get("/products/UNI-USD/ticker").json()["price"],
        sites.get("/api/v3/coins/uniswap/market_chart?vs_currency=usd&days=7").json()["prices"][-1][1],
    ]
    assert {Decimal(str(price)).quantize(Decimal("0.0001")) for price in told} == {Decimal("9.8700")}
    assert cmc["status"]["error_code"] == 0


def test_unknown_things_are_unknown_in_each_shape(sites: httpx.Client) -> None:
    assert sites.get("/api/v3/coins/markets?vs_currency=usd&ids=nothing").json() == []
    assert sites.get("/api/v3/simple/price?ids=nothing&vs_currencies=usd").json() == {}
    assert sites.get("/prices/current/coingecko:nothing").json() == {"coins": {}}
    assert sites.get("/api/v3/ticker/24hr?symbol=NOUSDT").status_code == 400
    assert sites.get("/products/NO-USD/ticker").status_code == 404
    assert sites.get("/v2/cryptocurrency/quotes/latest?id=1").status_code == 401


@pytest.mark.parametrize(
    ("effect", "status", "start"),
    [
        ("limited_json", 429, '{"status": {"error_code": 429'),
        ("limited_text", 429, "Throttled"),
        ("limited_cmc", 429, '{"status": {"error_code": 1008'),
        ("html", 200, "<!DOCTYPE html>"),
        ("error_inside", 200, '{"error": ['),
        ("empty", 200, "[]"),
        ("broken_json", 200, '[{"id"'),
        ("status", 503, '{"error"'),
    ],
)
def test_failure_shapes(sites: httpx.Client, effect: str, status: int, start: str) -> None:
    spoil(sites, effect, count=1)
    answer = sites.get(ETH)
    assert answer.status_code == status
    assert answer.text.startswith(start)
    assert sites.get(ETH).json()[0]["id"] == "ethereum"


def test_spoiled_prices_keep_the_shape(sites: httpx.Client) -> None:
    spoil(sites, "zero", count=1)
    spoil(sites, "nulls", count=1)
    spoil(sites, "frozen", count=1)
    zero, null, frozen = (sites.get(ETH).json()[0] for _ in range(3))
    assert (zero["current_price"], null["current_price"]) == (0, None)
    assert frozen["last_updated"] < zero["last_updated"]


def test_ten_megabytes_and_a_slow_drip(sites: httpx.Client) -> None:
    spoil(sites, "giant", count=1)
    assert len(sites.get(ETH).content) > 10_000_000
    spoil(sites, "drip", count=1, seconds=0.05)
    with sites.stream("GET", ETH) as answer:
        assert next(answer.iter_raw()) == b"["


def test_a_fault_can_hit_one_source_only(sites: httpx.Client) -> None:
    spoil(sites, "html", path="/api/v3/*")
    assert sites.get(ETH).headers["content-type"] == "text/html"
    assert sites.get("/products/ETH-USD/ticker").json()["price"].startswith("3425.02")
    assert sites.get("/_sandbox/calls").json() == {"/api/v3/coins/markets": 1, "/products/ETH-USD/ticker": 1}
    assert sites.post("/_sandbox/faults", json={"effect": "explode"}).status_code == 422


def test_the_market_adapter_reads_a_price_from_three_sources(market: Market) -> None:
    fact = market.fetch_price(PriceNeed(symbol="ETH", address=None))
    assert isinstance(fact, PriceFact)
    assert (fact.price, fact.name, fact.warnings) == (Decimal("3425.02"), "Ethereum", ())


def test_the_market_adapter_outvotes_an_outlier(market: Market, sites: httpx.Client) -> None:
    spoil(sites, "outlier", path="/products/*")
    fact = market.fetch_price(PriceNeed(symbol="ETH", address=None))
    assert isinstance(fact, PriceFact)
    assert fact.price == Decimal("3425.02")


def test_the_market_adapter_does_not_choose_between_like_tokens(market: Market) -> None:
    fact = market.fetch_price(PriceNeed(symbol="PAN", address=None))
    assert isinstance(fact, NoFact)
    assert fact.reason == "ambiguous"
