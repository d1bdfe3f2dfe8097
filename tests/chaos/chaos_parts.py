"""The slow faults, each in a service of its own: `python -m tests.chaos.chaos_parts`.

R6: the holder of a lease is stopped (SIGSTOP) with a post under way until its lease has lapsed, another worker takes over, and the
holder comes back (SIGCONT). R24: four workers and a window of X that is smaller than the work. R39: readiness turns red within 15 s
of a stopped worker and of an X that is down. R3: Redis is away for MASKBOT_CHAOS_AWAY_S (600 s).
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.service import Service, wait_until

AWAY_S = float(os.environ.get("MASKBOT_CHAOS_AWAY_S", "600"))
MENTIONS_FOR_FOUR = 130
WINDOW = 100
"""Posts that X allows a user in 15 minutes."""


def a_stopped_holder_comes_back(directory: Path) -> None:
    """R6: one reply, and the holder's record is refused."""
    with Service(directory, LEASE_S="5") as service:
        service.x.add_fault("hang", method="POST", path="/2/tweets", seconds=1.0, after=True)
        asked = service.ask("patient")
        wait_until(lambda: asked in service.replies(), what="the post under way")
        os.kill(service.children["worker"].pid, signal.SIGSTOP)
        service.start_module("worker-2", "workers.run", "worker")
        others = [service.ask(f"other{number}") for number in range(5)]
        wait_until(lambda: {asked, *others} <= set(service.replies()), what="replies", timeout_s=60)
        os.kill(service.children["worker"].pid, signal.SIGCONT)
        last = service.ask("last")
        wait_until(lambda: last in service.replies(), what="the last reply", timeout_s=60)
        time.sleep(3)
        assert set(service.replies().values()) == {1}


def four_workers_and_one_window(directory: Path) -> None:
    """R24: the simulated X counts no call beyond its budget."""
    with Service(directory, X_POSTS_PER_WINDOW=str(WINDOW), X_POLL_S="10") as service:
        service.x.switch(has_limits=True)
        service.x.clear_calls()
        for number in range(2, 5):
            service.start_module(f"worker-{number}", "workers.run", "worker")
        for number in range(MENTIONS_FOR_FOUR):
            service.ask(f"user{number}")
        wait_until(lambda: len(service.replies()) == WINDOW, what="a window of replies", timeout_s=120)
        time.sleep(5)
        calls = service.x.calls()
        assert calls["over_budget"] == {}, calls["over_budget"]
        assert len(service.replies()) == WINDOW


def readiness_turns_red(directory: Path) -> None:
    """R39: a stopped worker with work waiting, and an X that is down."""
    with Service(directory) as service:
        wait_until(lambda: service.readiness()[0] == 200, what="green", timeout_s=30)
        os.kill(service.children["worker"].pid, signal.SIGSTOP)
        began = time.monotonic()
        service.ask("waiting")
        wait_until(lambda: "due work" in service.readiness()[1], what="red for the worker", timeout_s=20)
        print(f"   red {time.monotonic() - began:.1f} s after the worker stopped")
        os.kill(service.children["worker"].pid, signal.SIGCONT)
        wait_until(lambda: service.readiness()[0] == 200, what="green", timeout_s=60)
        began = time.monotonic()
        service.x.add_fault("html_503", method="GET", path="/2/users/*", count=None)
        wait_until(lambda: "watch:" in service.readiness()[1], what="red for X", timeout_s=15)
        print(f"   red {time.monotonic() - began:.1f} s after X went down")
        service.x.clear_faults()
        wait_until(lambda: service.readiness()[0] == 200, what="green", timeout_s=90)


def redis_is_away_for_long(directory: Path) -> None:
    """R3: intake goes on, nothing crashes, the backlog drains."""
    with Service(directory) as service:
        service.stop_redis()
        asked: list[str] = []
        until = time.monotonic() + AWAY_S
        while time.monotonic() < until:
            if len(asked) < 300:
                asked.append(service.ask(f"user{len(asked)}"))
            time.sleep(min(2.0, AWAY_S / 50))
            assert all(child.is_running for child in service.children.values())
        service.start_redis()
        wait_until(lambda: set(asked) == set(service.replies()), what="the backlog", timeout_s=120)
        assert set(service.replies().values()) == {1}


STEPS: tuple[Callable[[Path], None], ...] = (
    a_stopped_holder_comes_back,
    four_workers_and_one_window,
    readiness_turns_red,
    redis_is_away_for_long,
)


def main() -> None:
    """Runs every step; the first that fails ends it."""
    for step in STEPS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="mb-chaos-") as directory:
            step(Path(directory))
        print(f"{step.__name__.replace('_', ' ')}: {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
