"""Private directories: made 0700, and refused when somebody else could have put them there.

Source: reliability.md B.4 (own state directory), E14.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from maskbot.domain.errors import Misconfigured
from maskbot.settings.variables import Settings


def prepare(settings: Settings) -> None:
    """Make the home and the runtime directory. Safe to repeat. Raises Misconfigured like `ensure_private_directory`."""
    ensure_private_directory(settings.home, variable="MASKBOT_HOME")
    ensure_private_directory(settings.runtime_path, variable="MASKBOT_RUNTIME_DIR")


def ensure_private_directory(path: Path, *, variable: str) -> None:
    """Make the directory with mode 0700 if it is not there; `variable` is the setting to name when that fails.

    Raises:
        Misconfigured: it cannot be made or written, is no directory, belongs to another user, or is open to others.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise Misconfigured(
            f"{variable}: {path} cannot be made ({error.strerror}); name a directory you can write"
        ) from error
    if not stat.S_ISDIR(found.st_mode) and not path.is_dir():
        raise Misconfigured(f"{variable}: {path} is not a directory; name another one")
    found = path.stat()
    if found.st_uid != os.getuid():
        raise Misconfigured(f"{variable}: {path} belongs to another user; name a directory of your own")
    if found.st_mode & 0o077:
        raise Misconfigured(f"{variable}: others can enter {path}; run: chmod 700 {path}")
    if not os.access(path, os.W_OK | os.X_OK):
        raise Misconfigured(f"{variable}: {path} cannot be written; run: chmod 700 {path}")
