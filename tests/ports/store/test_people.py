"""People, limits, switches: opt-outs, token buckets, spend, throttles."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from maskbot.domain.identity import PersonId
from maskbot.ports.store import Allowance
from tests.ports.store.stage import NOW, Stage

ALICE = PersonId("https://home.example/users/alice")
BOB = PersonId("x:1")
RULE = {"burst": 5, "refill_ms": 30_000}
Asked = tuple[str, PersonId, str | None]


def allowance(stage: Stage, asked: Asked, *, now_ms: int = NOW) -> Allowance:
    with stage.store.read() as work:
        return work.people.allowances([asked], **RULE, now_ms=now_ms)[asked]


def spend(stage: Stage, *asked: Asked, now_ms: int = NOW, is_help: bool = False) -> None:
    with stage.store.write() as work:
        work.people.spend(asked, **RULE, now_ms=now_ms, is_help=is_help)


def test_a_stranger_may_get_the_whole_burst(stage: Stage) -> None:
    assert allowance(stage, (stage.a, ALICE, "t")) == Allowance(5, False, 0, None)


def test_answers_are_counted_by_person_account_and_thread(stage: Stage) -> None:
    spend(stage, (stage.a, ALICE, "t"), (stage.a, ALICE, "t"), (stage.a, BOB, "t"), (stage.b, ALICE, None))
    assert allowance(stage, (stage.a, ALICE, "t")) == Allowance(3, False, 3, None)
    assert allowance(stage, (stage.a, ALICE, None)).in_thread == 0
    assert allowance(stage, (stage.a, BOB, "u")) == Allowance(4, False, 0, None)
    assert allowance(stage, (stage.b, ALICE, "t")) == Allowance(4, False, 0, None)


def test_an_empty_bucket_refills_one_answer_at_a_time_up_to_the_burst(stage: Stage) -> None:
    asked = (stage.a, ALICE, None)
    spend(stage, *[asked] * 5)
    assert allowance(stage, asked).answers == 0
    assert allowance(stage, asked, now_ms=NOW + 29_999).answers == 0
    assert allowance(stage, asked, now_ms=NOW + 30_000).answers == 1
    assert allowance(stage, asked, now_ms=NOW + 10**9).answers == 5
    spend(stage, asked)
    assert allowance(stage, asked, now_ms=NOW + 30_000).answers == 0, "overdrawn by a command that always counts"


def test_help_is_remembered(stage: Stage) -> None:
    asked = (stage.a, ALICE, None)
    spend(stage, asked, is_help=True)
    spend(stage, asked, now_ms=NOW + 5)
    assert allowance(stage, asked).last_help_ms == NOW


def test_an_opt_out_holds_for_every_account_of_the_tenant_until_taken_back(stage: Stage) -> None:
    with stage.store.write() as work:
        work.people.opt_out(stage.tenant, ALICE, now_ms=NOW)
        work.people.opt_out(stage.tenant, ALICE, now_ms=NOW + 1)
        work.people.opt_out(stage.other_tenant, BOB, now_ms=NOW)
    assert allowance(stage, (stage.a, ALICE, None)).is_opted_out
    assert allowance(stage, (stage.b, ALICE, None)).is_opted_out
    assert not allowance(stage, (stage.a, BOB, None)).is_opted_out
    with stage.store.write() as work:
        work.people.opt_in(stage.tenant, ALICE)
        work.people.opt_in(stage.tenant, ALICE)
    assert not allowance(stage, (stage.a, ALICE, None)).is_opted_out


def test_a_switch_is_off_until_flipped_on(stage: Stage) -> None:
    with stage.store.write() as work:
        assert work.switches.off() == frozenset()
        work.switches.flip("global", is_on=False, reason="maintenance", who="op", now_ms=NOW)
        work.switches.flip("verb:join", is_on=False, reason="spam", who="op", now_ms=NOW)
        work.switches.flip("global", is_on=True, reason="done", who="op", now_ms=NOW + 1)
        assert work.switches.off() == {"verb:join"}
    assert [row["reason"] for row in stage.admin.switches()] == ["done", "spam"]


def test_spend_adds_up_by_utc_day(stage: Stage) -> None:
    midnight = 86_400_000 * 20_000
    with stage.store.write() as work:
        for now_ms, action in ((midnight - 1, "post"), (midnight, "post"), (midnight, "post"), (midnight + 9, "read")):
            work.ledger.spend(account_id=stage.a, action=action, cost_musd=10, now_ms=now_ms)
        assert work.ledger.spent_today(account_id=stage.a, now_ms=midnight) == 30
        assert work.ledger.spent_today(account_id=stage.a, now_ms=midnight - 1) == 10
        assert work.ledger.spent_today(account_id=stage.b, now_ms=midnight) == 0
    assert stage.admin.pulse(now_ms=midnight).spent_today_musd == {stage.a: 30}


def test_a_blocked_action_opens_at_its_time_and_a_shorter_block_does_not_shorten_it(stage: Stage) -> None:
    with stage.store.write() as work:
        work.throttles.block(account_id=stage.a, action="post", until_ms=NOW + 100)
        work.throttles.block(account_id=stage.a, action="post", until_ms=NOW + 50)
        assert work.throttles.blocked_until(account_id=stage.a, action="post", now_ms=NOW + 99) == NOW + 100
        assert work.throttles.blocked_until(account_id=stage.a, action="post", now_ms=NOW + 100) is None
        assert work.throttles.blocked_until(account_id=stage.a, action="read", now_ms=NOW) is None
    assert len(stage.admin.throttles(now_ms=NOW)) == 1


@pytest.mark.parametrize("state", ["paused", "broken", "active"])
def test_an_account_changes_its_state(stage: Stage, state: str) -> None:
    with stage.store.write() as work:
        work.accounts.set_state(stage.a, state=state, reason="token refused")
        assert work.accounts.load([stage.a])[stage.a].state == state


def test_slots_of_a_window_are_taken_once_each_by_parallel_workers(stage: Stage) -> None:
    def take() -> int | None:
        with stage.store.write() as work:
            return work.throttles.take_slot(account_id="a", action="deliver", slots=7, window_ms=1_000, now_ms=NOW)

    with ThreadPoolExecutor(8) as workers:
        found = list(workers.map(lambda _: take(), range(20)))
    assert found.count(None) == 7
    assert {each for each in found if each is not None} == {NOW + 1_000}
    with stage.store.write() as work:
        assert (
            work.throttles.take_slot(account_id="a", action="deliver", slots=7, window_ms=1_000, now_ms=NOW + 1_000)
            is None
        )
