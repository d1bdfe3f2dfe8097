"""Alt texts: the same words as the picture, for ears. Every number of header, pills, tiles and footer is in it.

Source: price-cards.md 8.4. Numbers are plain decimals, never lowered digits; no control, joining or bidi character.
"""

from __future__ import annotations

import re

from maskbot.domain.card import PriceCardFacts
from maskbot.wire.card.numbers import currency_words, exact_plain
from maskbot.wire.card.price_words import PriceWords, window_words
from maskbot.wire.card.time_axis import stamp_words

LIMIT = 1_500
_EXACT_LIMIT = 60
_NUMBER = re.compile(r"\d[\d,.e+]*")


def price_alt_text(facts: PriceCardFacts, words: PriceWords) -> str:
    """What the price card says."""
    changes = [_spoken_change(pill.text, window_words(pill.window)) for pill in words.pills]
    sentences = [
        f"{words.name} ({words.symbol}) price card",
        f"{_price(facts, words)} at {stamp_words(facts.as_of_ms)}",
        _capital(", ".join(changes)),
        *(tile.spoken for tile in words.tiles),
        f"Pair {words.subtitle.replace('/', ' to ').replace(' · ', ', ')}",
        f"Chart: {words.window.replace(' · ', ', ')}",
    ]
    if words.exchanges:
        more = f" and {words.more_exchanges.removeprefix('+')} more" if words.more_exchanges else ""
        sentences.append(f"Listed on {', '.join(words.exchanges)}{more}")
    if words.contract:
        sentences.append(f"Contract {words.contract}")
    if words.badge:
        sentences.append(f"Warning: {words.badge}")
    sentences.append(f"Source {words.source}")
    return bounded(sentences)


def bounded(sentences: list[str]) -> str:
    """The sentences as one text of at most 1,500 characters, without the joiners that hold pictographs together."""
    text = " ".join(f"{sentence}." for sentence in sentences).replace("\u200d", "").replace("\ufe0f", "")
    return text if len(text) <= LIMIT else text[: LIMIT - 1] + "…"


def _price(facts: PriceCardFacts, words: PriceWords) -> str:
    """The price as drawn, and the price itself when rounding changed it."""
    currency = currency_words(facts.vs) if facts.vs.isalnum() else ""
    found = _NUMBER.search(words.price)
    drawn = found[0] if found else words.price
    exact = exact_plain(facts.price)
    is_same = drawn.replace(",", "") == exact.replace(",", "") or exact_plain_of(drawn) == exact
    note = "" if is_same or len(exact) > _EXACT_LIMIT else f" (exactly {exact})"
    return f"{drawn} {currency[:24]}{note}"


def exact_plain_of(drawn: str) -> str:
    """A drawn number without the zeros that only fill places."""
    return drawn.rstrip("0").rstrip(".") if "." in drawn else drawn


def _spoken_change(text: str, window: str) -> str:
    size = text.lstrip("+−").removesuffix("%")
    if text == "—":
        return f"change in {window} unknown"
    direction = {"+": "up", "−": "down"}.get(text[0])
    return f"{direction} {size} percent in {window}" if direction else f"unchanged ({size} percent) in {window}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
