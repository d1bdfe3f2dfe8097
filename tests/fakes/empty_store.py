"""An empty SQLite database with our schema: made once in each test process and copied, as an upgrade takes a fifth of a second."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

from maskbot.adapters.store.upgrade import upgrade


def new_database(path: Path) -> str:
    """Put an empty database at this path; its URL."""
    shutil.copy(_template(), path)
    return f"sqlite:///{path}"


@functools.cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mb-e-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    upgrade(f"sqlite:///{folder}/empty.db")
    return folder / "empty.db"
