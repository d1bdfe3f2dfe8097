"""One part of the service after the other fails while people ask: nothing is lost, nothing is answered twice, and health says what.

R3 (Redis absent at the start and later), R27 (SIGTERM), R39 (readiness), an expired token, and the harness's own proof that it
would notice a loss. One service for all; `chaos_parts.py` has the slow ones.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator

import pytest

from tests.chaos.service import Service, wait_until


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("parts")) as running:
        yield running


def jobs(service: Service) -> int:
    """Jobs that are not done."""
    with sqlite3.connect(f"file:{service.home}/maskbot.db?mode=ro", uri=True) as database:
        return int(database.execute("SELECT count(*) FROM job").fetchone()[0])


def mentions(service: Service) -> int:
    """Mentions that were recorded."""
    with sqlite3.connect(f"file:{service.home}/maskbot.db?mode=ro", uri=True) as database:
        return int(database.execute("SELECT count(*) FROM mention").fetchone()[0])


def answered_once(service: Service, *asked: str) -> None:
    """Waits until all have a reply, and nobody has two."""
    wait_until(lambda: set(asked) <= set(service.replies()), what="replies")
    wait_until(lambda: jobs(service) == 0, what="no work left")
    counts = service.replies()
    assert [counts[one] for one in asked] == [1] * len(asked)


def test_a_service_without_redis_collects_and_answers_when_it_comes(service: Service) -> None:
    """R3: absent at the start of every part, then there; then gone and back while they run."""
    service.stop_redis()
    for part in ("worker", "tend"):
        service.kill(part)
    before = mentions(service)
    asked = [service.ask(f"early{number}") for number in range(3)]
    wait_until(lambda: mentions(service) == before + 3, what="intake without Redis")
    assert all(child.is_running for child in service.children.values())
    assert service.replies() == {}
    wait_until(lambda: "redis" in service.readiness()[1], what="red for Redis", timeout_s=15)
    service.start_redis()
    answered_once(service, *asked)
    service.stop_redis()
    asked = [service.ask(f"late{number}") for number in range(3)]
    wait_until(lambda: mentions(service) == before + 6, what="intake without Redis")
    service.start_redis()
    answered_once(service, *asked)


def test_a_worker_told_to_stop_claims_nothing_more_ends_in_time_and_holds_no_lease(service: Service) -> None:
    """R27. A post is on its way when the signal comes; it is not lost and not sent twice."""
    service.x.add_fault("hang", method="POST", path="/2/tweets", seconds=1.0, after=True)
    first = service.ask("patient")
    wait_until(lambda: first in service.replies(), what="the post under way")
    worker = service.children["worker"]
    began = time.monotonic()
    os.kill(worker.pid, signal.SIGTERM)
    second = service.ask("impatient")
    wait_until(lambda: not worker.is_running, what="the end of the worker", timeout_s=12)
    assert time.monotonic() - began < 12
    assert second not in service.replies()
    app = service.app()
    with app.store.read() as work:
        owners = work.bells.lease_owners()
    app.close()
    service.start("worker")
    answered_once(service, first, second)
    assert owners in ((), (f"{os.uname().nodename}:{worker.pid}",))  # at most the job of the post itself


def test_readiness_names_what_is_gone_within_15_seconds_and_recovers(service: Service) -> None:
    """R39, the quick faults; each is put right before the next."""
    wait_until(lambda: service.readiness()[0] == 200, what="green", timeout_s=20)
    os.kill(service.children["vault"].pid, signal.SIGSTOP)
    wait_until(lambda: "vault" in service.readiness()[1], what="red for the vault", timeout_s=15)
    os.kill(service.children["vault"].pid, signal.SIGCONT)
    wait_until(lambda: service.readiness()[0] == 200, what="green", timeout_s=20)
    with sqlite3.connect(service.home / "maskbot.db", isolation_level=None) as database:
        database.execute("BEGIN IMMEDIATE")
        wait_until(lambda: "database" in service.readiness()[1], what="red for the database", timeout_s=15)
        database.execute("ROLLBACK")
    wait_until(lambda: service.readiness()[0] == 200, what="green", timeout_s=20)


def test_an_expired_token_breaks_the_account_and_a_new_one_resumes_it_without_loss(service: Service) -> None:
    service.x.change_user("maskbot", is_revoked=True)
    asked = service.ask("waiting")

    def state() -> str:
        shown = json.loads(service.command("-m", "maskbot", "account", "list", "--json"))
        (account,) = shown if isinstance(shown, list) else shown["accounts"]
        return str(account["state"])

    wait_until(lambda: state() == "broken", what="a broken account", timeout_s=20)
    service.x.change_user("maskbot", is_revoked=False)
    service.add_account()
    answered_once(service, asked)
    assert state() == "active"


def test_the_same_mention_seen_by_two_watchers_is_answered_once(service: Service) -> None:
    """R4 with real processes: a second watcher polls the same account."""
    service.start_module("watch-2", "workers.run", "watch")
    asked = [service.ask(f"seen{number}") for number in range(5)]
    answered_once(service, *asked)
    service.children.pop("watch-2").end(grace_s=5)


def test_the_harness_notices_a_mention_that_is_lost(service: Service) -> None:
    """The negative control: a job that disappears behind the service's back leaves its asker without a reply."""
    service.stop_redis()  # nothing is worked on
    before = mentions(service)
    lost, kept = service.ask("unlucky"), service.ask("lucky")
    wait_until(lambda: mentions(service) == before + 2, what="intake")
    app = service.app()
    with app.store.transaction() as connection:
        connection.exec_driver_sql(
            "DELETE FROM job WHERE target_id = (SELECT id FROM mention WHERE root_id = ?)", (lost,)
        )
    app.close()
    service.start_redis()
    answered_once(service, kept)
    with pytest.raises(AssertionError, match="replies"):
        wait_until(lambda: lost in service.replies(), what="replies", timeout_s=1.0)
