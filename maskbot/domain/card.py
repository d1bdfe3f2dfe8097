"""What a card shows, as values: prices, giveaways, red packets, broadcasts. How it looks is decided in `wire/card`.

Every text here may come from strangers and is cleaned when drawn; every number is bounded here, so that an existing value can
be drawn. None means unknown and is drawn as a dash, never as zero. Source: price-cards.md 8, conformance.md (card.render).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

MOST_POINTS = 20_000
"""A longer series is refused; a drawing needs at most 400 points (price-cards.md 3)."""
MOST_CANDLES = 60
_SMALLEST, _LARGEST = -40, 40


class Theme(StrEnum):
    """The ground of a card. Dark is the default: a picture cannot follow the reader's own theme (8.2)."""

    DARK = "dark"
    LIGHT = "light"


class Palette(StrEnum):
    """The colours of up and down. Blue and orange are told apart by everybody; the others are settings (8.2)."""

    BLUE_ORANGE = "blue-orange"
    CLASSIC = "classic"
    EAST_ASIA = "east-asia"


@dataclass(frozen=True, slots=True)
class Look:
    """How a card is to look: a setting of the account, not a fact."""

    theme: Theme = Theme.DARK
    palette: Palette = Palette.BLUE_ORANGE


@dataclass(frozen=True, slots=True)
class Point:
    """One price of a series: Unix time in seconds, and a price above 0."""

    at_s: int
    price: Decimal

    def __post_init__(self) -> None:
        _require_time(self.at_s)
        _require_price(self.price)


@dataclass(frozen=True, slots=True)
class Candle:
    """One bar: when it opens (Unix seconds), and its prices, all above 0 with `low` lowest and `high` highest."""

    at_s: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal

    def __post_init__(self) -> None:
        _require_time(self.at_s)
        for price in (self.open, self.high, self.low, self.close):
            _require_price(price)
        if not self.low <= min(self.open, self.close) <= max(self.open, self.close) <= self.high:
            raise ValueError("the low of a candle is its lowest price and the high its highest")


@dataclass(frozen=True, slots=True)
class PoolQuote:
    """What a Uniswap pool gives at a block: `amount_in` of `symbol_in` buys `amount_out` of `symbol_out`.

    `version` is `v2`, `v3` or `v4`; `fee_percent` is 0.05 for a fee of 500 hundredths of a basis point.
    """

    version: str
    fee_percent: Decimal | None
    block: int
    amount_in: Decimal
    symbol_in: str
    amount_out: Decimal
    symbol_out: str

    def __post_init__(self) -> None:
        _require_number(self.amount_in)
        _require_number(self.amount_out)
        _require_number(self.fee_percent)
        if not 0 <= self.block < 10**15:
            raise ValueError("a block number has at most 15 digits")


@dataclass(frozen=True, slots=True)
class PriceCardFacts:
    """Everything a price card shows.

    `vs` is the currency (upper case), `window` the time the series spans, `as_of_ms` the time of the data. `series` is in order of
    time; `candles` are drawn instead when there are 2 to 60. `warnings` come worst first, one is shown. `exchanges` are names by
    volume, `more_exchanges` how many are not named. `rank` is the place by market cap. `is_known` says that the token certainly is
    the well-known one of its symbol (pinned table): then its own sign may stand in the disc.
    """

    name: str
    symbol: str
    vs: str
    price: Decimal
    window: str
    series: tuple[Point, ...]
    source: str
    as_of_ms: int
    change_24h_percent: Decimal | None = None
    change_7d_percent: Decimal | None = None
    market_cap: Decimal | None = None
    volume_24h: Decimal | None = None
    low_24h: Decimal | None = None
    high_24h: Decimal | None = None
    rank: int | None = None
    address: str | None = None
    warnings: tuple[str, ...] = ()
    candles: tuple[Candle, ...] = ()
    quote: PoolQuote | None = None
    exchanges: tuple[str, ...] = ()
    more_exchanges: int = 0
    is_stablecoin: bool = False
    is_known: bool = False

    def __post_init__(self) -> None:
        _require_number(self.price)
        for number in (self.market_cap, self.volume_24h, self.low_24h, self.high_24h):
            _require_number(number)
            if number is not None and number < 0:
                raise ValueError("an amount on a card is not negative")
        for percent in (self.change_24h_percent, self.change_7d_percent):
            _require_number(percent)
        if self.price < 0:
            raise ValueError("a price is not negative")
        if len(self.series) > MOST_POINTS or len(self.candles) > MOST_CANDLES:
            raise ValueError(f"a chart has at most {MOST_POINTS} points and {MOST_CANDLES} candles")
        if any(later.at_s < earlier.at_s for earlier, later in pairwise(self.series)):
            raise ValueError("a series is in order of time")
        _require_time(self.as_of_ms // 1000)
        if self.rank is not None and not 0 < self.rank < 10**7:
            raise ValueError("a rank counts from 1")


@dataclass(frozen=True, slots=True)
class GiveawayCardFacts:
    """A giveaway: open (no `winners`, `ends_at_ms` ahead) or drawn. `proof` is what makes the draw verifiable (a block, a hash)."""

    title: str
    prize: str
    host: str
    entrants: int | None
    winners: tuple[str, ...]
    places: int
    ends_at_ms: int
    proof: str | None = None
    is_drawn: bool = False

    def __post_init__(self) -> None:
        _require_counts(self.entrants, self.places)
        _require_time(self.ends_at_ms // 1000)


@dataclass(frozen=True, slots=True)
class RedPacketCardFacts:
    """A red packet: how much was put in, how much of it was taken by how many, until when. Amounts are in whole tokens."""

    message: str
    sender: str
    symbol: str
    chain: str
    total: Decimal
    left: Decimal | None
    shares: int
    claimed: int | None
    is_random: bool
    ends_at_ms: int
    address: str | None = None

    def __post_init__(self) -> None:
        _require_counts(self.shares, self.claimed)
        _require_number(self.total)
        _require_number(self.left)
        _require_time(self.ends_at_ms // 1000)


@dataclass(frozen=True, slots=True)
class Place:
    """One account a broadcast was meant for, and whether its post stands there."""

    name: str
    is_delivered: bool


@dataclass(frozen=True, slots=True)
class BroadcastCardFacts:
    """What became of a broadcast: `recipients` is None for everyone; `places` in order."""

    title: str
    sender: str
    recipients: int | None
    places: tuple[Place, ...]
    relays_reached: int
    relays: int
    done_at_ms: int
    fingerprint: str | None = None

    def __post_init__(self) -> None:
        _require_counts(self.recipients, self.relays, self.relays_reached)
        _require_time(self.done_at_ms // 1000)


CardFacts = PriceCardFacts | GiveawayCardFacts | RedPacketCardFacts | BroadcastCardFacts


def _require_price(price: Decimal) -> None:
    _require_number(price)
    if price <= 0:
        raise ValueError("a price of a series is above 0")


def _require_number(number: Decimal | None) -> None:
    """No NaN, no infinity, and no exponent that would take a page to write out."""
    if number is None:
        return
    if not number.is_finite() or (number != 0 and not _SMALLEST <= number.adjusted() <= _LARGEST):
        raise ValueError("a number on a card is finite and has at most 40 digits on either side")
    if len(number.as_tuple().digits) > 120:
        raise ValueError("a number on a card has at most 120 digits")


def _require_time(at_s: int) -> None:
    if not 0 <= at_s < 10**11:
        raise ValueError("a time lies between 1970 and the year 5138")


def _require_counts(*counts: int | None) -> None:
    if any(count is not None and not 0 <= count < 10**12 for count in counts):
        raise ValueError("a count is not negative and has at most 12 digits")
