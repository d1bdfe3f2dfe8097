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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from workers import proc_table, process
from workers.redis_files import RedisFiles

ANSWER_TIMEOUT_S = 1.0
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
    try:
        with _client(socket) as client:
            return int(client.info("server")["process_id"])
    except (redis.RedisError, OSError):
        return None


def find_orphan(files: RedisFiles) -> Orphan | None:
    """Finds a living server that uses our files: by its answer on our socket, else by the pid file if that process is ours."""
    try:
        with _client(files.socket) as client:
            server = client.info("server")
            if server["config_file"] != str(files.config):
                return None
            settings = {str(name): str(value) for name, value in client.config_get("*").items()}
    except (redis.RedisError, OSError):
        return _silent_orphan(files)
    return Orphan(RedisProcess(int(server["process_id"]), child=None), settings)


def _silent_orphan(files: RedisFiles) -> Orphan | None:
    pid = files.noted_pid()
    if pid is None:
        return None
    program = proc_table.executable(pid)
    # Debian's redis-server is a link to redis-check-rdb
    if program is None or not program.name.startswith("redis-") or proc_table.working_directory(pid) != files.data:
        return None
    return Orphan(RedisProcess(pid, child=None), {})


@contextmanager
def _client(socket: Path) -> Iterator[redis.Redis]:
    client = redis.Redis(
        unix_socket_path=str(socket),
        socket_timeout=ANSWER_TIMEOUT_S,
        socket_connect_timeout=ANSWER_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )
    try:
        yield client
    finally:
        client.close()
