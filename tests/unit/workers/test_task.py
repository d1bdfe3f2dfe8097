"""What the worker does with claimed jobs: poison stays alone, families are obeyed, a stopping worker hands back (R10, R27)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from maskbot.adapters.store.admin import Admin
from maskbot.assembly import App, assemble
from maskbot.domain.errors import Refused
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.domain.policy import AccountPolicy, PolicyBook
from maskbot.domain.post import Post, Visibility
from maskbot.domain.request import Answer, Facts, Need, Request
from maskbot.flows.act.collect_posts import record_posts
from maskbot.settings import Settings
from tests.fakes.inside import FakeClock, FakeNotice, FakeVault
from workers.task import drain, run_jobs

BOT = Profile(Platform.X, "x.com", "1800", "maskbot")
LEASE_MS = 60_000


class Died(BaseException):
    """The process is gone: nothing after it runs."""


class Echo:
    """Answers everything; the word `poison` kills the worker."""

    name = "echo"
    verbs: tuple[str, ...] = ()

    def accepts(self, request: Request) -> bool:
        return True

    def needs(self, request: Request) -> tuple[Need, ...]:
        return ()

    def decide(self, request: Request, facts: Facts) -> Answer:
        if "poison" in request.text:
            raise Died
        return Answer(words=request.text, reason="echoed")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock) -> Iterator[App]:
    """Real store and settings; the applet that dies, a clock that stands still, keys without a vault."""
    made = assemble(Settings(home=tmp_path / "home", health_port=0))
    parts: dict[str, object] = {"clock": clock, "vault": FakeVault(), "applets": (Echo(),)}
    app = App(settings=made.settings, _parts=parts)
    admin = Admin(app.store)
    tenant_id = admin.add_tenant("dao", now_ms=clock.ms)
    admin.add_account(
        "a1", tenant_id=tenant_id, profile=BOT, api_base_url="https://api.x.com", sealed_token=b"", now_ms=clock.ms
    )
    yield app
    app.close()


def collect(app: App, *texts: str) -> None:
    """Record mentions, in this order."""
    with app.store.read() as work:
        (feed,) = work.accounts.feeds("a1")
        account = work.accounts.load(["a1"])["a1"]
    posts = [
        Post(
            platform=Platform.X,
            post_id=str(1000 + number),
            root_id=str(1000 + number),
            author=Profile(Platform.X, "x.com", str(5000 + number), f"user{number}"),
            text=text,
            links=(),
            visibility=Visibility.PUBLIC,
            spoiler_text="",
            created_at_ms=0,
            is_addressed=True,
        )
        for number, text in enumerate(texts)
    ]
    record_posts(
        posts, feed=feed, account=account, cursor=None, via="poll", store=app.store, clock=app.clock, notice=FakeNotice()
    )  # fmt: skip


def work_until_death(app: App, clock: FakeClock) -> bool:
    """One life of a worker on the mentions; whether it died. Afterwards every lease has lapsed."""
    try:
        drain("mentions", app=app, notice=FakeNotice(), owner="host:1", is_stopping=lambda: False)
    except Died:
        return True
    finally:
        clock.move(LEASE_MS + 1)
    return False


def states(app: App) -> dict[str, int]:
    return dict(app.admin.pulse(now_ms=app.clock.now_ms()).mentions)


def test_a_mention_that_kills_its_worker_is_parked_after_five_deaths_and_takes_nobody_along(
    app: App, clock: FakeClock
) -> None:
    collect(app, *(f"hello {number}" for number in range(10)), "poison", *(f"bye {number}" for number in range(10)))
    deaths = 0
    while work_until_death(app, clock):
        deaths += 1
        assert deaths <= 5
    assert deaths == 5
    assert states(app) == {"answered": 20, "new": 1}
    (parked,) = [row for row in app.admin.jobs() if row["state"] == "parked"]
    assert parked["error_kind"] == "CrashedTooOften"


def test_two_poison_mentions_do_not_park_their_neighbours(app: App, clock: FakeClock) -> None:
    collect(app, "poison 1", "one", "poison 2", "two", "three")
    for _ in range(12):
        work_until_death(app, clock)
    assert states(app) == {"answered": 3, "new": 2}
    assert len([row for row in app.admin.jobs() if row["state"] == "parked"]) == 2


class RefusingBook(PolicyBook):
    """Policies that cannot be had the first `refusals` times."""

    refusals = 1

    def of(self, instance: str) -> AccountPolicy:
        if self.refusals:
            type(self).refusals -= 1
            raise Refused("not now", kind="IllegalMove")
        return super().of(instance)


def test_a_batch_of_mentions_that_is_refused_is_decided_again(app: App, clock: FakeClock) -> None:
    app = App(settings=app.settings, _parts={**app._parts, "policies": RefusingBook()})
    collect(app, "one", "two")
    work_until_death(app, clock)
    assert states(app) == {"new": 2}
    work_until_death(app, clock)
    assert states(app) == {"answered": 2}


def test_what_is_behind_the_poison_is_answered_within_four_lives(app: App, clock: FakeClock) -> None:
    collect(app, "poison", "one", "two")
    for _ in range(4):
        assert work_until_death(app, clock)
    assert states(app) == {"answered": 2, "new": 1}


def test_a_stopping_worker_begins_nothing_more_and_frees_what_it_had_claimed(app: App, clock: FakeClock) -> None:
    with app.store.write() as work:
        work.jobs.add([NewJob(JobKind.ERASE_KEY, f"p{number}", "t", clock.ms) for number in range(3)])
        jobs = work.jobs.claim(queue="keys", owner="host:1", limit=3, now_ms=clock.ms, lease_ms=LEASE_MS)
    answers = iter((False, True))
    assert run_jobs(jobs, app=app, notice=FakeNotice(), is_stopping=lambda: next(answers)) == 1
    again = claimed(app, clock)
    assert {job.target_id for job in again} == {"p1", "p2"}
    assert {job.crashes for job in again} == {0}
    with app.store.read() as work:
        assert work.bells.lease_owners() == ("host:2",)


def claimed(app: App, clock: FakeClock) -> Sequence[Job]:
    with app.store.write() as work:
        return work.jobs.claim(queue="keys", owner="host:2", limit=9, now_ms=clock.ms, lease_ms=LEASE_MS)
