"""The Celery application: a doorbell and nothing more. SQL is the truth; a message names a queue that has due rows.

Every setting has its reason in reliability.md B.1 and B.2. Messages are JSON with one text argument; there is no result backend.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from celery import Celery
from kombu.entity import Queue

from maskbot.domain.job import QUEUES
from maskbot.settings import Settings

log = structlog.get_logger()
TASK = "maskbot.drain"


def make_app(settings: Settings) -> Celery:
    """The application for this deployment's broker. Makes no connection yet."""
    app = Celery("maskbot", broker=settings.broker_url, set_as_current=False)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],  # never pickle
        task_ignore_result=True,  # no result backend: state is in SQL
        task_acks_late=False,  # the lease in SQL is the acknowledgement
        task_acks_on_failure=True,  # SQL knows what failed
        task_acks_on_timeout=True,
        task_reject_on_worker_lost=True,
        task_queues=[Queue(name) for name in QUEUES],  # type: ignore[no-untyped-call]  # kombu ships no types
        task_default_queue=QUEUES[0],
        task_create_missing_queues=False,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_soft_shutdown_timeout=3.0,
        worker_enable_soft_shutdown_on_idle=True,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,  # nobody steers a worker over Redis
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # a Redis that is away for long comes back (R3)
        broker_transport_options={
            "visibility_timeout": 3600,  # early acknowledgement: only rings in flight are restored
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "global_keyprefix": f"{settings.deployment}:",
            "socket_timeout": 10,
            "socket_connect_timeout": 3,
            "max_retries": 0,
        },
    )
    return app


class Doorbell:
    """Rings Celery queues; a `Notice` of ports/inside.py. Never raises: a lost ring costs seconds (the ticker rings again)."""

    def __init__(self, app: Celery, *, widths: Mapping[str, int], batches: Mapping[str, int]) -> None:
        self._app, self._widths, self._batches = app, widths, batches

    def ring(self, queues: Mapping[str, int]) -> None:
        """One bell for each batch of due rows, at most as many as threads work on the queue."""
        for queue, due in queues.items():
            bells = min(self._widths.get(queue, 1), -(-due // self._batches.get(queue, 1)))
            try:
                with self._app.producer_pool.acquire(block=True, timeout=2) as producer:
                    for _ in range(bells):
                        self._app.send_task(
                            TASK, args=(queue,), queue=queue, producer=producer, retry=False, ignore_result=True
                        )
            except Exception as error:  # the broker may be down in many ways; the rows are safe in SQL
                log.warning("bell.lost", queue=queue, error=type(error).__name__)
                return
