"""The Celery worker: a thread pool that answers bells by draining queues. IO-bound work; hostile bytes are parsed in bounded code.

Source: reliability.md B.5 (threads), R27 (no new claim after SIGTERM). Leases of a worker of this host that died are freed at the
start, so that its jobs need not wait for them to lapse.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from functools import partial
from threading import Event

import structlog
from celery import Celery
from celery.signals import worker_ready, worker_shutting_down

from maskbot.assembly import App
from maskbot.domain.job import QUEUES
from workers.app import TASK, Doorbell, make_app
from workers.lanes import Lanes, lane_widths
from workers.task import BATCHES, drain

log = structlog.get_logger()


def run_worker(app: App, *, queues: Sequence[str] = QUEUES) -> None:
    """Work until SIGTERM. `queues` are names of `domain.job.QUEUES`."""
    stopping = Event()
    celery = make_app(app.settings)
    widths = lane_widths(app.settings.worker_threads)
    lanes = Lanes(widths)
    doorbell = Doorbell(celery, widths=widths, batches=BATCHES)
    owner = f"{socket.gethostname()}:{os.getpid()}"
    free_dead_leases(app)

    @celery.task(name=TASK, ignore_result=True)  # type: ignore[untyped-decorator]  # Celery ships no types
    def _drain(queue: str) -> None:
        if queue in QUEUES:
            lanes.work(
                queue,
                partial(drain, queue, app=app, notice=doorbell, owner=owner, is_stopping=stopping.is_set),
                is_stopping=stopping.is_set,
            )

    @worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery ships no types
    def _stop(**_: object) -> None:
        stopping.set()

    @worker_ready.connect(weak=False)  # type: ignore[untyped-decorator]  # Celery ships no types
    def _ready(**_: object) -> None:
        log.info("worker.ready", owner=owner, queues=list(queues))

    try:
        _serve(celery, app, queues)
    finally:
        stopping.set()
        log.info("worker.stopped", owner=owner)


def _serve(celery: Celery, app: App, queues: Sequence[str]) -> None:
    celery.Worker(
        pool="threads",
        concurrency=app.settings.worker_threads,
        queues=list(queues),
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
        loglevel="WARNING",
    ).start()


def free_dead_leases(app: App) -> None:
    """Free the leases of workers of this host whose process is gone."""
    host = socket.gethostname()
    with app.store.write() as work:
        for owner in work.bells.lease_owners():
            name, _, pid = owner.rpartition(":")
            if name == host and pid.isdigit() and not _is_alive(int(pid)):
                freed = work.bells.free_leases(owner, now_ms=app.clock.now_ms())
                log.warning("worker.leases_freed", owner=owner, jobs=freed)


def _is_alive(pid: int) -> bool:
    if pid == os.getpid():
        return False  # the number was given again: its former owner is dead
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
