"""The words and numbers of a price card, once for the picture and for its alt text, so that the two cannot differ.

Source: price-cards.md 8.1 (what stands where), 8.3 (numbers), 8.7 (one badge).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from maskbot.domain.card import PoolQuote, PriceCardFacts
from maskbot.domain.money import Address
from maskbot.wire.card.chart import Chart
from maskbot.wire.card.clean_text import clean_text
from maskbot.wire.card.numbers import amount_plain, exact_plain, percent_plain, price_plain, spelled_amount
from maskbot.wire.card.time_axis import interval_words, stamp
from maskbot.wire.crypto.address_text import address_text

NAME_LIMIT = 80
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_MOST_EXCHANGES = 5
_SEVEN_DAYS = "7d"
_LARGE = Decimal(10) ** 7
_WINDOW_WORDS = {"h": "hour", "d": "day", "m": "minute", "y": "year", "w": "week"}


@dataclass(frozen=True, slots=True)
class Pill:
    """A change: its text with sign, the time it spans, and -1, 0 or 1 for its direction."""

    text: str
    window: str
    direction: int


@dataclass(frozen=True, slots=True)
class Tile:
    """A caption with a value. `spoken` is the same for ears; `marker` is where the price lies between low and high, 0 to 1."""

    caption: str
    value: str
    spoken: str
    weight: float
    marker: float | None = None


@dataclass(frozen=True, slots=True)
class PriceWords:
    """Everything that is written on the card, save the labels of the axes."""

    name: str
    symbol: str
    subtitle: str
    window: str
    badge: str | None
    price: str
    pills: tuple[Pill, ...]
    tiles: tuple[Tile, ...]
    exchanges: tuple[str, ...]
    more_exchanges: str
    contract: str
    source: str
    as_of: str


def price_words(facts: PriceCardFacts, *, chart: Chart | None) -> PriceWords:
    """The words for these facts; the chart says how often its series was sampled."""
    symbol = clean_text(facts.symbol, limit=20) or "?"
    vs, window = clean_text(facts.vs, limit=8) or "?", clean_text(facts.window, limit=8)
    parts = [f"{symbol}/{vs}"]
    if facts.rank is not None:
        parts.append(f"rank #{facts.rank:,}")
    if facts.address:
        parts.append(short_address(facts.address))
    elif facts.is_known:
        parts.append("native coin")
    often = interval_words(chart.interval_s) if chart is not None else None
    warnings = [text for warning in facts.warnings[:3] if (text := clean_text(warning, limit=60))]
    named = tuple(text for name in facts.exchanges[:_MOST_EXCHANGES] if (text := clean_text(name, limit=24)))
    more = facts.more_exchanges + max(0, len(facts.exchanges) - _MOST_EXCHANGES)
    return PriceWords(
        name=clean_text(facts.name, limit=NAME_LIMIT) or symbol,
        symbol=symbol,
        subtitle=" · ".join(parts),
        window=f"{window} chart" + (f" · {often}" if often else ""),
        badge=warnings[0][:1].upper() + warnings[0][1:] if warnings else None,
        price=price_plain(facts.price, vs=vs, is_stablecoin=facts.is_stablecoin),
        pills=_pills(facts, window),
        tiles=_tiles(facts, vs),
        exchanges=named,
        more_exchanges=f"+{min(more, 99_999):,}" if named and more > 0 else "",
        contract=whole_address(facts.address or ""),
        source=clean_text(facts.source, limit=48) or "unknown source",
        as_of=stamp(facts.as_of_ms),
    )


def short_address(address: str) -> str:
    """`0x1f98…F984` for an address; anything else is cleaned and cut."""
    whole = whole_address(address)
    return f"{whole[:6]}…{whole[-4:]}" if whole else clean_text(address, limit=16)


def whole_address(address: str) -> str:
    """The address in EIP-55 form, whatever its case; "" for what is no address."""
    if not _ADDRESS.fullmatch(address):
        return ""
    return address_text(Address(bytes.fromhex(address[2:])))


def window_words(window: str) -> str:
    """`7d` as it is read aloud: `7 days`."""
    match = re.fullmatch(r"(\d{1,4})([hdmyw])", window)
    if match is None:
        return "the whole time" if window == "max" else window
    word = _WINDOW_WORDS[match[2]]
    return f"{match[1]} {word}" if match[1] == "1" else f"{match[1]} {word}s"


def _pills(facts: PriceCardFacts, window: str) -> tuple[Pill, ...]:
    """24 hours, and the window of the chart; for that of 24 hours, seven days."""
    is_told = window in ("24h", _SEVEN_DAYS)
    second = _pill(facts.change_7d_percent, _SEVEN_DAYS) if is_told else _pill(_change(facts), window)
    return (_pill(facts.change_24h_percent, "24h"), second)


def _pill(percent: Decimal | None, window: str) -> Pill:
    text = percent_plain(percent)
    return Pill(text, window, {"+": 1, "−": -1}.get(text[:1], 0))


def _change(facts: PriceCardFacts) -> Decimal | None:
    """The change over a window no source gave, from the series itself."""
    if facts.candles:
        start, end = facts.candles[0].open, facts.candles[-1].close
    elif len(facts.series) > 1:
        start, end = facts.series[0].price, facts.series[-1].price
    else:
        return None
    return (end - start) / start * 100


def _tiles(facts: PriceCardFacts, vs: str) -> tuple[Tile, ...]:
    cap, volume = amount_plain(facts.market_cap, vs=vs), amount_plain(facts.volume_24h, vs=vs)
    tiles = [
        Tile("Market cap", cap, f"Market cap {_spoken(cap)}", 190),
        Tile("Volume 24h", volume, f"24-hour volume {_spoken(volume)}", 190),
        _range_tile("24h low – high", "24-hour range", facts.low_24h, facts.high_24h, facts, vs),
    ]
    if facts.quote is not None:
        tiles.append(_quote_tile(facts.quote))
    elif facts.window not in ("1h", "24h") and (lows := _window_range(facts)) is not None:
        window = clean_text(facts.window, limit=8)
        spoken = f"Range in {window_words(window)}"
        tiles.append(_range_tile(f"{window} low – high", spoken, *lows, facts, vs))
    return tuple(tiles)


def _window_range(facts: PriceCardFacts) -> tuple[Decimal, Decimal] | None:
    prices = [point.price for point in facts.series]
    prices += [price for candle in facts.candles for price in (candle.low, candle.high)]
    return (min(prices), max(prices)) if prices else None


def _range_tile(
    caption: str, spoken: str, low: Decimal | None, high: Decimal | None, facts: PriceCardFacts, vs: str
) -> Tile:
    is_large = any(price is not None and price >= _LARGE for price in (low, high))
    low_text, high_text = (
        amount_plain(price, vs=vs) if is_large else price_plain(price, vs=vs, is_stablecoin=facts.is_stablecoin)
        for price in (low, high)
    )
    if high_text.endswith(f" {vs}"):
        low_text = low_text.removesuffix(f" {vs}")
    marker = None
    if low is not None and high is not None and low < high:
        marker = min(1.0, max(0.0, float((facts.price - low) / (high - low))))
    if low is None and high is None:
        return Tile(caption, "—", f"{spoken} unknown", 300)
    return Tile(caption, f"{low_text} – {high_text}", f"{spoken} {low_text} to {high_text}", 300, marker)


def _quote_tile(quote: PoolQuote) -> Tile:
    fee = "" if quote.fee_percent is None else f" {exact_plain(quote.fee_percent)}%"
    sold, bought = clean_text(quote.symbol_in, limit=12), clean_text(quote.symbol_out, limit=12)
    given, got = exact_plain(quote.amount_in), _amount(quote.amount_out)
    caption = f"Uniswap {clean_text(quote.version, limit=4)}{fee} · block {quote.block:,}"
    return Tile(caption, f"{given} {sold} → {got} {bought}", f"{caption}: {given} {sold} gives {got} {bought}", 372)


def _amount(amount: Decimal) -> str:
    if amount >= 10**7:
        return amount_plain(amount, vs="").strip()
    return price_plain(amount, vs="").strip()


def _spoken(text: str) -> str:
    return "unknown" if text == "—" else spelled_amount(text)
