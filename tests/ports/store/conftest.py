"""The stage of the store's suites: each test runs on a SQLite file and on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.adapters.store.tables_outbox import metadata
from maskbot.adapters.store.upgrade import upgrade
from maskbot.adapters.store.work import SqlStore, open_store
from tests.fakes.empty_store import new_database
from tests.ports.store.postgres import postgres_server
from tests.ports.store.stage import Stage


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres_server(is_durable=False) as url:
        upgrade(url)
        yield url


@pytest.fixture(scope="session")
def postgres_store(postgres_url: str) -> Iterator[SqlStore]:
    store = open_store(postgres_url)
    yield store
    store.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(new_database(tmp_path / "store.db"))
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> SqlStore:
    if request.param == "sqlite":
        chosen: SqlStore = request.getfixturevalue("sqlite_store")
        return chosen
    chosen = request.getfixturevalue("postgres_store")
    with chosen.engines.writer.begin() as connection:
        connection.exec_driver_sql("TRUNCATE audit")  # its rows cannot be deleted
        for table in reversed(metadata.sorted_tables):  # quicker than TRUNCATE, which makes new files
            connection.execute(table.delete())
    return chosen


@pytest.fixture
def stage(store: SqlStore) -> Stage:
    """A store with one tenant, two accounts and their feeds."""
    return Stage(store)
