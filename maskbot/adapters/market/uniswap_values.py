"""Where Uniswap lies on a chain, the ways to swap there, and what was found: values of `onchain.py`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from maskbot.domain.card import PoolQuote
from maskbot.domain.chain import Header
from maskbot.domain.money import Address
from maskbot.wire import uniswap
from maskbot.wire.crypto.address_text import parse_address


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


@dataclass(frozen=True, slots=True)
class Prepared:
    """A block, and the routes whose pools exist."""

    header: Header
    routes: tuple[Route, ...]


def round_amount(price_usd: Decimal) -> Decimal:
    """The power of ten of tokens that is worth 500 to 5,000 dollars.

    >>> round_amount(Decimal("3425.02")), round_amount(Decimal("0.0000123456"))
    (Decimal('1'), Decimal('1E+8'))
    """
    power = (Decimal(5_000) / price_usd).adjusted()
    amount = Decimal(1).scaleb(power)
    return amount / 10 if amount * price_usd >= 5_000 else amount
