"""What the kernel tells of running processes: enough to know a process of ours again, so that no foreign one is ever signalled.

A pid alone names nobody, since pids are used again; (pid, start time) does. Reads /proc (proc(5)); where there is none, every
answer is "unknown", and callers then leave the process alone.
"""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")
START_TIME_FIELD = 22 - 3  # counted from the state, the first field after the command's closing parenthesis


def start_ticks(pid: int) -> int | None:
    """Tells when a process began, in clock ticks since boot; None when there is no such process, or it is a zombie."""
    try:
        stat = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else int(fields[START_TIME_FIELD])


def working_directory(pid: int) -> Path | None:
    """Tells in which directory a process works; None when unknown."""
    return _link(pid, "cwd")


def executable(pid: int) -> Path | None:
    """Tells which file a process runs; None when unknown. A file replaced since ends in ` (deleted)`."""
    return _link(pid, "exe")


def carriers_of(variable: str) -> tuple[int, ...]:
    """Lists our user's living processes that were started with the variable set, this one and its parents excepted."""
    wanted = variable.encode() + b"="
    ours = _ancestry(os.getpid())
    found = []
    for entry in PROC.glob("[0-9]*"):
        pid = int(entry.name)
        try:
            if pid in ours or entry.stat().st_uid != os.getuid():
                continue
            environment = (entry / "environ").read_bytes()
        except OSError:  # it ended while we looked, or may not be read: then it is not ours
            continue
        if any(item.startswith(wanted) for item in environment.split(b"\0")) and start_ticks(pid) is not None:
            found.append(pid)
    return tuple(found)


def _ancestry(pid: int) -> set[int]:
    line = set()
    while pid > 0 and pid not in line:
        line.add(pid)
        try:
            stat = (PROC / str(pid) / "stat").read_text(errors="replace")
        except OSError:
            break
        pid = int(stat.rpartition(")")[2].split()[1])
    return line


def _link(pid: int, name: str) -> Path | None:
    try:
        return Path(os.readlink(PROC / str(pid) / name))
    except OSError:
        return None
