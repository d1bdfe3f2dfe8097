"""The tokens of the simulated market: a plain table, and a price history made from it without chance.

Prices are plausible, not true. Source of the shape: price-cards.md, sections 2 and 4 (symbols are shared on purpose).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

HOURS = 168
RATES = {"usd": 1.0, "eur": 0.92, "gbp": 0.79, "jpy": 151.2, "krw": 1385.0, "cny": 7.24, "chf": 0.88}


@dataclass(frozen=True, slots=True)
class Coin:
    """One token; `price_usd` times `supply` is its market cap. `address` is on Ethereum, lower case, "" for a native coin."""

    id: str
    symbol: str
    name: str
    rank: int | None
    price_usd: float
    supply: float
    change_7d_percent: float
    cmc_id: int
    address: str = ""


COINS = (
    Coin("bitcoin", "btc", "Bitcoin", 1, 78_432.10, 19_940_000, 2.4, 1),
    Coin("ethereum", "eth", "Ethereum", 2, 3_425.02, 120_700_000, 0.5, 1027),
    Coin("tether", "usdt", "Tether", 3, 1.0003, 138_000_000_000, 0.0, 825, "0xdac17f958d2ee523a2206206994597c13d831ec7"),
    Coin("ripple", "xrp", "XRP", 4, 2.31, 58_000_000_000, -3.2, 52),
    Coin("binancecoin", "bnb", "BNB", 5, 642.7, 144_000_000, 1.1, 1839),
    Coin("solana", "sol", "Solana", 6, 187.44, 480_000_000, 5.6, 5426),
    Coin("usd-coin", "usdc", "USDC", 7, 0.9999, 45_000_000_000, 0.0, 3408, "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"),
    Coin("dogecoin", "doge", "Dogecoin", 8, 0.3312, 147_000_000_000, -6.4, 74),
    Coin("cardano", "ada", "Cardano", 9, 0.9123, 35_500_000_000, 4.2, 2010),
    Coin("tron", "trx", "TRON", 10, 0.2011, 86_000_000_000, 0.9, 1958),
    Coin("chainlink", "link", "Chainlink", 14, 17.21, 630_000_000, -1.7, 1975, "0x514910771af9ca656af840dff83e8264ecf986ca"),
    Coin("litecoin", "ltc", "Litecoin", 20, 92.4, 75_000_000, 1.9, 2),
    Coin("uniswap", "uni", "Uniswap", 24, 9.87, 600_000_000, -4.8, 7083, "0x1f9840a85d5af5bf1d1762f925bdaddc4201f984"),
    Coin("dai", "dai", "Dai", 26, 1.0001, 5_300_000_000, 0.0, 4943, "0x6b175474e89094c44da98b954eedeac495271d0f"),
    Coin("pepe", "pepe", "Pepe", 29, 0.0000123456, 420_690_000_000_000, 9.1, 24478, "0x6982508145454ce325ddbe47a25d4ec3d2311933"),
    Coin("aave", "aave", "Aave", 33, 171.3, 15_000_000, 3.3, 7278, "0x7fc66500c84a76ad7e9c93437bfc5ac33e2ddae9"),
    Coin("wrapped-bitcoin", "wbtc", "Wrapped Bitcoin", None, 78_390, 129e3, 2, 3717, "0x2260fac5e5542a773aa44fbcfedf7c193bc2c599"),
    Coin("weth", "weth", "WETH", None, 3_424.9, 3_100_000, 0.5, 2396, "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"),
    Coin("the-graph", "grt", "The Graph", 60, 0.2214, 9_550_000_000, -2.2, 6719, "0xc944e90c64b2c07662a292be6244bdf05cda44a7"),
    Coin("mask-network", "mask", "Mask Network", 180, 3.02, 100_000_000, 7.7, 8536, "0x69af81e73a73b40adf4f3d4223cd9b1ece623074"),
    Coin("unicorn-token", "uni", "UNICORN Token", 2_900, 0.0021, 90_000_000, 1.0, 90_001),
    Coin("golden-ratio-token", "grt", "Golden Ratio Token", 4_100, 0.00031, 70_000_000, 0.4, 90_002),
    Coin("pan-panther", "pan", "Panther", 410, 0.044, 450_000_000, 2.0, 90_003, "0x909e34d3f6124c324ac83dcca84b74398a6fa173"),
    Coin("pan-pantos", "pan", "Pantos", 430, 0.42, 43_000_000, -2.0, 90_004, "0x536381a8628dbcc8c70ac9a30a7258442eab4c92"),
)  # fmt: skip

_BY_ID = {coin.id: coin for coin in COINS}


def by_id(coin_id: str) -> Coin | None:
    return _BY_ID.get(coin_id)


def by_symbol(symbol: str) -> list[Coin]:
    """All tokens of a symbol, the largest first."""
    return sorted(
        (coin for coin in COINS if coin.symbol == symbol.lower()), key=lambda coin: -cap_of(coin, coin.price_usd)
    )


def by_address(address: str) -> Coin | None:
    return next((coin for coin in COINS if coin.address and coin.address == address.lower()), None)


def by_product(product: str) -> Coin | None:
    """The token of an exchange's product, `ETH-USD`, `ETHUSDT` or `ETHUSD`."""
    base = product.upper().replace("-", "").removesuffix("USDT").removesuffix("USD")
    found = by_symbol(base)
    return found[0] if found else None


def cap_of(coin: Coin, price: float) -> float:
    return price * coin.supply


def series(coin: Coin, price: float) -> list[float]:
    """168 hourly prices, oldest first, the last one `price`: a straight way with a wave on it."""
    last = HOURS - 1
    wave = 0.0005 if coin.change_7d_percent == 0 else 0.012
    made = []
    for hour in range(HOURS):
        way = coin.change_7d_percent / 100 * (hour - last) / last
        swing = wave * (math.sin(hour / 9 + coin.cmc_id) - math.sin(last / 9 + coin.cmc_id))
        made.append(price * (1 + way + swing))
    return made


def change_percent(points: list[float], *, hours: int) -> float:
    """The change over the last hours of a series, as the sources would tell it."""
    return round((points[-1] / points[-1 - min(hours, HOURS - 1)] - 1) * 100, 5)
