"""Jobs and bells: rows that are due, and the loop that rings for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from maskbot.domain.job import Job, NewJob


class Jobs(Protocol):
    """Rows that are due, and their leases."""

    def add(self, jobs: Sequence[NewJob]) -> None:
        """Record jobs. A job of the same kind and target that is pending stays as it is; one that is done or parked falls due
        again at the new time."""
        ...

    def claim(self, *, queue: str, owner: str, limit: int, now_ms: int, lease_ms: int) -> tuple[Job, ...]:
        """Take due jobs whose lease is free, oldest due first, with a new lease token each. A job claimed for the 6th time without
        an end is parked instead (reliability.md E22)."""
        ...

    def finish(self, jobs: Sequence[Job]) -> None:
        """They are done. Raises Refused (kind StaleLease) if a lease was lost: the whole unit of work rolls back."""
        ...

    def postpone(self, job: Job, *, due_at_ms: int, error_kind: str) -> None:
        """Try again later; frees the lease and forgets its crashes. Raises Refused (StaleLease) like `finish`."""
        ...

    def give_back(self, jobs: Sequence[Job], *, now_ms: int) -> None:
        """They were claimed and not begun: due now, as if they had not been claimed. A lease that was lost is none to give back."""
        ...

    def park(self, job: Job, *, error_kind: str) -> None:
        """Give up until a person looks. Raises Refused (StaleLease) like `finish`."""
        ...


class Bells(Protocol):
    """What the ticker rings for."""

    def take_due(self, *, now_ms: int, quiet_ms: int) -> Mapping[str, int]:
        """Due or lapsed jobs by queue that were not announced in the last `quiet_ms`; marks them announced."""
        ...

    def lease_owners(self) -> tuple[str, ...]:
        """Who holds leases now."""
        ...

    def free_leases(self, owner: str, *, now_ms: int) -> int:
        """Make the jobs of an owner that died due now; how many. Their crash counts stay."""
        ...

    def beat(self, *, name: str, now_ms: int) -> None:
        """Note that a loop is alive (health reads it)."""
        ...
