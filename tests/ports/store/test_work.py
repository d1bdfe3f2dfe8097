"""Units of work: all or nothing, one snapshot, one writer at a time."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from maskbot.adapters.store.errors import NoSuchRow, StoreUnusable
from maskbot.adapters.store.ids import new_id
from maskbot.adapters.store.work import SqlStore, open_store
from maskbot.domain.errors import Unavailable
from maskbot.domain.inbox import InboxItem
from tests.ports.store.stage import NOW, Stage


def joins(store: SqlStore, account_id: str) -> int:
    with store.read() as work:
        return work.links.count_joins(account_id=account_id, since_ms=0)


def join_and_fail(stage: Stage) -> None:
    with stage.store.write() as work:
        work.links.note_join(account_id=stage.a, persona_id="p", now_ms=NOW)
        work.accounts.set_state("missing", state="active", reason="")


def test_an_exception_undoes_the_whole_unit_of_work(stage: Stage) -> None:
    with pytest.raises(NoSuchRow):
        join_and_fail(stage)
    assert joins(stage.store, stage.a) == 0
    with stage.store.write() as work:
        work.links.note_join(account_id=stage.a, persona_id="p", now_ms=NOW)
    assert joins(stage.store, stage.a) == 1


def test_reading_never_writes(stage: Stage) -> None:
    with pytest.raises(StoreUnusable), stage.store.read() as work:
        work.links.note_join(account_id=stage.a, persona_id="p", now_ms=NOW)
    assert joins(stage.store, stage.a) == 0


def test_a_reader_sees_one_moment_while_others_write(stage: Stage) -> None:
    with stage.store.read() as before:
        assert before.links.count_joins(account_id=stage.a, since_ms=0) == 0
        with stage.store.write() as work:
            work.links.note_join(account_id=stage.a, persona_id="p", now_ms=NOW)
        assert before.links.count_joins(account_id=stage.a, since_ms=0) == 0
    assert joins(stage.store, stage.a) == 1


def test_writers_of_several_processes_take_turns(store: SqlStore) -> None:
    """Two stores on one database, as two processes have them; read, then write, never loses an update."""
    stage = Stage(store)
    second = open_store(str(store.engines.writer.url.render_as_string(hide_password=False)))
    failures: list[BaseException] = []

    def count(own: SqlStore) -> None:
        try:
            for _ in range(25):
                with own.write() as work:
                    work.ledger.spend(account_id=stage.a, action="post", cost_musd=1, now_ms=NOW)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=count, args=(own,)) for own in (store, second) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    second.close()
    assert failures == []
    with store.read() as work:
        assert work.ledger.spent_today(account_id=stage.a, now_ms=NOW) == 150


def test_two_watchers_with_the_same_posts_in_opposite_order_both_end(stage: Stage) -> None:
    barrier = threading.Barrier(4)
    failures: list[BaseException] = []

    def collect(numbers: list[int]) -> None:
        try:
            barrier.wait()
            for first in range(0, 200, 50):
                with stage.store.write() as work:
                    chosen = [stage.new_mention(str(n)) for n in numbers[first : first + 50]]
                    work.mentions.record(chosen, now_ms=NOW)
                    asked = [(stage.a, one.post.author.person, f"c{one.post.root_id}") for one in chosen]
                    work.people.spend(asked, burst=5, refill_ms=1, now_ms=NOW)
        except BaseException as error:
            failures.append(error)

    there, back = list(range(200)), list(range(200))[::-1]
    threads = [threading.Thread(target=collect, args=(numbers,)) for numbers in (there, back, there, back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(stage.admin.mentions(limit=999)) == 200


def test_a_locked_database_is_unavailable_and_nothing_is_recorded(sqlite_store: SqlStore, tmp_path: Path) -> None:
    stage = Stage(sqlite_store)
    with sqlite_store.transaction() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable), sqlite_store.write() as work:
            work.links.note_join(account_id=stage.a, persona_id="p", now_ms=NOW)
        other.execute("ROLLBACK")
    assert joins(sqlite_store, stage.a) == 0


def test_asking_for_many_items_by_id_gives_them_all(stage: Stage) -> None:
    persona = stage.persona()
    items = [InboxItem(new_id(), stage.tenant, persona.id, "x", str(n), "a", None, "", None, NOW) for n in range(60)]
    with stage.store.write() as work:
        for item in items:
            work.inbox.add(item, sealed=b"s")
        assert len(work.inbox.load(tenant_id=stage.tenant, ids=[item.id for item in items])) == 60
        assert len(work.inbox.load(tenant_id=stage.tenant)) == 50


def test_ids_are_uuid_version_7_and_rise() -> None:
    ids = [new_id() for _ in range(5_000)]
    assert ids == sorted(set(ids))
    assert all(len(one) == 36 and one[14] == "7" and one[19] in "89ab" for one in ids)
