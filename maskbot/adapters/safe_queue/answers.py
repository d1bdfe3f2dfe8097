"""Reads the answers of a Safe Transaction Service: bounded, and nothing of them trusted by being well formed."""

from __future__ import annotations

import json
from typing import Any

from maskbot.domain.money import Address
from maskbot.domain.safe import MOST_NONCE
from maskbot.ports.safes import QueueMalformed
from maskbot.wire.crypto import InvalidAddress, parse_address

MOST_BYTES = 256 * 1024
MOST_SIGNATURES = 200
_LONGEST_SIGNATURE = 2 + 2 * 4096
_LONGEST_REASON = 200

Json = Any  # what a server answers is any JSON value


def signatures_of(body: bytes, *, hash: bytes) -> tuple[tuple[Address, bytes], ...]:
    """Who is said to have signed the transaction of this hash, and with what. Raises QueueMalformed."""
    document = _object(body)
    if document.get("safeTxHash") != f"0x{hash.hex()}":
        raise QueueMalformed("the Safe queue service answers about another transaction")
    confirmations = document.get("confirmations")
    if confirmations is None:
        return ()
    if not isinstance(confirmations, list) or len(confirmations) > MOST_SIGNATURES:
        raise QueueMalformed("the Safe queue service answers with something else than a list of confirmations")
    return tuple(_signature(one) for one in confirmations)


def next_nonce_of(body: bytes) -> int:
    """One above the first nonce of a list that begins with the highest, 0 for an empty one. Raises QueueMalformed."""
    results = _object(body).get("results")
    if not isinstance(results, list):
        raise QueueMalformed("the Safe queue service answers with something else than a list")
    if not results:
        return 0
    nonce = results[0].get("nonce") if isinstance(results[0], dict) else None
    if isinstance(nonce, str) and nonce.isascii() and nonce.isdecimal() and len(nonce) < 20:
        nonce = int(nonce)
    if type(nonce) is not int or not 0 <= nonce < MOST_NONCE:
        raise QueueMalformed("the Safe queue service answers with something else than a nonce")
    return nonce + 1


def refusal_of(body: bytes) -> str:
    """Why the service refuses, as far as it says: one line without control characters."""
    text = body.decode("utf-8", "replace")
    return (
        "".join(letter if letter.isprintable() else " " for letter in text)[:_LONGEST_REASON] or "it does not say why"
    )


def _object(body: bytes) -> dict[str, Json]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise QueueMalformed("the Safe queue service answers something else than JSON") from error
    if not isinstance(document, dict):
        raise QueueMalformed("the Safe queue service answers something else than an object")
    return document


def _signature(one: Json) -> tuple[Address, bytes]:
    try:
        owner, signature = one["owner"], one["signature"]
        if len(signature) > _LONGEST_SIGNATURE:
            raise QueueMalformed("the Safe queue service answers with a signature that is too long")
        return parse_address(owner), bytes.fromhex(signature.removeprefix("0x"))
    except (KeyError, TypeError, ValueError, AttributeError, InvalidAddress) as error:
        raise QueueMalformed("the Safe queue service answers with something else than a confirmation") from error
