"""Uniswap v2 and v3 and Chainlink feeds as bytes: call data, answers, and the arithmetic between. Integers and Decimal, no float.

Source: price-cards.md 2, 2.1, 2.2; the ABI encoding of Solidity; Uniswap v2 whitepaper 3.2.1 (0.3 % fee). Answers come from a node
that may lie: every reader checks length and range and raises MalformedAnswer.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from maskbot.domain.errors import Malformed
from maskbot.domain.money import ADDRESS_BYTES, Address
from maskbot.wire.crypto import keccak256
from maskbot.wire.crypto.address_text import address_text

FEE_TIERS = (100, 500, 3_000, 10_000)
"""v3's pool fees in hundredths of a basis point."""
V2_FEE = 3_000
USDC = Address(bytes.fromhex("a0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"))
_WORD = 32
_TRADE_PAGE = "https://app.uniswap.org/swap"


class MalformedAnswer(Malformed):
    """A contract's answer is not what its function returns."""

    kind = "MalformedAnswer"


@dataclass(frozen=True, slots=True)
class Round:
    """A Chainlink feed's latest answer, in units of 10^-decimals, and its Unix time."""

    answer: int
    updated_at_s: int


# --- call data


def get_pair_call(token_a: Address, token_b: Address) -> bytes:
    """v2 factory: the pair of two tokens, in any order."""
    return _selector("getPair(address,address)") + _address(token_a) + _address(token_b)


def get_pool_call(token_a: Address, token_b: Address, *, fee: int) -> bytes:
    """v3 factory: the pool of two tokens with this fee."""
    return _selector("getPool(address,address,uint24)") + _address(token_a) + _address(token_b) + _uint(fee)


def get_reserves_call() -> bytes:
    """v2 pair: what lies in it."""
    return _selector("getReserves()")


def quote_call(path: tuple[Address, ...], fees: tuple[int, ...], *, amount_in: int) -> bytes:
    """v3 QuoterV2: what a swap along the path gives. It changes state and reverts: simulate it, never send it."""
    packed = path_bytes(path, fees)
    padded = packed.ljust(-(-len(packed) // _WORD) * _WORD, b"\0")
    return _selector("quoteExactInput(bytes,uint256)") + _uint(64) + _uint(amount_in) + _uint(len(packed)) + padded


def quote_single_call(token_in: Address, token_out: Address, *, fee: int, amount_in: int) -> bytes:
    """v3 QuoterV2: what a swap in one pool gives, without a price limit. Simulate it, never send it."""
    signature = "quoteExactInputSingle((address,address,uint256,uint24,uint160))"
    return (
        _selector(signature) + _address(token_in) + _address(token_out) + _uint(amount_in) + _uint(fee) + bytes(_WORD)
    )


def latest_round_call() -> bytes:
    """Chainlink feed: its latest answer."""
    return _selector("latestRoundData()")


def decimals_call() -> bytes:
    """A token's or a feed's decimals."""
    return _selector("decimals()")


def path_bytes(path: tuple[Address, ...], fees: tuple[int, ...]) -> bytes:
    """v3's path: 20 bytes of a token, 3 of a fee, 20 of the next token, and so on."""
    if len(path) != len(fees) + 1 or not fees:
        raise ValueError("a path has one fee between each two tokens")
    hops = b"".join(fee.to_bytes(3, "big") + token for fee, token in zip(fees, path[1:], strict=True))
    return path[0] + hops


# --- answers


def read_address(answer: bytes) -> Address | None:
    """An address, None for the zero address (no such pool)."""
    if len(answer) != _WORD or any(answer[:12]):
        raise MalformedAnswer("expected one address")
    return Address(answer[12:]) if any(answer[12:]) else None


def read_reserves(answer: bytes) -> tuple[int, int]:
    """The reserves of token0 and token1; token0 is the one with the lower address."""
    first, second, _ = _uints(answer, count=3)
    if first >= 2**112 or second >= 2**112:
        raise MalformedAnswer("a reserve has at most 112 bits")
    return first, second


def read_amount_out(answer: bytes) -> int:
    """The amount from either quote of QuoterV2: its first word."""
    if not 4 * _WORD <= len(answer) <= 64 * _WORD:
        raise MalformedAnswer("a quote returns at least four words")
    return int.from_bytes(answer[:_WORD], "big")


def read_round(answer: bytes) -> Round:
    """A feed's latest answer. Raises MalformedAnswer for one that is not above zero."""
    _, raw, _, updated_at_s, _ = _uints(answer, count=5)
    value = raw - 2**256 if raw >= 2**255 else raw
    if not 0 < value < 2**192 or not 0 < updated_at_s < 10**11:
        raise MalformedAnswer("a feed's answer is a price above zero with its time")
    return Round(value, updated_at_s)


def read_decimals(answer: bytes) -> int:
    """Decimals, 0 to 77."""
    (found,) = _uints(answer, count=1)
    if found > 77:
        raise MalformedAnswer("a token has 0 to 77 decimals")
    return found


# --- arithmetic


def v2_amount_out(amount_in: int, *, reserve_in: int, reserve_out: int) -> int:
    """What a v2 pair gives for an amount, to the wei: the contract's own integer arithmetic, 0.3 % fee; 0 in an empty pair."""
    if amount_in <= 0 or reserve_in <= 0 or reserve_out <= 0:
        return 0
    with_fee = amount_in * 997
    return with_fee * reserve_out // (reserve_in * 1000 + with_fee)


def price_impact_percent(*, amount_in: int, amount_out: int, small_in: int, small_out: int) -> Decimal:
    """By how many percent the larger swap's price is worse than the smaller one's; 0 when it is not."""
    if min(amount_in, amount_out, small_in, small_out) <= 0:
        return Decimal(100)
    ratio = Decimal(amount_out * small_in) / Decimal(amount_in * small_out)
    return max(Decimal(0), (1 - ratio) * 100)


def trade_link(address: Address | None) -> str:
    """Uniswap's page to buy a token of Ethereum; None means ether. The address has to be one of our own table, never an API's."""
    sold, bought = ("ETH", address_text(address)) if address is not None else (address_text(USDC), "ETH")
    query = {"chain": "mainnet", "inputCurrency": sold, "outputCurrency": bought}
    return f"{_TRADE_PAGE}?{urlencode(query)}"


def _selector(signature: str) -> bytes:
    return keccak256(signature.encode("ascii"))[:4]


def _address(address: Address) -> bytes:
    if len(address) != ADDRESS_BYTES:
        raise ValueError("an address is 20 bytes")
    return bytes(12) + address


def _uint(value: int) -> bytes:
    return value.to_bytes(_WORD, "big")


def _uints(answer: bytes, *, count: int) -> tuple[int, ...]:
    if len(answer) != count * _WORD:
        raise MalformedAnswer(f"expected {count} words of 32 bytes, got {len(answer)} bytes")
    return tuple(int.from_bytes(answer[at : at + _WORD], "big") for at in range(0, len(answer), _WORD))
