"""How fast the store takes in, claims and finishes, beside bare SQLite commits and bare PostgreSQL commits of the same run.

`python -m tests.bench.bench_store` prints one line a measurement. Bare: one row of a mention's size per transaction, WAL and
synchronous=FULL (SQLite), synchronous_commit=on (PostgreSQL). Aims (issue 2, R40): intake in groups at least as fast as bare
commits; 200-row batches decided and recorded at 500 mentions/s or more.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg

from maskbot.adapters.store.upgrade import upgrade
from maskbot.adapters.store.work import SqlStore, open_store
from maskbot.domain.delivery import NewDelivery
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.domain.mention import Outcome
from tests.ports.store.postgres import postgres_server
from tests.ports.store.stage import NOW, Stage, draft_of, post_of

ROUND_S = 2.0
GROUP = 50
BATCH = 200
BACKLOG = 4_000
ROW_BYTES = 900
_CREATE = "CREATE TABLE bare (id TEXT PRIMARY KEY, body TEXT)"


def main() -> None:
    """Measure SQLite, then PostgreSQL; every figure is rows per second."""
    with tempfile.TemporaryDirectory() as folder:
        upgrade(f"sqlite:///{folder}/m.db")
        measure("sqlite", open_store(f"sqlite:///{folder}/m.db"), bare=bare_sqlite(Path(folder) / "bare.db"))
    with postgres_server(is_durable=True) as url:
        upgrade(url)
        measure("postgres", open_store(url), bare=bare_postgres(url))


def measure(name: str, store: SqlStore, *, bare: float) -> None:
    """Print one table for this store and close it."""
    stage = Stage(store)
    say(f"{name}: load {os.getloadavg()[0]:.1f}; bare durable commits of one row: {bare:,.0f}/s")
    for size in (1, GROUP, BATCH):
        rate = intake(stage, size=size)
        say(f"{name}: intake, {size:3} mentions a commit: {rate:8,.0f}/s = {rate / bare:5.2f} x bare")
    claimed, decided = drain(stage)
    say(f"{name}: claim and finish, {BATCH} rows a commit: {claimed:8,.0f}/s")
    say(f"{name}: claim, load, limits, settle, deliveries, jobs, finish: {decided:8,.0f}/s (aim 500)")
    store.close()


def intake(stage: Stage, *, size: int) -> float:
    """Mentions stored durably per second with their jobs, `size` in one unit of work."""
    counter = [0]

    def store_group() -> int:
        start = counter[0]
        counter[0] += size
        new = [stage.new_mention("", post=post_of(f"{size}-{n}")) for n in range(start, start + size)]
        with stage.store.write() as work:
            ids = work.mentions.record(new, now_ms=NOW)
            work.jobs.add([NewJob(JobKind.ANSWER_MENTION, one, stage.tenant, NOW) for one in ids])
            work.accounts.advance(stage.feed_a, cursor=str(counter[0]))
        return size

    return per_second(store_group)


def drain(stage: Stage) -> tuple[float, float]:
    """Jobs claimed and finished per second; mentions claimed, decided and recorded per second."""
    add_jobs(stage, JobKind.OPEN_POST)
    started, done = time.perf_counter(), 0
    while jobs := in_one_write(stage, "keys"):
        with stage.store.write() as work:
            work.jobs.finish(jobs)
        done += len(jobs)
    claimed = done / (time.perf_counter() - started)
    with stage.store.write() as work:
        while jobs := work.jobs.claim(queue="mentions", owner="w", limit=BATCH, now_ms=NOW, lease_ms=1):
            work.jobs.finish(jobs)
    ids: list[str] = []
    for start in range(0, BACKLOG, BATCH):
        with stage.store.write() as work:
            new = [
                stage.new_mention("", post=post_of(f"d{n}", conversation_id=f"c{n}"))
                for n in range(start, start + BATCH)
            ]
            ids += work.mentions.record(new, now_ms=NOW)
    add_jobs(stage, JobKind.ANSWER_MENTION, ids=ids)
    started, done = time.perf_counter(), 0
    while count := decide_batch(stage):
        done += count
    return claimed, done / (time.perf_counter() - started)


def decide_batch(stage: Stage) -> int:
    """What `decide/answer_mentions` does to the store for one batch; the deciding itself is not measured here."""
    jobs = in_one_write(stage, "mentions")
    if not jobs:
        return 0
    ids = [job.target_id for job in jobs]
    with stage.store.write() as work:
        mentions = work.mentions.load(ids)
        work.facts.load(ids)
        asked = [(one.account_id, one.post.author.person, one.post.conversation_id) for one in mentions.values()]
        work.people.allowances(asked, burst=5, refill_ms=30_000, now_ms=NOW)
        work.switches.off()
        new = [
            NewDelivery(stage.a, stage.tenant, one.post.root_id, draft_of(), mention_id=one.id)
            for one in mentions.values()
        ]
        delivery_ids = work.deliveries.add(new, now_ms=NOW)
        work.jobs.add([NewJob(JobKind.DELIVER_POST, one, stage.tenant, NOW) for one in delivery_ids])
        work.people.spend(asked, burst=5, refill_ms=30_000, now_ms=NOW)
        work.mentions.settle([Outcome(one, "answered", "answered", "price") for one in ids], now_ms=NOW)
        work.jobs.finish(jobs)
    return len(jobs)


def in_one_write(stage: Stage, queue: str) -> tuple[Job, ...]:
    """The jobs of one claim."""
    with stage.store.write() as work:
        return work.jobs.claim(queue=queue, owner="bench", limit=BATCH, now_ms=NOW, lease_ms=600_000)


def add_jobs(stage: Stage, kind: JobKind, *, ids: list[str] | None = None) -> None:
    """Due jobs, a backlog of them unless their targets are given."""
    targets = [f"t{n}" for n in range(BACKLOG)] if ids is None else ids
    with stage.store.write() as work:
        work.jobs.add([NewJob(kind, target, stage.tenant, NOW) for target in targets])


def bare_sqlite(path: Path) -> float:
    """Durable commits of one row per second by the driver alone."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(_CREATE)
        counter = [0]

        def commit() -> int:
            counter[0] += 1
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO bare VALUES (?, ?)", (f"{counter[0]:036}", "x" * ROW_BYTES))
            connection.execute("COMMIT")
            return 1

        return per_second(commit)


def bare_postgres(url: str) -> float:
    """Durable commits of one row per second by the driver alone."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_CREATE)
        counter = [0]

        def commit() -> int:
            counter[0] += 1
            connection.execute("INSERT INTO bare VALUES (%s, %s)", (f"{counter[0]:036}", "x" * ROW_BYTES))
            return 1

        return per_second(commit)


def per_second(step: Callable[[], int]) -> float:
    """How many rows a second `step` handles, over at least two seconds."""
    started, count = time.perf_counter(), 0
    while (spent_s := time.perf_counter() - started) < ROUND_S:
        count += step()
    return count / spent_s


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
