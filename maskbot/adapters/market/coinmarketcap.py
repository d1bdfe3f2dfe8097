"""CoinMarketCap Pro, with a key: the latest quote by id, never by symbol. Source: price-cards.md 2 and 5.

An answer with HTTP 200 and an error code inside carries no valid data. Free keys are for personal use; whoever sets a key here
answers for its plan.
"""

from __future__ import annotations

from maskbot.adapters.market import fields
from maskbot.adapters.market.http import JsonFetcher, cmc_pause_s
from maskbot.adapters.market.quotes import Details, Quote, Said, Token
from maskbot.domain.errors import Malformed, Unavailable

NAME = "CoinMarketCap"


class CoinMarketCap:
    """The source. One call is one credit."""

    def __init__(self, *, url: str, api_key: str, fetcher: JsonFetcher) -> None:
        self._url = url
        self._fetcher = fetcher
        self._headers = {"X-CMC_PRO_API_KEY": api_key}

    def ask(self, token: Token, *, vs: str) -> Said:
        """The quote of a token that has an id here. Raises Unavailable for an error inside, Malformed for another coin."""
        url = f"{self._url}/v2/cryptocurrency/quotes/latest"
        params = {"id": str(token.cmc_id), "convert": vs}
        answer = fields.mapping(self._fetcher.fetch(url, source=NAME, params=params, headers=self._headers))
        self._check_status(answer.get("status"))
        data = fields.mapping(answer.get("data"))
        entry = fields.mapping(data.get(str(token.cmc_id)))
        if fields.decimal(entry, "id") != token.cmc_id or fields.text(entry, "symbol").upper() != token.symbol:
            raise Malformed("CoinMarketCap: the answer is about another coin")
        quote = fields.mapping(fields.mapping(entry.get("quote")).get(vs))
        details = Details(
            change_24h_percent=fields.optional(quote, "percent_change_24h"),
            change_7d_percent=fields.optional(quote, "percent_change_7d"),
            market_cap=fields.positive(quote, "market_cap"),
            rank=fields.rank(entry, "cmc_rank"),
            volume_24h=fields.positive(quote, "volume_24h"),
        )
        as_of_ms = fields.moment_ms(fields.text(quote, "last_updated"))
        return Said(Quote(source=NAME, price=fields.price(quote, "price"), as_of_ms=as_of_ms), details)

    def _check_status(self, status: object) -> None:
        code = fields.optional(fields.mapping(status), "error_code")
        if code:
            pause_s = cmc_pause_s(int(code))
            self._fetcher.refuse(NAME, pause_s=pause_s)
            raise Unavailable(f"CoinMarketCap answers error {int(code)}", retry_after_s=pause_s)
