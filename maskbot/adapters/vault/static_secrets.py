"""The shared secrets of v38 that never change, remembered: one for each persona and author, the least used forgotten first.

Posts of v38 and older are sealed with a static ECDH, so that an author's second post costs no curve operation any more. What is
remembered opens only what that author sealed for that persona, and lies where the private key itself is opened for every request;
it never leaves the vault. The ephemeral secrets of v37 are worth nothing twice and are not kept.

Source: mask-payload.md 7.3.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from maskbot.wire.crypto import ecdh_x

REMEMBERED: Final = 4_096
"""About 1 MB when full."""


class StaticSecrets:
    """Remembers at most `most` secrets. Safe to share between threads."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[bytes, bytes], bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def agree(self, private_key: bytes, peer: bytes, *, public_key: bytes) -> bytes:
        """The ECDH x (32 bytes) of a persona's key pair and an author's public key (33 or 65 bytes).

        Raises:
            InvalidKey: the author's key is no point.
        """
        pair = public_key, peer
        with self._lock:
            known = self._known.get(pair)
            if known is not None:
                self._known.move_to_end(pair)
                return known
        secret = ecdh_x(private_key, peer)
        with self._lock:
            self._known[pair] = secret
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return secret

    def forget(self, public_key: bytes) -> None:
        """Forget every secret of this persona."""
        with self._lock:
            for pair in [pair for pair in self._known if pair[0] == public_key]:
                del self._known[pair]
