"""Safe accounts as bytes: what owners sign, batches, what a Safe answers, and which contracts are genuine. Pure.

Source: applets.md 10.1; the published interface of Safe 1.3.0 and 1.4.1 (ISafe, MultiSendCallOnly), EIP-712, EIP-3770.
"""

from __future__ import annotations

from maskbot.wire.safe.batch import MOST_CALLS, batch_call, calls_of
from maskbot.wire.safe.content import calls_in, check_content
from maskbot.wire.safe.deployments import (
    MULTI_SEND_CODE_HASHES,
    MULTI_SENDS,
    PROXY_CODE_HASHES,
    SINGLETONS,
    multi_send_of,
)
from maskbot.wire.safe.errors import InvalidBatch, InvalidSafeAnswer
from maskbot.wire.safe.hashing import safe_tx_hash, signer_of_hash, typed_data
from maskbot.wire.safe.links import queue_link
from maskbot.wire.safe.reading import (
    EXECUTION_FAILURE,
    EXECUTION_SUCCESS,
    GET_OWNERS,
    GET_THRESHOLD,
    MASTER_COPY,
    NONCE,
    VERSION,
    code_hash_call,
    decode_address,
    decode_addresses,
    decode_code_hash,
    decode_number,
    decode_version,
    executed_hash,
)

__all__ = [
    "EXECUTION_FAILURE",
    "EXECUTION_SUCCESS",
    "GET_OWNERS",
    "GET_THRESHOLD",
    "MASTER_COPY",
    "MOST_CALLS",
    "MULTI_SENDS",
    "MULTI_SEND_CODE_HASHES",
    "NONCE",
    "PROXY_CODE_HASHES",
    "SINGLETONS",
    "VERSION",
    "InvalidBatch",
    "InvalidSafeAnswer",
    "batch_call",
    "calls_in",
    "calls_of",
    "check_content",
    "code_hash_call",
    "decode_address",
    "decode_addresses",
    "decode_code_hash",
    "decode_number",
    "decode_version",
    "executed_hash",
    "multi_send_of",
    "queue_link",
    "safe_tx_hash",
    "signer_of_hash",
    "typed_data",
]
