"""Signs transactions with eth-account, whose curve is coincurve's (red-packets.md 9.3: without it signing is 10 times slower).

Signatures are deterministic (RFC 6979): the same transaction and key always make the same bytes. Runs where the keys are.
"""

from __future__ import annotations

from typing import Any

from eth_account import Account
from eth_account.datastructures import SignedTransaction as Signed

from maskbot.domain.chain import DynamicFees, SignedTransaction, Transaction
from maskbot.domain.errors import Malformed
from maskbot.domain.money import Address
from maskbot.wire.crypto import address_text


class InvalidTransaction(Malformed):
    """Bytes that are no signed transaction."""

    kind = "InvalidTransaction"


def sign_transaction(transaction: Transaction, *, key: bytes) -> SignedTransaction:
    """Sign with a private key (32 bytes, in range; whoever holds keys has checked that)."""
    account = Account.from_key(key)
    signed: Signed = account.sign_transaction(_fields(transaction))
    return SignedTransaction(
        raw=bytes(signed.raw_transaction), hash=bytes(signed.hash), sender=Address(bytes.fromhex(account.address[2:]))
    )


def sender_of(raw: bytes) -> Address:
    """Who signed these bytes. Raises InvalidTransaction."""
    try:
        return Address(bytes.fromhex(Account.recover_transaction(raw)[2:]))
    except Exception as error:  # eth-account, rlp and eth-keys raise many kinds here, none of them says more than this
        raise InvalidTransaction("these bytes are no signed transaction") from error


def _fields(transaction: Transaction) -> dict[str, Any]:  # the SDK's dict
    fields: dict[str, Any] = {
        "chainId": transaction.chain_id,
        "nonce": transaction.nonce,
        "to": b"" if transaction.to is None else address_text(transaction.to),
        "value": transaction.value_wei,
        "data": transaction.data,
        "gas": transaction.gas,
    }
    if isinstance(transaction.fees, DynamicFees):
        fields["type"] = 2
        fields["maxFeePerGas"] = transaction.fees.max_fee_wei
        fields["maxPriorityFeePerGas"] = transaction.fees.priority_fee_wei
    else:
        fields["gasPrice"] = transaction.fees.gas_price_wei
    return fields
