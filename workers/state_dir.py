"""Directories of one deployment: the private state directory, its lock, and the short runtime directory for sockets.

A unix socket's path must fit in 107 bytes (unix(7)), which a home directory may already exceed; so sockets live in a directory of
their own with a short name, derived from the state directory's. Source: `spec/reliability.md` B.4, issue 2 (`MASKBOT_HOME`).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from maskbot.domain.errors import Misconfigured

SOCKET_NAME_BYTES = 24  # what a socket's name may add, with its slash
LONGEST_DIRECTORY = 103 - SOCKET_NAME_BYTES  # 103 usable bytes on macOS and BSD, 107 on Linux
PLAIN_PATH = re.compile(r"[A-Za-z0-9._/-]+")  # goes into URLs and configuration files as it is


class UnsafeDirectory(Misconfigured):
    """A directory that must be ours alone is not."""

    kind = "UnsafeDirectory"


class AlreadySupervised(Misconfigured):
    """Another process looks after this state directory."""

    kind = "AlreadySupervised"


def private_directory(path: Path) -> Path:
    """Makes a directory that only our user can enter (mode 0700), or makes an existing one so. Returns its resolved path.

    Raises:
        UnsafeDirectory: it is no directory, belongs to another user, or cannot be made or written.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        resolved = path.resolve(strict=True)
        found = resolved.stat()
        if found.st_uid != os.getuid():
            raise UnsafeDirectory(
                f"{path} belongs to user {found.st_uid}, not to us ({os.getuid()}); name another directory"
            )
        if stat.S_IMODE(found.st_mode) != 0o700:
            resolved.chmod(0o700)
    except OSError as error:
        raise UnsafeDirectory(
            f"{path} cannot be used as a private directory: {error.strerror}; name another"
        ) from error
    if not os.access(resolved, os.W_OK | os.X_OK):
        raise UnsafeDirectory(f"{path} is not writable; name another directory")
    return resolved


def runtime_directory(state_dir: Path, *, xdg_runtime_dir: Path | None) -> Path:
    """Makes and returns the short directory (at most 79 bytes, mode 0700) where sockets of this state directory live.

    It is under `xdg_runtime_dir` when that is ours alone, else under the system's temporary directory, and is remembered in the
    state directory (`run`, a symbolic link), so that it stays the same whatever the next caller's environment says.

    Raises:
        UnsafeDirectory: its name is taken by something that is not our own private directory.
    """
    state_dir = state_dir.resolve()
    link = state_dir / "run"
    if link.is_symlink() and _is_ours_alone(remembered := link.readlink()):
        return remembered
    key = hashlib.sha256(os.fsencode(state_dir)).hexdigest()[:12]
    candidates = [
        Path(tempfile.gettempdir()) / f"maskbot-{os.getuid()}-{key}",
        Path("/tmp") / f"maskbot-{os.getuid()}-{key}",  # noqa: S108 - checked to be ours alone
    ]
    if xdg_runtime_dir is not None and _is_ours_alone(xdg_runtime_dir):
        candidates.insert(0, xdg_runtime_dir / f"maskbot-{key}")
    directory = next(path for path in candidates if _is_short_and_plain(path))
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UnsafeDirectory(f"{directory} cannot be made: {error.strerror}; remove what has its name") from error
    if not _is_ours_alone(directory):
        raise UnsafeDirectory(f"{directory} is not a directory of ours with mode 0700; remove it")
    link.unlink(missing_ok=True)
    link.symlink_to(directory)
    return directory


def discard_runtime_directory(directory: Path) -> None:
    """Removes a runtime directory in which no socket is left. Repeat-safe; the next `runtime_directory` makes it again."""
    with suppress(OSError):
        directory.rmdir()


class StateLock:
    """The right to look after one state directory. The kernel gives it back when its holder ends, however that happens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Takes the lock and notes our pid in the file.

        Raises:
            AlreadySupervised: another process holds it.
        """
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 20).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            message = (
                f"{self.path.parent} is already looked after by process {holder}; stop it, or name another directory"
            )
            raise AlreadySupervised(message) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Gives the lock back. Repeat-safe. The file stays: removing it would let two holders exist."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _is_short_and_plain(path: Path) -> bool:
    return len(os.fsencode(path)) <= LONGEST_DIRECTORY and PLAIN_PATH.fullmatch(str(path)) is not None


def _is_ours_alone(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) == 0o700
