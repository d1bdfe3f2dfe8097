"""Mentions and facts."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal

import pytest

from maskbot.adapters.store.errors import IllegalMove, NoSuchRow
from maskbot.adapters.store.ids import new_id
from maskbot.adapters.store.retention import Erased, erase_old
from maskbot.domain.delivery import NewDelivery
from maskbot.domain.identity import PersonId, Platform, Profile
from maskbot.domain.inbox import InboxItem
from maskbot.domain.mention import NewMention, Outcome
from maskbot.domain.request import (
    Fact,
    Need,
    NoFact,
    OpenedFact,
    OpenedNeed,
    PersonaFact,
    PersonaNeed,
    PriceFact,
    PriceNeed,
    ReplyFact,
    ReplyNeed,
)
from tests.ports.store.stage import NOW, Stage, draft_of, post_of, profile_of


def test_a_recorded_mention_comes_back_whole(stage: Stage) -> None:
    post = replace(post_of("1"), text="price ETH 🎼 \0 \ud800 ‮", author=replace(profile_of("alice"), is_bot=True))
    mention_id = stage.record("1", post=post)
    with stage.store.read() as work:
        mention = work.mentions.load([mention_id, "missing"])[mention_id]
    assert mention.post == replace(post, conversation_id="1")  # a post without a conversation begins one
    assert (mention.state, mention.reason, mention.is_watched, mention.received_at_ms) == ("new", None, False, NOW)
    assert (mention.account_id, mention.tenant_id, mention.feed_id) == (stage.a, stage.tenant, stage.feed_a)


def test_the_same_post_is_recorded_once(stage: Stage) -> None:
    edited = replace(post_of("1b"), root_id="1")
    with stage.store.write() as work:
        first = work.mentions.record(
            [stage.new_mention("1"), stage.new_mention("2"), stage.new_mention("1")], now_ms=NOW
        )
        again = work.mentions.record([stage.new_mention("1b", post=edited), stage.new_mention("3")], now_ms=NOW)
        of_b = replace(stage.new_mention("1"), account_id=stage.b)
        assert len(work.mentions.record([of_b], now_ms=NOW)) == 1
    assert len(first) == 2
    assert len(again) == 1
    with stage.store.read() as work:
        assert [work.mentions.load(first)[one].post.root_id for one in first] == ["1", "2"]


def test_a_watched_post_that_is_a_mention_too_is_both(stage: Stage) -> None:
    watched = stage.record("1", is_watched=True)
    mention = stage.record("1")
    with stage.store.read() as work:
        loaded = work.mentions.load([watched, mention])
    assert loaded[watched].is_watched
    assert not loaded[mention].is_watched


def test_one_event_delivered_a_hundred_times_at_once_is_one_mention(stage: Stage) -> None:
    new: list[str] = []
    barrier, lock = threading.Barrier(8), threading.Lock()

    def collect() -> None:
        barrier.wait()
        for _ in range(13):
            with stage.store.write() as work:
                ids = work.mentions.record([stage.new_mention("1")], now_ms=NOW)
            with lock:
                new.extend(ids)

    threads = [threading.Thread(target=collect) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(new) == 1


@pytest.mark.parametrize("text", ["a" * 200_000, "\0" * 100_000, "🎼" * 100_000, "\ud800" * 70_000])
def test_an_oversized_post_is_cut_to_64_kib_and_noted(stage: Stage, text: str) -> None:
    mention_id = stage.record("1", post=replace(post_of("1"), text=text))
    with stage.store.read() as work:
        kept = work.mentions.load([mention_id])[mention_id].post
    assert text.startswith(kept.text)
    assert 4_000 <= len(kept.text) < 65_536
    with stage.store.snapshot() as connection:
        stored, digest = connection.exec_driver_sql("SELECT post, full_sha256 FROM mention").one()
    assert len(stored.encode()) <= 65_536
    assert len(digest) == 64


def test_a_post_with_oversized_ids_links_and_names_does_not_stop_the_feed(stage: Stage) -> None:
    huge = "x\0\ud800" * 30_000
    author = Profile(Platform.MASTODON, "bot.example", huge, huge, f"https://evil.example/{huge}")
    post = replace(
        post_of("1"), post_id=huge, root_id=huge, author=author, links=(huge,) * 9, spoiler_text=huge, mentions=(huge,)
    )
    mention_id = stage.record("1", post=post)
    with stage.store.write() as work:
        assert work.mentions.load([mention_id])[mention_id].post.author.domain == "evil.example"
        assert work.mentions.record([stage.new_mention("1", post=post)], now_ms=NOW) == ()
        asked = (stage.a, author.person, huge)
        work.people.spend([asked], burst=2, refill_ms=10, now_ms=NOW)
        assert work.people.allowances([asked], burst=2, refill_ms=10, now_ms=NOW)[asked].answers == 1


def test_outcomes_are_recorded_in_bulk_and_only_once(stage: Stage) -> None:
    with stage.store.write() as work:
        ids = work.mentions.record([stage.new_mention(str(n)) for n in range(4)], now_ms=NOW)
        outcomes = [
            Outcome(ids[0], "answered", "answered", "price"),
            Outcome(ids[1], "ignored", "opted_out"),
            Outcome(ids[2], "waiting", verb="price"),
            Outcome(ids[3], "answered"),
        ]
        work.mentions.settle(outcomes, now_ms=NOW + 1)
        work.mentions.settle([Outcome(ids[2], "answered", "answered")], now_ms=NOW + 2)
        loaded = work.mentions.load(ids)
    assert [loaded[one].state for one in ids] == ["answered", "ignored", "answered", "answered"]
    assert loaded[ids[1]].reason == "opted_out"
    rows = {row["id"]: row for row in stage.admin.mentions()}
    assert rows[ids[2]]["verb"] == "price"
    with pytest.raises(IllegalMove), stage.store.write() as work:
        work.mentions.settle([Outcome(ids[0], "answered")], now_ms=NOW)
    with pytest.raises(IllegalMove), stage.store.write() as work:
        work.mentions.settle([Outcome(ids[0], "nonsense")], now_ms=NOW)
    with pytest.raises(IllegalMove), stage.store.write() as work:
        work.mentions.settle([Outcome("missing", "answered")], now_ms=NOW)


def test_a_hostile_verb_does_not_stop_the_batch(stage: Stage) -> None:
    with stage.store.write() as work:
        ids = work.mentions.record([stage.new_mention(str(n)) for n in range(2)], now_ms=NOW)
        hostile = "\0\ud800" * 40_000
        outcomes = [Outcome(ids[0], "answered", hostile, hostile), Outcome(ids[1], "answered", "answered", "price")]
        work.mentions.settle(outcomes, now_ms=NOW)
    assert {row["state"] for row in stage.admin.mentions()} == {"answered"}


def test_a_deleted_post_leaves_its_ids_and_nothing_it_said(stage: Stage) -> None:
    mention_id = stage.record("1")
    answered = stage.record("2")
    persona = stage.persona()
    item = InboxItem(
        id=new_id(),
        tenant_id=stage.tenant,
        persona_id=persona.id,
        platform="mastodon",
        post_id="1",
        author="person:x",
        claimed_author=None,
        text="",
        meta_json=None,
        received_at_ms=NOW,
    )
    with stage.store.write() as work:
        assert work.inbox.add(item, sealed=b"sealed")
        work.mentions.mark_opened(mention_id, inbox_id=item.id)
        assert work.mentions.load([mention_id])[mention_id].opened_inbox_id == item.id
        work.facts.save(mention_id, facts={OpenedNeed(): OpenedFact(True, text="secret")})
        work.mentions.settle([Outcome(answered, "answered", "answered")], now_ms=NOW)
        work.mentions.forget(account_id=stage.a, root_id="1")
        work.mentions.forget(account_id=stage.a, root_id="2")
        work.mentions.forget(account_id=stage.a, root_id="never seen")
        loaded = work.mentions.load([mention_id, answered])
        assert work.inbox.load(tenant_id=stage.tenant) == ()
        assert work.facts.load([mention_id])[mention_id] == {}
    gone = loaded[mention_id]
    assert (gone.state, gone.reason, gone.opened_inbox_id) == ("ignored", "deleted", None)
    assert (gone.post.text, gone.post.links, gone.post.quoted, gone.post.media) == ("", (), None, ())
    assert gone.post.author.person == profile_of("alice").person
    assert (loaded[answered].state, loaded[answered].post.text) == ("answered", "")
    assert gone.post.request_text is None


def test_the_deletion_of_an_edit_is_the_deletion_of_the_post(stage: Stage) -> None:
    post = replace(post_of("12"), root_id="11", request_text="price ETH")
    with stage.store.write() as work:
        (mention_id,) = work.mentions.record([replace(stage.new_mention("12"), post=post)], now_ms=NOW)
        work.mentions.forget(account_id=stage.a, root_id="12")
        gone = work.mentions.load([mention_id])[mention_id]
    assert (gone.state, gone.post.text, gone.post.request_text) == ("ignored", "", None)


def test_texts_go_after_a_day_and_rows_after_a_year_but_nothing_that_is_still_open(stage: Stage) -> None:
    done, open_one, parked = stage.record("1"), stage.record("2"), stage.record("3")
    day_ms = 86_400_000
    with stage.store.write() as work:
        work.mentions.settle([Outcome(done, "answered", "helped"), Outcome(parked, "parked", "bug")], now_ms=NOW)
        work.facts.save(done, facts={OpenedNeed(): OpenedFact(True, text="secret")})
    assert erase_old(stage.store, texts_before_ms=NOW, rows_before_ms=0) == Erased(0, 0)
    assert erase_old(stage.store, texts_before_ms=NOW + day_ms, rows_before_ms=0) == Erased(1, 0)
    assert erase_old(stage.store, texts_before_ms=NOW + day_ms, rows_before_ms=0) == Erased(0, 0)
    with stage.store.read() as work:
        kept = work.mentions.load([done, open_one, parked])
        assert work.facts.load([done])[done] == {}
    assert [kept[one].post.text for one in (done, open_one, parked)] == ["", "price ETH", "price ETH"]
    assert kept[done].post.author.person == profile_of("alice").person
    assert erase_old(stage.store, texts_before_ms=NOW + day_ms, rows_before_ms=NOW + day_ms) == Erased(0, 1)
    with stage.store.read() as work:
        assert set(work.mentions.load([done, open_one, parked])) == {open_one, parked}


def test_a_post_whose_answer_is_not_out_yet_keeps_its_text(stage: Stage) -> None:
    mention_id = stage.record("1")
    with stage.store.write() as work:
        work.mentions.settle([Outcome(mention_id, "answered", "helped")], now_ms=NOW)
        new = NewDelivery(stage.a, stage.tenant, "1", draft_of(), mention_id=mention_id)
        (delivery_id,) = work.deliveries.add([new], now_ms=NOW)
    assert erase_old(stage.store, texts_before_ms=NOW + 1, rows_before_ms=NOW + 1) == Erased(0, 0)
    with stage.store.write() as work:
        work.deliveries.move(delivery_id, before="queued", after="failed", now_ms=NOW)
    assert erase_old(stage.store, texts_before_ms=NOW + 1, rows_before_ms=0) == Erased(1, 0)
    assert erase_old(stage.store, texts_before_ms=NOW + 1, rows_before_ms=NOW + 1) == Erased(0, 1)


def test_every_kind_of_need_and_fact_comes_back_as_it_was(stage: Stage) -> None:
    mention_id, other = stage.record("1"), stage.record("2")
    persona = stage.persona(owner=profile_of("alice"))
    price = PriceNeed("ETH", None)
    facts: dict[Need, Fact] = {
        price: PriceFact(
            "ETH", "Ether", "USD", Decimal("1800.000000000000000001"), None, Decimal("-1E-7"), None, "s", NOW, ("w",)
        ),
        PriceNeed(None, "0x" + "ab" * 20, vs="EUR"): NoFact("ambiguous", ("a", "b")),
        PersonaNeed(): PersonaFact(persona, refusal="cap"),
        OpenedNeed(): OpenedFact(True, True, "text \0 🎼"),
        ReplyNeed(): ReplyFact(None),
    }
    with stage.store.write() as work:
        work.facts.missing(mention_id, list(facts))
        work.facts.missing(mention_id, [price])
        assert set(work.facts.load_needs(mention_id)) == set(facts)
        assert work.facts.load([mention_id]) == {mention_id: {}}
        work.facts.save(mention_id, facts={price: facts[price]})
        assert set(work.facts.load_needs(mention_id)) == set(facts) - {price}
        work.facts.save(mention_id, facts=facts)
        assert work.facts.load([mention_id, other]) == {mention_id: facts, other: {}}
        assert work.facts.load_needs(mention_id) == ()


def test_a_mention_of_an_unknown_account_is_refused_whole(stage: Stage) -> None:
    orphan = NewMention("no account", stage.tenant, "f", post_of("1"), "poll")
    with pytest.raises(NoSuchRow), stage.store.write() as work:
        work.mentions.record([stage.new_mention("1"), orphan], now_ms=NOW)
    assert stage.admin.mentions() == []


def test_nothing_recorded_means_nothing_done(stage: Stage) -> None:
    with stage.store.write() as work:
        assert work.mentions.record([], now_ms=NOW) == ()
        assert work.mentions.load([]) == {}
        work.mentions.settle([], now_ms=NOW)
        work.jobs.add([])
        work.jobs.finish([])
        assert work.deliveries.add([], now_ms=NOW) == ()
        assert work.deliveries.load([]) == {}
        assert work.facts.load([]) == {}
        assert work.accounts.load([]) == {}
        assert work.people.allowances([], burst=1, refill_ms=1, now_ms=NOW) == {}
        work.people.spend([], burst=1, refill_ms=1, now_ms=NOW)
        assert work.personas.load(tenant_id=stage.tenant, ids=[]) == ()
        assert work.inbox.load(tenant_id=stage.tenant, ids=[]) == ()
        assert work.deliveries.reply_to(account_id=stage.a, person=PersonId("p"), remote_id="1") is None
