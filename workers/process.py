"""Starting and ending one child process, so that it never outlives us: two independent ways, since neither covers all.

The kernel's parent-death signal (`lifeline`) ends the child itself even when we are killed between its start and any note of it.
The guard, a small shell outside our process group, holds the other end of a pipe and kills each child's whole process group
(grandchildren too) once the pipe closes, which kill -9 of us does. What slips through both is found by the next start
(`supervisor`). Source: `spec/reliability.md` B.4, B.5.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from workers import lifeline

EXIT_POLL_S = 0.02
GUARD_SCRIPT = """
trap '' HUP INT TERM
groups=' '
while read -r verb group; do
  case $verb in
    watch) groups="$groups$group " ;;
    forget) groups="${groups%% $group *} ${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -9 "-$group"; done
"""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between restarts: doubling from `first_s` to `cap_s`; a life of at least `calm_s` forgets earlier failures."""

    first_s: float
    cap_s: float
    calm_s: float

    def pause_s(self, failures: int) -> float:
        """Tells how long to wait after this many failures in a row (1 or more)."""
        doubled: float = self.first_s * 2.0 ** min(failures - 1, 30)
        return min(self.cap_s, doubled)


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    output: int | IO[bytes],
    cwd: Path | None,
    death_signal: signal.Signals,
) -> subprocess.Popen[bytes]:
    """Starts `argv` in a process group of its own, with exactly `env`, no standard input, and both outputs going to `output`.

    The child gets `death_signal` when the calling *thread* ends (Linux). A program that cannot be run shows as exit status 127.
    """
    shim = [sys.executable, "-I", "-S", lifeline.__file__, str(os.getpid()), str(int(death_signal))]
    return subprocess.Popen(  # noqa: S603 - no shell; our own argument vector
        [*shim, *argv],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        process_group=0,
    )


def has_ended(child: subprocess.Popen[bytes]) -> bool:
    """Tells whether a child has exited, without reaping it: until `kill` does, its number cannot be given to another process."""
    if child.returncode is not None:
        return True
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def end(child: subprocess.Popen[bytes], *, stop_signal: signal.Signals, grace_s: float, hurry: threading.Event) -> int:
    """Asks a child to stop, waits up to `grace_s` seconds or until `hurry`, then kills its whole group. Returns its exit status."""
    if not has_ended(child):
        os.kill(child.pid, stop_signal)
    deadline = time.monotonic() + grace_s
    while not has_ended(child) and time.monotonic() < deadline and not hurry.wait(EXIT_POLL_S):
        pass
    return kill(child)


def kill(child: subprocess.Popen[bytes]) -> int:
    """Kills what is left of a child's group, at once, and reaps the child. Returns its exit status; repeat-safe."""
    if child.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    return child.wait()


class Guard:
    """The process that survives us just long enough to kill what we leave behind."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._shell = self._start()

    @property
    def pid(self) -> int:
        """The guard's own process."""
        return self._shell.pid

    def watch(self, group: int) -> None:
        """Adds a process group to those that shall not outlive us."""
        self._groups.add(group)
        self._tell(f"watch {group}\n")

    def forget(self, group: int) -> None:
        """Takes out a group that has ended. Repeat-safe."""
        if group in self._groups:
            self._groups.remove(group)
            self._tell(f"forget {group}\n")

    def close(self) -> None:
        """Lets the guard go; groups still watched are killed by it. Repeat-safe."""
        self._shell.communicate()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - a fixed script
            ["/bin/sh", "-c", GUARD_SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            bufsize=0,
            env={},
        )

    def _tell(self, line: str) -> None:
        assert self._shell.stdin is not None
        try:
            self._shell.stdin.write(line.encode())
        except BrokenPipeError:  # somebody killed the guard: a new one takes over what is watched now
            self._shell.wait()
            self._shell = self._start()
            for group in sorted(self._groups):
                self._tell(f"watch {group}\n")
