"""Calls that every payment room needs: coins, the transfer of a token, an exact allowance (EIP-20), one call for many recipients.

`disperseEther(address[],uint256[])` and `disperseToken(address,address[],uint256[])` are those of the disperse contracts that
chains have; which one is trusted says the operator's chains file.
"""

from __future__ import annotations

from collections.abc import Sequence

from maskbot.domain.money import Address, Amount, Token
from maskbot.domain.transaction import ContractCall

TRANSFER = bytes.fromhex("a9059cbb")
APPROVE = bytes.fromhex("095ea7b3")
DISPERSE_ETHER = bytes.fromhex("e63d38ed")
DISPERSE_TOKEN = bytes.fromhex("c73a2d60")
_WORD_BYTES = 32


def transfer_call(amount: Amount, *, to: Address) -> ContractCall:
    """Pays `amount` to an address: plain coins, or `transfer` of the token."""
    if amount.token.is_native:
        return ContractCall(to, amount.base_units)
    return ContractCall(amount.token.address, 0, TRANSFER + _word(to) + _number(amount.base_units))


def approve_call(amount: Amount, *, spender: Address) -> ContractCall:
    """Lets a contract take exactly `amount` of a token. Raises ValueError for the chain's own coin."""
    if amount.token.is_native:
        raise ValueError("a chain's own coin has no allowance")
    return ContractCall(amount.token.address, 0, APPROVE + _word(spender) + _number(amount.base_units))


def disperse_selector(token: Token) -> bytes:
    """The method that pays many recipients in this token."""
    return DISPERSE_ETHER if token.is_native else DISPERSE_TOKEN


def disperse_call(token: Token, payments: Sequence[tuple[Address, int]], *, contract: Address) -> ContractCall:
    """Pays base units of one token to many by one call of a disperse contract: all of them, or none. Tokens are taken from whoever
    calls, within an allowance; coins come with the call."""
    head = [] if token.is_native else [_word(token.address)]
    first = (len(head) + 2) * _WORD_BYTES
    recipients = [_word(recipient) for recipient, _ in payments]
    amounts = [_number(amount) for _, amount in payments]
    places = [_number(first), _number(first + (1 + len(payments)) * _WORD_BYTES)]
    words = [*head, *places, _number(len(payments)), *recipients, _number(len(payments)), *amounts]
    value_wei = sum(amount for _, amount in payments) if token.is_native else 0
    return ContractCall(contract, value_wei, disperse_selector(token) + b"".join(words))


def _word(address: Address) -> bytes:
    return bytes(12) + address


def _number(number: int) -> bytes:
    return number.to_bytes(_WORD_BYTES, "big")
