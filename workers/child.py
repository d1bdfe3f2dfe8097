"""A child process that a supervisor runs: what to run, and its life so far."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from maskbot.domain.errors import Unavailable
from workers.status_file import ChildStatus, State


class ChildNotReady(Unavailable):
    """A child ended, or stayed silent, until its time to become ready was over."""

    kind = "ChildNotReady"


def always_ready() -> bool:
    """The ready check of a child that is ready as soon as it runs."""
    return True


@dataclass(frozen=True, slots=True)
class Child:
    """What to run. `env` is the whole environment. `is_ready` answers quickly and does not raise."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    is_ready: Callable[[], bool] = always_ready
    ready_timeout_s: float = 60.0
    grace_s: float = 10.0  # from the stop signal to SIGKILL
    stop_signal: signal.Signals = signal.SIGTERM


@dataclass(slots=True)
class Run:
    """One child's life so far."""

    child: Child
    state: State = "waiting"
    process: subprocess.Popen[bytes] | None = None
    output: threading.Thread | None = None
    began: float = 0.0
    next_start: float = 0.0
    failures: int = 0
    restarts: int = 0
    last_exit: int | None = None

    def status(self) -> ChildStatus:
        pid = self.process.pid if self.process is not None else None
        return ChildStatus(self.child.name, self.state, pid, self.restarts, self.last_exit)
