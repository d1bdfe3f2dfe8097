"""Facts and measures for the tests of cards."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from maskbot.domain.card import Point, PoolQuote, PriceCardFacts
from maskbot.wire.card.metrics import FaceWidths, Metrics

_ASCII = FaceWidths(
    {chr(code): 520 for code in range(0x20, 0x400)} | {"→": 800, "…": 900, "−": 600, "–": 600, "—": 900}, {}
)
METRICS = Metrics(
    inter={400: _ASCII, 600: _ASCII, 700: _ASCII},
    arabic=FaceWidths({chr(code): 500 for code in range(0x600, 0x700)}, {}),
    cjk=((0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3)),
    emoji=((0x23, 0x23), (0x2A, 0x2A), (0x30, 0x39), (0x1F1E6, 0x1FAFF)),
)
"""Measures of a made-up face set, so that layouts are tested without installed fonts."""

AS_OF_MS = 1_795_397_832_000

ETHER = PriceCardFacts(
    name="Ethereum",
    symbol="ETH",
    vs="USD",
    price=Decimal("3425.02"),
    window="7d",
    series=tuple(Point(1_794_793_032 + index * 3600, Decimal(3400 + (index * 37) % 91)) for index in range(168)),
    source="CoinGecko + Uniswap",
    as_of_ms=AS_OF_MS,
    change_24h_percent=Decimal("-5.80"),
    change_7d_percent=Decimal("0.48"),
    market_cap=Decimal("413400000000"),
    volume_24h=Decimal("21384000000"),
    low_24h=Decimal("3391.10"),
    high_24h=Decimal("3645.90"),
    rank=2,
    quote=PoolQuote("v3", Decimal("0.05"), 23_481_902, Decimal(1), "ETH", Decimal("3421.94"), "USDC"),
    exchanges=("Binance", "Coinbase", "Kraken"),
    more_exchanges=112,
    is_known=True,
)
BARE = replace(
    ETHER,
    series=(),
    change_24h_percent=None,
    change_7d_percent=None,
    market_cap=None,
    volume_24h=None,
    low_24h=None,
    high_24h=None,
    rank=None,
    quote=None,
    exchanges=(),
    more_exchanges=0,
)
