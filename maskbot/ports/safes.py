"""Ports of Safes: their rows, the queue service where owners meet, and the second opinion on a hash (applets.md 1.1 R4, 10.3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from maskbot.domain.errors import Malformed, Refused, Unavailable, Unconfirmed
from maskbot.domain.money import Address
from maskbot.domain.safe import Proposal, ProposalOrder, Safe, SafeTx


class QueueRefuses(Refused):
    """The queue service refuses the proposal: not an owner or delegate, a wrong hash or signature, a nonce that is used up."""

    kind = "QueueRefuses"


class QueueUnavailable(Unavailable):
    """The queue service is away or limits us; nothing was proposed."""

    kind = "QueueUnavailable"


class QueueUnconfirmed(Unconfirmed):
    """The proposal may have reached the queue service: it is looked for by its hash before it is sent again."""

    kind = "QueueUnconfirmed"


class QueueMalformed(Malformed):
    """The queue service answers something else than its published shapes, or more than we read."""

    kind = "QueueMalformed"


class Safes(Protocol):
    """Safes we may propose to."""

    def add(self, safe: Safe, *, now_ms: int) -> None:
        """Record a Safe. The same one, or its name, twice is Refused (AlreadyThere)."""
        ...

    def load(self, ids: Sequence[str] | None = None, *, tenant_id: str | None = None) -> tuple[Safe, ...]:
        """Safes by id, or all; of one tenant, or of all."""
        ...

    def lock(self, safe_id: str) -> Safe | None:
        """The Safe, and nobody else changes its proposals until the end of the transaction."""
        ...


class Proposals(Protocol):
    """What we proposed. `Safes.lock` comes first."""

    def add(
        self,
        order: ProposalOrder,
        *,
        tx: SafeTx,
        hash: bytes,
        tenant_id: str,
        first_block: int,
        first_nonce: int,
        now_ms: int,
    ) -> Proposal:
        """Record a proposal whose purpose has none yet. Raises Refused (AlreadyThere)."""
        ...

    def find(self, *, purpose: str, purpose_id: str) -> Proposal | None:
        """The proposal for this purpose."""
        ...

    def load(self, ids: Sequence[str]) -> tuple[Proposal, ...]:
        """Proposals by id, oldest first."""
        ...

    def in_states(
        self, states: Collection[str], *, safe_id: str | None = None, tenant_id: str | None = None
    ) -> tuple[Proposal, ...]:
        """All proposals in these states by nonce, of one Safe or of all, of one tenant or of all."""
        ...

    def save(self, proposal: Proposal, *, before: str, now_ms: int) -> None:
        """Write state, signature, posted_at_ms, confirmed_by, next_block, executions, error_kind and tx_hash of a proposal that
        is in `before`. Raises Refused (IllegalMove) if it is not, or the move is not legal."""
        ...


@dataclass(frozen=True, slots=True)
class Queued:
    """A proposal as the queue service has it: signatures by who it says made them, unchecked, at most 200."""

    signatures: tuple[tuple[Address, bytes], ...]


class SafeQueue(Protocol):
    """The queue service of one chain, where owners see proposals and leave signatures."""

    def find(self, hash: bytes) -> Queued | None:
        """What the service has under this hash, None when it does not know it. Raises QueueUnavailable, QueueMalformed."""
        ...

    def propose(self, proposal: Proposal, *, sender: Address) -> None:
        """Hand over a proposal with its signature. The service knows it by its hash, so repeating it makes no second one.

        Raises: QueueRefuses, QueueUnavailable (nothing happened), QueueUnconfirmed (it may have)."""
        ...

    def fetch_next_nonce(self, safe: Address) -> int:
        """One above the highest nonce that waits there, 0 when nothing waits. Raises QueueUnavailable, QueueMalformed."""
        ...


class SafeHasher(Protocol):
    """A second implementation of what owners sign."""

    def hash(self, tx: SafeTx) -> bytes:
        """The hash of the transaction, 32 bytes."""
        ...
