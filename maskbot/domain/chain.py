"""What a chain node tells, as values: blocks, accounts, fees, calls, logs, receipts.

Source: reliability.md C.3 and E12, Ethereum JSON-RPC (execution-apis). All amounts are wei, all times Unix seconds (`_s`), all
hashes 32 bytes. Nothing here is trusted by being well formed: what counts for money is said by an `Inclusion`, which a quorum of
nodes has agreed on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from maskbot.domain.money import ADDRESS_BYTES, Address

HASH_BYTES = 32
MOST_TOPICS = 4


class BlockName(StrEnum):
    """A block by its role."""

    LATEST = "latest"
    PENDING = "pending"
    FINALIZED = "finalized"


At = BlockName | int
"""Where a question is asked: a block's role, or its number."""


@dataclass(frozen=True, slots=True)
class Header:
    """One block of the chain as it now is. `base_fee_wei` is None where the chain has no EIP-1559 fees."""

    number: int
    hash: bytes
    parent_hash: bytes
    time_s: int
    base_fee_wei: int | None
    gas_limit: int


@dataclass(frozen=True, slots=True)
class ChainAccount:
    """An account: `next_nonce` by mined blocks, `next_pending_nonce` with what waits in the pool (never below), its coins."""

    next_nonce: int
    next_pending_nonce: int
    balance_wei: int


@dataclass(frozen=True, slots=True)
class Fees:
    """What the nodes ask now. On a chain without EIP-1559 `base_fee_wei` is None and only `gas_price_wei` means anything."""

    base_fee_wei: int | None
    priority_fee_wei: int
    gas_price_wei: int


@dataclass(frozen=True, slots=True)
class Call:
    """A message call, to be simulated. `sender` is None for the zero address."""

    to: Address | None
    data: bytes
    sender: Address | None = None
    value_wei: int = 0
    gas: int | None = None

    def __post_init__(self) -> None:
        for address in (self.to, self.sender):
            if address is not None and len(address) != ADDRESS_BYTES:
                raise ValueError("an address is 20 bytes")


@dataclass(frozen=True, slots=True)
class Simulated:
    """A call that would succeed on the pending block: what it returns, and the gas it would need."""

    answer: bytes
    gas: int


class Log(NamedTuple):
    """One event of a mined transaction, in its place on the chain. A named tuple, as thousands are made at once: a frozen dataclass
    takes several times as long to make."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    tx_hash: bytes
    log_index: int


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Events of one contract between two block numbers, both included; `topic0` is any of these first topics.

    `word` (32 bytes) leaves out events that do not hold it in the first two words of their data, which no node filters by."""

    address: Address
    first_block: int
    last_block: int
    topic0: tuple[bytes, ...]
    topic1: bytes | None = None
    word: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.first_block <= self.last_block:
            raise ValueError("the first block comes before the last one")


@dataclass(frozen=True, slots=True)
class LogPage:
    """The events up to and including `end`, oldest first; the next page begins at `end.number + 1`. If `end` ever leaves the chain
    (its number shows another hash), everything read after the fork has to be read again."""

    logs: tuple[Log, ...]
    end: Header


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined transaction with what it did. `nonce`, `to`, `value_wei` and `data` are those of the transaction itself."""

    tx_hash: bytes
    block_number: int
    block_hash: bytes
    sender: Address
    nonce: int
    to: Address | None
    value_wei: int
    data: bytes
    has_succeeded: bool
    gas_used: int
    gas_price_wei: int
    created: Address | None
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A receipt that a quorum of nodes agrees on, in a block that is on the chain now. `depth` is 1 in the newest block;
    `is_final` means that `finalized` has reached its block, or the chain's final depth is reached where nodes have none."""

    receipt: Receipt
    depth: int
    is_final: bool
