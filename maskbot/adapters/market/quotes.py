"""What a source said of one token's price, and which token is meant: values shared by the rooms of this adapter."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Token:
    """A token by its CoinGecko id ("" when CoinGecko does not list it). `address` is on Ethereum (lower case); `exchange` the
    exchange's symbol; `is_pinned` says that it comes from the reviewed table, `others` how many more share the symbol."""

    id: str
    symbol: str
    name: str
    address: str | None = None
    exchange: str | None = None
    is_stablecoin: bool = False
    is_pinned: bool = False
    others: int = 0
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """One source's price of one token in one currency. `price` is above 0; `confidence` is DefiLlama's, from 0 to 1."""

    source: str
    price: Decimal
    as_of_ms: int
    confidence: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """What the first source adds to its price; None where it did not say."""

    change_24h_percent: Decimal | None = None
    change_7d_percent: Decimal | None = None
    market_cap: Decimal | None = None
    rank: int | None = None
