"""Where sandboxes live: one numbered directory for each that runs, the lowest free number first.

A lock says that it runs; the operating system frees it however the process ends, so a killed sandbox leaves nothing locked. The
file `world.json` tells `maskbot sandbox say` how to reach the world. `MASKBOT_SANDBOX_DIR` moves the whole place.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from maskbot.domain.errors import Refused

MOST_SANDBOXES = 9


def root() -> Path:
    """The directory of all sandboxes."""
    return Path(os.environ.get("MASKBOT_SANDBOX_DIR", "~/.local/state/maskbot-sandbox")).expanduser()


@dataclass(slots=True)
class Place:
    """One sandbox's directory, held by a lock for as long as this value lives."""

    number: int
    directory: Path
    _lock: IO[str]

    def tell(self, facts: dict[str, Any]) -> None:
        """Write down how to reach this sandbox."""
        _facts_file(self.number).write_text(json.dumps(facts, indent=1))

    def leave(self) -> None:
        """Give the place free."""
        _facts_file(self.number).unlink(missing_ok=True)
        self._lock.close()


def take_place() -> Place:
    """The first free place, emptied. Raises Refused if nine sandboxes run already."""
    root().mkdir(parents=True, exist_ok=True, mode=0o700)
    for number in range(1, MOST_SANDBOXES + 1):
        lock = (root() / f"{number}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        directory = root() / str(number)
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(mode=0o700)
        return Place(number, directory, lock)
    raise Refused(f"{MOST_SANDBOXES} sandboxes run already; end one of them with Ctrl-C")


def running(number: int | None = None) -> dict[str, Any]:
    """The facts of a running sandbox: the one with this number, or the first. Raises Refused if there is none."""
    numbers = range(1, MOST_SANDBOXES + 1) if number is None else [number]
    for each in numbers:
        if _facts_file(each).exists() and _is_locked(each):
            facts: dict[str, Any] = json.loads(_facts_file(each).read_text())
            return facts
    raise Refused("no sandbox runs; start one with `make sandbox`")


def _facts_file(number: int) -> Path:
    return root() / f"{number}.json"


def _is_locked(number: int) -> bool:
    with (root() / f"{number}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False
