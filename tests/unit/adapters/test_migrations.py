"""Migrations build exactly the tables of the code, from every released revision, on both databases (R38)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url, text

from maskbot.adapters.store.admin import Admin
from maskbot.adapters.store.engine import open_engines, parse_url
from maskbot.adapters.store.errors import StoreUnusable
from maskbot.adapters.store.schema import REVISIONS, SchemaMissing, SchemaNewer, SchemaOld
from maskbot.adapters.store.tables_outbox import metadata
from maskbot.adapters.store.upgrade import configuration, upgrade
from maskbot.adapters.store.work import open_store
from maskbot.domain.errors import Misconfigured, Unavailable
from tests.ports.store.postgres import postgres_server


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with postgres_server(is_durable=False) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/m.db"
    address: str = request.getfixturevalue("postgres")
    run(address, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return address


def run(url: str, *statements: str) -> None:
    engine = create_engine(parse_url(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_the_migrations_build_the_tables_of_the_code(url: str) -> None:
    upgrade(url)
    engines = open_engines(url)
    with engines.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engines.close()


def test_the_history_is_linear_and_known_to_the_code() -> None:
    script = ScriptDirectory.from_config(configuration())
    assert tuple(revision.revision for revision in reversed(list(script.walk_revisions()))) == REVISIONS
    assert script.get_heads() == [REVISIONS[-1]]


def test_repeating_an_upgrade_changes_nothing(url: str) -> None:
    assert upgrade(url) is None
    assert upgrade(url) is None
    open_store(url).close()


def test_an_empty_database_is_not_opened(url: str) -> None:
    with pytest.raises(SchemaMissing, match="maskbot db upgrade"):
        open_store(url)


def test_a_newer_schema_is_refused_by_open_and_upgrade(url: str) -> None:
    upgrade(url)
    run(url, "UPDATE alembic_version SET version_num = '9999'")
    for refused in (open_store, upgrade):
        with pytest.raises(SchemaNewer, match="newer maskbot"):
            refused(url)


def test_a_database_of_another_program_is_not_touched(url: str) -> None:
    run(url, "CREATE TABLE customers (id INTEGER)")
    for refused in (open_store, upgrade):
        with pytest.raises(SchemaMissing, match="another program"):
            refused(url)


def test_an_interrupted_upgrade_leaves_the_old_schema_and_can_be_repeated(url: str) -> None:
    """The last migration fails, since a table of it is in the way; what the first one made is rolled back with it."""
    run(url, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)", "CREATE TABLE vault_audit (id INTEGER)")
    with pytest.raises(StoreUnusable):
        upgrade(url)
    run(url, "DROP TABLE vault_audit")
    with pytest.raises(SchemaMissing):
        open_store(url)
    upgrade(url)
    open_store(url).close()


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_every_released_schema_comes_up_with_its_rows(url: str, revision: str) -> None:
    engine = create_engine(parse_url(url))
    with engine.begin() as connection:
        config = configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.execute(text("INSERT INTO tenant (id, name, created_at_ms) VALUES ('t', 'dao', 1)"))
    engine.dispose()
    with pytest.raises(SchemaOld, match="maskbot db upgrade"):
        open_store(url)
    backup = upgrade(url)
    store = open_store(url)
    assert [row["name"] for row in Admin(store).tenants()] == ["dao"]
    if store.engines.path is not None:
        assert backup is not None
        assert Path(backup).stat().st_mode & 0o777 == 0o600
        with closing(sqlite3.connect(backup)) as connection_of_backup:
            assert connection_of_backup.execute("SELECT version_num FROM alembic_version").fetchone() == (revision,)
    store.close()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_hold_every_text_is_refused_by_open_and_upgrade(postgres: str, encoding: str) -> None:
    address = make_url(postgres).set(database=encoding.lower())
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {encoding} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0".encode()
        )
    for use in (upgrade, open_store):
        with pytest.raises(StoreUnusable, match=f"encoding {encoding}"):
            use(address.render_as_string(hide_password=False))


def test_the_sqlite_file_is_private_wal_and_full(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    upgrade(f"sqlite:///{path}")
    store = open_store(f"sqlite:///{path}")
    with store.transaction() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}, modes
    store.close()


def test_a_damaged_file_is_found_when_opening(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * 8192 + whole[16384:])
    with pytest.raises(StoreUnusable):
        open_store(f"sqlite:///{path}")
    path.write_bytes(b"this is no database file, but a text" * 200)
    with pytest.raises(StoreUnusable):
        open_store(f"sqlite:///{path}")


@pytest.mark.parametrize(
    "wrong",
    ["", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "sqlite:////no/such/folder/m.db", "not an address"],
)
def test_a_wrong_address_is_named(wrong: str) -> None:
    with pytest.raises(Misconfigured):
        open_store(wrong)


def test_a_server_that_is_away_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        open_store("postgresql://nobody@127.0.0.1:1/none")
