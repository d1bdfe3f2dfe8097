"""Answers in the shapes of the market-data sources (price-cards.md, section 2), from the table in `market_coins`.

Pure: prices, their time and how they are spoiled come in. `Quote.price_usd` is None or 0 when a fault wants it so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from maskbot.sandbox.market_coins import HOURS, RATES, Coin, cap_of, change_percent, series

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Quote:
    """A token, its price now and the time the price is said to be of (Unix seconds)."""

    coin: Coin
    price_usd: float | None
    at_s: float

    def in_currency(self, vs: str) -> float | None:
        return None if self.price_usd is None else self.price_usd * RATES[vs]


def gecko_market(quote: Quote, *, vs: str) -> Json:
    """One row of CoinGecko's `/coins/markets`."""
    price = quote.in_currency(vs)
    points = series(quote.coin, price) if price else []
    day = points[-25:]
    return {
        "id": quote.coin.id,
        "symbol": quote.coin.symbol,
        "name": quote.coin.name,
        "image": f"https://coin-images.coingecko.com/coins/images/{quote.coin.cmc_id}/large/{quote.coin.id}.png",
        "current_price": price,
        "market_cap": None if price is None else cap_of(quote.coin, price),
        "market_cap_rank": quote.coin.rank,
        "total_volume": None if price is None else cap_of(quote.coin, price) * 0.06,
        "high_24h": max(day, default=None),
        "low_24h": min(day, default=None),
        "price_change_percentage_24h": change_percent(points, hours=24) if points else None,
        "price_change_percentage_1h_in_currency": change_percent(points, hours=1) if points else None,
        "price_change_percentage_24h_in_currency": change_percent(points, hours=24) if points else None,
        "price_change_percentage_7d_in_currency": change_percent(points, hours=HOURS) if points else None,
        "circulating_supply": quote.coin.supply,
        "last_updated": iso(quote.at_s),
        "sparkline_in_7d": {"price": points},
    }


def gecko_chart(quote: Quote, *, vs: str, days: int) -> Json:
    """CoinGecko's `/coins/{id}/market_chart`: 5-minutely for one day, hourly up to 90, then daily (the week's shape, stretched).
    Its last market cap is null, as the site's often is."""
    price = quote.in_currency(vs)
    step_s = 300 if days == 1 else 3600 if days <= 90 else 86_400
    points = stretched(series(quote.coin, price), days * 86_400 // step_s) if price else []
    start_s = quote.at_s - step_s * (len(points) - 1)
    stamps = [int((start_s + step_s * index) * 1000) for index in range(len(points))]
    caps = [[stamp, cap_of(quote.coin, point)] for stamp, point in zip(stamps, points, strict=True)]
    if caps:
        caps[-1][1] = None  # type: ignore[call-overload]  # a list of numbers and null, as on the site
    return {
        "prices": [list(pair) for pair in zip(stamps, points, strict=True)],
        "market_caps": caps,
        "total_volumes": [
            [stamp, point * quote.coin.supply * 0.06] for stamp, point in zip(stamps, points, strict=True)
        ],
    }


def gecko_ohlc(quote: Quote, *, vs: str, days: str) -> list[list[float | None]]:
    """CoinGecko's `/coins/{id}/ohlc`: `[end in ms, open, high, low, close]`, of 30 minutes for a day, 4 hours up to 30 days, 4 days
    beyond. The last bar is not over yet."""
    span = 365 if days == "max" else int(days)
    step_s = 1_800 if span <= 2 else 14_400 if span <= 30 else 4 * 86_400
    count = span * 86_400 // step_s
    price = quote.in_currency(vs)
    closes: list[float] | list[None] = (
        stretched(series(quote.coin, price), count + 1) if price else [None] * (count + 1)
    )
    end_s = (int(quote.at_s) // step_s + 1) * step_s
    rows: list[list[float | None]] = []
    for index in range(count):
        opened, closed = closes[index], closes[index + 1]
        edges = [one for one in (opened, closed) if one is not None]
        high, low = (max(edges) * 1.002, min(edges) * 0.998) if edges else (None, None)
        rows.append([(end_s - step_s * (count - 1 - index)) * 1000, opened, high, low, closed])
    return rows


def gecko_tickers(quote: Quote) -> Json:
    """CoinGecko's `/coins/{id}/tickers`: seven trusted markets, one of them twice, a stale one and one that nobody trusts."""
    names = ("Binance", "Coinbase Exchange", "Kraken", "OKX", "Bybit", "Bitstamp", "Gemini", "Binance")
    made = [_ticker(name, quote, part=1 / (index + 1)) for index, name in enumerate(names)]
    stale = _ticker("Sleepy", quote, part=9.0) | {"is_stale": True}
    odd = _ticker("Washy", quote, part=99.0) | {"trust_score": None}
    return {"name": quote.coin.name, "tickers": [odd, stale, *made]}


def _ticker(name: str, quote: Quote, *, part: float) -> Json:
    return {
        "base": quote.coin.symbol.upper(),
        "target": "USD",
        "market": {"name": name, "identifier": name.lower().replace(" ", "_")},
        "last": quote.price_usd,
        "converted_volume": {"usd": part * 1_000_000},
        "trust_score": "green",
        "is_stale": False,
        "is_anomaly": False,
        "last_traded_at": iso(quote.at_s),
    }


def stretched(points: list[float], count: int) -> list[float]:
    """So many points of the same shape."""
    last = len(points) - 1
    return [points[index * last // max(1, count - 1)] for index in range(count)]


def gecko_simple(quote: Quote, *, vs: list[str]) -> Json:
    """One entry of `/simple/price` or `/simple/token_price/{platform}`."""
    points = series(quote.coin, quote.price_usd) if quote.price_usd else []
    made: Json = {"last_updated_at": int(quote.at_s)}
    for currency in vs:
        price = quote.in_currency(currency)
        made[currency] = price
        made[f"{currency}_market_cap"] = None if price is None else cap_of(quote.coin, price)
        made[f"{currency}_24h_change"] = change_percent(points, hours=24) if points else None
    return made


def gecko_coin(coin: Coin) -> Json:
    """CoinGecko's `/coins/{id}` and `/coins/{platform}/contract/{address}`, without market data."""
    return {
        "id": coin.id,
        "symbol": coin.symbol,
        "name": coin.name,
        "asset_platform_id": "ethereum" if coin.address else None,
        "platforms": {"ethereum": coin.address} if coin.address else {"": ""},
        "market_cap_rank": coin.rank,
    }


def cmc_entry(quote: Quote, *, vs: str) -> Json:
    """One entry of CoinMarketCap's `/v2/cryptocurrency/quotes/latest`."""
    price = quote.in_currency(vs)
    points = series(quote.coin, price) if price else []
    return {
        "id": quote.coin.cmc_id,
        "name": quote.coin.name,
        "symbol": quote.coin.symbol.upper(),
        "slug": quote.coin.id,
        "cmc_rank": quote.coin.rank,
        "circulating_supply": quote.coin.supply,
        "last_updated": iso(quote.at_s),
        "quote": {
            vs.upper(): {
                "price": price,
                "volume_24h": None if price is None else cap_of(quote.coin, price) * 0.06,
                "percent_change_1h": change_percent(points, hours=1) if points else None,
                "percent_change_24h": change_percent(points, hours=24) if points else None,
                "percent_change_7d": change_percent(points, hours=HOURS) if points else None,
                "market_cap": None if price is None else cap_of(quote.coin, price),
                "last_updated": iso(quote.at_s),
            }
        },
    }


def cmc_status(at_s: float, *, code: int = 0, message: str | None = None) -> Json:
    return {"timestamp": iso(at_s), "error_code": code, "error_message": message, "elapsed": 10, "credit_count": 1}


def terminal_prices(quotes: dict[str, Quote]) -> Json:
    """GeckoTerminal's `/simple/networks/{net}/token_price/{addresses}`: prices are texts."""
    prices = {address: None if quote.price_usd is None else repr(quote.price_usd) for address, quote in quotes.items()}
    return {"data": {"id": "1", "type": "simple_token_price", "attributes": {"token_prices": prices}}}


def llama_entry(quote: Quote) -> Json:
    """One entry of DefiLlama's `/prices/current/{coins}`."""
    made: Json = {
        "symbol": quote.coin.symbol.upper(),
        "price": quote.price_usd,
        "timestamp": int(quote.at_s),
        "confidence": 0.99,
    }
    return made | ({"decimals": 18} if quote.coin.address else {})


def binance_ticker(quote: Quote, *, symbol: str) -> Json:
    """Binance's `/api/v3/ticker/24hr`: numbers are texts."""
    price = quote.price_usd
    points = series(quote.coin, price)[-25:] if price else []
    return {
        "symbol": symbol,
        "priceChangePercent": f"{change_percent(points, hours=24):.3f}" if points else "0.000",
        "lastPrice": None if price is None else f"{price:.10f}",
        "highPrice": f"{max(points, default=0):.10f}",
        "lowPrice": f"{min(points, default=0):.10f}",
        "quoteVolume": f"{(price or 0) * quote.coin.supply * 0.01:.2f}",
        "openTime": int((quote.at_s - 86_400) * 1000),
        "closeTime": int(quote.at_s * 1000),
    }


def coinbase_ticker(quote: Quote) -> Json:
    """Coinbase Exchange's `/products/{product}/ticker`."""
    price = None if quote.price_usd is None else f"{quote.price_usd:.10f}"
    return {
        "trade_id": 1,
        "price": price,
        "size": "0.1",
        "bid": price,
        "ask": price,
        "volume": "1",
        "time": iso(quote.at_s),
    }


def iso(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
