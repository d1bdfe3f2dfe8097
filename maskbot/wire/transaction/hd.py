"""Keys of a tree: BIP-32 along an absolute path such as m/44'/60'/0'/0/7. Seeds come from mnemonics (BIP-39)."""

from __future__ import annotations

import re

from maskbot.wire.crypto import add_to_private_key, hmac_sha512, public_key_of
from maskbot.wire.transaction.errors import InvalidCall

FIRST_ACCOUNT = "m/44'/60'/0'/0/"
_HARDENED = 0x80000000
_PATH = re.compile(r"m(/[0-9]{1,10}'?){1,10}", re.ASCII)


def derive_key(seed: bytes, *, path: str) -> bytes:
    """The private key (32 bytes) at a path below a seed (64 bytes).

    Raises:
        InvalidCall: the path is none.
    """
    if _PATH.fullmatch(path) is None:
        raise InvalidCall("a derivation path reads like m/44'/60'/0'/0/0")
    node = hmac_sha512(b"Bitcoin seed", seed)
    for step in path.split("/")[1:]:
        index = int(step.rstrip("'"))
        if index >= _HARDENED:
            raise InvalidCall("a step of a derivation path is below 2^31")
        is_hard = step.endswith("'")
        key, chain_code = node[:32], node[32:]
        parent = b"\0" + key if is_hard else public_key_of(key)
        node = hmac_sha512(chain_code, parent + (index | _HARDENED if is_hard else index).to_bytes(4, "big"))
        node = add_to_private_key(key, node[:32]) + node[32:]
    return node[:32]
