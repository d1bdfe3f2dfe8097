"""`maskbot up` as an operator meets it: it comes up, refuses a second one, and leaves nothing behind (issue 2, R27)."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.workers.waiting import is_gone, until
from workers.redis_files import RedisFiles
from workers.status_file import Status, read_status

Up = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def up(home: Path, tmp_path: Path) -> Iterator[Up]:
    """Starts `maskbot up` on a home of its own, on a free port."""
    started = []

    def start() -> subprocess.Popen[bytes]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        environment |= {"MASKBOT_HOME": str(home), "MASKBOT_HEALTH_PORT": "0", "MASKBOT_WORKER_THREADS": "2"}
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "maskbot", "up"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def running(home: Path, process: subprocess.Popen[bytes]) -> list[int]:
    """Waits until all parts run; gives their pids, Redis's among them."""

    def look() -> Status | None:
        assert process.poll() is None, process.communicate()[0].decode()[-2000:]
        status = read_status(home / "supervisor")
        return status if status is not None and status.pid == process.pid and status.is_ready else None

    pids = [child.pid for child in until(look).children if child.pid is not None]
    redis = RedisFiles(home / "redis", home).noted_pid()
    assert redis is not None
    return [*pids, redis]


def test_it_comes_up_refuses_a_second_one_survives_kill_9_and_ends_in_order(up: Up, home: Path) -> None:
    first = up()
    pids = running(home, first)
    assert len(pids) >= 4
    assert stat.S_IMODE(home.stat().st_mode) == 0o700

    second = up()
    output, _ = second.communicate(timeout=30)
    assert second.returncode == 6
    assert str(first.pid) in output.decode()
    assert not any(is_gone(pid) for pid in pids)

    first.kill()
    until(lambda: all(is_gone(pid) for pid in pids))

    third = up()
    pids = running(home, third)
    third.send_signal(signal.SIGTERM)
    third.communicate(timeout=40)
    assert third.returncode == 0
    assert all(is_gone(pid) for pid in pids)
    assert not list(home.glob("**/*.sock"))
