"""Ethereum keystore files (version 3): opened and made by eth-account. What opening one may cost is bounded first."""

from __future__ import annotations

import json
from typing import Any

from maskbot.domain.errors import Malformed, Refused

FILE_BYTES_MAX = 64 * 1024
_MOST_SCRYPT_BYTES = 512 << 20
_MOST_ROUNDS = 10_000_000


def open_keystore(content: bytes, *, password: str) -> bytes:
    """The private key (32 bytes) in a keystore file.

    Raises:
        Malformed: no keystore of version 3, or one that would cost too much to open.
        Refused: the password is wrong.
    """
    import maskbot.adapters.recursion  # noqa: F401, I001 - first: see there
    from eth_account import Account

    if len(content) > FILE_BYTES_MAX:
        raise Malformed(f"a keystore file has at most {FILE_BYTES_MAX:,} bytes")
    try:
        document = json.loads(content)
        _check(document)
        key = bytes(Account.decrypt(document, password))
    except ValueError as error:
        if "MAC" in str(error):
            raise Refused("the keystore's password is wrong", kind="WrongPassword") from error
        raise Malformed("the file is no Ethereum keystore of version 3") from error
    except (KeyError, TypeError, AttributeError, NotImplementedError, RecursionError) as error:
        raise Malformed("the file is no Ethereum keystore of version 3") from error
    if len(key) != 32:
        raise Malformed("the keystore holds no key of 32 bytes")
    return key


def seal_keystore(private_key: bytes, *, password: str) -> bytes:
    """A keystore file of version 3 (scrypt) for a private key."""
    import maskbot.adapters.recursion  # noqa: F401, I001 - first: see there
    from eth_account import Account

    return json.dumps(Account.encrypt(private_key, password)).encode()


def _check(document: Any) -> None:
    crypto = document.get("crypto") or document["Crypto"]
    if document["version"] != 3:
        raise ValueError("another version")
    parameters = crypto["kdfparams"]
    if crypto["kdf"] == "scrypt":
        if 128 * int(parameters["n"]) * int(parameters["r"]) > _MOST_SCRYPT_BYTES or int(parameters["p"]) > 16:
            raise ValueError("it would cost too much to open")
    elif int(parameters["c"]) > _MOST_ROUNDS:
        raise ValueError("it would cost too much to open")
