"""The supervisor with real children: order, restarts, graceful and forced stops, and nothing left after kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.workers.waiting import is_gone, until
from workers.child import Child, ChildNotReady, always_ready
from workers.process import Backoff, Guard, spawn
from workers.state_dir import AlreadySupervised
from workers.status_file import read_status
from workers.supervisor import Supervisor

QUICK = Backoff(first_s=0.01, cap_s=0.05, calm_s=60.0)
ENV = {"PATH": os.environ["PATH"]}
STUBBORN = "trap '' TERM; echo up; while :; do sleep 0.05; done"
POLITE = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"
PROGRAM = """
import pathlib, sys
from tests.unit.workers.test_supervisor import ENV, POLITE, QUICK, shell
from workers.supervisor import Supervisor

family = shell("family", "sleep 600 & echo $! $$ >&2; wait")
Supervisor([shell("polite", POLITE), family], state_dir=pathlib.Path(sys.argv[1]), backoff=QUICK).run()
print("stopped", flush=True)
"""


def shell(
    name: str,
    script: str,
    *,
    is_ready: Callable[[], bool] = always_ready,
    ready_timeout_s: float = 15.0,
    grace_s: float = 10.0,
) -> Child:
    argv = ["/bin/sh", "-c", script]
    return Child(name, argv, ENV, is_ready=is_ready, ready_timeout_s=ready_timeout_s, grace_s=grace_s)


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def supervise(tmp_path: Path, lines: list[str]) -> Iterator[Callable[..., Supervisor]]:
    made = []

    def make(*children: Child, state_dir: Path = tmp_path / "state") -> Supervisor:
        supervisor = Supervisor(
            children, state_dir=state_dir, backoff=QUICK, write_line=lambda name, line: lines.append(f"{name}: {line}")
        )
        made.append(supervisor)
        return supervisor

    yield make
    for supervisor in made:
        supervisor.stop()


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a program of its own that runs two children, one of them with a grandchild."""
    started = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path / "program")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def pids_of(program: subprocess.Popen[str], state_dir: Path) -> list[int]:
    """The pids of a program's children and grandchild, once all run."""
    assert program.stderr is not None
    family = next(line for line in program.stderr if line.startswith("family"))
    status = until(lambda: now if (now := read_status(state_dir)) is not None and now.is_ready else None)
    return [child.pid for child in status.children if child.pid] + [int(family.split("|")[1].split()[0])]


def pid_of(supervisor: Supervisor, name: str) -> int | None:
    return next(child.pid for child in supervisor.statuses() if child.name == name)


def test_children_start_in_order_each_when_the_one_before_is_ready(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    first = shell("first", f"sleep 0.1; touch {flag}; sleep 600", is_ready=flag.exists)
    second = shell("second", f"test -e {flag} && echo yes; sleep 600")
    supervisor = supervise(first, second)

    supervisor.start()

    assert [child.state for child in supervisor.statuses()] == ["ready", "ready"]
    assert [child.restarts for child in supervisor.statuses()] == [0, 0]


def test_children_stop_in_reverse_order_and_get_to_say_goodbye(
    supervise: Callable[..., Supervisor], lines: list[str]
) -> None:
    supervisor = supervise(shell("first", POLITE), shell("second", POLITE))
    supervisor.start()
    until(lambda: lines.count("first: up") and lines.count("second: up"))

    supervisor.stop()

    assert [line for line in lines if "bye" in line] == ["second: bye", "first: bye"]
    assert [child.last_exit for child in supervisor.statuses()] == [0, 0]


def test_a_child_that_overruns_its_grace_is_killed(supervise: Callable[..., Supervisor], lines: list[str]) -> None:
    supervisor = supervise(shell("stubborn", STUBBORN, grace_s=0.1))
    supervisor.start()
    until(lambda: "stubborn: up" in lines)

    supervisor.stop()

    assert [child.last_exit for child in supervisor.statuses()] == [-signal.SIGKILL]


def test_a_child_that_dies_is_started_again_and_its_end_is_told(
    supervise: Callable[..., Supervisor], lines: list[str]
) -> None:
    supervisor = supervise(shell("worker", "sleep 600"), shell("other", "sleep 600"))
    supervisor.start()
    first, other = pid_of(supervisor, "worker"), pid_of(supervisor, "other")
    assert first is not None

    os.kill(first, signal.SIGKILL)

    until(lambda: pid_of(supervisor, "worker") not in {None, first})
    assert pid_of(supervisor, "other") == other
    assert any(line.startswith("worker: ended with status -9") for line in lines)


def test_a_dead_childs_own_children_die_with_it(supervise: Callable[..., Supervisor], lines: list[str]) -> None:
    supervisor = supervise(shell("family", "sleep 600 & echo $!; wait"))
    supervisor.start()
    grandchild = int(until(lambda: "".join(lines[:1])).split()[1])
    child = pid_of(supervisor, "family")
    assert child is not None

    os.kill(child, signal.SIGKILL)

    until(lambda: is_gone(grandchild))


def test_a_child_that_never_gets_ready_stops_all_and_says_which(supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(
        shell("fine", "sleep 600"), shell("mute", "exit 3", is_ready=lambda: False, ready_timeout_s=0.2)
    )

    with pytest.raises(ChildNotReady, match=r"mute .* status: 3"):
        supervisor.start()

    assert [child.state for child in supervisor.statuses()] == ["stopped", "stopped"]


def test_a_program_that_cannot_be_run_is_named_in_its_output(
    supervise: Callable[..., Supervisor], lines: list[str]
) -> None:
    absent = Child("absent", ["/nonexistent/program"], ENV, is_ready=lambda: False, ready_timeout_s=0.5)
    with pytest.raises(ChildNotReady, match="127"):
        supervise(absent).start()
    assert "absent: cannot run /nonexistent/program: No such file or directory" in lines


def test_a_second_supervisor_on_the_same_directory_is_refused_and_disturbs_nothing(
    supervise: Callable[..., Supervisor],
) -> None:
    first = supervise(shell("one", "sleep 600"))
    first.start()
    pid = pid_of(first, "one")

    with pytest.raises(AlreadySupervised, match=str(os.getpid())):
        supervise(shell("one", "sleep 600")).start()

    assert pid is not None
    assert not is_gone(pid)


def test_two_supervisors_live_side_by_side_in_two_directories(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    one = supervise(shell("same", "sleep 600"), state_dir=tmp_path / "one")
    two = supervise(shell("same", "sleep 600"), state_dir=tmp_path / "two")
    one.start()
    two.start()
    one.stop()
    pid = pid_of(two, "same")
    assert pid is not None
    assert not is_gone(pid)


def test_the_status_file_tells_who_runs_and_when_nobody_does(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    supervisor = supervise(shell("one", "sleep 600"))
    supervisor.start()
    status = read_status(tmp_path / "state")
    assert status is not None
    assert status.is_ready
    assert status.children == supervisor.statuses()

    supervisor.stop()

    status = read_status(tmp_path / "state")
    assert status is not None
    assert [child.state for child in status.children] == ["stopped"]
    assert not status.is_ready


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "start_ticks": 2, "children": [{"name": 1}]}']
)
def test_a_status_file_that_is_not_ours_is_no_status(tmp_path: Path, text: str) -> None:
    (tmp_path / "status.json").write_text(text)
    assert read_status(tmp_path) is None


def test_kill_9_of_the_program_leaves_neither_children_nor_grandchildren(
    program: Callable[[], subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = program()
    pids = pids_of(process, tmp_path / "program")
    assert len(pids) == 3

    process.kill()

    until(lambda: all(is_gone(pid) for pid in pids))


def test_the_program_starts_again_after_kill_9(program: Callable[[], subprocess.Popen[str]], tmp_path: Path) -> None:
    first = program()
    pids_of(first, tmp_path / "program")
    first.kill()
    first.wait()

    assert len(pids_of(program(), tmp_path / "program")) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_program_and_all_it_runs(
    program: Callable[[], subprocess.Popen[str]], tmp_path: Path, number: signal.Signals
) -> None:
    process = program()
    pids = pids_of(process, tmp_path / "program")

    process.send_signal(number)
    output, errors = process.communicate(timeout=20)

    assert (process.returncode, output) == (0, "stopped\n")
    assert "bye" in errors
    assert all(is_gone(pid) for pid in pids)


def test_what_slipped_through_an_earlier_death_is_ended_by_the_next_start(
    supervise: Callable[..., Supervisor], tmp_path: Path
) -> None:
    marker = supervise(shell("tell", "env")).marker
    left = subprocess.Popen(["sleep", "600"], env={marker: "1"}, start_new_session=True)
    stranger = subprocess.Popen(["sleep", "600"], env={marker + "x": "1"}, start_new_session=True)
    supervise(shell("one", "sleep 600")).start()

    assert left.wait(timeout=10) == -signal.SIGKILL
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_guard_that_was_killed_is_replaced_and_knows_the_groups() -> None:
    guard = Guard()
    child = spawn(["sleep", "600"], env=ENV, output=subprocess.DEVNULL, cwd=None, death_signal=signal.SIGKILL)
    guard.watch(child.pid)
    first = guard.pid
    os.kill(first, signal.SIGKILL)
    until(lambda: is_gone(first))

    guard.watch(child.pid)
    assert guard.pid != first
    guard.close()

    assert child.wait(timeout=10) == -signal.SIGKILL
