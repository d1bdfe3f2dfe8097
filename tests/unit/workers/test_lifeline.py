"""The last step before a child's own program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.unit.workers.waiting import is_gone, until
from workers import lifeline

SHIM = [sys.executable, "-I", "-S", lifeline.__file__]
DEATH = str(int(signal.SIGKILL))


def test_it_becomes_the_program_and_keeps_its_pid_and_status() -> None:
    child = subprocess.Popen(
        [*SHIM, str(os.getpid()), DEATH, "/bin/sh", "-c", "echo $$; exit 7"], stdout=subprocess.PIPE
    )
    output, _ = child.communicate(timeout=20)
    assert (int(output), child.returncode) == (child.pid, 7)


def test_a_child_whose_parent_is_already_gone_does_not_begin() -> None:
    child = subprocess.run([*SHIM, "1", DEATH, "/bin/echo", "begun"], capture_output=True, timeout=20, check=False)
    assert (child.returncode, child.stdout) == (lifeline.EXIT_PARENT_GONE, b"")


def test_the_program_ends_with_its_parent_without_any_guard() -> None:
    script = f"{' '.join(SHIM)} $$ {DEATH} sleep 600 & echo $!; wait"
    parent = subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    until(lambda: Path(f"/proc/{child}/comm").read_text() == "sleep\n")

    parent.kill()
    parent.wait()
    parent.stdout.close()

    until(lambda: is_gone(child))
