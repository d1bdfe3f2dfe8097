"""Input and output of the commands that need no service: a file, or `-` for standard input and output.

What can be large is read only up to a limit. What holds secrets goes through `secret_input`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from maskbot.domain.errors import Malformed, Misconfigured


def read_input(source: Path, *, limit_bytes: int) -> bytes:
    """The bytes of a file, or of standard input for `-`. Raises Misconfigured if it cannot be read, Malformed if too large."""
    try:
        if str(source) == "-":
            content = sys.stdin.buffer.read(limit_bytes + 1)
        else:
            with source.open("rb") as file:
                content = file.read(limit_bytes + 1)
    except OSError as error:
        raise Misconfigured(f"{source} cannot be read ({error.strerror})") from error
    if len(content) > limit_bytes:
        raise Malformed(f"{source} is larger than {limit_bytes} bytes")
    return content


def write_output(target: Path, content: bytes) -> None:
    """Write a new file, or to standard output for `-`. Raises Misconfigured if it exists or cannot be made."""
    if str(target) == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        with target.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise Misconfigured(f"{target} exists; name another file") from error
    except OSError as error:
        raise Misconfigured(f"{target} cannot be written ({error.strerror})") from error
