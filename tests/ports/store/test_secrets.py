"""The vault's rows, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskbot.adapters.store.secrets import SqlSecrets
from maskbot.adapters.store.work import SqlStore
from maskbot.ports.secret_rows import SecretRow


@pytest.fixture
def rows(store: SqlStore) -> SqlSecrets:
    return SqlSecrets(store)


def row_of(row_id: str, *, kek_id: str = "k1", purpose: str = "persona") -> SecretRow:
    return SecretRow(row_id, "t", purpose, kek_id, b"wrapped-" + row_id.encode(), b"sealed", public_key=b"\x02" * 33)


def test_a_row_is_recorded_once_and_comes_back(rows: SqlSecrets) -> None:
    assert rows.load("a") is None
    assert rows.add(row_of("a")) == row_of("a")
    assert rows.add(replace(row_of("a"), sealed=b"other")) == row_of("a")
    assert rows.load("a") == row_of("a")


def test_rows_under_another_key_are_found_and_rewrapped_once(rows: SqlSecrets) -> None:
    for row_id, kek_id in (("a", "k1"), ("b", "k2"), ("c", "k1"), ("d", "k1")):
        rows.add(row_of(row_id, kek_id=kek_id))
    assert rows.kek_ids() == {"k1", "k2"}
    found = rows.not_under("k2", limit=2)
    assert [row.id for row in found] == ["a", "c"]
    rows.rewrap([(row, replace(row, kek_id="k2", wrapped_key=b"new")) for row in found])
    rows.rewrap([(found[0], replace(found[0], kek_id="k3", wrapped_key=b"late"))])
    assert [row.id for row in rows.not_under("k2", limit=9)] == ["d"]
    loaded = rows.load("a")
    assert loaded is not None
    assert (loaded.kek_id, loaded.wrapped_key) == ("k2", b"new")


def test_the_newest_row_of_a_purpose_is_found(rows: SqlSecrets) -> None:
    rows.add(row_of("p"))
    assert rows.newest(purpose="box", kek_id="k1") is None
    rows.add(row_of("box:1", purpose="box"))
    assert rows.newest(purpose="box", kek_id="k1") == row_of("box:1", purpose="box")
    assert rows.newest(purpose="box", kek_id="k2") is None


def test_an_erased_row_is_gone_and_noted_once(rows: SqlSecrets, store: SqlStore) -> None:
    rows.add(row_of("a"))
    rows.erase("a", action="erase", subject="a")
    rows.erase("a", action="erase", subject="a")
    rows.note(action="export", subject="b", detail="plain")
    assert rows.load("a") is None
    with store.snapshot() as connection:
        noted = connection.exec_driver_sql("SELECT action, persona_id, detail FROM vault_audit ORDER BY action").all()
    assert [tuple(one) for one in noted] == [("erase", "a", ""), ("export", "b", "plain")]
