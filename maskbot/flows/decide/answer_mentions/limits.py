"""The answer limits of one batch: read once for everybody in it, spent in memory, written once.

A token bucket for each (account, person), a count for each conversation (reliability.md E4). Lives for one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from maskbot.domain.identity import PersonId
from maskbot.domain.policy import AccountPolicy
from maskbot.ports.store import Allowance, Work

Asked = tuple[str, PersonId, str | None]
"""Account id, person, conversation id."""


class Limits:
    """What each asker of the batch may still get."""

    def __init__(self, asked: Iterable[tuple[Asked, AccountPolicy]], *, work: Work, now_ms: int) -> None:
        self._work, self._now_ms = work, now_ms
        self._policies = dict(asked)
        self._left: dict[Asked, Allowance] = {}
        self._spent: dict[tuple[int, int, bool], list[Asked]] = {}
        for (burst, refill_ms), group in self._by_rule(self._policies).items():
            self._left.update(work.people.allowances(group, burst=burst, refill_ms=refill_ms, now_ms=now_ms))
        self._threads: dict[tuple[str, PersonId], list[Asked]] = {}
        for one in self._policies:
            self._threads.setdefault(one[:2], []).append(one)

    def of(self, asked: Asked) -> Allowance:
        """What is left now."""
        return self._left[asked]

    def spend(self, asked: Asked, *, is_help: bool) -> None:
        """Count one answer; everybody of the batch sees it at once."""
        account_id, person, conversation_id = asked
        for other in self._threads[(account_id, person)]:
            left = self._left[other]
            in_thread = left.in_thread + (conversation_id is not None and other[2] == conversation_id)
            last_help_ms = self._now_ms if is_help else left.last_help_ms
            self._left[other] = replace(left, answers=left.answers - 1, in_thread=in_thread, last_help_ms=last_help_ms)
        policy = self._policies[asked]
        self._spent.setdefault((policy.burst, int(policy.refill_s * 1000), is_help), []).append(asked)

    def write(self) -> None:
        """Record what was spent."""
        for (burst, refill_ms, is_help), group in self._spent.items():
            self._work.people.spend(group, burst=burst, refill_ms=refill_ms, now_ms=self._now_ms, is_help=is_help)

    @staticmethod
    def _by_rule(policies: dict[Asked, AccountPolicy]) -> dict[tuple[int, int], list[Asked]]:
        groups: dict[tuple[int, int], list[Asked]] = {}
        for asked, policy in policies.items():
            groups.setdefault((policy.burst, int(policy.refill_s * 1000)), []).append(asked)
        return groups
