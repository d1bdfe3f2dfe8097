"""Ethereum transactions as bytes: what is signed, what is sent, and what a call does with money. Pure.

Sources: EIP-155 (legacy), EIP-2718 and EIP-1559 (typed), EIP-20, the RLP definition in Ethereum's yellow paper (appendix B);
red-packets.md 2.1 for the creation of packets.
"""

from __future__ import annotations

from maskbot.wire.transaction.approval import KEY_PREFIX, agreed, is_requester, may_approve, signer_of_text
from maskbot.wire.transaction.calls import approve_call, disperse_call, disperse_selector, transfer_call
from maskbot.wire.transaction.effect import effect_of
from maskbot.wire.transaction.errors import InvalidCall, InvalidTransaction
from maskbot.wire.transaction.hd import FIRST_ACCOUNT, derive_key
from maskbot.wire.transaction.signed import SignedTransaction, TransactionFields, decode_signed, sign_transaction

__all__ = [
    "FIRST_ACCOUNT",
    "KEY_PREFIX",
    "InvalidCall",
    "InvalidTransaction",
    "SignedTransaction",
    "TransactionFields",
    "agreed",
    "approve_call",
    "decode_signed",
    "derive_key",
    "disperse_call",
    "disperse_selector",
    "effect_of",
    "is_requester",
    "may_approve",
    "sign_transaction",
    "signer_of_text",
    "transfer_call",
]
