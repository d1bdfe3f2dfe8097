"""Lanes: how many threads may work on each queue at once, so that no stalled platform can starve the others.

A bell for a queue whose lane is full is not kept waiting: it is noted, and whoever works there looks again before leaving.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock

from maskbot.domain.job import QUEUES


def lane_widths(threads: int) -> Mapping[str, int]:
    """Threads by queue: decisions one (they come in batches), deliveries most. Pictures come from servers of strangers, which may
    be slow, so they hold up nothing else. With fewer than nine threads lanes overlap."""
    widths = {"mentions": 1, "facts": 2, "keys": 1, "pictures": 1, "webhooks": 1, "payments": 2}
    return {**widths, "deliveries": max(1, threads - 5)}


class Lanes:
    """Counts who works where. Thread-safe."""

    def __init__(self, widths: Mapping[str, int]) -> None:
        self._free = {queue: widths.get(queue, 1) for queue in QUEUES}
        self._is_rung: dict[str, bool] = dict.fromkeys(QUEUES, False)
        self._lock = Lock()

    def enter(self, queue: str) -> bool:
        """Take a place; False if the lane is full (somebody there will look again)."""
        with self._lock:
            if self._free[queue] > 0:
                self._free[queue] -= 1
                return True
            self._is_rung[queue] = True
            return False

    def leave(self, queue: str) -> bool:
        """Give the place back; False if a bell rang meanwhile, and the work goes on."""
        with self._lock:
            if self._is_rung[queue]:
                self._is_rung[queue] = False
                return False
            self._free[queue] += 1
            return True

    def abandon(self, queue: str) -> None:
        """Give the place back after a failure, also if a bell rang meanwhile: the ticker rings again."""
        with self._lock:
            self._free[queue] += 1

    def work(self, queue: str, drain: Callable[[], object], *, is_stopping: Callable[[], bool]) -> None:
        """Drain the queue in its lane, again for every bell that rang meanwhile; nothing when the lane is full.

        Raises: what `drain` raises; the place is free again then.
        """
        if not self.enter(queue):
            return
        while True:
            try:
                drain()
            except BaseException:
                self.abandon(queue)
                raise
            if self.leave(queue) or is_stopping():
                return
