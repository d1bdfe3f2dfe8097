"""Jobs and bells: leases, tokens, crashes, rings (R6, R10)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from maskbot.adapters.store.errors import StaleLease
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.ports.store import Work
from tests.ports.store.stage import NOW, Stage

LEASE = 60_000


def add(stage: Stage, *targets: str, kind: JobKind = JobKind.ANSWER_MENTION, due_at_ms: int = NOW) -> None:
    with stage.store.write() as work:
        work.jobs.add([NewJob(kind, target, stage.tenant, due_at_ms) for target in targets])


def claim(
    stage: Stage, *, queue: str = "mentions", limit: int = 10, now_ms: int = NOW, owner: str = "w1"
) -> tuple[Job, ...]:
    with stage.store.write() as work:
        return work.jobs.claim(queue=queue, owner=owner, limit=limit, now_ms=now_ms, lease_ms=LEASE)


def take_due(stage: Stage, now_ms: int, quiet_ms: int = 5_000) -> dict[str, int]:
    with stage.store.write() as work:
        return dict(work.bells.take_due(now_ms=now_ms, quiet_ms=quiet_ms))


def beat_and(end: Callable[[Work], None], stage: Stage) -> None:
    with stage.store.write() as work:
        work.bells.beat(name="worker", now_ms=NOW)
        end(work)


def test_due_jobs_of_the_queue_are_claimed_oldest_first(stage: Stage) -> None:
    add(stage, "late", due_at_ms=NOW - 1)
    add(stage, "early", due_at_ms=NOW - 9)
    add(stage, "future", due_at_ms=NOW + 1)
    add(stage, "elsewhere", kind=JobKind.DELIVER_POST)
    assert [job.target_id for job in claim(stage)] == ["early", "late"]
    assert claim(stage) == ()


def test_the_limit_leaves_the_rest_for_the_next_claim(stage: Stage) -> None:
    add(stage, *[f"m{n}" for n in range(5)])
    assert len(claim(stage, limit=3)) == 3
    assert len(claim(stage, limit=3)) == 2


def test_a_pending_job_added_again_stays_as_it_is(stage: Stage) -> None:
    add(stage, "m", due_at_ms=NOW + 50)
    add(stage, "m", "m", due_at_ms=NOW)
    assert claim(stage, now_ms=NOW) == ()
    assert len(claim(stage, now_ms=NOW + 50)) == 1


def test_a_finished_job_added_again_falls_due_again(stage: Stage) -> None:
    add(stage, "m")
    with stage.store.write() as work:
        work.jobs.finish(work.jobs.claim(queue="mentions", owner="w", limit=9, now_ms=NOW, lease_ms=LEASE))
    assert claim(stage, now_ms=NOW + LEASE) == ()
    add(stage, "m", due_at_ms=NOW + 7)
    (again,) = claim(stage, now_ms=NOW + 7)
    assert (again.tries, again.crashes, again.created_at_ms) == (1, 0, NOW + 7)


def test_a_lapsed_lease_is_taken_over_and_the_old_holder_refused(stage: Stage) -> None:
    add(stage, "m")
    (old,) = claim(stage)
    assert claim(stage, now_ms=NOW + LEASE - 1, owner="w2") == ()
    (new,) = claim(stage, now_ms=NOW + LEASE, owner="w2")
    assert new.lease_token > old.lease_token
    assert new.crashes == 1
    for end in (
        lambda work: work.jobs.finish([old]),
        lambda work: work.jobs.postpone(old, due_at_ms=NOW, error_kind="x"),
        lambda work: work.jobs.park(old, error_kind="x"),
    ):
        with pytest.raises(StaleLease):
            beat_and(end, stage)
    assert stage.admin.pulse(now_ms=NOW).beats == {}, "the whole unit of work rolled back"
    with stage.store.write() as work:
        work.jobs.finish([new])


def test_finishing_a_batch_with_one_lost_lease_records_nothing(stage: Stage) -> None:
    add(stage, "m1", "m2")
    jobs = claim(stage)
    claim(stage, now_ms=NOW + LEASE, limit=1)
    with pytest.raises(StaleLease), stage.store.write() as work:
        work.jobs.finish(jobs)
    assert stage.admin.pulse(now_ms=NOW).jobs == {"pending": 2}


def test_a_job_that_never_ends_is_parked_at_the_sixth_claim(stage: Stage) -> None:
    add(stage, "poison", "fine")
    now_ms = NOW
    for round_ in range(5):
        jobs = {job.target_id: job for job in claim(stage, now_ms=now_ms)}
        assert jobs["poison"].crashes == round_
        with stage.store.write() as work:
            work.jobs.postpone(jobs["fine"], due_at_ms=now_ms + LEASE, error_kind="Unavailable")
        now_ms += LEASE
    assert [job.target_id for job in claim(stage, now_ms=now_ms)] == ["fine"]
    (parked,) = stage.admin.jobs()
    assert (parked["target_id"], parked["error_kind"]) == ("poison", "CrashedTooOften")


def test_a_parked_job_comes_back_when_unparked(stage: Stage) -> None:
    add(stage, "m")
    (job,) = claim(stage)
    with stage.store.write() as work:
        work.jobs.park(job, error_kind="Misconfigured")
    assert claim(stage, now_ms=NOW + 10 * LEASE) == ()
    assert stage.admin.unpark(now_ms=NOW) == 1
    assert [one.target_id for one in claim(stage)] == ["m"]


def test_a_postponed_job_waits_and_keeps_its_tries(stage: Stage) -> None:
    add(stage, "m")
    (job,) = claim(stage)
    with stage.store.write() as work:
        work.jobs.postpone(job, due_at_ms=NOW + 500, error_kind="Unavailable")
    assert claim(stage, now_ms=NOW + 499) == ()
    (again,) = claim(stage, now_ms=NOW + 500)
    assert (again.tries, again.crashes) == (2, 0)


def test_parallel_workers_never_hold_the_same_job(stage: Stage) -> None:
    add(stage, *[f"m{n}" for n in range(200)])
    taken: list[str] = []
    barrier, lock = threading.Barrier(6), threading.Lock()

    def work_on(owner: str) -> None:
        barrier.wait()
        while jobs := claim(stage, limit=7, owner=owner):
            with lock:
                taken.extend(job.target_id for job in jobs)

    threads = [threading.Thread(target=work_on, args=(f"w{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 200


def test_bells_ring_once_per_quiet_time_and_again_for_lapsed_leases(stage: Stage) -> None:
    add(stage, "m1", "m2")
    add(stage, "d", kind=JobKind.DELIVER_POST)
    add(stage, "later", due_at_ms=NOW + 1)
    assert take_due(stage, NOW) == {"mentions": 2, "deliveries": 1}
    assert take_due(stage, NOW) == {}
    claim(stage, limit=2)
    assert take_due(stage, NOW + 6_000) == {"mentions": 1, "deliveries": 1}
    assert take_due(stage, NOW + LEASE) == {"mentions": 3, "deliveries": 1}
