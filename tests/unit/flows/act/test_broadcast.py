"""From a plan to what a recipient reads: sealed, keys on every relay, then the posts; more recipients later."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskbot.domain.account import FeedKind
from maskbot.domain.broadcast import Broadcast, KeyItem
from maskbot.domain.errors import Refused, Unavailable
from maskbot.domain.identity import Persona, Platform, PublicKey
from maskbot.domain.job import JobKind
from maskbot.domain.post import PostLimits
from maskbot.flows.act.deliver_post import DeliveryRules, deliver_post
from maskbot.flows.act.open_post import NO_ANSWER_BEFORE_MS, open_post
from maskbot.flows.act.publish_keys import publish_keys
from maskbot.flows.decide.broadcast import BroadcastPlan, add_recipients, plan_broadcast
from maskbot.flows.decide.broadcast.buckets import buckets_of
from maskbot.flows.decide.broadcast.key_items import record_publications
from maskbot.ports.inside import KeySource
from maskbot.wire.crypto import public_key_of
from maskbot.wire.gun.key_paths import read_paths, recipient_bucket
from maskbot.wire.payload import Reader, encode_link, find_payloads, parse_payload, plain_text, read_record, unseal
from maskbot.wire.picture import read_picture
from tests.fakes.house import ALICE, House
from tests.fakes.key_graph import FakeKeyGraph

READERS = [bytes([7]) * 31 + bytes([n]) for n in range(1, 6)]
WORDS = "The vote opens on Friday. 🗳"
LIMITS = {
    Platform.X: PostLimits(max_length=280, url_weight=23, counts=Platform.X),
    Platform.MASTODON: PostLimits(max_length=500, url_weight=23, counts=Platform.MASTODON),
}


def keys_of(*numbers: int) -> list[PublicKey]:
    return [PublicKey(public_key_of(READERS[n])) for n in numbers]


@pytest.fixture
def graph() -> FakeKeyGraph:
    return FakeKeyGraph()


def persona_of(house: House) -> Persona:
    public_key = PublicKey(public_key_of(bytes([9]) * 32))
    persona = Persona("persona-1", house.tenant_id, "DAO", public_key)
    with house.store.write() as work:
        work.personas.add(persona, now_ms=house.clock.ms)
    return persona


def plan(
    house: House,
    graph: FakeKeyGraph,
    *,
    recipients: list[PublicKey] | None,
    in_ms: int = 60_000,
    is_picture: bool = False,
) -> str:
    accounts = list(house.accounts.values())
    return plan_broadcast(
        BroadcastPlan(
            WORDS,
            persona_of(house),
            accounts,
            recipients,
            house.clock.ms + in_ms,
            title="vote",
            is_picture=is_picture,
        ),
        relays=graph.relays,
        limits={account.id: LIMITS[account.profile.platform] for account in accounts},
        store=house.store,
        secrets=house.vault,
        clock=house.clock,
        entropy=house.entropy,
        notice=house.notice,
    )


def publish(house: House, graph: FakeKeyGraph, *, grace_ms: int = 30_000) -> None:
    for job in house.claim(JobKind.PUBLISH_KEYS):
        try:
            publish_keys(job, store=house.store, graph=graph, clock=house.clock, notice=house.notice, grace_ms=grace_ms)
        except Unavailable:
            with house.store.write() as work:
                work.jobs.postpone(job, due_at_ms=house.clock.ms + 1_000, error_kind="Unavailable")


def post(house: House) -> None:
    for job in house.claim(JobKind.DELIVER_POST):
        deliver_post(job, store=house.store, publisher_of=house.publisher, clock=house.clock, rules=DeliveryRules())


def posts(house: House) -> list[str]:
    return [draft.text for platform in house.publishers.values() for draft in platform.posts.values()]


def stored(house: House, broadcast_id: str) -> Broadcast:
    with house.store.read() as work:
        found = work.broadcasts.load(broadcast_id)
    assert found is not None
    return found[0]


def read_as(private_key: bytes, text: str, graph: FakeKeyGraph) -> str | None:
    payload = parse_payload(find_payloads(text)[0])
    assert payload.post_iv is not None
    paths = read_paths(-37, network="twitter.com", post_iv=payload.post_iv, recipient=public_key_of(private_key))
    records = [read_record(item, version=-37) for items in graph.fetch_items(paths).values() for item in items]
    try:
        return plain_text(unseal(payload, reader=Reader(private_keys=(private_key,)), records=records).message)
    except Exception:
        return None


def test_keys_lie_on_every_relay_before_any_post_is_due(house: House, graph: FakeKeyGraph) -> None:
    broadcast_id = plan(house, graph, recipients=keys_of(0, 1, 2))
    house.clock.move(120_000)
    post(house)
    assert posts(house) == []
    publish(house, graph)
    assert all(sum(map(len, held.values())) == 3 for held in graph.held.values())
    post(house)
    assert len(posts(house)) == 2
    assert stored(house, broadcast_id).state == "delivered"


def test_posts_wait_for_their_slot(house: House, graph: FakeKeyGraph) -> None:
    plan(house, graph, recipients=keys_of(0))
    publish(house, graph)
    post(house)
    assert posts(house) == []
    house.clock.move(60_000)
    post(house)
    assert len(posts(house)) == 2


def test_each_recipient_reads_it_on_both_platforms_and_an_outsider_does_not(house: House, graph: FakeKeyGraph) -> None:
    plan(house, graph, recipients=keys_of(0, 1, 2), in_ms=0)
    publish(house, graph)
    post(house)
    for text in posts(house):
        assert [read_as(READERS[n], text, graph) for n in range(4)] == [WORDS, WORDS, WORDS, None]


def test_a_recipient_added_later_reads_the_same_post(house: House, graph: FakeKeyGraph) -> None:
    broadcast_id = plan(house, graph, recipients=keys_of(0), in_ms=0)
    publish(house, graph)
    post(house)
    arguments = {
        "tenant_id": house.tenant_id, "relays": graph.relays, "store": house.store, "secrets": house.vault,
        "clock": house.clock, "entropy": house.entropy, "notice": house.notice,
    }  # fmt: skip
    assert add_recipients(broadcast_id, keys_of(3, 0), **arguments) == 1  # type: ignore[arg-type]  # keywords by name
    assert add_recipients(broadcast_id, keys_of(3), **arguments) == 0  # type: ignore[arg-type]  # keywords by name
    publish(house, graph)
    assert {read_as(READERS[3], text, graph) for text in posts(house)} == {WORDS}


def test_another_tenant_cannot_touch_it(house: House, graph: FakeKeyGraph) -> None:
    broadcast_id = plan(house, graph, recipients=keys_of(0))
    with pytest.raises(Refused, match="no broadcast"):
        add_recipients(
            broadcast_id,
            keys_of(1),
            tenant_id="somebody-else",
            relays=graph.relays,
            store=house.store,
            secrets=house.vault,
            clock=house.clock,
            entropy=house.entropy,
            notice=house.notice,
        )


def test_a_dead_relay_delays_the_post_by_the_grace_time_at_most(house: House, graph: FakeKeyGraph) -> None:
    plan(house, graph, recipients=keys_of(0), in_ms=10_000)
    graph.down = {graph.relays[1]}
    publish(house, graph)
    house.clock.move(10_000)
    publish(house, graph)
    post(house)
    assert posts(house) == []
    house.clock.move(30_000)
    publish(house, graph)
    post(house)
    assert len(posts(house)) == 2
    graph.down = set()
    house.clock.move(5_000)
    publish(house, graph)
    assert len(graph.held[graph.relays[1]]) == 1


def test_no_relay_no_post(house: House, graph: FakeKeyGraph) -> None:
    plan(house, graph, recipients=keys_of(0), in_ms=0)
    graph.down = set(graph.relays)
    house.clock.move(3_600_000)
    publish(house, graph)
    post(house)
    assert posts(house) == []


def test_publishing_twice_writes_the_same_items(house: House, graph: FakeKeyGraph) -> None:
    plan(house, graph, recipients=keys_of(0, 1))
    (job, *_) = house.claim(JobKind.PUBLISH_KEYS, lease_ms=1)
    with house.store.read() as work:
        publication = work.publications.load(job.target_id)
    assert publication is not None
    graph.put_items(publication.items, relay=publication.relay)
    house.clock.move(10)
    publish(house, graph)
    assert sum(map(len, graph.held[publication.relay].values())) == 2


def test_neither_text_nor_post_key_lies_in_the_database(house: House, graph: FakeKeyGraph, tmp_path: Path) -> None:
    plan(house, graph, recipients=keys_of(0))
    blob = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert WORDS.encode() not in blob
    assert b"The vote opens" not in blob


def test_a_hosted_persona_reads_a_watched_post_into_its_inbox(house: House, graph: FakeKeyGraph) -> None:
    plan(house, graph, recipients=[house.vault.create(persona_id="reader", tenant_id="t", source=KeySource())], in_ms=0)
    publish(house, graph)
    post(house)
    reader = Persona("reader", house.tenant_id, "reader", house.vault.create(
        persona_id="reader", tenant_id="t", source=KeySource()))  # fmt: skip
    feed = house.feed(Platform.MASTODON, FeedKind.HOME)
    with house.store.write() as work:
        work.personas.add(reader, now_ms=house.clock.ms)
        work.links.watch(reader.id, feed_id=feed.id)
    seen = [house.post(ALICE, text, is_addressed=False) for text in posts(house)]
    assert house.collect(*seen, kind=FeedKind.HOME) == len(seen)
    for job in house.claim(JobKind.OPEN_POST):
        open_post(job, store=house.store, graph=graph, vault=house.vault, clock=house.clock, notice=house.notice)
    with house.store.read() as work:
        items = work.inbox.load(tenant_id=house.tenant_id, persona_id=reader.id)
    assert len(items) == 2
    assert all(item.text == "" and item.flags == ("author_differs",) for item, _ in items)


def test_a_payload_in_a_mention_is_tried_with_its_authors_personas_only(house: House, graph: FakeKeyGraph) -> None:
    mine = house.vault.create(persona_id="mine", tenant_id="t", source=KeySource())
    plan(house, graph, recipients=[mine], in_ms=0)
    publish(house, graph)
    post(house)
    with house.store.write() as work:
        work.personas.add(Persona("mine", house.tenant_id, "mine", mine), now_ms=house.clock.ms)
    mention, _ = house.ask(ALICE, posts(house)[0])
    (job,) = house.claim(JobKind.OPEN_POST)
    open_post(job, store=house.store, graph=graph, vault=house.vault, clock=house.clock, notice=house.notice)
    house.clock.move(NO_ANSWER_BEFORE_MS)
    house.answer()
    _, reply = house.outcome(mention.post)
    assert reply is not None
    assert "could not open" in reply.draft.text
    with house.store.read() as work:
        assert work.inbox.load(tenant_id=house.tenant_id) == ()


def test_a_broadcast_travels_in_a_picture_and_is_read_from_it(house: House, graph: FakeKeyGraph) -> None:
    plan(house, graph, recipients=keys_of(0), in_ms=0, is_picture=True)
    publish(house, graph)
    post(house)
    drafts = [draft for platform in house.publishers.values() for draft in platform.posts.values()]
    assert len(drafts) == 2
    for draft in drafts:
        (picture,) = draft.pictures
        assert "Mask extension" in picture.alt_text
        carried = read_picture(picture.png, password="")
        assert isinstance(carried, bytes)
        assert read_as(READERS[0], encode_link(carried), graph) == WORDS


def test_two_broadcasts_in_pictures_have_different_words(house: House, graph: FakeKeyGraph) -> None:
    for _ in range(2):
        plan(house, graph, recipients=keys_of(0), in_ms=0, is_picture=True)
    publish(house, graph)
    post(house)
    assert len(set(posts(house))) == 2


def test_the_buckets_of_recipients_are_hashed_once_and_kept(house: House, graph: FakeKeyGraph) -> None:
    heard: list[tuple[int, int]] = []
    keys = keys_of(0, 1, 2)
    first = buckets_of(keys, store=house.store, on_progress=lambda done, total: heard.append((done, total)))
    assert first == {key: recipient_bucket(key, version=-37) for key in keys}
    assert buckets_of(keys, store=house.store, on_progress=lambda done, total: heard.append((done, total))) == first
    assert heard == [(3, 3)]


def test_two_thousand_recipients_are_one_batch_a_relay(house: House, graph: FakeKeyGraph) -> None:
    item = KeyItem(path=("37-tw-bl-VG",), soul="s", data={"e": "x"}, state_ms=1.0)
    broadcast_id = plan(house, graph, recipients=keys_of(0))
    with house.store.write() as work:
        record_publications(
            broadcast_id, [item] * 2_000, tenant_id=house.tenant_id, relays=graph.relays[:1], work=work, now_ms=1
        )
    with house.store.read() as work:
        assert work.publications.progress(broadcast_id) == {graph.relays[0]: (0, 2), graph.relays[1]: (0, 1)}
