"""Which token a symbol or an address means. An address wins, then the pinned table, then a clear favourite, else nobody.

Source: price-cards.md 4. What strangers named is made fit to be spoken: no control or direction characters, no @, #, $ or link.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from maskbot.adapters.market import pinned
from maskbot.adapters.market.coingecko import CoinGecko, Row
from maskbot.adapters.market.http import NotKnown
from maskbot.adapters.market.quotes import Token
from maskbot.domain.errors import Malformed, Unavailable
from maskbot.domain.request import NoFact

_LEAD = 10
_LOWEST_RANK = 500
_LEAST_VOLUME = Decimal(100_000)
_COPIES = ("wrapped", "bridged", "peg ", "(wormhole)", "(portal)")
_SPOKEN_LENGTH = 40
_PLACES_S = 1.0
_SIGNS = re.compile(r"[@#$＠＃＄:./\\<>]+")


@dataclass(frozen=True, slots=True)
class Found:
    """The token, or why there is none; and what was said of it on the way (in US dollars)."""

    token: Token | NoFact
    row: Row | None = None


def by_address(address: str, *, coingecko: CoinGecko) -> Token:
    """The token of an Ethereum address (lower case). One that CoinGecko does not list has an empty id: it is priced by DefiLlama
    and its pools alone. Raises Unavailable when CoinGecko does not say."""
    known = pinned.by_address().get(address)
    if known is not None:
        return known
    nobody = unlisted(address)
    try:
        token = coingecko.contract(address)
    except (NotKnown, Malformed):
        return nobody
    return replace(token, symbol=spoken(token.symbol) or nobody.symbol, name=spoken(token.name) or nobody.name)


def unlisted(address: str) -> Token:
    """The token of an address of which nothing else is known."""
    short = f"{address[:6]}…{address[-4:]}"
    return Token(id="", symbol=short, name=short, address=address)


def by_symbol(symbol: str, *, coingecko: CoinGecko) -> Found:
    """The token of a symbol (upper case), `unknown_token`, or `ambiguous` with at most three choices."""
    known = pinned.by_symbol().get(symbol)
    if known is not None:
        return Found(known)
    if symbol in pinned.ORDINARY_WORDS or not symbol.isascii():
        return Found(NoFact("unknown_token"))
    rows = sorted(
        (row for row in coingecko.candidates(symbol) if _is_candidate(row, symbol)),
        key=lambda row: row.said.details.market_cap or Decimal(0),
        reverse=True,
    )
    if not rows:
        return Found(NoFact("unknown_token"))
    if _has_favourite(rows):
        first = rows[0].token
        token = replace(first, name=spoken(first.name) or symbol, others=len(rows) - 1)
        return Found(token, replace(rows[0], token=token))
    until_s = time.monotonic() + _PLACES_S
    choices = tuple(_choice(row.token, coingecko, until_s=until_s) for row in rows[:3])
    return Found(NoFact("ambiguous", choices=choices))


def spoken(name: str) -> str:
    """A stranger's name as it may stand in a post: one line, nobody mentioned, nothing linked, at most 40 characters."""
    shown = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in name)
    return " ".join(_SIGNS.sub(" ", shown).split())[:_SPOKEN_LENGTH].strip()


def _choice(token: Token, coingecko: CoinGecko, *, until_s: float) -> str:
    """The name with its chain and short address; the name alone when CoinGecko is slow."""
    name = spoken(token.name)
    if time.monotonic() >= until_s:
        return name
    try:
        place = coingecko.place(token.id)
    except (Unavailable, Malformed):
        return name
    if place is None:
        return f"{name} (native coin)"
    chain, address = place
    return f"{name} ({spoken(chain)} {spoken(address[:4])}…{spoken(address[-2:])})"


def _is_candidate(row: Row, symbol: str) -> bool:
    name = row.token.name.lower()
    return row.token.symbol == symbol and not any(word in name for word in _COPIES)


def _has_favourite(rows: Sequence[Row]) -> bool:
    first = rows[0].said.details
    cap = first.market_cap or Decimal(0)
    second = rows[1].said.details.market_cap or Decimal(0) if len(rows) > 1 else Decimal(0)
    is_ranked = first.rank is not None and first.rank <= _LOWEST_RANK
    return is_ranked and (first.volume_24h or Decimal(0)) >= _LEAST_VOLUME and cap > 0 and cap >= _LEAD * second
