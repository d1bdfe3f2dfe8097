"""One redis-server process, started by us or found: recognising it, asking it who it is, ending it.

A process counts as ours only when it answers on our socket with our configuration file, or when its program and its working
directory say so. Anything else, whatever a pid file claims, is never signalled. Source: `spec/reliability.md` B.4, step 4.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from workers import proc_table, process
from workers.redis_call import call
from workers.redis_files import RedisFiles

EXIT_POLL_S = 0.02
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}  # nothing of ours: a server needs no secret


class RedisProcess:
    """A running redis-server. An adopted one is no child of ours, so it is known by pid and start time."""

    def __init__(self, pid: int, *, child: subprocess.Popen[bytes] | None) -> None:
        self.pid = pid
        self._child = child
        self._start_ticks = proc_table.start_ticks(pid)

    @classmethod
    def spawned(cls, binary: Path, files: RedisFiles, *, output: IO[bytes]) -> Self:
        """Starts a server that ends with the calling thread's process; it may not be ready yet."""
        argv = [str(binary), str(files.config)]
        child = process.spawn(argv, env=ENVIRONMENT, output=output, cwd=files.data, death_signal=signal.SIGTERM)
        return cls(child.pid, child=child)

    @property
    def is_adopted(self) -> bool:
        return self._child is None

    def is_alive(self) -> bool:
        """Tells whether the server still runs."""
        if self._child is not None:
            return not process.has_ended(self._child)
        return self._start_ticks is not None and proc_table.start_ticks(self.pid) == self._start_ticks

    def end(self, *, grace_s: float, hurry: threading.Event) -> None:
        """Ends the server: SIGTERM, and SIGKILL after `grace_s` seconds or on `hurry`. Repeat-safe."""
        if self._child is not None:
            process.end(self._child, stop_signal=signal.SIGTERM, grace_s=grace_s, hurry=hurry)
            return
        deadline = time.monotonic() + grace_s
        if self.is_alive():
            os.kill(self.pid, signal.SIGTERM)
        while self.is_alive() and time.monotonic() < deadline and not hurry.wait(EXIT_POLL_S):
            pass
        if self.is_alive():
            os.kill(self.pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Orphan:
    """A server of ours that nobody looks after; `settings` are empty when it does not answer."""

    process: RedisProcess
    settings: dict[str, str]

    @property
    def pid(self) -> int:
        return self.process.pid


def ask(socket: Path) -> int | None:
    """Returns the pid of the server that answers on the socket; None when none does, or it is still loading."""
    if call(socket, "PING") is None:  # INFO alone would answer while it loads, and loading may still fail
        return None
    server = _describe(socket)
    return int(server["process_id"]) if server is not None else None


def find_orphan(files: RedisFiles) -> Orphan | None:
    """Finds a living server that uses our files: by its answer on our socket, else by the pid file if that process is ours."""
    server = _describe(files.socket)
    if server is None:
        return _silent_orphan(files)
    if server["config_file"] != str(files.config):
        return None
    answer = call(files.socket, "CONFIG", "GET", "*") or ()
    settings = dict(zip(answer[::2], answer[1::2], strict=False))
    return Orphan(RedisProcess(int(server["process_id"]), child=None), settings)


def _describe(socket: Path) -> dict[str, str] | None:
    answer = call(socket, "INFO", "server")
    if answer is None:
        return None
    lines = [line.partition(":") for line in answer[0].splitlines()]
    server = {name: value for name, _, value in lines if value or name == "config_file"}
    return server if server.get("process_id", "").isdecimal() and "config_file" in server else None


def _silent_orphan(files: RedisFiles) -> Orphan | None:
    pid = files.noted_pid()
    if pid is None:
        return None
    program = proc_table.executable(pid)
    # Debian's redis-server is a link to redis-check-rdb
    if program is None or not program.name.startswith("redis-") or proc_table.working_directory(pid) != files.data:
        return None
    return Orphan(RedisProcess(pid, child=None), {})
