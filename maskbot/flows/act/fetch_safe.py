"""Look at a Safe on its chain: is it one, of a version and with a code that we know, who owns it, what is its nonce (applets.md
10.1)."""

from __future__ import annotations

from maskbot.domain.chain import At, BlockName, Call
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.money import Address
from maskbot.domain.safe import SafeLook, SafeVersion
from maskbot.ports.chain import CallReverted, ChainReader
from maskbot.wire.crypto import address_text
from maskbot.wire.safe import (
    GET_OWNERS,
    GET_THRESHOLD,
    MASTER_COPY,
    MULTI_SEND_CODE_HASHES,
    NONCE,
    PROXY_CODE_HASHES,
    SINGLETONS,
    VERSION,
    InvalidSafeAnswer,
    code_hash_call,
    decode_address,
    decode_addresses,
    decode_code_hash,
    decode_number,
    decode_version,
    multi_send_of,
)

_BACK_BLOCKS = 2
"""How far behind the newest block is read: every node knows that block, so a quorum has to agree on what it says (E12)."""
_SEARCH_BACK_BLOCKS = 64
"""How far before the look the search for a proposal's end begins: the block of the look may still leave the chain, and a node
without an archive still knows the state there."""


class NotASafe(Refused):
    """The address is no Safe whose code we know."""

    kind = "NotASafe"


def fetch_safe(address: Address, *, chain: ChainReader, singleton: Address | None = None) -> SafeLook:
    """What a quorum of nodes says of the Safe, two blocks ago. `singleton` is one that the operator trusts beside those of the
    table.

    Raises:
        NotASafe: no proxy of Safe, another singleton, or a version we do not know. Unavailable.
    """
    newest = chain.fetch_header(BlockName.LATEST)
    block = 0 if newest is None else max(newest.number - _BACK_BLOCKS, 0)
    code_hash = decode_code_hash(chain.call(code_hash_call(address), at=block))
    if code_hash not in PROXY_CODE_HASHES:
        raise NotASafe("the code at this address is not that of a Safe's proxy of version 1.3.0 or 1.4.1")
    try:
        found = decode_address(_ask(MASTER_COPY, address, chain=chain, at=block))
        known = SINGLETONS.get(found)
        if known is None and found != singleton:
            raise NotASafe(
                f"the Safe runs the code at {address_text(found)}, which is none of the published ones; if you trust that, name it "
                "with --singleton"
            )
        version = decode_version(_ask(VERSION, address, chain=chain, at=block))
        if known is not None and known is not version:
            raise NotASafe("the Safe tells another version than its code has")
        first_block = max(block - _SEARCH_BACK_BLOCKS, 0)
        return SafeLook(
            version=version,
            singleton=found,
            owners=fetch_owners(address, chain=chain, at=block),
            threshold=fetch_threshold(address, chain=chain, at=block),
            next_nonce=fetch_nonce(address, chain=chain, at=block),
            block=block,
            multi_send=_multi_send(version, chain=chain, at=block),
            first_block=first_block,
            first_nonce=_nonce_before(first_block, address, chain=chain),
        )
    except (Malformed, CallReverted) as error:
        raise NotASafe(f"the contract does not answer as a Safe does: {error}") from error


def fetch_owners(address: Address, *, chain: ChainReader, at: At) -> tuple[Address, ...]:
    """Who owns the Safe."""
    return decode_addresses(_ask(GET_OWNERS, address, chain=chain, at=at))


def fetch_threshold(address: Address, *, chain: ChainReader, at: At) -> int:
    """How many owners have to sign."""
    return decode_number(_ask(GET_THRESHOLD, address, chain=chain, at=at))


def fetch_nonce(address: Address, *, chain: ChainReader, at: At) -> int:
    """The nonce of the next transaction that is executed."""
    return decode_number(_ask(NONCE, address, chain=chain, at=at))


def _nonce_before(block: int, address: Address, *, chain: ChainReader) -> int:
    """The Safe's next nonce before this block, 0 if it was not there yet."""
    try:
        return fetch_nonce(address, chain=chain, at=block - 1) if block else 0
    except InvalidSafeAnswer:
        return 0


def _multi_send(version: SafeVersion, *, chain: ChainReader, at: At) -> Address | None:
    """The batch contract of the version that really lies on this chain."""
    wanted = MULTI_SEND_CODE_HASHES[version]
    for address in multi_send_of(version):
        if decode_code_hash(chain.call(code_hash_call(address), at=at)) == wanted:
            return address
    return None


def _ask(question: bytes, address: Address, *, chain: ChainReader, at: At) -> bytes:
    return chain.call(Call(address, question), at=at)
