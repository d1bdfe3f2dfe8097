"""Calls that every payment room needs: coins, the transfer of a token, an exact allowance (EIP-20)."""

from __future__ import annotations

from maskbot.domain.money import Address, Amount
from maskbot.domain.transaction import ContractCall

TRANSFER = bytes.fromhex("a9059cbb")
APPROVE = bytes.fromhex("095ea7b3")


def transfer_call(amount: Amount, *, to: Address) -> ContractCall:
    """Pays `amount` to an address: plain coins, or `transfer` of the token."""
    if amount.token.is_native:
        return ContractCall(to, amount.base_units)
    return ContractCall(amount.token.address, 0, TRANSFER + _word(to) + amount.base_units.to_bytes(32, "big"))


def approve_call(amount: Amount, *, spender: Address) -> ContractCall:
    """Lets a contract take exactly `amount` of a token. Raises ValueError for the chain's own coin."""
    if amount.token.is_native:
        raise ValueError("a chain's own coin has no allowance")
    return ContractCall(amount.token.address, 0, APPROVE + _word(spender) + amount.base_units.to_bytes(32, "big"))


def _word(address: Address) -> bytes:
    return bytes(12) + address
