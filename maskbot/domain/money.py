"""Money as whole numbers: chains, tokens and amounts in base units. No float anywhere, and no rate between tokens.

Source: red-packets.md 0.4 (base units, the native token is the zero address) and 11; reliability.md C.3 (how deep is final),
E12 (decimals come from our own token table, never from a node), EIP-20. The standard library only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NewType

from maskbot.domain.errors import Malformed

Address = NewType("Address", bytes)
"""An account or a contract of an Ethereum chain: 20 bytes. Text forms are made and read in `wire/crypto/address_text.py`."""

NATIVE = Address(bytes(20))
"""The address that stands for a chain's own coin."""

DEVELOPMENT_CHAIN_IDS = frozenset({1337, 31337})
"""What development nodes (ganache, Hardhat, anvil) call their chains. Coins there are worth nothing, so a sandbox may shorten waits
and bring contracts of its own there, and nowhere else."""

ADDRESS_BYTES = 20
MOST_DECIMALS = 77
MOST_BASE_UNITS = 2**256 - 1
_DECIMAL_TEXT = re.compile(r"([0-9]{1,78})(?:\.([0-9]{1,77}))?", re.ASCII)
_SYMBOL_LENGTH = 32
DEFAULT_WINDOW, MOST_WINDOW = 16, 10_000
"""Unmined transactions of one account: 16 is what public nodes keep for each (red-packets.md 3.6)."""


class InvalidAmount(Malformed):
    """Text that is no amount of this token: not a plain decimal, too many decimals, or beyond 256 bits."""

    kind = "InvalidAmount"


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain we serve. `final_depth` is how many blocks (its own included) make a transaction final where the nodes have no
    `finalized` block; `has_finalized` says whether they have one. `window` transactions of a wallet may be unmined at a time."""

    id: int
    name: str
    coin_symbol: str
    final_depth: int
    has_finalized: bool
    window: int = DEFAULT_WINDOW

    def __post_init__(self) -> None:
        if not 0 < self.id < 2**53:
            raise ValueError("a chain id is between 1 and 2^53")
        if self.final_depth < 1:
            raise ValueError("a transaction is final after one block at the earliest")
        if not 1 <= self.window <= MOST_WINDOW:
            raise ValueError(f"a window of unmined transactions is between 1 and {MOST_WINDOW:,}")

    @property
    def coin(self) -> Token:
        """The chain's own coin, which also pays for gas."""
        return Token(chain_id=self.id, address=NATIVE, symbol=self.coin_symbol, decimals=18)


@dataclass(frozen=True, slots=True)
class Token:
    """A fungible token on one chain; the zero address is the chain's own coin. Two tokens are the same by chain and address."""

    chain_id: int
    address: Address
    symbol: str
    decimals: int

    def __post_init__(self) -> None:
        if len(self.address) != ADDRESS_BYTES:
            raise ValueError("a token's address is 20 bytes")
        if not 0 <= self.decimals <= MOST_DECIMALS:
            raise ValueError(f"a token has 0 to {MOST_DECIMALS} decimals")
        if not 1 <= len(self.symbol) <= _SYMBOL_LENGTH:
            raise ValueError(f"a symbol has 1 to {_SYMBOL_LENGTH} characters")

    @property
    def is_native(self) -> bool:
        """Whether this is the chain's own coin."""
        return self.address == NATIVE

    def is_same_as(self, other: Token) -> bool:
        """Whether both are one token: the same address on the same chain, whatever names they go by."""
        return (self.chain_id, self.address) == (other.chain_id, other.address)


@dataclass(frozen=True, slots=True)
class Amount:
    """So many base units of one token: never negative, at most 256 bits."""

    token: Token
    base_units: int

    def __post_init__(self) -> None:
        if isinstance(self.base_units, bool) or not isinstance(self.base_units, int):
            raise TypeError("an amount is a whole number of base units")
        if not 0 <= self.base_units <= MOST_BASE_UNITS:
            raise ValueError("an amount is between 0 and 2^256 - 1 base units")

    def __add__(self, other: Amount) -> Amount:
        """The sum. Raises ValueError for two tokens."""
        return Amount(self.token, self.base_units + self._of_same_token(other))

    def __sub__(self, other: Amount) -> Amount:
        """The difference. Raises ValueError for two tokens, or if it would be negative."""
        return Amount(self.token, self.base_units - self._of_same_token(other))

    def __lt__(self, other: Amount) -> bool:
        return self.base_units < self._of_same_token(other)

    def __le__(self, other: Amount) -> bool:
        return self.base_units <= self._of_same_token(other)

    def __bool__(self) -> bool:
        return self.base_units > 0

    @property
    def decimal_text(self) -> str:
        """The exact decimal number, without needless zeros: `1.5`, `0.000001`.

        >>> Amount(Token(1, NATIVE, "ETH", 18), 1_500_000_000_000_000_000).decimal_text
        '1.5'
        """
        digits = str(self.base_units).rjust(self.token.decimals + 1, "0")
        whole = digits[: len(digits) - self.token.decimals]
        rest = digits[len(whole) :].rstrip("0")
        return f"{whole}.{rest}" if rest else whole

    def __str__(self) -> str:
        return f"{self.decimal_text} {self.token.symbol}"

    def _of_same_token(self, other: Amount) -> int:
        if not self.token.is_same_as(other.token):
            raise ValueError("amounts of two tokens cannot be set against each other")
        return other.base_units


def parse_amount(text: str, *, token: Token) -> Amount:
    """The amount that a plain decimal such as `12` or `0.05` names; ASCII digits and one point, no sign, exponent or separator.

    Raises:
        InvalidAmount: not such a number, more decimals than the token has, or more than 256 bits.
    """
    found = _DECIMAL_TEXT.fullmatch(text)
    if found is None:
        raise InvalidAmount("an amount is a plain decimal number such as 12 or 0.05")
    whole, rest = found.group(1), found.group(2) or ""
    if len(rest) > token.decimals:
        raise InvalidAmount(f"{token.symbol} has {token.decimals} decimals, and the amount has {len(rest)}")
    base_units = int(whole + rest.ljust(token.decimals, "0"))
    if base_units > MOST_BASE_UNITS:
        raise InvalidAmount("the amount is beyond 256 bits")
    return Amount(token, base_units)
