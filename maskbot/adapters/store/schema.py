"""The schema's version: what an open store checks, without loading Alembic (that is `upgrade`'s business).

Linear history, no downgrade; a database newer than this program is refused (reliability.md C.1, R38).
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect
from sqlalchemy import text as sql

from maskbot.adapters.store.engine import Engines
from maskbot.adapters.store.errors import StoreUnusable
from maskbot.domain.errors import Misconfigured

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
"""Every released revision, oldest first; the last one is what this program needs."""


class SchemaMissing(Misconfigured):
    """An empty database, or one that belongs to another program."""

    kind = "SchemaMissing"


class SchemaOld(Misconfigured):
    """The database was written by an older maskbot."""

    kind = "SchemaOld"


class SchemaNewer(Misconfigured):
    """The database was written by a newer maskbot."""

    kind = "SchemaNewer"


def load_revision(connection: Connection) -> str | None:
    """The revision of the database; None when it is empty.

    Raises:
        StoreUnusable: a PostgreSQL database of another encoding than UTF8.
        SchemaMissing: tables of another program are in it.
        SchemaNewer: this program does not know the revision.
    """
    if connection.dialect.name == "postgresql":
        encoding = connection.execute(sql("SHOW server_encoding")).scalar_one()
        if encoding != "UTF8":
            raise StoreUnusable(
                f"the database has the encoding {encoding}: make it anew with ENCODING 'UTF8' TEMPLATE template0"
            )
    names = set(inspect(connection).get_table_names())
    if "alembic_version" not in names:
        if names:
            raise SchemaMissing(
                "the database holds tables of another program: name another database in MASKBOT_DATABASE_URL"
            )
        return None
    revision: str | None = connection.execute(sql("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if revision is None and "tenant" not in names:
        return None
    if revision not in REVISIONS:
        raise SchemaNewer(
            f"the database has schema {revision}, this maskbot knows {REVISIONS[-1]} at most: install the newer maskbot again"
        )
    return revision


def check_schema(engines: Engines) -> None:
    """Look that the database is whole and has the schema of this program.

    Raises:
        StoreUnusable: SQLite's quick check found damage.
        SchemaMissing, SchemaOld, SchemaNewer: run an upgrade, or this is the wrong database or program.
    """
    with engines.reader.begin() as connection:
        if engines.path is not None:
            check_file(connection)
        revision = load_revision(connection)
    if revision is None:
        raise SchemaMissing("the database is empty: run `maskbot db upgrade`")
    if revision != REVISIONS[-1]:
        raise SchemaOld(
            f"the database has schema {revision}, this maskbot needs {REVISIONS[-1]}: run `maskbot db upgrade`"
        )


def check_file(connection: Connection) -> None:
    """SQLite's quick check. Raises StoreUnusable when the file is damaged."""
    finding = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if finding != "ok":
        raise StoreUnusable("the database file is damaged: stop maskbot and restore the newest backup")
