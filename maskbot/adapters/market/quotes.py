"""What a source said of one token's price, and which token is meant: values shared by the rooms of this adapter."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Token:
    """A token by its CoinGecko id ("" when CoinGecko does not list it).

    `address` is on Ethereum (lower case), `decimals` the token's there (None: ask nobody for a quote). `exchange` is the
    exchange's symbol, `cmc_id` CoinMarketCap's id, `feed` a Chainlink proxy in US dollars with its `heartbeat_s`. `pegged_to` is
    the symbol whose price this one has to keep (`USD`, `ETH`, `BTC`). `is_pinned` says that it comes from the reviewed table,
    `others` how many more share the symbol.
    """

    id: str
    symbol: str
    name: str
    address: str | None = None
    decimals: int | None = None
    exchange: str | None = None
    cmc_id: int | None = None
    feed: str | None = None
    heartbeat_s: int = 3_600
    pegged_to: str | None = None
    is_pinned: bool = False
    others: int = 0
    rank: int | None = None

    @property
    def is_stablecoin(self) -> bool:
        """Whether it is meant to be worth a dollar."""
        return self.pegged_to == "USD"


@dataclass(frozen=True, slots=True)
class Quote:
    """One source's price of one token in one currency. `price` is above 0; `confidence` is DefiLlama's, from 0 to 1."""

    source: str
    price: Decimal
    as_of_ms: int
    confidence: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Details:
    """What a source adds to its price; None where it did not say.

    `series` are hourly prices of seven days, oldest first, the last one at the quote's time. `liquidity_usd` is what lies in the
    deepest pool, `born_ms` when that pool was made. `underlying` is the price of what the token is pegged to.
    """

    change_24h_percent: Decimal | None = None
    change_7d_percent: Decimal | None = None
    market_cap: Decimal | None = None
    rank: int | None = None
    volume_24h: Decimal | None = None
    low_24h: Decimal | None = None
    high_24h: Decimal | None = None
    series: tuple[Decimal, ...] = ()
    liquidity_usd: Decimal | None = None
    born_ms: int | None = None
    pool: str | None = None
    underlying: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """All that one source said."""

    quote: Quote
    details: Details = Details()
