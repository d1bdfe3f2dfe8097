"""Beacons: where randomness that nobody knew at closing time comes from, as values.

Source: reliability.md C.6, points 1 and 5; drand's HTTP API and the scheme `bls-unchained-g1-rfc9380` (quicknet).

* A drand round: the signature of a threshold of independent parties over the round's number; randomness is SHA-256 of it. Anyone
  can check it offline with the chain's public key. Weakness: a threshold of the parties together could know rounds ahead of time.
* A later block's hash. Weakness: the block's producer may discard a block he does not like, and nodes without an archive can
  show only the last 256 hashes to contracts. Fit for small prizes only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

MOST_NUMBER = 10**15 - 1
_DRAND = re.compile(r"drand ([0-9a-f]{64}) ([1-9][0-9]{0,14})", re.ASCII)
_BLOCK = re.compile(r"block ([1-9][0-9]{0,14}) ([1-9][0-9]{0,14})", re.ASCII)


@dataclass(frozen=True, slots=True)
class DrandChain:
    """A drand chain: `hash` (32 bytes) names it, `public_key` is a point of G2 (96 bytes, compressed); times in seconds."""

    hash: bytes
    public_key: bytes
    genesis_s: int
    period_s: int

    def __post_init__(self) -> None:
        if len(self.hash) != 32 or len(self.public_key) != 96:
            raise ValueError("a drand chain has a hash of 32 bytes and a public key of 96")
        if self.period_s < 1:
            raise ValueError("a drand chain has a period of a second or more")

    def round_after(self, time_s: int) -> int:
        """The first round that is published later than this Unix time."""
        return max(0, time_s - self.genesis_s) // self.period_s + 2 if time_s >= self.genesis_s else 1

    def time_of(self, round_number: int) -> int:
        """When a round is published, in Unix seconds."""
        return self.genesis_s + (round_number - 1) * self.period_s


QUICKNET = DrandChain(
    hash=bytes.fromhex("52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"),
    public_key=bytes.fromhex(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
        "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    ),
    genesis_s=1_692_803_367,
    period_s=3,
)
"""The chain of the League of Entropy with a round every three seconds."""


@dataclass(frozen=True, slots=True)
class DrandPromise:
    """The round that will decide, named in the rules before anybody entered."""

    chain: bytes
    round: int

    def __post_init__(self) -> None:
        if len(self.chain) != 32 or not 0 < self.round <= MOST_NUMBER:
            raise ValueError("a drand round is a chain hash of 32 bytes and a number from 1")

    @property
    def text(self) -> str:
        """As the rules and the proof write it: `drand <chain hash> <round>`."""
        return f"drand {self.chain.hex()} {self.round}"


@dataclass(frozen=True, slots=True)
class BlockPromise:
    """The block whose hash will decide, named in the rules before anybody entered."""

    chain_id: int
    number: int

    def __post_init__(self) -> None:
        if not 0 < self.chain_id <= MOST_NUMBER or not 0 < self.number <= MOST_NUMBER:
            raise ValueError("a block has a chain id and a number from 1")

    @property
    def text(self) -> str:
        """As the rules and the proof write it: `block <chain id> <number>`."""
        return f"block {self.chain_id} {self.number}"


Promise = DrandPromise | BlockPromise


@dataclass(frozen=True, slots=True)
class Beacon:
    """What came of a promise: the signature of the round (48 bytes), or the hash of the block (32 bytes)."""

    promise: Promise
    value: bytes

    def __post_init__(self) -> None:
        if len(self.value) != (48 if isinstance(self.promise, DrandPromise) else 32):
            raise ValueError("a drand signature is 48 bytes, a block hash 32")

    @property
    def randomness(self) -> bytes:
        """32 bytes: SHA-256 of the signature, or the block hash as it is."""
        return sha256(self.value).digest() if isinstance(self.promise, DrandPromise) else self.value


def parse_promise(text: str) -> Promise:
    """The promise that a text writes.

    Raises:
        ValueError: it writes none.
    """
    if (found := _DRAND.fullmatch(text)) is not None:
        return DrandPromise(bytes.fromhex(found[1]), int(found[2]))
    if (found := _BLOCK.fullmatch(text)) is not None:
        return BlockPromise(int(found[1]), int(found[2]))
    raise ValueError("a beacon is `drand <chain hash> <round>` or `block <chain id> <number>`")
