"""Chainlink feeds and Uniswap v2/v3 quotes, read by `eth_call` at one named block. Source: price-cards.md 2, 2.1 and 6.

A quote is for about 1,000 US dollars of the token, in a round number of tokens, into USDC: directly or through wrapped ether,
whichever of all fee tiers and versions gives most. v4 is not asked (its pools may run foreign code).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from decimal import Decimal
from itertools import pairwise

from maskbot.adapters.market.breaker import Breaker
from maskbot.adapters.market.quotes import Quote, Said, Token
from maskbot.adapters.market.uniswap_values import PoolView, Prepared, Route, UniswapPlaces, round_amount
from maskbot.domain.card import PoolQuote
from maskbot.domain.chain import BlockName, Call, Header
from maskbot.domain.errors import Malformed, Refused, Unavailable
from maskbot.domain.money import Address
from maskbot.ports.chain import ChainReader
from maskbot.wire import uniswap
from maskbot.wire.crypto.address_text import parse_address

CHAINLINK = "Chainlink"
UNISWAP = "Uniswap"
_SLACK = Decimal("1.1")
_SMALL_PART = 1_000


class OnChain:
    """Reads one chain. `pool` runs calls side by side; `remember` keeps what a name stood for, for a day."""

    def __init__(
        self,
        *,
        chain: ChainReader,
        places: UniswapPlaces,
        pool: Executor,
        breaker: Breaker,
        remember: Callable[[str, Callable[[], str]], str],
    ) -> None:
        self._chain = chain
        self._places = places
        self._pool = pool
        self._breaker = breaker
        self._remember = remember

    def ask_feed(self, token: Token) -> Said:
        """The Chainlink price in US dollars. Raises Malformed for one at or below zero, or older than its heartbeat allows."""
        header = self._header()
        feed = parse_address(token.feed or "")
        told = uniswap.read_round(self._call(feed, uniswap.latest_round_call(), header))
        decimals = int(self._remember(f"decimals/{token.feed}", lambda: str(self._decimals(feed, header))))
        if header.time_s - told.updated_at_s > token.heartbeat_s * _SLACK:
            raise Malformed("Chainlink: the feed is older than its heartbeat")
        return Said(Quote(CHAINLINK, Decimal(told.answer).scaleb(-decimals), header.time_s * 1000))

    def prepare(self, token: Token) -> Prepared | None:
        """The newest block and the ways to swap the token; None for one that has no place here. Needs no price yet."""
        token_in = self._address_of(token)
        if token_in is None or token.decimals is None or token_in == self._places.dollar:
            return None
        header = self._header()
        routes = tuple(self._routes(token_in))
        is_there = self._pool.map(lambda route: self._has_pools(route, header), routes)
        return Prepared(header, tuple(route for route, there in zip(routes, is_there, strict=True) if there))

    def view(self, token: Token, prepared: Prepared, *, price_usd: Decimal) -> PoolView | None:
        """What Uniswap gives for about 1,000 dollars of the token at the prepared block; None when no pool gives anything."""
        amount = round_amount(price_usd)
        amount_in = int(amount.scaleb(token.decimals or 0))
        if not _SMALL_PART <= amount_in < 2**112:
            return None
        small_in = amount_in // _SMALL_PART
        asks = [(route, much) for route in prepared.routes for much in (amount_in, small_in)]
        told = list(self._pool.map(lambda ask: self._amount_out(ask[0], ask[1], prepared.header), asks))
        offers = [(told[2 * index] or 0, told[2 * index + 1] or 0, r) for index, r in enumerate(prepared.routes)]
        amount_out, small_out, route = max(offers, key=lambda offer: offer[0], default=(0, 0, None))
        if not amount_out or route is None:
            return None
        received = Decimal(amount_out).scaleb(-self._places.dollar_decimals)
        quote = PoolQuote(
            version=route.version,
            fee_percent=route.fee_percent,
            block=prepared.header.number,
            amount_in=amount,
            symbol_in=token.symbol,
            amount_out=received,
            symbol_out=self._places.dollar_symbol,
        )
        impact = uniswap.price_impact_percent(
            amount_in=amount_in, amount_out=amount_out, small_in=small_in, small_out=small_out
        )
        self._breaker.succeed(UNISWAP)
        return PoolView(quote, impact, received / amount)

    def note_slowness(self) -> None:
        """Nobody waited for the nodes' answer: after three times they are left alone for a minute."""
        self._breaker.fail(UNISWAP)

    def _routes(self, token_in: Address) -> Iterator[Route]:
        ether, dollar = self._places.wrapped_ether, self._places.dollar
        yield Route((token_in, dollar))
        for fee in uniswap.FEE_TIERS:
            yield Route((token_in, dollar), (fee,))
        if token_in != ether:
            yield Route((token_in, ether, dollar))
            for fee in uniswap.FEE_TIERS:
                yield Route((token_in, ether, dollar), (fee, 500))

    def _amount_out(self, route: Route, amount_in: int, header: Header) -> int | None:
        """None where the pools cannot give that much."""
        try:
            if not route.fees:
                return self._through_pairs(route.path, amount_in, header)
            if len(route.fees) == 1:
                sold, bought = route.path
                data = uniswap.quote_single_call(sold, bought, fee=route.fees[0], amount_in=amount_in)
            else:
                data = uniswap.quote_call(route.path, route.fees, amount_in=amount_in)
            return uniswap.read_amount_out(self._call(self._places.quoter, data, header))
        except (Malformed, Refused, Unavailable):
            return None

    def _has_pools(self, route: Route, header: Header) -> bool:
        fees: tuple[int | None, ...] = route.fees or (None,) * (len(route.path) - 1)
        try:
            return all(
                self._pool_of(first, second, fee, header)
                for (first, second), fee in zip(pairwise(route.path), fees, strict=True)
            )
        except (Malformed, Refused, Unavailable):
            return False

    def _through_pairs(self, path: tuple[Address, ...], amount_in: int, header: Header) -> int | None:
        amount = amount_in
        for sold, bought in pairwise(path):
            pair = self._pool_of(sold, bought, None, header)
            if pair is None:
                return None
            first, second = uniswap.read_reserves(self._call(pair, uniswap.get_reserves_call(), header))
            reserve_in, reserve_out = (first, second) if sold < bought else (second, first)
            amount = uniswap.v2_amount_out(amount, reserve_in=reserve_in, reserve_out=reserve_out)
        return amount

    def _pool_of(self, first: Address, second: Address, fee: int | None, header: Header) -> Address | None:
        def ask() -> str:
            if fee is None:
                data, factory = uniswap.get_pair_call(first, second), self._places.v2_factory
            else:
                data, factory = uniswap.get_pool_call(first, second, fee=fee), self._places.v3_factory
            found = uniswap.read_address(self._call(factory, data, header))
            return found.hex() if found else ""

        one, two = sorted((first.hex(), second.hex()))
        kept = self._remember(f"pool/{self._places.v3_factory.hex()}/{one}/{two}/{fee or 'v2'}", ask)
        return Address(bytes.fromhex(kept)) if kept else None

    def _address_of(self, token: Token) -> Address | None:
        if token.id == "ethereum":
            return self._places.wrapped_ether
        return parse_address(token.address) if token.address else None

    def _decimals(self, feed: Address, header: Header) -> int:
        return uniswap.read_decimals(self._call(feed, uniswap.decimals_call(), header))

    def _header(self) -> Header:
        self._breaker.check(UNISWAP)
        try:
            header = self._chain.fetch_header(BlockName.LATEST)
        except Unavailable:
            self._breaker.fail(UNISWAP)
            raise
        if header is None:
            raise Unavailable("the chain has no newest block")
        return header

    def _call(self, to: Address, data: bytes, header: Header) -> bytes:
        return self._chain.call(Call(to=to, data=data), at=header.number)
