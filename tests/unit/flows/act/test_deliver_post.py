"""Exactly one post, whatever dies or lies (reliability.md C.4, R21 to R24)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from maskbot.domain.delivery import Delivery
from maskbot.domain.errors import Malformed, MaskbotError, Misconfigured, Refused, Unavailable, Unconfirmed
from maskbot.domain.identity import Platform
from maskbot.domain.job import Job, JobKind
from maskbot.flows.act.deliver_post import DeliveryRules, deliver_post
from maskbot.ports.outside import DUPLICATE_TEXT
from tests.fakes.house import ALICE, BOB, House
from tests.fakes.social import FakePublisher

RULES = DeliveryRules(looks=3, quiet_ms=2_000, look_gap_ms=1_000)


def queue_a_reply(house: House) -> tuple[Delivery, FakePublisher]:
    _, reply = house.ask(ALICE, "help")
    assert reply is not None
    return reply, house.publisher(reply.account_id)


def deliver(house: House, rules: DeliveryRules = RULES) -> Job:
    (job,) = house.claim(JobKind.DELIVER_POST)
    deliver_post(job, store=house.store, publisher_of=house.publisher, clock=house.clock, rules=rules)
    return job


def deliver_in_vain(house: House, error: type[BaseException]) -> Job:
    """Do the one job that is due, which raises this; the job, still held."""
    (job,) = house.claim(JobKind.DELIVER_POST)
    with pytest.raises(error):
        deliver_post(job, store=house.store, publisher_of=house.publisher, clock=house.clock, rules=RULES)
    return job


def state(house: House, delivery: Delivery) -> str:
    with house.store.read() as work:
        return work.deliveries.load([delivery.id])[delivery.id].state


def let_go(house: House, job: Job, *, after_ms: int = 0) -> None:
    """What the worker does with a job whose flow raised."""
    with house.store.write() as work:
        work.jobs.postpone(job, due_at_ms=house.clock.ms + after_ms, error_kind="test")


def test_a_reply_is_published_and_recorded(house: House) -> None:
    reply, platform = queue_a_reply(house)
    deliver(house)
    assert state(house, reply) == "sent"
    assert [draft.text for draft in platform.posts.values()] == [reply.draft.text]
    assert house.claim(JobKind.DELIVER_POST) == []


def test_a_limited_platform_is_tried_later_and_left_alone_meanwhile(house: House) -> None:
    reply, platform = queue_a_reply(house)
    platform.failures = [Unavailable("429", retry_after_s=60)]
    job = deliver_in_vain(house, Unavailable)
    let_go(house, job)
    assert state(house, reply) == "queued"
    house.clock.move(1)
    deliver(house)  # the gate holds it back without a call
    assert platform.calls == 1
    house.clock.move(61_000)
    deliver(house)
    assert state(house, reply) == "sent"


def test_a_lost_answer_is_found_and_not_posted_again(house: House) -> None:
    reply, platform = queue_a_reply(house)
    platform.lost_answers = 1
    job = deliver_in_vain(house, Unconfirmed)
    assert state(house, reply) == "unknown"
    let_go(house, job)
    deliver(house)
    assert state(house, reply) == "sent"
    assert len(platform.posts) == 1


def test_a_worker_that_dies_in_the_call_leaves_no_second_post(house: House) -> None:
    reply, platform = queue_a_reply(house)

    def die() -> None:
        raise KeyboardInterrupt  # the process is gone: nothing is recorded after the call

    platform.on_call = die
    (job,) = house.claim(JobKind.DELIVER_POST, lease_ms=1_000)
    with pytest.raises(KeyboardInterrupt):
        deliver_post(job, store=house.store, publisher_of=house.publisher, clock=house.clock, rules=RULES)
    assert state(house, reply) == "sending"
    house.clock.move(2_000)
    deliver(house)
    assert state(house, reply) == "sent"
    assert len(platform.posts) == 1


def test_an_unknown_post_that_is_not_there_is_sent_again_only_after_three_looks(house: House) -> None:
    reply, platform = queue_a_reply(house)
    platform.failures = [Unconfirmed("timeout")]
    job = deliver_in_vain(house, Unconfirmed)
    let_go(house, job)
    for _ in range(3):
        assert platform.posts == {}
        deliver(house)
        house.clock.move(1_000)
    deliver(house)
    assert state(house, reply) == "sent"
    assert (len(platform.posts), platform.calls) == (1, 2)


@pytest.mark.parametrize("blindness", [Refused("403: this login is disabled"), Malformed("a post without a time")])
def test_an_unknown_post_that_cannot_be_looked_for_is_looked_for_later(house: House, blindness: MaskbotError) -> None:
    reply, platform = queue_a_reply(house)
    platform.lost_answers, platform.blindness = 1, [blindness]
    (job,) = house.claim(JobKind.DELIVER_POST)
    with pytest.raises(Unconfirmed):
        deliver_post(job, store=house.store, publisher_of=house.publisher, clock=house.clock, rules=RULES)
    let_go(house, job)
    (job,) = house.claim(JobKind.DELIVER_POST)
    with pytest.raises(
        Unavailable
    ):  # for which the worker tries again: a refusal would end the job, and nobody would ever know
        deliver_post(job, store=house.store, publisher_of=house.publisher, clock=house.clock, rules=RULES)
    let_go(house, job)
    deliver(house)
    assert (state(house, reply), len(platform.posts)) == ("sent", 1)


def test_a_text_that_collides_with_another_post_fails_and_is_never_varied(house: House) -> None:
    reply, platform = queue_a_reply(house)
    platform.failures = [Unconfirmed("duplicate", kind=DUPLICATE_TEXT)]
    job = deliver_in_vain(house, Unconfirmed)
    let_go(house, job)
    for _ in range(3):
        deliver(house)
        house.clock.move(1_000)
    assert (state(house, reply), platform.calls) == ("failed", 1)


def test_a_refusal_is_final(house: House) -> None:
    reply, platform = queue_a_reply(house)
    platform.failures = [Refused("the parent is gone")]
    deliver_in_vain(house, Refused)
    assert state(house, reply) == "failed"


def test_a_refused_token_marks_the_account_and_keeps_the_reply(house: House) -> None:
    reply, platform = queue_a_reply(house)
    platform.failures = [Misconfigured("the token was refused")]
    job = deliver_in_vain(house, Misconfigured)
    let_go(house, job)
    with house.store.read() as work:
        assert work.accounts.load([reply.account_id])[reply.account_id].state == "broken"
    house.clock.move(1)
    deliver(house)
    assert (state(house, reply), platform.calls) == ("queued", 1)


def test_a_stale_worker_cannot_record_over_its_successor(house: House) -> None:
    reply, platform = queue_a_reply(house)
    (old,) = house.claim(JobKind.DELIVER_POST, owner="old", lease_ms=1_000)
    house.clock.move(2_000)
    (new,) = house.claim(JobKind.DELIVER_POST, owner="new")
    deliver_post(new, store=house.store, publisher_of=house.publisher, clock=house.clock, rules=RULES)
    with pytest.raises(Refused):
        deliver_post(old, store=house.store, publisher_of=house.publisher, clock=house.clock, rules=RULES)
    assert (state(house, reply), len(platform.posts)) == ("sent", 1)


def test_the_daily_x_budget_is_kept(house: House) -> None:
    house.ask(BOB, "help")
    house.ask(BOB, "help")
    jobs = house.claim(JobKind.DELIVER_POST)
    rules = DeliveryRules(x_budget_musd=15)
    for job in jobs:
        deliver_post(job, store=house.store, publisher_of=house.publisher, clock=house.clock, rules=rules)
    platform = house.publisher(house.accounts[Platform.X].id)
    assert len(platform.posts) == 1
    assert [row["cost_musd"] for row in house.admin.spending()] == [10]


def test_a_paused_account_posts_nothing_until_it_is_resumed(house: House) -> None:
    reply, platform = queue_a_reply(house)
    scope = f"account:{reply.account_id}"
    with house.store.write() as work:
        work.switches.flip(scope, is_on=False, reason="maintenance", who="test", now_ms=house.clock.ms)
    deliver(house)
    assert platform.calls == 0
    with house.store.write() as work:
        work.switches.flip(scope, is_on=True, reason="done", who="test", now_ms=house.clock.ms)
    house.clock.move(60_000)
    deliver(house)
    assert state(house, reply) == "sent"


def test_what_was_not_posted_costs_nothing(house: House) -> None:
    house.ask(BOB, "help")
    platform = house.publisher(house.accounts[Platform.X].id)
    platform.failures = [Unavailable("503")]
    job = deliver_in_vain(house, Unavailable)
    assert [row["cost_musd"] for row in house.admin.spending()] == [0]
    let_go(house, job)
    deliver(house)
    assert [row["cost_musd"] for row in house.admin.spending()] == [10]


def test_an_unclear_post_is_paid_for_until_it_is_known_to_be_absent(house: House) -> None:
    house.ask(BOB, "help")
    platform = house.publisher(house.accounts[Platform.X].id)
    platform.failures = [Unconfirmed("timeout")]
    job = deliver_in_vain(house, Unconfirmed)
    assert [row["cost_musd"] for row in house.admin.spending()] == [10]
    let_go(house, job)
    for _ in range(3):
        deliver(house)
        house.clock.move(1_000)
    assert [row["cost_musd"] for row in house.admin.spending()] == [0]


def test_a_window_of_x_is_never_overdrawn_by_many_workers(house: House) -> None:
    for number in range(12):
        house.ask(replace(BOB, user_id=str(3000 + number), handle=f"user{number}"), "help")
    jobs = house.claim(JobKind.DELIVER_POST)
    rules = DeliveryRules(x_window_posts=5, x_window_ms=900_000)
    platform = house.publisher(house.accounts[Platform.X].id)

    def work_one(job: Job) -> None:
        deliver_post(job, store=house.store, publisher_of=house.publisher, clock=house.clock, rules=rules)

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work_one, jobs))
    assert platform.calls == 5
    house.clock.move(899_000)
    assert house.claim(JobKind.DELIVER_POST) == []
    house.clock.move(1_001)
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(work_one, house.claim(JobKind.DELIVER_POST)))
    assert platform.calls == 10


def test_a_reply_to_a_post_that_was_deleted_meanwhile_is_not_posted(house: House) -> None:
    reply, platform = queue_a_reply(house)
    with house.store.write() as work:
        work.mentions.forget(account_id=reply.account_id, root_id=reply.draft.in_reply_to_id or "")
    deliver(house)
    assert (state(house, reply), platform.calls) == ("failed", 0)


def test_an_unclear_reply_to_a_deleted_post_is_looked_for_and_not_sent_again(house: House) -> None:
    reply, platform = queue_a_reply(house)
    platform.failures = [Unconfirmed("timeout")]
    job = deliver_in_vain(house, Unconfirmed)
    let_go(house, job)
    with house.store.write() as work:
        work.mentions.forget(account_id=reply.account_id, root_id=reply.draft.in_reply_to_id or "")
    for _ in range(4):
        deliver(house)
        house.clock.move(1_000)
    assert (state(house, reply), platform.calls) == ("failed", 1)


def test_a_pause_beyond_all_bounds_is_a_day(house: House) -> None:
    reply, platform = queue_a_reply(house)
    platform.failures = [Unavailable("never", retry_after_s=seconds) for seconds in (float("inf"), float("nan"), 1e300)]
    for _ in range(3):
        job = deliver_in_vain(house, Unavailable)
        let_go(house, job, after_ms=86_400_000)
        house.clock.move(86_400_001)
    deliver(house)
    assert state(house, reply) == "sent"
