"""Waiting for what another process does, without a fixed pause: look often, give up after a generous bound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from workers.proc_table import start_ticks

PATIENCE_S = 20.0
Seen = TypeVar("Seen")


def until(look: Callable[[], Seen | None]) -> Seen:
    """Looks every 10 ms until it sees something true; fails the test when it never does."""
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while time.monotonic() < deadline:
        seen = look()
        if seen:
            return seen
        pause.wait(0.01)
    raise AssertionError("not seen in time")


def is_gone(pid: int) -> bool:
    """Whether a process has ended (a zombie has)."""
    return start_ticks(pid) is None
