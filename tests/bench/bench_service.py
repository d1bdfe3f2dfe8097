"""The running service: latency of an answer, drains, memory, idle CPU (issue 2; reliability.md R40).

    python -m tests.bench.bench_service

Against the simulated X over loopback HTTP, with real processes. Every rate stands beside its bare limit from the same run; absolute
figures stand beside the machine's load.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery import Celery

from maskbot.assembly import App, assemble
from maskbot.domain.account import Account, Feed, FeedKind
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.post import Post, Visibility
from maskbot.flows.act.collect_posts import record_posts
from maskbot.settings import Settings
from tests.chaos.service import Service, wait_until
from workers.app import Doorbell, make_app
from workers.lanes import lane_widths
from workers.task import BATCHES

LATENCY_S, RATE = 15, 20
DRAIN = 10_000
DELIVERIES = 600
NO_OPS = 2_000
IDLE_S = 10


def main() -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as folder, Service(Path(folder)) as service:
        os.environ.update({key: each for key, each in service.environment.items() if key.startswith("MASKBOT_")})
        app = assemble(Settings())
        with app.store.read() as work:
            (account,) = work.accounts.load().values()
            feed = next(each for each in work.accounts.feeds(account.id) if each.kind is FeedKind.MENTIONS)
        bench = _Bench(service, app, account, feed)
        bench.memory_and_idle()
        service.children.pop("tend").end()  # from here on the bench is the watcher
        service.start("tick")
        bench.latency()
        no_ops = bench.no_op_tasks()
        bench.drain(no_ops)
        app.close()


class _Bench:
    def __init__(self, service: Service, app: App, account: Account, feed: Feed) -> None:
        self._service, self._app, self._account, self._feed = service, app, account, feed
        widths = lane_widths(app.settings.worker_threads)
        self._notice = Doorbell(make_app(app.settings), widths=widths, batches=BATCHES)
        self._count = 0

    def latency(self) -> None:
        """Mention stored to reply posted, at a steady rate."""
        self._record(self._posts(20, exist_on_x=True))  # warm: connections, imports, prepared statements
        wait_until(lambda: self._sent() >= 20, what="the warm-up")
        posts = self._posts(LATENCY_S * RATE, exist_on_x=True)
        for post in posts:
            began = time.monotonic()
            self._record([post])
            time.sleep(max(0.0, 1 / RATE - (time.monotonic() - began)))
        wait_until(lambda: self._sent() >= 20 + len(posts), what="replies")
        took = sorted(list(self._latencies_ms())[20:])
        p50, p99 = statistics.median(took), took[int(len(took) * 0.99) - 1]
        print(
            f"mention stored -> reply posted, {RATE}/s: p50 {p50:.0f} ms, p99 {p99:.0f} ms   (aim 50, 250; load {_load()})"
        )

    def no_op_tasks(self) -> float:
        """Bare Celery tasks a second through the same Redis, with the worker's own settings and pool."""
        celery, no_op = no_op_app(self._app.settings)
        for number in range(NO_OPS):
            no_op.apply_async((str(number),), queue="bench")
        with celery.connection_for_read() as connection:
            channel = connection.default_channel

            def left() -> int:
                return int(channel.client.llen("bench"))

            self._service.start_module("no_op", "tests.bench.bench_service", "no-op-worker")
            wait_until(lambda: left() < NO_OPS - 50, what="the first tasks")
            began, first = time.monotonic(), left()
            wait_until(lambda: left() == 0, what="the last task")
            rate = first / (time.monotonic() - began)
        self._service.children.pop("no_op").end()
        print(f"no-op Celery tasks: {rate:,.0f}/s   (load {_load()})")
        return rate

    def drain(self, no_ops: float) -> None:
        """A backlog decided and recorded with deliveries paused; then deliveries."""
        with self._app.store.write() as work:
            for scope in ("global", "deliveries"):
                work.switches.flip(scope, is_on=False, reason="bench", who="bench", now_ms=self._app.clock.now_ms())
        real = self._posts(DELIVERIES, exist_on_x=True)
        self._record(real)
        began = time.monotonic()
        for start in range(0, DRAIN - DELIVERIES, 500):
            self._record(self._posts(min(500, DRAIN - DELIVERIES - start), exist_on_x=False))
        intake = (DRAIN - DELIVERIES) / (time.monotonic() - began)
        print(f"durable intake in groups of 500: {intake:,.0f} mentions/s   (load {_load()})")
        time.sleep(4)
        with self._app.store.write() as work:
            work.switches.flip("global", is_on=True, reason="bench", who="bench", now_ms=self._app.clock.now_ms())
        wait_until(lambda: self._open_mentions() < DRAIN, what="the start")
        began, left = time.monotonic(), self._open_mentions()
        wait_until(lambda: self._open_mentions() == 0, what="the drain", timeout_s=180)
        rate = left / (time.monotonic() - began)
        print(
            f"drain of {DRAIN:,} mentions decided and recorded: {rate:,.0f}/s = {rate / no_ops:.2f} per no-op task   (aim 0.5)"
        )
        before = self._sent()
        with self._app.store.write() as work:
            work.switches.flip("deliveries", is_on=True, reason="bench", who="bench", now_ms=self._app.clock.now_ms())
        began = time.monotonic()
        wait_until(lambda: self._sent() >= before + DELIVERIES // 2, what="half the deliveries", timeout_s=180)
        rate = (self._sent() - before) / (time.monotonic() - began)
        print(f"deliveries over loopback: {rate:,.0f}/s   (aim 83; load {_load()})")

    def memory_and_idle(self) -> None:
        """PSS and CPU of the service's processes, doing nothing."""
        time.sleep(3)
        pids = [child.pid for child in self._service.children.values()]
        redis_pid = self._service.redis_pid()
        pss = {name: _pss_mb(child.pid) for name, child in self._service.children.items()} | {
            "redis": _pss_mb(redis_pid)
        }
        parts = ", ".join(f"{name} {mb:.0f}" for name, mb in pss.items())
        print(f"memory as PSS: {sum(pss.values()):.0f} MB without the supervisor ({parts})   (aim 250)")
        before = sum(map(cpu_s, [*pids, redis_pid]))
        time.sleep(IDLE_S)
        share = (sum(map(cpu_s, [*pids, redis_pid])) - before) / IDLE_S
        print(
            f"idle CPU: {share:.1%} of a core, ticker at {self._app.tick_s} s and X poll at 1 s   (aim 2 % at 1 s and 60 s)"
        )

    def _posts(self, count: int, *, exist_on_x: bool) -> list[Post]:
        made = []
        for _ in range(count):
            self._count += 1
            name = f"bench{self._count}"
            user_id, post_id = f"9{self._count:08d}", f"8{self._count:017d}"
            if exist_on_x:
                user_id = self._service.x.add_user(name).id
                post_id = str(self._service.x.say(name, "@maskbot help")["id"])
            made.append(
                Post(
                    Platform.X, post_id, post_id, Profile(Platform.X, "x.com", user_id, name), "help", (),
                    Visibility.PUBLIC, "", self._app.clock.now_ms(), is_addressed=True,
                )
            )  # fmt: skip
        return made

    def _record(self, posts: list[Post]) -> None:
        record_posts(
            posts, feed=self._feed, account=self._account, cursor=None, via="poll", store=self._app.store,
            clock=self._app.clock, notice=self._notice,
        )  # fmt: skip

    def _sent(self) -> int:
        return self._scalar("SELECT count(*) FROM delivery WHERE state = 'sent'")

    def _open_mentions(self) -> int:
        return self._scalar("SELECT count(*) FROM mention WHERE state = 'new'")

    def _latencies_ms(self) -> Iterator[int]:
        query = (
            "SELECT d.updated_at_ms - m.received_at_ms FROM delivery d JOIN mention m ON m.id = d.mention_id "
            "WHERE d.state = 'sent' ORDER BY m.received_at_ms"
        )
        with self._rows(query) as rows:
            yield from (int(row[0]) for row in rows)

    def _scalar(self, query: str) -> int:
        with self._rows(query) as rows:
            return int(rows[0][0])

    @contextmanager
    def _rows(self, query: str) -> Iterator[list[tuple[int, ...]]]:
        with self._app.store.snapshot() as connection:
            yield [tuple(row) for row in connection.exec_driver_sql(query)]


def no_op_app(settings: Settings) -> tuple[Celery, Any]:
    """The service's own Celery application with one more task, which does nothing, and a queue for it."""
    celery = make_app(settings)
    celery.conf.update(task_queues=None, task_default_queue="bench", task_create_missing_queues=True)

    @celery.task(name="bench.no_op", ignore_result=True)  # type: ignore[untyped-decorator]  # Celery ships no types
    def no_op(_number: str) -> None:
        """Nothing."""

    return celery, no_op


def no_op_worker() -> None:
    """A worker with the service's own pool and flags, for the no-op task."""
    settings = Settings()
    no_op_app(settings)[0].Worker(
        pool="threads", concurrency=settings.worker_threads, queues=["bench"], without_gossip=True,
        without_mingle=True, without_heartbeat=True, quiet=True, loglevel="ERROR",
    ).start()  # fmt: skip


def _pss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    no_op_worker() if sys.argv[1:] == ["no-op-worker"] else main()
