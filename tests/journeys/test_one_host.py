"""`maskbot up` as an operator meets it: it comes up, refuses a second one, and leaves nothing behind (issue 2, R27)."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.workers.waiting import is_gone, until
from workers.redis_files import RedisFiles
from workers.status_file import Status, read_status


@dataclass(frozen=True, slots=True)
class Service:
    """One `maskbot up` and what it prints."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        return self.log.read_text()[-2000:]


Up = Callable[[], Service]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def up(home: Path, tmp_path: Path) -> Iterator[Up]:
    """Starts `maskbot up` on a home of its own, on a free port."""
    started: list[Service] = []

    def start() -> Service:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        environment |= {"MASKBOT_HOME": str(home), "MASKBOT_HEALTH_PORT": "0", "MASKBOT_WORKER_THREADS": "2"}
        log = tmp_path / f"up-{len(started)}.log"
        with log.open("wb") as output:
            command = [sys.executable, "-m", "maskbot", "up"]
            process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        started.append(Service(process, log))
        return started[-1]

    yield start
    for service in started:
        service.process.kill()
        service.process.wait()


def running(home: Path, service: Service) -> list[int]:
    """Waits until all parts run; gives their pids, Redis's among them."""

    def look() -> Status | None:
        assert service.process.poll() is None, service.said()
        status = read_status(home / "supervisor")
        return status if status is not None and status.pid == service.process.pid and status.is_ready else None

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
    assert second.process.wait(timeout=30) == 6
    assert str(first.process.pid) in second.said()
    assert not any(is_gone(pid) for pid in pids)

    first.process.kill()
    until(lambda: all(is_gone(pid) for pid in pids))

    third = up()
    pids = running(home, third)
    third.process.send_signal(signal.SIGTERM)
    assert third.process.wait(timeout=40) == 0, third.said()
    assert all(is_gone(pid) for pid in pids)
    assert not list(home.glob("**/*.sock"))
