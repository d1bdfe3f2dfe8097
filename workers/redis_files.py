"""The files of one embedded Redis: where they lie, its configuration, and what its log says of data that cannot be loaded.

Source: `spec/reliability.md` B.3 (append-only file, everysec) and B.4 (own configuration; damaged data moved aside).
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from itertools import count
from pathlib import Path

LONGEST_LOG = 1 << 20  # bytes; past that the log starts anew, with one older one kept
LOG_TAIL = 64 << 10  # bytes of the log that are searched
KEPT_ASIDE = 3  # damaged data directories; it is bells only, so older ones are no loss
UNLOADABLE = re.compile(
    rb"append[- ]only file|\bAOF\b|\bRDB\b|Wrong signature|loading the DB|loading DB", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class RedisFiles:
    """Paths of one embedded Redis. All lie in `state_dir` but the socket, whose path must be short."""

    state_dir: Path
    socket: Path

    @property
    def lock(self) -> Path:
        return self.state_dir / "lock"

    @property
    def config(self) -> Path:
        return self.state_dir / "redis.conf"

    @property
    def pid(self) -> Path:
        return self.state_dir / "redis.pid"

    @property
    def log(self) -> Path:
        return self.state_dir / "redis.log"

    @property
    def data(self) -> Path:
        return self.state_dir / "data"

    def noted_pid(self) -> int | None:
        """Reads the pid file; None when it is absent or holds no number."""
        try:
            text = self.pid.read_bytes()[:20].strip()
        except OSError:
            return None
        return int(text) if re.fullmatch(rb"[1-9][0-9]{0,9}", text) else None

    def clear_address(self) -> None:
        """Removes a socket and a pid file that no server of ours stands behind. Repeat-safe."""
        self.socket.unlink(missing_ok=True)
        self.pid.unlink(missing_ok=True)

    def has_data(self) -> bool:
        """Tells whether there is anything that a server would load."""
        return self.data.is_dir() and any(self.data.iterdir())

    def move_data_aside(self) -> Path:
        """Renames the data directory to the next free `data.damaged-N` and returns that; the oldest of more than three goes."""
        aside = next(path for n in count(1) if not (path := self.state_dir / f"data.damaged-{n}").exists())
        self.data.rename(aside)
        ended = sorted(self.state_dir.glob("data.damaged-*"), key=lambda path: path.stat().st_ctime_ns)
        for path in ended[:-KEPT_ASIDE]:
            shutil.rmtree(path)
        return aside

    def rotate_log(self) -> int:
        """Makes room in the log. Returns its length in bytes, where the next server's lines begin."""
        length = self.log.stat().st_size if self.log.exists() else 0
        if length > LONGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
            return 0
        return length

    def log_since(self, offset: int) -> bytes:
        """Returns what was logged after `offset`, its last 64 KiB at most."""
        with self.log.open("rb") as log:
            log.seek(max(offset, self.log.stat().st_size - LOG_TAIL))
            return log.read(LOG_TAIL)


def tells_of_unloadable_data(log: bytes) -> bool:
    """Tells whether a server's last lines blame its data files: damaged, or written by a newer version."""
    return UNLOADABLE.search(log) is not None


def settings_of(files: RedisFiles, *, maxmemory_mb: int) -> dict[str, str]:
    """Lists what makes a server ours, in the words of CONFIG GET; an orphan that differs in any is not adopted."""
    return {
        "port": "0",
        "unixsocket": str(files.socket),
        "dir": str(files.data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": str(maxmemory_mb << 20),
        "maxmemory-policy": "noeviction",
    }


def render_config(files: RedisFiles, *, maxmemory_mb: int) -> str:
    """Writes the server's configuration file. Without TCP; the log goes to standard output, which is our log file."""
    settings = settings_of(files, maxmemory_mb=maxmemory_mb)
    settings |= {"unixsocketperm": "700", "daemonize": "no", "pidfile": str(files.pid), "logfile": "", "databases": "1"}
    return "".join(f"{name} {_quoted(value)}\n" for name, value in settings.items())


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
