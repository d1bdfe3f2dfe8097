"""Two hosts on one PostgreSQL: two watchers, two tickers, two workers. Everything happens once (R4, R6, R25).

Each slot of a schedule fires once though both tickers ring for it; so it does after a downtime across the slot, and mentions that
both hosts see are answered once while one of them dies. `chaos_parts.py` lets leases lapse under a stopped worker.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.assembly import App
from maskbot.domain.delivery import NewDelivery
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.post import Draft, Visibility
from tests.chaos.service import Service, wait_until
from tests.ports.store.postgres import postgres_server


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    directory: Path = tmp_path_factory.mktemp("hosts")
    with postgres_server(is_durable=False) as url, Service(directory, DATABASE_URL=url) as service:
        for part in ("worker", "tend"):
            service.start_module(f"{part}-2", "workers.run", part)
        yield service


@pytest.fixture
def app(hosts: Service) -> Iterator[App]:
    parts = hosts.app()
    yield parts
    parts.close()


def schedule(app: App, name: str, count: int, *, in_ms: int) -> list[str]:
    """Plain posts that fall due at their slot, as a broadcast's do; their texts."""
    (account,) = _accounts(app)
    texts = [f"{name} {number}" for number in range(count)]
    slot_ms = app.clock.now_ms() + in_ms
    with app.store.write() as work:
        ids = work.deliveries.add(
            [
                NewDelivery(account[0], account[1], f"{name}-{number}", Draft(text, Visibility.PUBLIC))
                for number, text in enumerate(texts)
            ],
            now_ms=app.clock.now_ms(),
        )
        work.jobs.add([NewJob(JobKind.DELIVER_POST, each, account[1], slot_ms) for each in ids])
    return texts


def _accounts(app: App) -> list[tuple[str, str]]:
    with app.store.read() as work:
        return [(each.id, each.tenant_id) for each in work.accounts.load().values()]


def fired(service: Service, texts: list[str]) -> dict[str, int]:
    """How often each text was posted."""
    counts = Counter(str(post["text"]) for post in service.x.posts(author="maskbot"))
    return {text: counts[text] for text in texts if counts[text]}


def each_once(service: Service, texts: list[str]) -> None:
    wait_until(lambda: len(fired(service, texts)) == len(texts), what="every slot", timeout_s=30)
    assert set(fired(service, texts).values()) == {1}


def test_each_slot_fires_once_though_two_hosts_ring_and_never_early(hosts: Service, app: App) -> None:
    texts = schedule(app, "slot", 12, in_ms=1_500)
    later = schedule(app, "not yet", 3, in_ms=3_600_000)
    assert fired(hosts, texts) == {}
    each_once(hosts, texts)
    assert fired(hosts, later) == {}


def test_a_slot_missed_in_a_downtime_of_three_hours_fires_once_when_the_hosts_are_back(
    hosts: Service, app: App
) -> None:
    parts = ("worker", "worker-2")
    for part in parts:
        os.kill(hosts.children[part].pid, signal.SIGKILL)
        hosts.children[part].end()
    texts = schedule(app, "missed", 5, in_ms=-3 * 3_600_000)
    for part in parts:
        hosts.start_module(part, "workers.run", "worker")
    each_once(hosts, texts)


def test_mentions_seen_by_both_hosts_are_answered_once_while_one_host_dies(hosts: Service, app: App) -> None:
    asked = [hosts.ask(f"asker{number}") for number in range(10)]
    wait_until(lambda: len(hosts.replies()) >= 2, what="the first replies")
    for part in ("worker-2", "tend-2"):
        os.kill(hosts.children[part].pid, signal.SIGKILL)
        hosts.children[part].end()
    hosts.start_module("worker-2", "workers.run", "worker")
    wait_until(lambda: set(asked) <= set(hosts.replies()), what="replies", timeout_s=60)
    assert {hosts.replies()[one] for one in asked} == {1}
    with app.store.read() as work:
        assert len(work.accounts.load()) == 1
