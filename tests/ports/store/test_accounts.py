"""Accounts, feeds, and what the operator does with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from maskbot.adapters.store.admin import Admin
from maskbot.adapters.store.errors import AlreadyThere, IllegalMove, NoSuchRow, StoreUnusable
from maskbot.adapters.store.work import SqlStore, open_store
from maskbot.domain.account import Account, FeedKind
from maskbot.domain.delivery import NewDelivery
from maskbot.domain.job import QUEUES, JobKind, NewJob
from maskbot.domain.mention import Outcome
from tests.ports.store.stage import NOW, Stage, draft_of, profile_of


def test_accounts_and_tokens_come_back(stage: Stage) -> None:
    with stage.store.read() as work:
        assert work.accounts.load([stage.a]) == {
            stage.a: Account(stage.a, stage.tenant, profile_of("bot-a"), "https://bot.example")
        }
        assert set(work.accounts.load()) == {stage.a, stage.b}
        assert work.accounts.load_token(stage.a) == b"sealed-bot-a"
    with pytest.raises(NoSuchRow), stage.store.read() as work:
        work.accounts.load_token("missing")


def test_an_account_has_a_mentions_feed_and_cursors_move(stage: Stage) -> None:
    with stage.store.write() as work:
        assert [feed.kind for feed in work.accounts.feeds(stage.a)] == [FeedKind.MENTIONS, FeedKind.HOME]
        assert len(work.accounts.feeds()) == 3
        work.accounts.advance(stage.feed_a, cursor="42")
        assert [feed.cursor for feed in work.accounts.feeds(stage.a)] == ["42", None]


def test_an_unknown_account_or_state_is_refused(stage: Stage) -> None:
    with pytest.raises(NoSuchRow), stage.store.write() as work:
        work.accounts.set_state("missing", state="paused", reason="")
    with pytest.raises(IllegalMove), stage.store.write() as work:
        work.accounts.set_state(stage.a, state="dancing", reason="")


def test_adding_the_same_account_again_renews_its_token(stage: Stage) -> None:
    profile = replace(profile_of("bot-a"), handle="renamed@home.example")
    account_id = stage.admin.account_id_for(profile)
    assert account_id == stage.a
    with stage.store.write() as work:
        work.accounts.set_state(stage.a, state="broken", reason="revoked")
    stage.admin.add_account(
        account_id,
        tenant_id=stage.tenant,
        profile=profile,
        api_base_url="https://new.example",
        sealed_token=b"new",
        now_ms=NOW,
    )
    with stage.store.read() as work:
        assert work.accounts.load_token(stage.a) == b"new"
        assert work.accounts.load([stage.a])[stage.a].state == "active"
    assert len(stage.admin.feeds()) == 3


@pytest.mark.parametrize("stolen_id", ["another-id", None])
def test_one_platform_account_serves_one_tenant(stage: Stage, stolen_id: str | None) -> None:
    with pytest.raises(AlreadyThere):
        stage.admin.add_account(
            stolen_id or stage.a,
            tenant_id=stage.other_tenant,
            profile=profile_of("bot-a"),
            api_base_url="https://bot.example",
            sealed_token=b"x",
            now_ms=NOW,
        )


def test_an_account_of_an_unknown_tenant_is_refused(stage: Stage) -> None:
    profile = profile_of("bot-c")
    with pytest.raises(NoSuchRow):
        stage.admin.add_account(
            "id", tenant_id="none", profile=profile, api_base_url="https://b", sealed_token=b"x", now_ms=NOW
        )


def test_feeds_are_added_once_and_removed(stage: Stage) -> None:
    feed_id = stage.admin.add_feed(stage.a, kind=FeedKind.PROFILE, target="99")
    assert stage.admin.add_feed(stage.a, kind=FeedKind.PROFILE, target="99") == feed_id
    stage.admin.remove_feed(feed_id)
    assert len(stage.admin.feeds()) == 3
    with pytest.raises(NoSuchRow):
        stage.admin.remove_feed(feed_id)
    with pytest.raises(NoSuchRow):
        stage.admin.add_feed("missing", kind=FeedKind.HOME)
    with pytest.raises(ValueError, match="target"):
        stage.admin.add_feed(stage.a, kind=FeedKind.PROFILE)


def test_removing_an_account_takes_everything_of_it_along(stage: Stage) -> None:
    mention_id = stage.record("1")
    with stage.store.write() as work:
        work.jobs.add([NewJob(JobKind.ANSWER_MENTION, mention_id, stage.tenant, NOW)])
        (delivery_id,) = work.deliveries.add(
            [NewDelivery(stage.a, stage.tenant, "1", draft_of(pictures=1))], now_ms=NOW
        )
        work.deliveries.move(delivery_id, before="queued", after="sending", now_ms=NOW)
    with pytest.raises(IllegalMove):
        stage.admin.remove_account(stage.a)
    with stage.store.write() as work:
        work.deliveries.move(delivery_id, before="sending", after="sent", now_ms=NOW, remote_id="r")
    stage.admin.remove_account(stage.a)
    assert [row["id"] for row in stage.admin.accounts()] == [stage.b]
    assert stage.admin.mentions() == stage.admin.deliveries() == stage.admin.jobs(state="pending") == []


def test_tenants_are_named_once(stage: Stage) -> None:
    assert stage.admin.add_tenant("dao", now_ms=NOW + 1) == stage.tenant
    assert [row["name"] for row in stage.admin.tenants()] == ["dao", "other"]


def test_a_parked_mention_is_replayed_and_an_answered_one_is_not(stage: Stage) -> None:
    mention_id = stage.record("1")
    with stage.store.write() as work:
        work.mentions.settle([Outcome(mention_id, "parked", "Crashed")], now_ms=NOW)
    stage.admin.replay_mention(mention_id, now_ms=NOW)
    with stage.store.write() as work:
        assert work.mentions.load([mention_id])[mention_id].state == "new"
        assert len(work.jobs.claim(queue="mentions", owner="w", limit=9, now_ms=NOW, lease_ms=1)) == 1
        work.mentions.settle([Outcome(mention_id, "answered", "answered")], now_ms=NOW)
    with pytest.raises(IllegalMove):
        stage.admin.replay_mention(mention_id, now_ms=NOW)
    with pytest.raises(NoSuchRow):
        stage.admin.replay_mention("missing", now_ms=NOW)


def test_listings_never_show_tokens_or_texts(stage: Stage) -> None:
    stage.record("1")
    stage.persona()
    admin = stage.admin
    shown = repr([admin.accounts(), admin.mentions(), admin.feeds(), admin.personas(), admin.contacts()])
    for hidden in ("sealed-bot-a", b"sealed-bot-a".hex(), "price ETH"):
        assert hidden not in shown


def test_the_pulse_shows_what_waits(stage: Stage) -> None:
    stage.record("1")
    with stage.store.write() as work:
        work.jobs.add([NewJob(JobKind.ANSWER_MENTION, "m", stage.tenant, NOW - 700)])
        (delivery_id,) = work.deliveries.add([NewDelivery(stage.a, stage.tenant, "1", draft_of())], now_ms=NOW)
        work.deliveries.move(delivery_id, before="queued", after="sending", now_ms=NOW)
        work.deliveries.move(delivery_id, before="sending", after="unknown", now_ms=NOW)
        work.bells.beat(name="ticker", now_ms=NOW - 3)
    pulse = stage.admin.pulse(now_ms=NOW + 10)
    assert pulse.oldest_due_ms == dict.fromkeys(QUEUES, 0) | {"mentions": 710}
    assert pulse.due_jobs["mentions"] == 1
    assert pulse.mentions == {"new": 1}
    assert pulse.deliveries == {"unknown": 1}
    assert pulse.oldest_unknown_ms == 10
    assert pulse.beats == {"ticker": 13}
    assert pulse.accounts == {"active": 2}


def test_a_backup_in_use_is_whole_private_and_never_overwrites(sqlite_store: SqlStore, tmp_path: Path) -> None:
    stage = Stage(sqlite_store)
    target = tmp_path / "backup.db"
    with sqlite_store.write() as work:
        work.bells.beat(name="open", now_ms=NOW)
    assert stage.admin.backup(target) == target
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StoreUnusable):
        stage.admin.backup(target)
    copy = open_store(f"sqlite:///{target}")
    with copy.read() as work:
        assert set(work.accounts.load()) == {stage.a, stage.b}
    copy.close()


def test_postgres_is_backed_up_with_its_own_tools(postgres_store: SqlStore, tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="pg_dump"):
        Admin(postgres_store).backup(tmp_path / "x")
