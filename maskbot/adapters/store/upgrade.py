"""Brings a database to this program's schema with Alembic: backup first, one transaction, safe to interrupt and repeat.

All migrations run in one transaction on both databases, so a crash leaves the old schema as it was. Two hosts that start at
once wait for each other (SQLite: the write lock; PostgreSQL: an advisory lock).
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy import text as sql
from sqlalchemy.pool import NullPool

from maskbot.adapters.store.engine import BUSY_TIMEOUT_MS, POSTGRES_TEXT, make_private_file, parse_url, use_wal
from maskbot.adapters.store.errors import StoreUnusable, translated
from maskbot.adapters.store.schema import REVISIONS, load_revision

UPGRADE_LOCK = 0x6D61736B626F74  # "maskbot": the key of PostgreSQL's advisory lock


def upgrade(url: str) -> str | None:
    """Bring the database at this address to the schema of this program; the path of the backup that was made, if any.

    A new SQLite file is made with mode 0600. An existing one that needs work is backed up beside itself first, and the backup
    is checked. Repeating it changes nothing.

    Raises:
        StoreUnusable: the address is wrong, the file unwritable or damaged, or foreign keys would break.
        SchemaNewer, SchemaMissing: the database belongs to a newer maskbot or to another program.
    """
    parsed = parse_url(url)
    path, arguments = None, {"options": POSTGRES_TEXT}
    if parsed.drivername.startswith("sqlite"):
        path = Path(str(parsed.database)).absolute()
        make_private_file(path)
        arguments = {}
    engine = create_engine(parsed, poolclass=NullPool, hide_parameters=True, connect_args=arguments)
    if path is not None:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with translated():
        with engine.begin() as connection:
            revision = load_revision(connection)
        if revision == REVISIONS[-1]:
            return None
        backup = None if path is None or revision is None else back_up_file(path, name=f"before-{REVISIONS[-1]}")
        with engine.begin() as connection:
            _migrate(connection)
    return None if backup is None else str(backup)


def back_up_file(path: Path, *, name: str, target: Path | None = None) -> Path:
    """Copy a SQLite database, in use or not, by the online backup API, and check the copy; its path (mode 0600).

    Raises:
        StoreUnusable: the target cannot be written, or the copy is damaged.
    """
    if target is None:
        target = path.with_name(f"{path.name}.{name}.{time.time_ns() // 1_000_000}.bak")
    make_private_file(target)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy, pages=4096)
            copy.execute("PRAGMA journal_mode=DELETE")
            finding = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise StoreUnusable(f"the backup {target} could not be written: check space and rights") from error
    if finding != "ok":
        raise StoreUnusable(f"the backup {target} is damaged, so the database is not touched: restore an older backup")
    return target


def configuration() -> Config:
    """Alembic's configuration, made in code."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def _migrate(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        connection.execute(sql("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
    load_revision(connection)
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise StoreUnusable("the upgrade would break references between rows, so nothing was changed: report this")


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    # Rebuilding a table must not cascade; the references are checked as a whole before the commit.
    use_wal(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=OFF", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")
