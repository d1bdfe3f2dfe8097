"""Twenty-four cards to look at, the awkward ones included. The same every time: the series are drawn from fixed seeds."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

from maskbot.domain.card import (
    BroadcastCardFacts,
    Candle,
    CardFacts,
    GiveawayCardFacts,
    Look,
    Palette,
    Place,
    Point,
    PoolQuote,
    PriceCardFacts,
    RedPacketCardFacts,
    Theme,
)

AS_OF_MS = 1_795_397_832_000
_START_S = 1_794_793_032
DARK, LIGHT = Look(), Look(Theme.LIGHT)


def walk(count: int, *, last: str, swing: float, seed: int, step_s: int = 3600) -> tuple[Point, ...]:
    """A series that ends at `last`."""
    chance = random.Random(seed)
    factors = [1.0]
    for _ in range(count - 1):
        factors.append(factors[-1] * (1 + chance.gauss(0, swing)))
    end = Decimal(last)
    start_s = AS_OF_MS // 1000 - step_s * (count - 1)
    return tuple(
        Point(start_s + index * step_s, end * Decimal(repr(round(factor / factors[-1], 9))))
        for index, factor in enumerate(factors)
    )


def bars(count: int, *, last: str, swing: float, seed: int, step_s: int) -> tuple[Candle, ...]:
    """Candles that end at `last`."""
    points = walk(count * 8, last=last, swing=swing, seed=seed, step_s=step_s // 8)
    groups = [[point.price for point in points[index : index + 8]] for index in range(0, len(points), 8)]
    return tuple(
        Candle(points[index * 8].at_s, group[0], max(group), min(group), group[-1])
        for index, group in enumerate(groups)
    )


def price(
    symbol: str = "ETH", name: str = "Ethereum", last: str = "3425.02", *, seed: int = 4, swing: float = 0.008
) -> PriceCardFacts:
    """A price card with everything on it."""
    series = walk(168, last=last, swing=swing, seed=seed)
    day = [point.price for point in series[-24:]]
    week = (series[-1].price / series[0].price - 1) * 100
    return PriceCardFacts(
        name=name,
        symbol=symbol,
        vs="USD",
        price=Decimal(last),
        window="7d",
        series=series,
        source="CoinGecko + Uniswap",
        as_of_ms=AS_OF_MS,
        change_24h_percent=(series[-1].price / series[-25].price - 1) * 100,
        change_7d_percent=week,
        market_cap=Decimal("413400000000"),
        volume_24h=Decimal("21384000000"),
        low_24h=min(day),
        high_24h=max(day),
        rank=2,
        quote=PoolQuote("v3", Decimal("0.05"), 23_481_902, Decimal(1), symbol, Decimal("3421.94"), "USDC"),
        exchanges=("Binance", "Coinbase", "Kraken", "OKX", "Uniswap"),
        more_exchanges=112,
        is_known=True,
    )


def gallery() -> list[tuple[str, CardFacts, Look]]:
    """The cards with their names, in the order of the sheet."""
    ether = price()
    pepe = replace(
        price("PEPE", "Pepe", "0.00000709", seed=7, swing=0.006),
        address="0x6982508145454Ce325dDbE47a25d4ec3d2311933",
        rank=31,
        is_known=False,
        market_cap=Decimal("2996000000"),
        volume_24h=Decimal("41000000"),
        quote=PoolQuote("v3", Decimal("0.3"), 23_481_902, Decimal(1), "ETH", Decimal("491213412"), "PEPE"),
        warnings=("low liquidity $41K · unverified",),
    )
    month = replace(
        ether, window="30d", series=(), candles=bars(30, last="3425.02", swing=0.012, seed=11, step_s=86_400)
    )
    dollar = replace(
        price("USDC", "USD Coin", "0.9998", seed=5, swing=0.0001),
        is_stablecoin=True,
        rank=6,
        address="0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
        quote=None,
    )
    bare = replace(
        ether,
        name="Some Token",
        symbol="SOME",
        is_known=False,
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
        source="DefiLlama",
        price=Decimal("0.0123456"),
        warnings=("one source only",),
    )
    evil = '\u202e<image href="/etc/passwd"/>\u0000\x1b[31m"\' onload=alert(1) ]]> &xxe; \u2066' + "A" * 10_000
    plain = replace(ether, quote=None, exchanges=(), more_exchanges=0, is_known=False, rank=None)
    return [
        ("ether dark", ether, DARK),
        ("ether light", ether, LIGHT),
        ("bitcoin", price("BTC", "Bitcoin", "78432.10", seed=21), DARK),
        ("pepe light, warning", pepe, LIGHT),
        ("pepe dark, warning", pepe, DARK),
        ("candles 30d", month, DARK),
        (
            "candles 24h light, classic",
            replace(month, window="24h", candles=bars(48, last="3425.02", swing=0.001, seed=3, step_s=1800)),
            Look(Theme.LIGHT, Palette.CLASSIC),
        ),
        ("classic", replace(price(seed=9)), Look(Theme.DARK, Palette.CLASSIC)),
        ("east asia light", price(seed=12), Look(Theme.LIGHT, Palette.EAST_ASIA)),
        ("stablecoin", dollar, DARK),
        ("all missing", bare, DARK),
        ("all missing light", bare, LIGHT),
        (
            "tiny",
            replace(
                plain,
                name="Wei Coin",
                symbol="WEI",
                price=Decimal("1.23e-12"),
                series=walk(168, last="1.23e-12", swing=0.01, seed=2),
                low_24h=Decimal("1.1e-12"),
                high_24h=Decimal("1.3e-12"),
            ),
            DARK,
        ),
        (
            "huge",
            replace(
                plain,
                name="Mega",
                symbol="MEGA",
                vs="KRW",
                price=Decimal("123456789012.34"),
                series=walk(168, last="123456789012.34", swing=0.01, seed=6),
                low_24h=Decimal("118456789012.34"),
                high_24h=Decimal("129456789012.34"),
                market_cap=Decimal("4.2e21"),
                change_24h_percent=Decimal("12345.6"),
                change_7d_percent=Decimal("-99.99"),
            ),
            DARK,
        ),
        (
            "hostile name",
            replace(plain, name=evil, symbol="<b>X</b>&", source="<script>", warnings=("<svg onload=1>" + "w" * 500,)),
            DARK,
        ),
        ("emoji", replace(plain, name="Moon 🚀🔥 Family 👨‍👩‍👧 Coin 🇨🇭 1️⃣ ❤️", symbol="🚀MOON"), DARK),
        (
            "chinese",
            replace(plain, name="狗狗币 · ドージコイン · 도지코인", symbol="狗狗", address="0x" + "ab" * 20),
            LIGHT,
        ),
        ("arabic", replace(plain, name="عملة البيتكوين الذهبية", symbol="ذهب"), DARK),
        (
            "year",
            replace(
                plain,
                name="Uniswap",
                symbol="UNI",
                window="1y",
                price=Decimal("6.4812"),
                series=walk(2000, last="6.4812", swing=0.012, seed=31, step_s=15_768),
                low_24h=Decimal("6.3"),
                high_24h=Decimal("6.6"),
                address="0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984",
                rank=28,
            ),
            DARK,
        ),
        (
            "day with a gap, in BTC",
            replace(
                plain,
                window="24h",
                vs="BTC",
                price=Decimal("0.04367"),
                low_24h=Decimal("0.0431"),
                high_24h=Decimal("0.0441"),
                series=(lambda s: s[:120] + s[170:])(walk(288, last="0.04367", swing=0.002, seed=8, step_s=300)),
            ),
            DARK,
        ),
        (
            "giveaway open",
            GiveawayCardFacts("Five thousand followers!", "0.5 ETH", "@mask_dao", 1204, (), 5, AS_OF_MS),
            DARK,
        ),
        (
            "giveaway drawn",
            GiveawayCardFacts(
                "Five thousand followers!",
                "0.1 ETH each",
                "@mask_dao",
                1204,
                ("@alice@mastodon.social", "@bob", "@狗狗", "@dave.eth", "@eve" + "e" * 90, "@frank", "@grace"),
                7,
                AS_OF_MS,
                "block 23,481,902 · 0x8f3b…11ac",
                True,
            ),
            LIGHT,
        ),
        (
            "red packet",
            RedPacketCardFacts(
                "Best wishes! 恭喜发财 🧧",
                "alice.eth",
                "USDC",
                "Ethereum",
                Decimal("250"),
                Decimal("74.31"),
                50,
                35,
                True,
                AS_OF_MS,
                "0xaBA2c1B2e4a1A3bC7f3E4b2b7c2A3d4E5f6a7B8c",
            ),
            DARK,
        ),
        (
            "broadcast",
            BroadcastCardFacts(
                "Treasury vote closes tonight",
                "mask_dao",
                214,
                (
                    Place("@mask_dao on X", True),
                    Place("@dao@mastodon.social", True),
                    Place("@dao@fosstodon.org", False),
                ),
                2,
                3,
                AS_OF_MS,
                "3f9a 10c2 77be",
            ),
            LIGHT,
        ),
    ]
