"""Named child processes as one group: started in order, kept running, stopped in reverse order, never left behind.

`maskbot up` and the sandbox run on it. Each supervisor has a state directory of its own, so that several live side by side. When we
are killed with -9, the kernel and the guard (`process`) end the children; what slips through is recognised by a variable in its
environment and ended by the next start. Source: issue 2 (two commands), `spec/reliability.md` B.4, B.5, R27.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Self

from maskbot.domain.errors import MaskbotError
from workers import proc_table, process
from workers.child import Child, ChildNotReady, Run
from workers.child_output import WriteLine, pump, write_to_stderr
from workers.process import Backoff, Guard
from workers.state_dir import StateLock, private_directory
from workers.status_file import ChildStatus, State, write_status

__all__ = ["Child", "ChildNotReady", "Supervisor"]

WATCH_PERIOD_S = 0.2
READY_POLL_S = 0.02
LEFTOVER_TIMEOUT_S = 5.0
OUTPUT_TIMEOUT_S = 2.0
BACKOFF = Backoff(first_s=0.5, cap_s=30.0, calm_s=60.0)


class Supervisor:
    """Runs children from a thread of its own, so `start` and `stop` may be called from any thread, once each.

    Use `run` in a program's main thread, or `with Supervisor(...)` around a test or a tour.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        state_dir: Path,
        backoff: Backoff = BACKOFF,
        write_line: WriteLine = write_to_stderr,
    ) -> None:
        """Makes the state directory.

        Raises:
            UnsafeDirectory: it is not ours alone.
        """
        self.state_dir = private_directory(state_dir)
        key = hashlib.sha256(os.fsencode(self.state_dir)).hexdigest()[:16]
        self.marker = f"MASKBOT_SUPERVISED_{key}"  # the variable by which a next start knows our children
        self._runs = [Run(child) for child in children]
        self._backoff = backoff
        self._write_line = write_line
        self._lock = StateLock(self.state_dir / "supervisor.lock")
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._settled = threading.Event()  # all ready, or given up
        self._failure: MaskbotError | OSError | None = None
        self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def start(self) -> None:
        """Ends what a dead predecessor left, then starts every child in order, each when the one before is ready.

        Raises:
            AlreadySupervised: another supervisor runs on this state directory.
            ChildNotReady: a child did not become ready in time; all are stopped again.
        """
        self._lock.acquire()
        self._thread.start()
        self._settled.wait()
        if self._failure is not None:
            self.stop()
            raise self._failure

    def stop(self) -> None:
        """Stops the children in reverse order, each within its grace, and frees the state directory. Repeat-safe."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._lock.release()

    def run(self) -> None:
        """Starts, and stays until SIGTERM or SIGINT; a second one kills at once. For the main thread. Raises as `start` does."""

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            if self._stopping.is_set():
                self._hurry.set()
            self._stopping.set()

        before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self.start()
            self._thread.join()
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def statuses(self) -> tuple[ChildStatus, ...]:
        """Tells how each child is, in their order."""
        return tuple(run.status() for run in self._runs)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _supervise(self) -> None:
        guard: Guard | None = None
        try:
            self._end_leftovers()
            guard = Guard()
            for run in self._runs:
                self._launch(run, guard)
                self._await_ready(run, guard)
            self._settled.set()
            while not self._stopping.wait(WATCH_PERIOD_S):
                for run in self._runs:
                    self._look_after(run, guard)
        except (MaskbotError, OSError) as failure:
            self._failure = failure
        finally:
            for run in reversed(self._runs):
                self._end(run, guard)
            if guard is not None:
                guard.close()
            self._settled.set()

    def _launch(self, run: Run, guard: Guard) -> None:
        if self._stopping.is_set():
            return
        child = run.child
        run.process = process.spawn(
            child.argv,
            env={**child.env, self.marker: "1"},
            output=subprocess.PIPE,
            cwd=None,
            death_signal=signal.SIGKILL,
        )
        guard.watch(run.process.pid)
        assert run.process.stdout is not None
        run.output = pump(child.name, run.process.stdout, write_line=self._write_line)
        run.began = time.monotonic()
        self._move(run, "starting")

    def _await_ready(self, run: Run, guard: Guard) -> None:
        """Stays until a child is ready; one that dies meanwhile is started again."""
        deadline = time.monotonic() + run.child.ready_timeout_s
        while run.state != "ready" and not self._stopping.wait(READY_POLL_S):
            if time.monotonic() > deadline:
                raise ChildNotReady(
                    f"{run.child.name} was not ready within {run.child.ready_timeout_s:g} s "
                    f"(last exit status: {run.last_exit}); its output tells why"
                )
            self._look_after(run, guard)

    def _look_after(self, run: Run, guard: Guard) -> None:
        """Moves one child on: notices its end, starts it again when its pause is over, notices that it is ready."""
        now = time.monotonic()
        if run.process is None:
            if now >= run.next_start:
                self._launch_again(run, guard)
        elif process.has_ended(run.process):
            self._bury(run, guard)
            if now - run.began >= self._backoff.calm_s:
                run.failures = 0
            pause_s = self._postpone(run)
            self._write_line(run.child.name, f"ended with status {run.last_exit}; next start in {pause_s:.1f} s")
        elif run.state == "starting":
            if run.child.is_ready():
                self._move(run, "ready")
            elif now - run.began > run.child.ready_timeout_s:
                process.kill(run.process)

    def _launch_again(self, run: Run, guard: Guard) -> None:
        run.restarts += 1
        try:
            self._launch(run, guard)
        except OSError as error:  # no process or file to be had just now: as good as an early end
            self._write_line(run.child.name, f"cannot be started: {error.strerror}")
            self._postpone(run)

    def _postpone(self, run: Run) -> float:
        run.failures += 1
        pause_s = self._backoff.pause_s(run.failures)
        run.next_start = time.monotonic() + pause_s
        self._move(run, "waiting")
        return pause_s

    def _end(self, run: Run, guard: Guard | None) -> None:
        if run.process is not None:
            process.end(run.process, stop_signal=run.child.stop_signal, grace_s=run.child.grace_s, hurry=self._hurry)
            self._bury(run, guard)
        self._move(run, "stopped")

    def _bury(self, run: Run, guard: Guard | None) -> None:
        """Kills what a dead child left of its group, and lets it go."""
        assert run.process is not None
        group = run.process.pid
        run.last_exit = process.kill(run.process)
        if guard is not None:
            guard.forget(group)
        run.process = None
        if run.output is not None:
            run.output.join(OUTPUT_TIMEOUT_S)

    def _move(self, run: Run, state: State) -> None:
        run.state = state
        try:
            write_status(self.state_dir, self.statuses())
        except OSError as error:  # a full disk must not stop what runs
            self._write_line("supervisor", f"cannot write the status file: {error.strerror}")

    def _end_leftovers(self) -> None:
        deadline = time.monotonic() + LEFTOVER_TIMEOUT_S
        while leftovers := proc_table.carriers_of(self.marker):
            for pid in leftovers:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if time.monotonic() > deadline or self._stopping.wait(READY_POLL_S):
                raise ChildNotReady(f"processes {leftovers} of an earlier start do not end; end them by hand")
