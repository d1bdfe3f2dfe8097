"""One Python module of ours as a child process that ends with us and says its port on its first line."""

from __future__ import annotations

import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from maskbot.domain.errors import Unavailable

_START_TIMEOUT_S = 30.0


class ChildProcess:
    """A running module. Start it from the main thread: the kernel ends it together with the thread that made it."""

    def __init__(
        self, argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, tells_port: bool = False
    ) -> None:
        spec = importlib.util.find_spec("workers.lifeline")
        assert spec is not None
        assert spec.origin is not None
        lifeline = [sys.executable, "-I", "-S", spec.origin, str(os.getpid()), str(int(signal.SIGTERM))]
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [*lifeline, sys.executable, *argv],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if tells_port else errors,
                stderr=errors,
                env=dict(env) if env is not None else None,
                start_new_session=True,
            )
        self._name, self._log = argv[1] if len(argv) > 1 else argv[0], log
        self.port = self._read_port() if tells_port else 0

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it lives."""
        return self._process.poll() is None

    def end(self, *, grace_s: float = 15.0) -> None:
        """SIGTERM, and SIGKILL after the grace."""
        if self.is_running:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def _read_port(self) -> int:
        stream: IO[bytes] | None = self._process.stdout
        assert stream is not None
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and self.is_running:
            if select.select([stream], [], [], 0.2)[0]:
                line = stream.readline()
                if line:
                    return int(json.loads(line)["port"])
        raise Unavailable(f"{self._name} did not start; see {self._log}")
