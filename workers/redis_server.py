"""An embedded Redis under our own supervision: adopted or started, watched, restarted, stopped.

Redis is only the doorbell (ARCHITECTURE.md, section 3). So nothing here fails the service: when no server can be had, the reason is
kept in `failure`, rows wait in SQL, and we go on trying. Data that cannot be loaded is moved aside. A process is signalled only
after it was recognised as ours. Source: `spec/reliability.md` B.4 and R3.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from maskbot.domain.errors import MaskbotError, Unavailable
from workers.process import Backoff
from workers.redis_binary import choose_binary, installed_binaries
from workers.redis_call import call
from workers.redis_files import RedisFiles, render_config, settings_of, tells_of_unloadable_data
from workers.redis_process import RedisProcess, ask, find_orphan
from workers.state_dir import StateLock, discard_runtime_directory, private_directory, runtime_directory

BACKOFF = Backoff(first_s=0.1, cap_s=5.0, calm_s=30.0)
WATCH_PERIOD_S = 0.25  # between looks at the process
QUESTION_PERIOD_S = 1.0  # between PINGs
LOAD_TIMEOUT_S = 60.0  # until the first PONG
STOP_GRACE_S = 5.0
FAILURES_THAT_BLAME_DATA = 3  # a server that dies this often before its first PONG may be choking on its data

log = structlog.get_logger(__name__)


class RedisFailed(Unavailable):
    """A redis-server ended or stayed silent before it was ready."""

    kind = "RedisFailed"


class RedisServer:
    """One Redis for one state directory, reached by unix socket only.

    A thread of its own starts and watches the server, so `start` and `stop` may be called from any thread, once each.
    """

    def __init__(
        self,
        *,
        state_dir: Path,
        maxmemory_mb: int = 64,
        xdg_runtime_dir: Path | None = None,
        binaries: Callable[[], Iterable[Path]] = installed_binaries,
        backoff: Backoff = BACKOFF,
        patience_s: float = 15.0,
    ) -> None:
        """Makes the directories. A server that gives no PONG for `patience_s` seconds is killed and started anew.

        Raises:
            UnsafeDirectory: the state or runtime directory is not ours alone.
        """
        directory = private_directory(state_dir)
        socket = runtime_directory(directory, xdg_runtime_dir=xdg_runtime_dir) / "redis.sock"
        self.files = RedisFiles(directory, socket)
        self._maxmemory_mb = maxmemory_mb
        self._binaries = binaries
        self._backoff = backoff
        self._patience_s = patience_s
        self._lock = StateLock(self.files.lock)
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._tried = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="redis", daemon=True)
        self._running: RedisProcess | None = None
        self._failures = 0
        self.failure: str | None = None

    @property
    def broker_url(self) -> str:
        """The address in Celery's words."""
        return f"redis+socket://{self.files.socket}"

    @property
    def client_url(self) -> str:
        """The address in redis-py's words."""
        return f"unix://{self.files.socket}"

    @property
    def pid(self) -> int | None:
        """The server's process; None while there is none."""
        running = self._running
        return running.pid if running is not None else None

    @property
    def is_ready(self) -> bool:
        """Whether the server answered its last PING."""
        return self._ready.is_set()

    def start(self, *, wait_s: float = 10.0) -> str:
        """Starts watching, and waits up to `wait_s` seconds for the first server. Returns the broker URL, ready or not (R3).

        Raises:
            AlreadySupervised: another process looks after this directory.
        """
        self._lock.acquire()
        self._thread.start()
        self._tried.wait(wait_s)
        return self.broker_url

    def stop(self) -> None:
        """Stops the server and gives the directory free. Repeat-safe."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        discard_runtime_directory(self.files.socket.parent)
        self._lock.release()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self._running = self._adopt() or self._launch()
            except (MaskbotError, OSError) as error:
                self.failure = str(error)
                log.warning("redis.absent", reason=self.failure)
                self._failures += 1
            else:
                self._look_after(self._running)
                self._running = None
            self._tried.set()
            self._stopping.wait(self._backoff.pause_s(max(1, self._failures)))

    def _look_after(self, running: RedisProcess) -> None:
        """Stays until the server has ended, of itself or by us."""
        began = last_answer = next_question = time.monotonic()
        self.failure = None
        self._ready.set()
        self._tried.set()
        log.info("redis.ready", pid=running.pid, adopted=running.is_adopted)
        while not self._stopping.wait(WATCH_PERIOD_S) and running.is_alive():
            now = time.monotonic()
            if now < next_question:
                continue
            next_question = now + QUESTION_PERIOD_S
            if call(self.files.socket, "PING") is not None:
                last_answer = now
                self._ready.set()
                continue
            self._ready.clear()
            if now - last_answer > self._patience_s:
                log.warning("redis.silent", pid=running.pid)
                running.end(grace_s=0.0, hurry=self._stopping)
        self._ready.clear()
        running.end(grace_s=STOP_GRACE_S, hurry=threading.Event())
        self._failures = 1 if time.monotonic() - began >= self._backoff.calm_s else self._failures + 1
        if not self._stopping.is_set():
            self.failure = "redis-server ended; it is started again"
            log.warning("redis.ended", pid=running.pid)

    def _adopt(self) -> RedisProcess | None:
        """Takes over a server that an earlier supervisor left, or ends it when it is not as it should be, and clears its traces."""
        orphan = find_orphan(self.files)
        if orphan is not None:
            ours = settings_of(self.files, maxmemory_mb=self._maxmemory_mb)
            if orphan.pid == self.files.noted_pid() and ours.items() <= orphan.settings.items():
                return orphan.process
            orphan.process.end(grace_s=STOP_GRACE_S, hurry=self._stopping)
        self.files.clear_address()
        return None

    def _launch(self) -> RedisProcess:
        binary = choose_binary(self._binaries())
        private_directory(self.files.socket.parent)
        log.info("redis.starting", path=str(binary.path), version=".".join(map(str, binary.version)))
        private_directory(self.files.data)
        self.files.config.write_text(render_config(self.files, maxmemory_mb=self._maxmemory_mb))
        log_offset = self.files.rotate_log()
        with self.files.log.open("ab") as output:
            running = RedisProcess.spawned(binary.path, self.files, output=output)
        if self._becomes_ready(running):
            return running
        running.end(grace_s=STOP_GRACE_S, hurry=self._stopping)
        last_lines = self.files.log_since(log_offset)
        is_blamed = tells_of_unloadable_data(last_lines) or self._failures + 1 >= FAILURES_THAT_BLAME_DATA
        if is_blamed and self.files.has_data() and not self._stopping.is_set():
            log.warning("redis.data_moved_aside", to=str(self.files.move_data_aside()))
            return self._launch()  # now without data, hence at most once
        reason = last_lines.strip().rpartition(b"\n")[2].decode(errors="replace")[:200]
        raise RedisFailed(f"redis-server was not ready: {reason or 'no output'} (see {self.files.log})")

    def _becomes_ready(self, running: RedisProcess) -> bool:
        deadline = time.monotonic() + LOAD_TIMEOUT_S
        while time.monotonic() < deadline and running.is_alive():
            if ask(self.files.socket) == running.pid:
                return True
            if self._stopping.wait(0.01):
                return False
        return False
