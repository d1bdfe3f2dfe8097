"""The ticker rings, outlives a store that is away, and erases what was kept long enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from maskbot.adapters.store.admin import Admin
from maskbot.assembly import App, assemble
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.mention import NewMention, Outcome
from maskbot.domain.post import Post, Visibility
from maskbot.settings import Settings
from tests.fakes.inside import FakeClock, FakeNotice
from tests.unit.workers.waiting import until
from workers.ticker import run_ticker, tick, tidy

HOUR_MS = 3_600_000


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def app(tmp_path: Path, clock: FakeClock) -> Iterator[App]:
    made = assemble(Settings(home=tmp_path / "home", tick_s=0.01))
    app = App(settings=made.settings, _parts={"clock": clock})
    yield app
    app.close()


def test_a_tick_rings_once_for_what_is_due_and_again_when_nobody_came(app: App, clock: FakeClock) -> None:
    with app.store.write() as work:
        work.jobs.add(
            [NewJob(JobKind.DELIVER_POST, "d1", "t", clock.ms), NewJob(JobKind.ERASE_KEY, "p", "t", clock.ms)]
        )
    notice = FakeNotice()
    tick(app, notice)
    tick(app, notice)
    assert notice.rings == [{"deliveries": 1, "keys": 1}]
    clock.move(int(app.settings.quiet_s * 1000))
    tick(app, notice)
    assert notice.rings == [{"deliveries": 1, "keys": 1}] * 2


def test_the_loop_outlives_a_failing_beat(app: App) -> None:
    class Broken(FakeNotice):
        def ring(self, queues: object) -> None:
            self.rings.append({})
            raise RuntimeError("a bug")

    with app.store.write() as work:
        work.jobs.add([NewJob(JobKind.DELIVER_POST, "d1", "t", 0)])
    notice, stop = Broken(), Event()
    thread = Thread(target=run_ticker, args=(app, notice), kwargs={"stop": stop}, daemon=True)
    thread.start()
    until(lambda: notice.rings)
    assert thread.is_alive()
    stop.set()
    thread.join(10)


def test_the_text_of_an_answered_post_is_erased_after_a_day(app: App, clock: FakeClock) -> None:
    admin = Admin(app.store)
    tenant_id = admin.add_tenant("dao", now_ms=clock.ms)
    bot, alice = (
        Profile(Platform.X, "x.com", user_id, handle) for user_id, handle in (("1", "maskbot"), ("2", "alice"))
    )
    admin.add_account("a1", tenant_id=tenant_id, profile=bot, api_base_url="https://x", sealed_token=b"", now_ms=1)
    post = Post(Platform.X, "5", "5", alice, "my words", (), Visibility.PUBLIC, "", clock.ms, request_text="my words")
    with app.store.write() as work:
        (feed,) = work.accounts.feeds("a1")
        (mention_id,) = work.mentions.record(
            [NewMention("a1", tenant_id, feed.id, post, "poll", False)], now_ms=clock.ms
        )
        work.mentions.settle([Outcome(mention_id, "ignored", "not_addressed")], now_ms=clock.ms)
    assert tidy(app)
    assert text_of(app, mention_id) == "my words"
    clock.move(25 * HOUR_MS)
    assert tidy(app)
    assert text_of(app, mention_id) == ""


def text_of(app: App, mention_id: str) -> str:
    with app.store.read() as work:
        post = work.mentions.load([mention_id])[mention_id].post
    return post.text + (post.request_text or "")[len(post.text) :]
