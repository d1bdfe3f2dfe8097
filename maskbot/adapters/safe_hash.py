"""The only door to safe-eth-py: the hash of a Safe transaction by a second implementation (applets.md 10.3). Never for sending.

The library brings a whole EVM with it (48 MB, 1.2 s), so it is imported at the first proposal and nowhere else: not by watchers,
not at the start of a worker, and never in the vault. That EVM raises Python's recursion limit on import, which is undone here
(E6).
"""

from __future__ import annotations

import sys
from threading import Lock
from typing import Any

from maskbot.domain.safe import SafeTx
from maskbot.wire.crypto import address_text

_ANY_VERSION = "1.3.0"  # hashing is the same since; the library asks the chain if it is not told
_importing = Lock()


class SafeEthHasher:
    """Implements `ports.safes.SafeHasher`."""

    def hash(self, tx: SafeTx) -> bytes:
        """See `ports.safes.SafeHasher.hash`."""
        made = _library()(
            None,  # its node client: not used, as chain, version and nonce are told
            safe_address=address_text(tx.safe),
            to=address_text(tx.call.to),
            value=tx.call.value_wei,
            data=tx.call.data,
            operation=int(tx.is_delegate),
            safe_tx_gas=0,
            base_gas=0,
            gas_price=0,
            gas_token=None,
            refund_receiver=None,
            safe_nonce=tx.nonce,
            safe_version=_ANY_VERSION,
            chain_id=tx.chain_id,
        )
        return bytes(made.safe_tx_hash)


def _library() -> Any:  # the library's own class; nothing of it is typed for us
    with _importing:
        limit = sys.getrecursionlimit()
        import maskbot.adapters.recursion  # noqa: F401, I001 - first: see there
        from safe_eth.safe.safe_tx import SafeTx as LibrarySafeTx

        sys.setrecursionlimit(limit)
    return LibrarySafeTx
