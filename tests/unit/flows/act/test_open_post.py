"""A reply is no oracle: every payload that could not be opened gets the same words after the same time (reliability.md E10)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from maskbot.domain.account import FeedKind
from maskbot.domain.delivery import Delivery
from maskbot.domain.errors import Refused
from maskbot.domain.identity import Persona, Platform, PublicKey
from maskbot.domain.job import JobKind
from maskbot.flows.act.deliver_webhook import notice_body
from maskbot.flows.act.open_post import NO_ANSWER_BEFORE_MS, open_post
from maskbot.flows.act.publish_keys import publish_keys
from maskbot.flows.decide.broadcast import BroadcastPlan, plan_broadcast
from maskbot.ports.inside import KeySource, Place
from maskbot.wire.crypto import public_key_of
from maskbot.wire.payload import encode_link
from maskbot.wire.payload.values import Instant
from tests.fakes.house import ALICE, BOB, House
from tests.fakes.inside import FakeVault
from tests.fakes.key_graph import FakeKeyGraph
from tests.fakes.pictures import FakePictures
from tests.unit.flows.act.sealed_posts import hosted_persona, open_all
from tests.unit.flows.act.sealed_posts import sealed_post as payload_for
from tests.unit.flows.act.test_broadcast import LIMITS, persona_of

WORDS = "The vote opens on Friday."


@pytest.fixture
def graph() -> FakeKeyGraph:
    return FakeKeyGraph()


def sealed_post(house: House, graph: FakeKeyGraph, recipient: PublicKey) -> str:
    """The text of an encrypted post for one reader, its keys on the relays."""
    accounts = list(house.accounts.values())[1:]
    broadcast_id = plan_broadcast(
        BroadcastPlan(WORDS, persona_of(house), accounts, [recipient], house.clock.ms, title="t"),
        relays=graph.relays,
        limits={account.id: replace(LIMITS[account.profile.platform], max_length=500_000) for account in accounts},
        store=house.store,
        secrets=house.vault,
        clock=house.clock,
        entropy=house.entropy,
        notice=house.notice,
    )
    for job in house.claim(JobKind.PUBLISH_KEYS):
        publish_keys(job, store=house.store, graph=graph, clock=house.clock, notice=house.notice, grace_ms=0)
    with house.store.read() as work:
        ids = work.broadcasts.deliveries(broadcast_id)
        return work.deliveries.load(ids)[ids[0]].draft.text


def owner(house: House) -> PublicKey:
    """The key of a persona linked to alice."""
    key = house.vault.create(persona_id="mine", tenant_id="t", source=KeySource())
    with house.store.write() as work:
        work.personas.add(Persona("mine", house.tenant_id, "mine", key, ALICE.person), now_ms=house.clock.ms)
        work.links.link("mine", person=ALICE.person)
    return key


def asked(house: House, graph: FakeKeyGraph, text: str) -> tuple[int, Delivery]:
    """Alice sends it; after how many milliseconds the answer is made, and the answer."""
    began_ms = house.clock.ms
    mention, reply = house.ask(ALICE, text)
    while reply is None:
        for job in house.claim(JobKind.OPEN_POST):
            house.clock.move(37)  # a fetch takes its time
            open_post(job, store=house.store, graph=graph, vault=house.vault, clock=house.clock, notice=house.notice)
        house.answer()
        _, reply = house.outcome(mention.post)
        house.clock.move(1 if reply is not None else 250 - house.clock.ms % 250)
        assert house.clock.ms < began_ms + 60_000
    return (house.clock.ms - 1 - began_ms) // 1_000, reply


def spoilt(text: str) -> str:
    """The same carrier with a payload that does not parse."""
    middle = len(text) // 2
    return text[:middle] + text[middle + 7 :]


def test_broken_foreign_and_keyless_payloads_get_the_same_words_at_the_same_time(
    house: House, graph: FakeKeyGraph
) -> None:
    stranger = PublicKey(public_key_of(bytes([5]) * 32))
    foreign = sealed_post(house, graph, stranger)
    answers = [asked(house, graph, foreign), asked(house, graph, spoilt(foreign))]  # nobody's: no persona is linked
    owner(house)
    answers += [asked(house, graph, foreign), asked(house, graph, spoilt(foreign))]
    assert {waited_s for waited_s, _ in answers} == {NO_ANSWER_BEFORE_MS // 1_000}
    assert {reply.draft.text for _, reply in answers} == {"@alice@social.example I could not open that post for you."}
    assert len({reply.draft.visibility for _, reply in answers}) == 1


def test_a_post_that_opens_is_answered_at_once_and_directly(house: House, graph: FakeKeyGraph) -> None:
    waited_s, reply = asked(house, graph, sealed_post(house, graph, owner(house)))
    assert waited_s < 2
    assert WORDS in reply.draft.text
    assert reply.draft.visibility.value == "direct"


def test_a_persona_that_left_meanwhile_is_like_one_without_a_key(house: House, graph: FakeKeyGraph) -> None:
    class Left(FakeVault):
        def unseal(self, *, persona_id: str, tries: object) -> tuple[bytes | None, ...]:
            raise Refused("the vault holds no key of this persona")

    text = sealed_post(house, graph, owner(house))
    house.vault = Left()
    waited_s, reply = asked(house, graph, text)
    assert (waited_s, "could not open" in reply.draft.text) == (NO_ANSWER_BEFORE_MS // 1_000, True)


def test_what_json_has_no_word_for_is_kept_as_javascript_writes_it(house: House, graph: FakeKeyGraph) -> None:
    def no_constant(name: str) -> None:
        raise AssertionError(f"{name} is no JSON: a webhook's receiver could not read it")

    reader = hosted_persona(house, watches=Platform.X)
    meta = {"number": float("nan"), "bytes": b"\x01\x02", "date": Instant(0), "half": "\ud800"}
    payload = payload_for(house, graph, reader=reader.public_key, meta=meta)
    house.collect(house.post(BOB, encode_link(payload), is_addressed=False), kind=FeedKind.HOME)
    open_all(house, graph, FakePictures())
    with house.store.read() as work:
        ((item, sealed),) = work.inbox.load(tenant_id=house.tenant_id, persona_id=reader.id)
    (content,) = house.vault.reveal([(Place("inbox", item.id, item.tenant_id, "text"), sealed)])
    notice = json.loads(notice_body(item, sealed_text=content), parse_constant=no_constant)
    kept = {"number": None, "bytes": {"0": 1, "1": 2}, "date": "1970-01-01T00:00:00.000Z", "half": "?"}
    assert (notice["text"], notice["meta"]) == ("gm", kept)
