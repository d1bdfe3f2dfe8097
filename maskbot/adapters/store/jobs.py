"""Jobs with leases, and the ticker's bells (reliability.md A.1, C.1, R6, R10).

A claim is one UPDATE ... RETURNING: it raises the lease token, counts an open claim and moves the due time to the end of the
lease. Every later write carries the token, so the holder of a lapsed lease that was taken over is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Select, Update, and_, bindparam, case, delete, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.errors import StaleLease
from maskbot.adapters.store.ids import new_id
from maskbot.adapters.store.tables import beat, job
from maskbot.domain.job import Job, JobKind, NewJob

CLAIMS_BEFORE_PARKING = 5
RINGS_PER_CALL = 2_000
_IS_PENDING = text("job.state = 'pending'")  # a literal: the partial index is not used for a bound value


def _due(now: str) -> Select[tuple[str]]:
    return (
        select(job.c.id)
        .where(_IS_PENDING, job.c.due_at_ms <= bindparam(now))
        .order_by(job.c.due_at_ms, job.c.id)
        .limit(bindparam("b_limit"))
        .with_for_update(skip_locked=True)
    )


_ADD = upsert(job).values(
    id=bindparam("id"),
    kind=bindparam("kind"),
    queue=bindparam("queue"),
    target_id=bindparam("target_id"),
    tenant_id=bindparam("tenant_id"),
    due_at_ms=bindparam("due_at_ms"),
    created_at_ms=bindparam("created_at_ms"),
    state="pending",
    announced_at_ms=0,
    lease_owner="",
    lease_token=0,
    open_claims=0,
    tries=0,
    error_kind=None,
)
_ADD = _ADD.on_conflict_do_update(
    index_elements=[job.c.kind, job.c.target_id],
    set_={
        "state": "pending",
        "due_at_ms": _ADD.excluded.due_at_ms,
        "created_at_ms": _ADD.excluded.created_at_ms,
        "announced_at_ms": 0,
        "open_claims": 0,
        "tries": 0,
        "error_kind": None,
    },
    where=job.c.state != "pending",
)

_claimable = _due("b_now").where(job.c.queue == bindparam("b_queue")).cte("claimable")
_is_poison = job.c.open_claims >= CLAIMS_BEFORE_PARKING
_CLAIM = (
    update(job)
    .where(job.c.id == _claimable.c.id)
    .values(
        lease_owner=bindparam("b_owner"),
        lease_token=job.c.lease_token + 1,
        open_claims=job.c.open_claims + 1,
        tries=job.c.tries + 1,
        due_at_ms=bindparam("b_until"),
        state=case((_is_poison, literal("parked")), else_=literal("pending")),
        error_kind=case((_is_poison, literal("CrashedTooOften")), else_=job.c.error_kind),
    )
    .returning(
        job.c.id,
        job.c.kind,
        job.c.target_id,
        job.c.tenant_id,
        job.c.lease_token,
        job.c.tries,
        job.c.open_claims,
        job.c.created_at_ms,
        job.c.state,
    )
)

_is_mine = and_(job.c.id == bindparam("b_id"), job.c.lease_token == bindparam("b_token"), _IS_PENDING)
_FINISH = delete(job).where(_is_mine)
_mine = update(job).where(_is_mine).values(open_claims=0, lease_owner="")
_POSTPONE = _mine.values(due_at_ms=bindparam("b_due"), announced_at_ms=0, error_kind=bindparam("b_error"))
_GIVE_BACK = (
    update(job)
    .where(_is_mine)
    .values(
        open_claims=job.c.open_claims - 1,
        tries=job.c.tries - 1,
        lease_owner="",
        due_at_ms=bindparam("b_due"),
        announced_at_ms=0,
    )
)
_PARK = _mine.values(state="parked", error_kind=bindparam("b_error"))

_ringable = _due("b_now").where(job.c.announced_at_ms <= bindparam("b_quiet_since")).cte("ringable")
_RING = update(job).where(job.c.id == _ringable.c.id).values(announced_at_ms=bindparam("b_now")).returning(job.c.queue)

_BEAT = upsert(beat)
_BEAT = _BEAT.on_conflict_do_update(index_elements=[beat.c.name], set_={"at_ms": _BEAT.excluded.at_ms})


class SqlJobs:
    """Implements `ports.store.Jobs`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, jobs: Sequence[NewJob]) -> None:
        """See `ports.store.Jobs.add`."""
        if not jobs:
            return
        self._connection.execute(
            _ADD,
            [
                {
                    "id": new_id(),
                    "kind": new.kind.value,
                    "queue": new.kind.queue,
                    "target_id": new.target_id,
                    "tenant_id": new.tenant_id,
                    "due_at_ms": new.due_at_ms,
                    "created_at_ms": new.due_at_ms,
                }
                for new in sorted(jobs, key=lambda one: (one.kind, one.target_id))  # one order for all: no deadlocks
            ],
        )

    def claim(self, *, queue: str, owner: str, limit: int, now_ms: int, lease_ms: int) -> tuple[Job, ...]:
        """See `ports.store.Jobs.claim`. `Job.crashes` counts the claims before this one that never ended."""
        rows = self._connection.execute(
            _CLAIM,
            {"b_queue": queue, "b_owner": owner, "b_limit": limit, "b_now": now_ms, "b_until": now_ms + lease_ms},
        ).all()
        claimed = [
            Job(
                id=row.id,
                kind=JobKind(row.kind),
                target_id=row.target_id,
                tenant_id=row.tenant_id,
                lease_token=row.lease_token,
                tries=row.tries,
                crashes=row.open_claims - 1,
                created_at_ms=row.created_at_ms,
            )
            for row in rows
            if row.state == "pending"
        ]
        return tuple(sorted(claimed, key=lambda one: (one.created_at_ms, one.id)))

    def finish(self, jobs: Sequence[Job]) -> None:
        """See `ports.store.Jobs.finish`. The rows are deleted."""
        if not jobs:
            return
        mine = [{"b_id": one.id, "b_token": one.lease_token} for one in jobs]
        done = self._connection.execute(_FINISH, mine)
        if done.rowcount != len(jobs):
            raise StaleLease(f"{len(jobs) - done.rowcount} of {len(jobs)} leases were lost; nothing is recorded")

    def postpone(self, job: Job, *, due_at_ms: int, error_kind: str) -> None:
        """See `ports.store.Jobs.postpone`."""
        self._end(_POSTPONE, job, b_due=due_at_ms, b_error=error_kind)

    def give_back(self, jobs: Sequence[Job], *, now_ms: int) -> None:
        """See `ports.store.Jobs.give_back`."""
        if jobs:
            self._connection.execute(
                _GIVE_BACK, [{"b_id": one.id, "b_token": one.lease_token, "b_due": now_ms} for one in jobs]
            )

    def park(self, job: Job, *, error_kind: str) -> None:
        """See `ports.store.Jobs.park`."""
        self._end(_PARK, job, b_error=error_kind)

    def _end(self, statement: Update, one: Job, **values: object) -> None:
        ended = self._connection.execute(statement, {"b_id": one.id, "b_token": one.lease_token, **values})
        if ended.rowcount != 1:
            raise StaleLease("the lease of this job was lost; nothing is recorded")


class SqlBells:
    """Implements `ports.store.Bells`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take_due(self, *, now_ms: int, quiet_ms: int) -> Mapping[str, int]:
        """See `ports.store.Bells.take_due`. At most 2,000 jobs a call, the longest due first."""
        rung = self._connection.execute(
            _RING, {"b_now": now_ms, "b_quiet_since": now_ms - quiet_ms, "b_limit": RINGS_PER_CALL}
        )
        return Counter(rung.scalars())

    def lease_owners(self) -> tuple[str, ...]:
        """See `ports.store.Bells.lease_owners`."""
        held = select(job.c.lease_owner).where(job.c.state == "pending", job.c.lease_owner != "").distinct()
        return tuple(self._connection.execute(held).scalars())

    def free_leases(self, owner: str, *, now_ms: int) -> int:
        """See `ports.store.Bells.free_leases`."""
        freed = self._connection.execute(
            update(job)
            .where(job.c.state == "pending", job.c.lease_owner == owner)
            .values(lease_owner="", due_at_ms=now_ms, announced_at_ms=0)
        )
        return freed.rowcount

    def beat(self, *, name: str, now_ms: int) -> None:
        """See `ports.store.Bells.beat`."""
        self._connection.execute(_BEAT, {"name": name, "at_ms": now_ms})
