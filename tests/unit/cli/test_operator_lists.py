"""Tenants, switches, mentions, outbox and database from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.operator import Operator


@pytest.mark.parametrize(
    "words",
    [
        ("tenant", "list"),
        ("account", "list"),
        ("account", "feed", "list"),
        ("persona", "list"),
        ("contact", "list"),
        ("inbox", "list"),
        ("broadcast", "list"),
        ("mention", "list"),
        ("outbox", "list"),
        ("outbox", "parked"),
        ("switch", "list"),
    ],
)
def test_every_empty_list_is_json_when_asked_and_a_hint_when_not(operator: Operator, words: tuple[str, ...]) -> None:
    listed = operator.run(*words, "--json").json
    assert [row for row in listed if row.get("name") != "default"] == []
    plain = operator.run(*words)
    assert plain.status == 0
    assert plain.err or "default" in plain.out


def test_a_tenant_is_added_once(operator: Operator) -> None:
    first = operator.run("tenant", "add", "dao", "--json").json
    assert operator.run("tenant", "add", "dao", "--json").json == first
    assert [row["name"] for row in operator.run("tenant", "list", "--json").json] == ["dao"]
    assert operator.run("tenant", "add", "a b").status == 2


def test_an_unknown_tenant_is_refused_with_the_command_that_adds_it(operator: Operator) -> None:
    ran = operator.run("contact", "list", "--tenant", "nobody")
    assert ran.status == 3
    assert "maskbot tenant add nobody" in ran.err


def test_a_switch_is_paused_and_resumed_for_every_process(operator: Operator) -> None:
    operator.run("switch", "pause", "verb:price", "--reason", "maintenance")
    with operator.parts.store.read() as work:
        assert work.switches.off() == {"verb:price"}
    (row,) = operator.run("switch", "list", "--json").json
    assert (row["scope"], row["reason"]) == ("verb:price", "maintenance")
    operator.run("switch", "resume", "verb:price")
    with operator.parts.store.read() as work:
        assert work.switches.off() == frozenset()
    assert operator.run("switch", "pause", "everything").status == 2


def test_a_mention_that_is_not_there_cannot_be_replayed(operator: Operator) -> None:
    assert operator.run("mention", "replay", "m1").status == 3


def test_parked_jobs_are_retried(operator: Operator) -> None:
    assert operator.run("outbox", "retry", "--json").json == {"unparked": 0}
    assert operator.run("outbox", "retry", "j1").status == 3


def test_a_backup_is_a_new_private_file(operator: Operator, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    made = operator.run("db", "backup", str(target), "--json").json
    assert made["backup"] == str(target)
    assert target.stat().st_mode & 0o777 == 0o600
    assert operator.run("db", "backup", str(target)).status == 6


def test_an_upgrade_of_a_current_database_changes_nothing(operator: Operator) -> None:
    assert operator.run("db", "upgrade", "--json").json == {"state": "current", "backup": None}


def test_health_of_a_stopped_service_is_unavailable(operator: Operator) -> None:
    ran = operator.run("health", MASKBOT_HEALTH_PORT="9")
    assert ran.status == 4
    assert "maskbot up" in ran.err


def test_unknown_queues_are_named(operator: Operator) -> None:
    ran = operator.run("worker", "--queues", "mentions,nothing")
    assert ran.status == 2
    assert "nothing" in ran.err
