"""`packet` as a plain reply: the post it answers is read by one call, and nothing of it is kept but what carries the payload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from maskbot.applets.packet import PacketApplet
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.job import JobKind
from maskbot.domain.mention import Mention
from maskbot.domain.post import ParentFact, ParentNeed, Post, Quoted
from maskbot.domain.request import Fact, Need, NoFact
from maskbot.flows.act.fetch_facts import FactSources, fetch_facts
from maskbot.flows.decide.answer_mentions import answer_mentions
from maskbot.ports.chain import ChainNode
from tests.fakes.house import ALICE, APPLETS, BOB, House, build_house
from tests.fakes.market import FakeMarket
from tests.unit.applets.test_packet import link

LINK = link(chainId=424_242)


@dataclass
class Posts:
    """One platform that shows the posts it has."""

    posts: dict[str, Quoted]
    asked: list[str] = field(default_factory=list)

    def fetch_public(self, post_id: str) -> Quoted | None:
        self.asked.append(post_id)
        return self.posts.get(post_id)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return build_house(tmp_path)


def no_node(_: int) -> ChainNode:
    raise AssertionError("a chain without a contract that we trust is not asked")


def answer(house: House, post: Post) -> tuple[Mention, str | None]:
    answer_mentions(
        house.claim(JobKind.ANSWER_MENTION), store=house.store, keys=house.vault, clock=house.clock, notice=house.notice,
        applets=(PacketApplet(), *APPLETS), policies=house.policies,
    )  # fmt: skip
    mention, delivery = house.outcome(post)
    return mention, None if delivery is None else delivery.draft.text


def fetch(house: House, posts: Posts, *, budget_musd: int = 0) -> None:
    sources = FactSources(
        FakeMarket(),
        feed_of=lambda _: posts,  # type: ignore[arg-type, return-value]  # the one method that is called
        node_of=no_node,
        x_budget_musd=budget_musd,
    )
    for job in house.claim(JobKind.FETCH_FACTS):
        fetch_facts(job, store=house.store, sources=sources, clock=house.clock, notice=house.notice)


def facts_of(house: House, mention: Mention) -> Mapping[Need, Fact]:
    with house.store.read() as work:
        return work.facts.load([mention.id])[mention.id]


@pytest.mark.parametrize("author", [ALICE, BOB])
def test_a_reply_is_told_of_the_packet_in_the_post_it_answers(house: House, author: Profile) -> None:
    posts = Posts({"77": Quoted("gm, a private thought", (LINK,))})
    asked = house.post(author, "packet", in_reply_to_id="77")
    house.collect(asked)
    assert answer(house, asked)[0].state == "waiting"
    fetch(house, posts)
    mention, _ = answer(house, asked)
    assert mention.state == "waiting"
    assert facts_of(house, mention) == {ParentNeed("77"): ParentFact(LINK)}
    fetch(house, posts)
    mention, words = answer(house, asked)
    assert (mention.state, posts.asked) == ("answered", ["77"])
    assert "no red packet contract of this version on chain 424242" in (words or "")


@pytest.mark.parametrize("posts", [Posts({}), Posts({"77": Quoted("nothing here", ("https://example.org/",))})])
def test_an_answered_post_without_a_packet_or_that_is_not_public_leaves_the_question_open(
    house: House, posts: Posts
) -> None:
    asked = house.post(ALICE, "packet", in_reply_to_id="77")
    house.collect(asked)
    answer(house, asked)
    fetch(house, posts)
    assert "Which packet?" in (answer(house, asked)[1] or "")


def test_a_read_on_x_is_paid_for_and_ends_at_half_of_the_budget(house: House) -> None:
    posts = Posts({str(number): Quoted("", (LINK,)) for number in range(3)})
    found = []
    for number in range(3):
        asked = house.post(BOB, "packet", in_reply_to_id=str(number))
        house.collect(asked)
        mention, _ = answer(house, asked)
        fetch(house, posts, budget_musd=20)
        found.append(facts_of(house, mention)[ParentNeed(str(number))])
    assert found == [ParentFact(LINK), ParentFact(LINK), NoFact("unavailable")]
    assert posts.asked == ["0", "1"]
    with house.store.read() as work:
        account_id = house.accounts[Platform.X].id
        assert work.ledger.spent_today(account_id=account_id, now_ms=house.clock.ms) == 10
