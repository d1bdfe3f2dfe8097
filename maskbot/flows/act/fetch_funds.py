"""What a wallet holds of a token now, and what gas costs: asked before prizes are promised or planned."""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.chain import BlockName, Call
from maskbot.domain.money import Address, Token
from maskbot.ports.chain import ChainReader
from maskbot.wire.erc20 import decode_number, encode_balance_of


@dataclass(frozen=True, slots=True)
class Funds:
    """`available` are base units of the token; `coins_wei` the chain's coin, which pays for gas at `gas_price_wei`."""

    available: int
    coins_wei: int
    gas_price_wei: int


def fetch_funds(token: Token, *, owner: Address, chain: ChainReader) -> Funds:
    """The funds of an account. Raises: Unavailable, WrongChain, and Malformed for a contract that is no token."""
    coins_wei = chain.fetch_account(owner).balance_wei
    fees = chain.fetch_fees()
    if token.is_native:
        return Funds(coins_wei, coins_wei, fees.gas_price_wei)
    held = chain.call(Call(to=token.address, data=encode_balance_of(owner)), at=BlockName.LATEST)
    return Funds(decode_number(held), coins_wei, fees.gas_price_wei)
