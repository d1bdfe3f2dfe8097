"""ENS names: which text is one, its node, and the two calls that lead from it to an address. Pure.

Source: EIP-137 (namehash, registry, `addr`). Only plain ASCII names are taken: what looks alike to people but not to ENS (ENSIP-15)
can then not be mistyped into somebody else's name; others are asked for their 0x address.
"""

from __future__ import annotations

import re

from maskbot.domain.errors import Malformed
from maskbot.domain.money import Address
from maskbot.wire.crypto.digests import keccak256

REGISTRY = Address(bytes.fromhex("00000000000c2e074ec69a0dfb2997ba6c7d2e1e"))
"""The same on every chain that has ENS."""

_RESOLVER = bytes.fromhex("0178b8bf")
_ADDR = bytes.fromhex("3b3b57de")
_NAME = re.compile(r"(?:[a-z0-9_][a-z0-9_-]{0,62}\.){1,5}eth", re.ASCII)


def is_name(text: str) -> bool:
    """Whether the text (lower case) is a name that we look up."""
    return len(text) <= 255 and _NAME.fullmatch(text) is not None


def name_node(name: str) -> bytes:
    """The node of a name, 32 bytes.

    >>> name_node("eth").hex()[:8]
    '93cdeb70'
    """
    node = bytes(32)
    for label in reversed(name.split(".")):
        node = keccak256(node + keccak256(label.encode()))
    return node


def resolver_call(name: str) -> bytes:
    """Asks the registry who resolves the name."""
    return _RESOLVER + name_node(name)


def address_call(name: str) -> bytes:
    """Asks a resolver for the address behind the name."""
    return _ADDR + name_node(name)


def decode_address(answer: bytes) -> Address | None:
    """The address in the answer to either call; None for none.

    Raises:
        Malformed: the answer is no address.
    """
    if not answer:
        return None
    if len(answer) != 32 or any(answer[:12]):
        raise Malformed("expected an address of 20 bytes in 32")
    return Address(answer[12:]) if any(answer) else None
