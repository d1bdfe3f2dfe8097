"""Coinbase Exchange: the last trade against a currency of states, so no stablecoin stands between. Source: price-cards.md 2.

Only tokens of the reviewed table are asked for: an exchange's symbol may be another coin.
"""

from __future__ import annotations

from maskbot.adapters.market import fields
from maskbot.adapters.market.http import JsonFetcher
from maskbot.adapters.market.quotes import Quote, Said, Token

NAME = "Coinbase"
CURRENCIES = frozenset({"USD", "EUR", "GBP"})


class Coinbase:
    """The source."""

    def __init__(self, *, url: str, fetcher: JsonFetcher) -> None:
        self._url = url
        self._fetcher = fetcher

    def ask(self, token: Token, *, vs: str) -> Said:
        """The last trade; prices come as texts. Raises NotKnown for a product it does not have."""
        url = f"{self._url}/products/{token.exchange}-{vs}/ticker"
        entry = fields.mapping(self._fetcher.fetch(url, source=NAME, params={}))
        as_of_ms = fields.moment_ms(fields.text(entry, "time"))
        return Said(Quote(source=NAME, price=fields.price(entry, "price"), as_of_ms=as_of_ms))
