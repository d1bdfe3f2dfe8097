"""What a supervisor tells of its children, in a file that `maskbot health` reads: written whole or not at all.

Holds names, pids, states and counts; never arguments or environments, which may carry secrets.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from workers.proc_table import start_ticks

NAME = "status.json"
LARGEST = 1 << 20  # bytes

State = Literal["waiting", "starting", "ready", "stopped"]


@dataclass(frozen=True, slots=True)
class ChildStatus:
    """One child: `waiting` for its turn or its next start, `starting`, `ready`, or `stopped` for good."""

    name: str
    state: State
    pid: int | None
    restarts: int
    last_exit: int | None  # negative: the signal that ended it


@dataclass(frozen=True, slots=True)
class Status:
    """One supervisor (pid and start time name it for ever) and its children in their order."""

    pid: int
    start_ticks: int | None
    children: tuple[ChildStatus, ...]

    @property
    def is_current(self) -> bool:
        """Whether the supervisor that wrote this still runs."""
        return self.start_ticks is not None and start_ticks(self.pid) == self.start_ticks

    @property
    def is_ready(self) -> bool:
        """Whether it runs, and every child with it."""
        return self.is_current and all(child.state == "ready" for child in self.children)


def write_status(state_dir: Path, children: tuple[ChildStatus, ...]) -> None:
    """Writes our own status."""
    status = Status(os.getpid(), start_ticks(os.getpid()), children)
    fresh = state_dir / f"{NAME}.new"
    fresh.write_text(json.dumps(asdict(status)))
    fresh.replace(state_dir / NAME)


def read_status(state_dir: Path) -> Status | None:
    """Reads what the last supervisor of this directory wrote; None when there is nothing, or it is not readable as such."""
    try:
        with (state_dir / NAME).open("rb") as file:
            fields = json.loads(file.read(LARGEST))
        children = tuple(ChildStatus(**child) for child in fields["children"])
        return Status(int(fields["pid"]), fields["start_ticks"], children)
    except (OSError, ValueError, TypeError, KeyError):
        return None
