"""The audit of everything that concerns money: an append-only chain of hashes (reliability.md C.2, E19, R20).

An entry holds ids and hashes, never a text that somebody could ask to be erased. Every entry's hash covers the one before it, so a
changed or missing row shows at its number; the newest hash (the head) can be published, and later be looked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from maskbot.domain.errors import Malformed

FIRST_HASH = bytes(32)
_DOMAIN = b"maskbot audit 1"


class AuditBroken(Malformed):
    """An entry was changed, removed or put in. `seq` is the first number that does not fit."""

    kind = "AuditBroken"

    def __init__(self, seq: int, message: str) -> None:
        super().__init__(message)
        self.seq = seq


@dataclass(frozen=True, slots=True)
class NewEntry:
    """Something that happened. `actor` is an identity or a part of the service, `action` a word of ours (`payment.approved`),
    `subject` a row id, `digest` 32 bytes that name what it was about (a call's digest, a transaction's hash)."""

    actor: str
    action: str
    subject: str
    digest: bytes = FIRST_HASH

    def __post_init__(self) -> None:
        if len(self.digest) != 32:
            raise ValueError("a digest is 32 bytes")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry in its place of the chain; numbers begin at 1."""

    seq: int
    at_ms: int
    what: NewEntry
    previous: bytes
    hash: bytes


def chained(what: NewEntry, *, seq: int, at_ms: int, previous: bytes) -> Entry:
    """The entry that follows the one with the hash `previous`."""
    texts = [part.encode() for part in (str(seq), str(at_ms), what.actor, what.action, what.subject)]
    whole = b"".join(len(part).to_bytes(4, "big") + part for part in (_DOMAIN, *texts, what.digest, previous))
    return Entry(seq, at_ms, what, previous, hashlib.sha256(whole).digest())


def verified(entries: Iterable[Entry], *, head: tuple[int, bytes]) -> Iterator[Entry]:
    """The entries again, each after it was checked; `head` is the number and hash of the last one.

    Raises:
        AuditBroken: one does not fit, or the last one is not the head.
    """
    seq, previous = 0, FIRST_HASH
    for entry in entries:
        seq += 1
        if entry.seq != seq:
            raise AuditBroken(seq, f"audit entry {seq} is missing")
        fits = chained(entry.what, seq=seq, at_ms=entry.at_ms, previous=previous)
        if entry.previous != previous or entry.hash != fits.hash:
            raise AuditBroken(seq, f"audit entry {seq} was changed, or the one before it")
        previous = entry.hash
        yield entry
    if (seq, previous) != head:
        raise AuditBroken(seq + 1, f"the audit ends with entry {seq}, and its head says {head[0]}")
