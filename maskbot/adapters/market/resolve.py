"""Which token a symbol or an address means. An address wins, then the pinned table, then a clear favourite, else nobody.

Source: price-cards.md 4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from maskbot.adapters.market import pinned, sources
from maskbot.adapters.market.quotes import Token
from maskbot.adapters.market.sources import MarketRow
from maskbot.domain.errors import Malformed, Unavailable
from maskbot.domain.request import NoFact

_LEAD = 10
_LOWEST_RANK = 500
_LEAST_VOLUME = Decimal(100_000)
_COPIES = ("wrapped", "bridged", "peg ", "(wormhole)", "(portal)")


class Resolver:
    """Finds tokens. `fetch` asks CoinGecko: a path and its parameters."""

    def __init__(self, *, fetch: Callable[[str, dict[str, str]], object]) -> None:
        self._fetch = fetch

    def by_address(self, address: str) -> Token | NoFact:
        """The token of an Ethereum address (lower case). One that CoinGecko does not list has an empty id and is priced by
        DefiLlama alone."""
        known = pinned.by_address().get(address)
        if known is not None:
            return known
        try:
            answer = self._fetch(f"/coins/ethereum/contract/{address}", {})
            return sources.read_contract(answer, address=address)
        except Unavailable as error:
            if error.kind != "NotFound":
                raise
        except Malformed:
            pass
        short = f"{address[:6]}…{address[-4:]}"
        return Token(id="", symbol=short, name=short, address=address)

    def by_symbol(self, symbol: str) -> Token | NoFact:
        """The token of a symbol (upper case), `unknown_token`, or `ambiguous` with at most three choices."""
        known = pinned.by_symbol().get(symbol)
        if known is not None:
            return known
        if symbol in pinned.ORDINARY_WORDS or not symbol.isascii():
            return NoFact("unknown_token")
        params = {"vs_currency": "usd", "symbols": symbol.lower(), "include_tokens": "all"}
        rows = [
            row for row in sources.read_markets(self._fetch("/coins/markets", params)) if _is_candidate(row, symbol)
        ]
        rows.sort(key=lambda row: row.details.market_cap or Decimal(0), reverse=True)
        if not rows:
            return NoFact("unknown_token")
        if _has_favourite(rows):
            return replace(rows[0].token, others=len(rows) - 1)
        return NoFact("ambiguous", choices=tuple(self._choice(row.token) for row in rows[:3]))

    def _choice(self, token: Token) -> str:
        try:
            params = {"localization": "false", "tickers": "false", "market_data": "false", "community_data": "false"}
            place = sources.read_platforms(self._fetch(f"/coins/{token.id}", params))
        except (Unavailable, Malformed):
            return token.name
        if place is None:
            return f"{token.name} (native coin)"
        chain, address = place
        return f"{token.name} ({chain} {address[:4]}…{address[-2:]})"


def _is_candidate(row: MarketRow, symbol: str) -> bool:
    name = row.token.name.lower()
    return row.token.symbol == symbol and not any(word in name for word in _COPIES)


def _has_favourite(rows: Sequence[MarketRow]) -> bool:
    first = rows[0]
    cap = first.details.market_cap or Decimal(0)
    second = rows[1].details.market_cap or Decimal(0) if len(rows) > 1 else Decimal(0)
    is_known = first.token.rank is not None and first.token.rank <= _LOWEST_RANK
    return is_known and (first.volume or Decimal(0)) >= _LEAST_VOLUME and cap > 0 and cap >= _LEAD * second
