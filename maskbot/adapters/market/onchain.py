"""Chainlink feeds and Uniswap v2/v3 quotes, read by `eth_call` at one named block. Source: price-cards.md 2, 2.1 and 6.

A quote is for about 1,000 US dollars of the token, in a round number of tokens, into USDC: directly or through wrapped ether,
whichever of all fee tiers and versions gives most. v4 is not asked (its pools may run foreign code).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from maskbot.adapters.market.breaker import Breaker
from maskbot.adapters.market.quotes import Quote, Said, Token
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


@dataclass(frozen=True, slots=True)
class UniswapPlaces:
    """Where Uniswap and the two tokens that everything is quoted through lie on one chain."""

    v2_factory: Address
    v3_factory: Address
    quoter: Address
    wrapped_ether: Address
    dollar: Address
    dollar_symbol: str = "USDC"
    dollar_decimals: int = 6


MAINNET = UniswapPlaces(
    v2_factory=parse_address("0x5C69bEe701ef814a2B6a3EDD4B1652CB9cc5aA6f"),
    v3_factory=parse_address("0x1F98431c8aD98523631AE4a59f267346ea31F984"),
    quoter=parse_address("0x61fFE014bA17989E743c5F6cB21bF9697530B21e"),
    wrapped_ether=parse_address("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"),
    dollar=parse_address("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
)
"""Ethereum. The quoter is from price-cards.md 2; the others are public knowledge, and their capitals are a checksum (EIP-55)."""


@dataclass(frozen=True, slots=True)
class PoolView:
    """What Uniswap gives: the quote for the card, how much worse it is than a tiny swap, and the price it means in dollars."""

    quote: PoolQuote
    impact_percent: Decimal
    price_usd: Decimal


@dataclass(frozen=True, slots=True)
class Route:
    """One way to swap: v2 when `fees` is empty, else v3 with a fee a hop."""

    path: tuple[Address, ...]
    fees: tuple[int, ...] = ()

    @property
    def version(self) -> str:
        """`v2` or `v3`."""
        return "v3" if self.fees else "v2"

    @property
    def fee_percent(self) -> Decimal | None:
        """The fee of the one pool; None when there are several."""
        if len(self.path) > 2:
            return None
        return Decimal(self.fees[0] if self.fees else uniswap.V2_FEE) / 10_000


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

    def view(self, token: Token, *, price_usd: Decimal) -> PoolView | None:
        """What Uniswap gives for about 1,000 dollars of the token at the newest block; None when no pool holds it."""
        token_in = self._address_of(token)
        if token_in is None or token.decimals is None or token_in == self._places.dollar:
            return None
        amount = round_amount(price_usd)
        amount_in = int(amount.scaleb(token.decimals))
        if not _SMALL_PART <= amount_in < 2**112:
            return None
        header = self._header()
        offers = self._offers(token_in, amount_in, header)
        if not offers:
            return None
        amount_out, route = max(offers, key=lambda offer: offer[0])
        small_in = amount_in // _SMALL_PART
        small_out = self._amount_out(route, small_in, header) or 0
        received = Decimal(amount_out).scaleb(-self._places.dollar_decimals)
        quote = PoolQuote(
            version=route.version,
            fee_percent=route.fee_percent,
            block=header.number,
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

    def _offers(self, token_in: Address, amount_in: int, header: Header) -> list[tuple[int, Route]]:
        routes = list(self._routes(token_in))
        amounts = self._pool.map(lambda route: self._amount_out(route, amount_in, header), routes)
        return [(amount, route) for amount, route in zip(amounts, routes, strict=True) if amount]

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
        """None where there is no such pool, or it cannot give that much."""
        try:
            if not route.fees:
                return self._through_pairs(route.path, amount_in, header)
            hops = zip(route.path, route.path[1:], route.fees, strict=False)
            if not all(self._pool_of(first, second, fee, header) for first, second, fee in hops):
                return None
            if len(route.fees) == 1:
                sold, bought = route.path
                data = uniswap.quote_single_call(sold, bought, fee=route.fees[0], amount_in=amount_in)
            else:
                data = uniswap.quote_call(route.path, route.fees, amount_in=amount_in)
            return uniswap.read_amount_out(self._call(self._places.quoter, data, header))
        except (Malformed, Refused, Unavailable):
            return None

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


def round_amount(price_usd: Decimal) -> Decimal:
    """The power of ten of tokens that is worth 500 to 5,000 dollars.

    >>> round_amount(Decimal("3425.02")), round_amount(Decimal("0.0000123456"))
    (Decimal('1'), Decimal('1E+8'))
    """
    power = (Decimal(5_000) / price_usd).adjusted()
    amount = Decimal(1).scaleb(power)
    return amount / 10 if amount * price_usd >= 5_000 else amount
