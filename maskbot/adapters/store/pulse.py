"""The pulse: figures that health and metrics show (reliability.md R39)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from maskbot.adapters.store.limits import DAY_MS
from maskbot.adapters.store.tables import account, beat, job, mention, spend
from maskbot.adapters.store.tables_outbox import broadcast, delivery
from maskbot.domain.job import QUEUES


@dataclass(frozen=True, slots=True)
class Pulse:
    """Ages in milliseconds. `oldest_due_ms` is, by queue, how long the longest due job has waited (0: none is due);
    `due_jobs` how many are due; `jobs`, `mentions`, `deliveries`, `broadcasts`, `accounts` counts by state;
    `oldest_unknown_ms` the age of the oldest delivery of unknown outcome; `beats` how long ago each loop was alive;
    `spent_today_musd` X spend of the UTC day by account."""

    oldest_due_ms: Mapping[str, int]
    due_jobs: Mapping[str, int]
    jobs: Mapping[str, int]
    mentions: Mapping[str, int]
    deliveries: Mapping[str, int]
    broadcasts: Mapping[str, int]
    accounts: Mapping[str, int]
    oldest_unknown_ms: int
    beats: Mapping[str, int]
    spent_today_musd: Mapping[str, int]


def load_pulse(connection: Connection, *, now_ms: int) -> Pulse:
    """The figures of one snapshot."""
    due = connection.execute(
        select(job.c.queue, func.min(job.c.due_at_ms), func.count())
        .where(job.c.state == "pending", job.c.due_at_ms <= now_ms)
        .group_by(job.c.queue)
    ).all()
    unknown_since = connection.execute(
        select(func.min(delivery.c.unknown_since_ms)).where(delivery.c.state == "unknown")
    ).scalar_one()
    spent = select(spend.c.account_id, func.sum(spend.c.cost_musd)).where(spend.c.day == now_ms // DAY_MS)
    return Pulse(
        oldest_due_ms=dict.fromkeys(QUEUES, 0) | {queue: now_ms - first for queue, first, _ in due},
        due_jobs=dict.fromkeys(QUEUES, 0) | {queue: count for queue, _, count in due},
        jobs=_counts(connection, select(job.c.state, func.count()).group_by(job.c.state)),
        mentions=_counts(connection, select(mention.c.state, func.count()).group_by(mention.c.state)),
        deliveries=_counts(connection, select(delivery.c.state, func.count()).group_by(delivery.c.state)),
        broadcasts=_counts(connection, select(broadcast.c.state, func.count()).group_by(broadcast.c.state)),
        accounts=_counts(connection, select(account.c.state, func.count()).group_by(account.c.state)),
        oldest_unknown_ms=0 if unknown_since is None else max(0, now_ms - unknown_since),
        beats={row.name: now_ms - row.at_ms for row in connection.execute(select(beat))},
        spent_today_musd=_counts(connection, spent.group_by(spend.c.account_id)),
    )


def _counts(connection: Connection, statement: Select[Any]) -> dict[str, int]:
    return {name: int(count) for name, count in connection.execute(statement)}
