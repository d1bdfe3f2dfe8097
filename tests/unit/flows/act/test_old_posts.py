"""Posts of 2019 and of v38 authors: keys by user name, by the author's known key, by the author's own local key."""

from __future__ import annotations

from typing import Any

import pytest

from maskbot.domain.account import FeedKind
from maskbot.domain.identity import Persona, Platform, PublicKey
from maskbot.ports.inside import KeySource
from maskbot.ports.store import Contact
from maskbot.wire.crypto import encode_base64
from tests.fakes.house import BOB, BOT_ON_X, House
from tests.fakes.key_graph import FakeKeyGraph
from tests.fakes.pictures import FakePictures
from tests.unit.flows.act.sealed_posts import inbox, open_all
from tests.unit.wire.payload.vectors import BY_ID

V40: dict[str, Any] = BY_ID["dev-v40-nosig"]
WORDS = "legacy text 🧩 keeps puzzle"


def persona_with(house: House, *, private_key: str, name: str) -> Persona:
    source = KeySource(private_key=bytes.fromhex(private_key))
    persona = Persona(name, house.tenant_id, name, house.vault.create(persona_id=name, tenant_id="t", source=source))
    with house.store.write() as work:
        work.personas.add(persona, now_ms=house.clock.ms)
        work.links.watch(name, feed_id=house.feed(Platform.X, FeedKind.HOME).id)
    return persona


def learn_author(house: House) -> None:
    key = PublicKey(bytes.fromhex(V40["author_key"]["pub_hex"]))
    with house.store.write() as work:
        work.contacts.learn(Contact(house.tenant_id, BOB.wire_author, key, source="operator"), now_ms=1)


def node_of(user_id: str) -> tuple[str, ...]:
    return "maskbook", "posts", encode_base64(bytes.fromhex(V40["random"]["post_iv"])), user_id


@pytest.mark.parametrize("user_id", ["reader", BOT_ON_X.handle])
def test_a_v40_post_is_opened_with_the_node_of_its_readers_user_name(house: House, user_id: str) -> None:
    graph = FakeKeyGraph()
    reader = persona_with(house, private_key=V40["recipients"][0]["priv_hex"], name="reader")
    learn_author(house)
    graph.nodes[node_of(user_id)] = V40["e2e"][0]["gun"]
    house.collect(house.post(BOB, V40["payload_text"], is_addressed=False), kind=FeedKind.HOME)
    assert open_all(house, graph, FakePictures()) == 1
    assert len(inbox(house, reader)) == 1


def test_a_v40_post_whose_author_is_unknown_waits(house: House) -> None:
    graph = FakeKeyGraph()
    reader = persona_with(house, private_key=V40["recipients"][0]["priv_hex"], name="reader")
    graph.nodes[node_of("reader")] = V40["e2e"][0]["gun"]
    house.collect(house.post(BOB, V40["payload_text"], is_addressed=False), kind=FeedKind.HOME)
    open_all(house, graph, FakePictures())
    assert inbox(house, reader) == []
    learn_author(house)
    house.clock.move(60_000)
    open_all(house, graph, FakePictures())
    assert len(inbox(house, reader)) == 1


def test_an_author_reads_an_own_old_post_with_the_local_key(house: House) -> None:
    author = persona_with(house, private_key=V40["author_key"]["priv_hex"], name="author")
    house.vault.local_keys["author"] = bytes.fromhex(V40["local_key"])
    house.collect(house.post(BOB, V40["payload_text"], is_addressed=False), kind=FeedKind.HOME)
    open_all(house, FakeKeyGraph(), FakePictures())
    assert len(inbox(house, author)) == 1
