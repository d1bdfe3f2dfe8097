"""Personas, links, contacts and the inbox."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskbot.adapters.store.errors import AlreadyThere, NoSuchRow
from maskbot.adapters.store.ids import new_id
from maskbot.domain.identity import Persona, PublicKey
from maskbot.domain.inbox import InboxItem
from maskbot.ports.store import Contact
from tests.ports.store.stage import NOW, Stage, key_of, profile_of

ALICE, BOB = profile_of("alice"), profile_of("bob")


def item_of(persona: Persona, post_id: str, *, received_at_ms: int = NOW) -> InboxItem:
    return InboxItem(
        id=new_id(),
        tenant_id=persona.tenant_id,
        persona_id=persona.id,
        platform="x",
        post_id=post_id,
        author="person:twitter.com/alice",
        claimed_author="person:twitter.com/mallory",
        text="never stored",
        meta_json="{}",
        received_at_ms=received_at_ms,
        flags=("key_changed", "author_differs"),
    )


def test_personas_are_found_by_owner_link_and_feed(stage: Stage) -> None:
    owned, linked, watching = stage.persona(1, owner=ALICE), stage.persona(2), stage.persona(3, owner=BOB)
    with stage.store.write() as work:
        work.links.link(linked.id, person=ALICE.person)
        work.links.link(linked.id, person=ALICE.person)
        work.links.watch(watching.id, feed_id=stage.home_a)
        work.links.watch(watching.id, feed_id=stage.home_a)
        assert work.personas.linked_to(tenant_id=stage.tenant, person=ALICE.person) == (owned, linked)
        assert work.personas.linked_to(tenant_id=stage.other_tenant, person=ALICE.person) == ()
        assert work.personas.watching(stage.home_a) == (watching,)
        assert work.personas.watching(stage.feed_a) == ()
        assert work.personas.load(tenant_id=stage.tenant) == (owned, linked, watching)
        assert work.personas.load(tenant_id=stage.tenant, ids=[linked.id]) == (linked,)
        assert work.personas.load(tenant_id=stage.other_tenant) == ()


def test_adding_a_persona_twice_changes_nothing_and_its_key_twice_is_refused(stage: Stage) -> None:
    persona = stage.persona(1)
    with stage.store.write() as work:
        work.personas.add(replace(persona, name="renamed"), now_ms=NOW)
        work.personas.add(replace(persona, id=new_id(), tenant_id=stage.other_tenant), now_ms=NOW)
        assert work.personas.load(tenant_id=stage.tenant) == (persona,)
    with pytest.raises(AlreadyThere), stage.store.write() as work:
        work.personas.add(replace(persona, id=new_id()), now_ms=NOW)
    with pytest.raises(AlreadyThere), stage.store.write() as work:
        work.personas.add(replace(persona, public_key=key_of(9)), now_ms=NOW)


def test_an_erased_persona_leaves_no_links_and_no_inbox(stage: Stage) -> None:
    persona = stage.persona(1, owner=ALICE)
    with stage.store.write() as work:
        work.links.link(persona.id, person=BOB.person)
        work.links.watch(persona.id, feed_id=stage.home_a)
        work.links.note_join(account_id=stage.a, persona_id=persona.id, now_ms=NOW)
        work.inbox.add(item_of(persona, "1"), sealed=b"s")
        work.personas.erase(persona.id)
        work.personas.erase(persona.id)
        assert work.personas.linked_to(tenant_id=stage.tenant, person=BOB.person) == ()
        assert work.personas.watching(stage.home_a) == ()
        assert work.inbox.load(tenant_id=stage.tenant) == ()
        assert work.links.count_joins(account_id=stage.a, since_ms=NOW) == 1, "leaving does not get around the cap"


def test_joins_are_counted_since_a_time(stage: Stage) -> None:
    with stage.store.write() as work:
        for n in range(3):
            work.links.note_join(account_id=stage.a, persona_id=f"p{n}", now_ms=NOW + n)
        work.links.note_join(account_id=stage.a, persona_id="p0", now_ms=NOW + 9)
        work.links.note_join(account_id=stage.b, persona_id="p9", now_ms=NOW)
        assert work.links.count_joins(account_id=stage.a, since_ms=NOW + 1) == 2
        assert work.links.count_joins(account_id=stage.a, since_ms=0) == 3


def test_the_first_key_is_trusted_and_a_change_stays_flagged(stage: Stage) -> None:
    first = Contact(stage.tenant, "person:twitter.com/alice", key_of(1), "payload")
    with stage.store.write() as work:
        assert work.contacts.find(tenant_id=stage.tenant, author=first.author) is None
        assert work.contacts.learn(first, now_ms=NOW) == first
        assert not work.contacts.learn(replace(first, source="bio"), now_ms=NOW).is_changed
        changed = work.contacts.learn(replace(first, public_key=key_of(2)), now_ms=NOW)
        assert changed == replace(first, public_key=key_of(2), is_changed=True)
        assert work.contacts.learn(changed, now_ms=NOW).is_changed
        assert work.contacts.find(tenant_id=stage.tenant, author=first.author) == changed
        assert work.contacts.find(tenant_id=stage.other_tenant, author=first.author) is None


def test_the_operators_key_clears_the_flag_and_is_not_replaced_by_a_seen_one(stage: Stage) -> None:
    seen = Contact(stage.tenant, "person:twitter.com/alice", key_of(1), "payload")
    pinned = replace(seen, public_key=key_of(2), source="operator")
    with stage.store.write() as work:
        work.contacts.learn(seen, now_ms=NOW)
        assert work.contacts.learn(pinned, now_ms=NOW) == pinned
        assert work.contacts.learn(seen, now_ms=NOW) == replace(pinned, is_changed=True)
        assert work.contacts.learn(replace(pinned, public_key=key_of(3)), now_ms=NOW) == replace(
            pinned, public_key=key_of(3)
        )
    assert [row["public_key"] for row in stage.admin.contacts(tenant_id=stage.tenant)] == [key_of(3).hex()]


def test_inbox_items_come_back_sealed_newest_first_and_once(stage: Stage) -> None:
    alice, bob = stage.persona(1), stage.persona(2)
    old, new = item_of(alice, "1"), item_of(alice, "2", received_at_ms=NOW + 1)
    with stage.store.write() as work:
        assert work.inbox.add(old, sealed=b"old")
        assert work.inbox.add(new, sealed=b"new")
        assert not work.inbox.add(replace(old, id=new_id()), sealed=b"again")
        assert work.inbox.add(item_of(bob, "1"), sealed=b"bob")
        blank = {item.id: replace(item, text="", meta_json=None) for item in (old, new)}
        loaded = work.inbox.load(tenant_id=stage.tenant, persona_id=alice.id)
        assert loaded == ((blank[new.id], b"new"), (blank[old.id], b"old"))
        assert len(work.inbox.load(tenant_id=stage.tenant)) == 3
        assert len(work.inbox.load(tenant_id=stage.tenant, limit=1)) == 1
        assert work.inbox.load(tenant_id=stage.tenant, ids=[old.id]) == ((blank[old.id], b"old"),)
        assert work.inbox.load(tenant_id=stage.tenant, persona_id=bob.id, ids=[old.id]) == ()
        assert work.inbox.load(tenant_id=stage.other_tenant) == ()


def test_a_webhook_is_set_and_cleared(stage: Stage) -> None:
    persona = stage.persona(1)
    with stage.store.write() as work:
        assert work.inbox.webhook(persona.id) is None
        assert work.inbox.webhook("missing") is None
        work.inbox.set_webhook(persona.id, url="https://a.example/h", sealed_secret=b"s")
        assert work.inbox.webhook(persona.id) == ("https://a.example/h", b"s")
        work.inbox.set_webhook(persona.id, url=None, sealed_secret=None)
        assert work.inbox.webhook(persona.id) is None
    with pytest.raises(NoSuchRow), stage.store.write() as work:
        work.inbox.set_webhook("missing", url=None, sealed_secret=None)


def test_a_post_iv_under_two_payloads_is_reused_and_under_one_is_not(stage: Stage) -> None:
    first, second = stage.persona(1), stage.persona(2)
    post_iv, one, other = bytes(16), bytes(32), b"\x01" * 32
    with stage.store.write() as work:
        assert not work.inbox.is_iv_reused(first.id, post_iv=post_iv, payload_hash=one)
        work.inbox.add(replace(item_of(first, "1"), post_iv=post_iv, payload_hash=one), sealed=b"s")
        work.inbox.add(item_of(first, "2"), sealed=b"s")
        assert not work.inbox.is_iv_reused(first.id, post_iv=post_iv, payload_hash=one)
        assert work.inbox.is_iv_reused(first.id, post_iv=post_iv, payload_hash=other)
        assert not work.inbox.is_iv_reused(second.id, post_iv=post_iv, payload_hash=other)
        items = [item for item, _ in work.inbox.load(tenant_id=stage.tenant)]
        assert {(item.post_iv, item.payload_hash) for item in items} == {(post_iv, one), (None, None)}


def test_buckets_are_kept_for_ever_and_unknown_keys_have_none(stage: Stage) -> None:
    with stage.store.write() as work:
        work.contacts.keep_buckets({key_of(1): "a/", key_of(2): "++"})
        work.contacts.keep_buckets({key_of(1): "a/"})
        work.contacts.keep_buckets({})
        assert work.contacts.buckets([key_of(1), key_of(2), key_of(3), key_of(1)]) == {key_of(1): "a/", key_of(2): "++"}
        assert work.contacts.buckets([]) == {}


def test_thousands_of_buckets_are_loaded_at_once(stage: Stage) -> None:
    keys = {PublicKey(b"\x02" + number.to_bytes(32, "big")): "bl" for number in range(2_500)}
    with stage.store.write() as work:
        work.contacts.keep_buckets(keys)
        assert work.contacts.buckets(list(keys)) == keys
