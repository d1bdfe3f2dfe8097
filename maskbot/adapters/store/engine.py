"""Engines: SQLAlchemy 2 on SQLite (embedded) and PostgreSQL (many hosts), with the settings of reliability.md C.1.

SQLite: WAL, synchronous=FULL, foreign keys on, busy timeout 5 s; a write transaction begins with BEGIN IMMEDIATE, since a read
lock that is raised to a write lock fails at once instead of waiting. The writers of one process queue at a lock of ours first:
SQLite's own waiting is polling, and unfair. Reads run on connections that refuse to write.
PostgreSQL: READ COMMITTED for writes, one read-only snapshot (REPEATABLE READ) for reads, lock timeout 5 s.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from maskbot.adapters.store.errors import StoreUnusable

BUSY_TIMEOUT_MS = 5_000
READERS = 8
POSTGRES_CONNECTIONS = 8
WAIT_S = 10.0
POSTGRES_TEXT = "-c client_encoding=UTF8"
_POSTGRES_OPTIONS = (
    f"{POSTGRES_TEXT} -c timezone=UTC -c lock_timeout=5000 -c statement_timeout=60000 "
    "-c idle_in_transaction_session_timeout=60000"
)


@dataclass(frozen=True, slots=True)
class Engines:
    """Where write and read transactions begin; `path` is the SQLite file, None on PostgreSQL."""

    writer: Engine
    reader: Engine
    path: Path | None

    def close(self) -> None:
        """Close every connection."""
        self.writer.dispose()
        self.reader.dispose()


def parse_url(url: str) -> URL:
    """The address of a database: `sqlite:////absolute/path` or `postgresql://user:password@host/name`.

    Raises:
        StoreUnusable: another kind of database, or no file behind a SQLite address.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreUnusable(
            "expected a database address such as sqlite:////path/maskbot.db or postgresql://host/name"
        ) from error
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        if not parsed.database or parsed.database == ":memory:":
            raise StoreUnusable("expected the path of a file in the SQLite address: sqlite:////path/maskbot.db")
        return parsed.set(drivername="sqlite+pysqlite")
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    raise StoreUnusable(f"expected a sqlite: or postgresql: database address, got {parsed.drivername}:")


def open_engines(url: str) -> Engines:
    """Engines for this address; a SQLite file is made, with mode 0600, if it is not there.

    Raises:
        StoreUnusable: the address is wrong, or the file cannot be made or written.
    """
    parsed = parse_url(url)
    if parsed.drivername.startswith("postgresql"):
        writer = create_engine(
            parsed,
            isolation_level="READ COMMITTED",
            pool_size=POSTGRES_CONNECTIONS,
            max_overflow=POSTGRES_CONNECTIONS,
            pool_timeout=WAIT_S,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"options": _POSTGRES_OPTIONS, "connect_timeout": 5},
        )
        reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return Engines(writer, reader, None)
    path = Path(str(parsed.database)).absolute()
    make_private_file(path)
    writer = _sqlite_engine(parsed, size=1, is_reader=False)
    return Engines(writer, _sqlite_engine(parsed, size=READERS, is_reader=True), path)


def make_private_file(path: Path) -> None:
    """Make the file with mode 0600 if it is not there, so that the database never exists with wider rights.

    Raises:
        StoreUnusable: the folder is missing or not writable, or the file is not ours to write.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        message = f"cannot make or write the database file {path} ({error.strerror}): check the folder and its rights"
        raise StoreUnusable(message) from error


def use_wal(connection: sqlite3.Connection) -> None:
    """Write-ahead log, unless the file is another program's: that is refused later, and stays as it is."""
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names or "alembic_version" in names:
        connection.execute("PRAGMA journal_mode=WAL")


def _sqlite_engine(url: URL, *, size: int, is_reader: bool) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=READERS if is_reader else 0,
        pool_timeout=WAIT_S,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "cached_statements": 256, "timeout": BUSY_TIMEOUT_MS / 1000},
    )
    begin = "BEGIN" if is_reader else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        use_wal(connection)
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_size_limit=67108864",
            "temp_store=MEMORY",
            f"query_only={'ON' if is_reader else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
