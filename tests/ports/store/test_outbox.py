"""Deliveries, broadcasts and key publications (reliability.md C.4)."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from maskbot.adapters.store.errors import AlreadyThere, IllegalMove, NoSuchRow
from maskbot.domain.broadcast import KeyItem, NewBroadcast
from maskbot.domain.delivery import NewDelivery, idempotency_key
from tests.ports.store.stage import NOW, Stage, draft_of, key_of, profile_of


def new_delivery(stage: Stage, cause_id: str = "1", **changes: object) -> NewDelivery:
    return replace(NewDelivery(stage.a, stage.tenant, cause_id, draft_of(pictures=2)), **changes)  # type: ignore[arg-type]  # test data


def add_delivery(stage: Stage, cause_id: str = "1", **changes: object) -> str:
    with stage.store.write() as work:
        return work.deliveries.add([new_delivery(stage, cause_id, **changes)], now_ms=NOW)[0]


def move(stage: Stage, delivery_id: str, *states: str, now_ms: int = NOW, remote_id: str | None = None) -> None:
    for before, after in pairwise(states):
        with stage.store.write() as work:
            work.deliveries.move(delivery_id, before=before, after=after, now_ms=now_ms, remote_id=remote_id)


def new_broadcast(stage: Stage, **changes: object) -> NewBroadcast:
    whole = NewBroadcast(
        tenant_id=stage.tenant,
        persona_id="persona",
        title="round 1",
        slot_at_ms=NOW + 60_000,
        payload=b"\x00payload",
        post_iv=bytes(range(16)),
        account_ids=(stage.b, stage.a),
        recipients=(key_of(1), key_of(2), key_of(1)),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]  # test data


def add_broadcast(stage: Stage, broadcast_id: str = "b1", **changes: object) -> str:
    with stage.store.write() as work:
        work.broadcasts.add(
            new_broadcast(stage, **changes), broadcast_id=broadcast_id, sealed_post_key=b"sealed", now_ms=NOW
        )
    return broadcast_id


def test_a_delivery_comes_back_whole_with_its_pictures(stage: Stage) -> None:
    delivery_id = add_delivery(stage, expires_at_ms=NOW + 9)
    with stage.store.read() as work:
        delivery = work.deliveries.load([delivery_id, "missing"])[delivery_id]
    assert delivery.draft == draft_of(pictures=2)
    assert delivery.key == idempotency_key(account_id=stage.a, cause_id="1")
    assert (delivery.state, delivery.expires_at_ms, delivery.looks) == ("queued", NOW + 9, 0)


def test_one_cause_is_delivered_once_per_account(stage: Stage) -> None:
    with stage.store.write() as work:
        first = work.deliveries.add(
            [new_delivery(stage, "1"), new_delivery(stage, "2"), new_delivery(stage, "1")], now_ms=NOW
        )
        again = work.deliveries.add(
            [new_delivery(stage, "2"), new_delivery(stage, "1", account_id=stage.b)], now_ms=NOW
        )
    assert [bool(one) for one in first] == [True, True, False]
    assert [bool(one) for one in again] == [False, True]


def test_a_delivery_is_sent_and_drops_its_pictures(stage: Stage) -> None:
    delivery_id = add_delivery(stage)
    move(stage, delivery_id, "queued", "sending", now_ms=NOW + 1)
    move(stage, delivery_id, "sending", "sent", now_ms=NOW + 2, remote_id="r1")
    with stage.store.read() as work:
        delivery = work.deliveries.load([delivery_id])[delivery_id]
    assert (delivery.state, delivery.remote_id, delivery.sending_at_ms) == ("sent", "r1", NOW + 1)
    assert delivery.draft == draft_of()


def test_an_unknown_outcome_counts_looks_and_a_requeue_forgets_them(stage: Stage) -> None:
    delivery_id = add_delivery(stage)
    move(stage, delivery_id, "queued", "sending", "unknown", now_ms=NOW + 1)
    move(stage, delivery_id, "unknown", "unknown", "unknown", now_ms=NOW + 5)
    with stage.store.read() as work:
        delivery = work.deliveries.load([delivery_id])[delivery_id]
    assert (delivery.state, delivery.unknown_since_ms, delivery.looks) == ("unknown", NOW + 1, 2)
    move(stage, delivery_id, "unknown", "queued", now_ms=NOW + 9)
    with stage.store.read() as work:
        delivery = work.deliveries.load([delivery_id])[delivery_id]
    assert (delivery.unknown_since_ms, delivery.looks, delivery.draft) == (None, 0, draft_of(pictures=2))


@pytest.mark.parametrize(
    ("before", "after"), [("queued", "sent"), ("sending", "sent"), ("sent", "queued"), ("no", "sent")]
)
def test_an_illegal_or_outdated_move_is_refused(stage: Stage, before: str, after: str) -> None:
    delivery_id = add_delivery(stage)
    with pytest.raises(IllegalMove):
        move(stage, delivery_id, before, after)


def test_two_senders_race_and_one_wins(stage: Stage) -> None:
    delivery_id = add_delivery(stage)
    move(stage, delivery_id, "queued", "sending")
    with pytest.raises(IllegalMove):
        move(stage, delivery_id, "queued", "sending")


def test_own_posts_and_replies_are_recognised(stage: Stage) -> None:
    mention_id = stage.record("1")
    delivery_id = add_delivery(stage, mention_id=mention_id)
    move(stage, delivery_id, "queued", "sending")
    move(stage, delivery_id, "sending", "sent", remote_id="r1")
    alice, bob = profile_of("alice").person, profile_of("bob").person
    with stage.store.read() as work:
        assert work.deliveries.reply_to(account_id=stage.a, person=alice, remote_id="r1") == "r1"
        assert work.deliveries.reply_to(account_id=stage.a, person=bob, remote_id="r1") is None
        assert work.deliveries.reply_to(account_id=stage.a, person=alice, remote_id="r2") is None


def test_a_broadcast_comes_back_whole(stage: Stage) -> None:
    add_broadcast(stage)
    with stage.store.write() as work:
        assert work.broadcasts.load("missing") is None
        loaded = work.broadcasts.load("b1")
        assert loaded is not None
        broadcast, sealed = loaded
        assert work.broadcasts.add_recipients("b1", [key_of(2), key_of(3), key_of(3)]) == (key_of(3),)
        assert work.broadcasts.add_recipients("b1", []) == ()
    assert (broadcast.state, broadcast.payload, broadcast.post_iv, sealed) == (
        "sealed",
        b"\x00payload",
        bytes(range(16)),
        b"sealed",
    )
    (row,) = stage.admin.broadcasts()
    assert row["recipients"] == 3
    assert [account["state"] for account in row["accounts"]] == [None, None]


def test_a_broadcast_to_two_thousand_is_recorded(stage: Stage) -> None:
    recipients = tuple(key_of(n) for n in range(2_000))
    add_broadcast(stage, recipients=recipients)
    with stage.store.write() as work:
        assert work.broadcasts.add_recipients("b1", [*recipients, key_of(9_999)]) == (key_of(9_999),)


def test_a_post_iv_is_never_used_twice(stage: Stage) -> None:
    add_broadcast(stage)
    with pytest.raises(AlreadyThere):
        add_broadcast(stage, "b2")


def test_a_broadcast_moves_along_its_graph(stage: Stage) -> None:
    add_broadcast(stage)
    with stage.store.write() as work:
        assert not work.broadcasts.move("b1", after="sealed")
        assert work.broadcasts.move("b1", after="published")
        assert not work.broadcasts.move("b1", after="published")
    for illegal in ("planned", "sealed", "nonsense"):
        with pytest.raises(IllegalMove), stage.store.write() as work:
            work.broadcasts.move("b1", after=illegal)
    with pytest.raises(NoSuchRow), stage.store.write() as work:
        work.broadcasts.move("missing", after="published")


def test_key_publications_go_relay_by_relay(stage: Stage) -> None:
    add_broadcast(stage)
    item = KeyItem(("a", "b|c"), "soul", {"key": "🎼", "n": 1}, 1_790_000_000_000.25)
    with stage.store.write() as work:
        ids = [
            work.publications.add("b1", tenant_id=stage.tenant, relay=relay, items=[item])
            for relay in ("r1", "r1", "r2")
        ]
        work.publications.finish(ids[0], now_ms=NOW)
        work.publications.finish(ids[0], now_ms=NOW + 1)
        assert work.publications.progress("b1") == {"r1": (1, 2), "r2": (0, 1)}
        assert work.publications.progress("missing") == {}
        loaded = work.publications.load(ids[0])
        assert loaded is not None
        assert (loaded.items, loaded.is_done, loaded.relay) == ((item,), True, "r1")
        assert work.publications.load("missing") is None
    with pytest.raises(NoSuchRow), stage.store.write() as work:
        work.publications.finish("missing", now_ms=NOW)
    (row,) = stage.admin.broadcasts()
    assert [(relay["relay"], relay["done"], relay["batches"]) for relay in row["relays"]] == [
        ("r1", 1, 2),
        ("r2", 0, 1),
    ]


def test_a_broadcast_is_cancelled_with_its_queued_posts_only_while_none_is_out(stage: Stage) -> None:
    add_broadcast(stage)
    delivery_id = add_delivery(stage, "b1", broadcast_id="b1")
    with stage.store.read() as work:
        assert work.broadcasts.deliveries("b1") == (delivery_id,)
    stage.admin.cancel_broadcast("b1", now_ms=NOW)
    with stage.store.read() as work:
        assert work.deliveries.load([delivery_id])[delivery_id].state == "cancelled"
    add_broadcast(stage, "b2", post_iv=bytes(16))
    move(stage, add_delivery(stage, "b2", broadcast_id="b2"), "queued", "sending")
    with pytest.raises(IllegalMove):
        stage.admin.cancel_broadcast("b2", now_ms=NOW)
    with pytest.raises(NoSuchRow):
        stage.admin.cancel_broadcast("missing", now_ms=NOW)
