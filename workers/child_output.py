"""What a supervised child prints, line by line, with its name in front."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import IO

LONGEST_LINE = 64 << 10  # bytes; a longer line is cut into several

WriteLine = Callable[[str, str], None]


def write_to_stderr(name: str, line: str) -> None:
    """Writes `name | line` to standard error."""
    sys.stderr.write(f"{name:<10} | {line}\n")
    sys.stderr.flush()


def pump(name: str, stream: IO[bytes], *, write_line: WriteLine) -> threading.Thread:
    """Starts a thread that hands every line of `stream` to `write_line(name, line)` until the stream ends, then closes it."""

    def run() -> None:
        with stream:
            for line in iter(lambda: stream.readline(LONGEST_LINE), b""):
                write_line(name, line.decode(errors="replace").rstrip("\r\n"))

    thread = threading.Thread(target=run, name=f"output of {name}", daemon=True)
    thread.start()
    return thread
