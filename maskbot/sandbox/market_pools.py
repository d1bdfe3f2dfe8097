"""GeckoTerminal's pools and bars, from the table in `market_coins` (price-cards.md 2). Pure.

Each token has a deep pool in which it is the base, and a shallow one in which it is the quote side: there the base price is the
other token's.
"""

from __future__ import annotations

import hashlib

from maskbot.sandbox import market_coins as coins
from maskbot.sandbox.market_answers import Json, Quote, iso, stretched

_WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
_BAR_S = {"minute": 60, "hour": 3_600, "day": 86_400}


def token_pools(quote: Quote, *, address: str) -> Json:
    """`/networks/{net}/tokens/{address}/pools`."""
    token = f"eth_{address}"
    deep = _pool(quote, name=f"{address}/deep", base=token, other=f"eth_{_WETH}", reserve=5_000_000.0)
    shallow = _pool(quote, name=f"{address}/shallow", base=f"eth_{_WETH}", other=token, reserve=4_000.0)
    attributes = shallow["attributes"]
    attributes["base_token_price_usd"], attributes["quote_token_price_usd"] = (
        attributes["quote_token_price_usd"],
        attributes["base_token_price_usd"],
    )
    return {"data": [shallow, deep]}


def coin_of(pool: str) -> coins.Coin | None:
    """The token whose deep pool this is."""
    return next((coin for coin in coins.COINS if coin.address and pool_address(f"{coin.address}/deep") == pool), None)


def bars(quote: Quote, *, unit: str, limit: int) -> Json:
    """`/networks/{net}/pools/{pool}/ohlcv/{unit}`: newest first, as the site gives them."""
    step_s = _BAR_S.get(unit, 3_600)
    closes = stretched(coins.series(quote.coin, quote.price_usd), limit) if quote.price_usd else []
    rows = [
        [int(quote.at_s) - step_s * (len(closes) - 1 - index), close, close, close, close, 1_000.0]
        for index, close in enumerate(closes)
    ]
    return {"data": {"id": "1", "type": "ohlcv_request_response", "attributes": {"ohlcv_list": rows[::-1]}}}


def pool_address(name: str) -> str:
    """An address for a pool of this name."""
    return "0x" + hashlib.sha256(name.encode()).hexdigest()[:40]


def _pool(quote: Quote, *, name: str, base: str, other: str, reserve: float) -> Json:
    price = None if quote.price_usd is None else repr(quote.price_usd)
    address = pool_address(name)
    return {
        "id": f"eth_{address}",
        "type": "pool",
        "attributes": {
            "base_token_price_usd": price,
            "quote_token_price_usd": "3424.9",
            "address": address,
            "name": f"{quote.coin.symbol.upper()} / WETH",
            "pool_created_at": iso(quote.at_s - 400 * 86_400),
            "reserve_in_usd": repr(reserve),
            "price_change_percentage": {"h1": "0.1", "h24": "2.5"},
            "transactions": {"h1": {"buys": 12, "sells": 9}, "h24": {"buys": 400, "sells": 377}},
            "volume_usd": {"h1": "1000.0", "h24": repr(reserve / 10)},
        },
        "relationships": {
            "base_token": {"data": {"id": base, "type": "token"}},
            "quote_token": {"data": {"id": other, "type": "token"}},
        },
    }
