"""A running simulated X for tests: one process a test session, reset before each test."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from maskbot.sandbox.x_server.control import XControl


@contextmanager
def running_x(*, state_file: Path | None = None) -> Iterator[tuple[XControl, subprocess.Popen[bytes]]]:
    """Starts the server on a free port; yields its control client and the process, which is ended afterwards."""
    command = [sys.executable, "-m", "maskbot.sandbox.x_server", "--port", "0"]
    if state_file is not None:
        command += ["--state-file", str(state_file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    control = None
    try:
        port = json.loads(process.stdout.readline())["port"]
        control = XControl(f"http://127.0.0.1:{port}")
        yield control, process
    finally:
        if control is not None:
            control.close()
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="session")
def x_process() -> Iterator[XControl]:
    with running_x() as (control, _process):
        yield control


@pytest.fixture
def x(x_process: XControl) -> XControl:
    """An empty simulated X."""
    x_process.close_streams()
    x_process.reset()
    return x_process
