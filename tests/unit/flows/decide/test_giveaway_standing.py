"""Entering a giveaway that asks for a follow and a boost: what is seen, what is not, and what a look may cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from maskbot.domain.conditions import BoostedPost
from maskbot.domain.errors import MaskbotError, Refused, Unavailable
from maskbot.domain.identity import Platform
from maskbot.domain.job import JobKind
from maskbot.flows.act.fetch_facts import FactSources, fetch_facts
from maskbot.flows.decide.giveaway.open import opening_text
from maskbot.ports.outside import ProfileText, Standing
from maskbot.wire.crypto.address_text import address_text
from maskbot.wire.post_text import X_LIMITS, fits
from tests.fakes.giveaways import address_of, decide, enter, opened, person, say
from tests.fakes.house import House, build_house
from tests.fakes.market import FakeMarket

POSTS = (BoostedPost(Platform.X, "x.com", "77"), BoostedPost(Platform.MASTODON, "social.example", "88"))
YES, NO, UNSEEN = Standing(is_so=True), Standing(is_so=False), Standing(is_so=None)


@dataclass
class FakeGraph:
    """Shows what it is told. Implements `ports.outside.SocialGraph`."""

    follow: Standing | MaskbotError = YES
    boost: Standing | MaskbotError = YES
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def fetch_profile(self, handle: str) -> ProfileText | None:
        return None

    def is_followed_by(self, user_id: str) -> Standing:
        return self._told(self.follow, "follow", user_id)

    def has_boosted(self, post_id: str, *, user_id: str) -> Standing:
        return self._told(self.boost, "boost", post_id, user_id)

    def _told(self, told: Standing | MaskbotError, *asked: str) -> Standing:
        self.asked.append(asked)
        if isinstance(told, MaskbotError):
            raise told
        return told


@pytest.fixture
def house(tmp_path: Path) -> House:
    return build_house(tmp_path)


def fetch(house: House, graph: FakeGraph, *, budget_musd: int = 0) -> None:
    """What a worker does for FETCH_FACTS."""
    sources = FactSources(FakeMarket(), graph_of=lambda _: graph, x_budget_musd=budget_musd)
    for job in house.claim(JobKind.FETCH_FACTS):
        fetch_facts(job, store=house.store, sources=sources, clock=house.clock, notice=house.notice)
    decide(house)


def entered(
    house: House, graph: FakeGraph, number: int = 1, platform: Platform = Platform.X, *, budget_musd: int = 0
) -> tuple[str | None, str]:
    """Somebody enters, and their facts are fetched: the reason, and the words."""
    post = house.post(person(number, platform), f"enter {address_text(address_of(number))}")
    house.collect(post)
    decide(house)
    fetch(house, graph, budget_musd=budget_musd)
    mention, delivery = house.outcome(post)
    return mention.reason, "" if delivery is None else delivery.draft.text


def spent(house: House) -> int:
    with house.store.read() as work:
        return work.ledger.spent_today(account_id=house.accounts[Platform.X].id, now_ms=house.clock.ms)


def test_who_follows_and_boosted_enters_on_either_platform(house: House) -> None:
    opened(house, follows=True, boosted=POSTS)
    graph = FakeGraph()
    assert entered(house, graph)[0] == "entered"
    assert entered(house, graph, 2, Platform.MASTODON)[0] == "entered"
    assert graph.asked == [("boost", "77", "5001"), ("follow", "5001"), ("boost", "88", "2"), ("follow", "2")]


@pytest.mark.parametrize(
    ("graph", "reason", "words"),
    [
        (FakeGraph(follow=NO), "entry_not_following", "follow this account first"),
        (FakeGraph(follow=UNSEEN), "entry_follow_unknown", "enter again later"),
        (FakeGraph(boost=NO), "entry_not_boosted", "repost the announced post first"),
        (FakeGraph(boost=UNSEEN), "entry_boost_unknown", "cannot see whether you reposted"),
        (FakeGraph(follow=Refused("suspended")), "entry_follow_unknown", "enter again later"),
    ],
)
def test_what_is_not_seen_is_refused_with_its_reason(house: House, graph: FakeGraph, reason: str, words: str) -> None:
    opened(house, follows=True, boosted=POSTS)
    told = entered(house, graph)
    assert told[0] == reason
    assert words in told[1]


def test_a_refused_person_may_follow_and_enter_again(house: House) -> None:
    opened(house, follows=True)
    assert entered(house, FakeGraph(follow=NO))[0] == "entry_not_following"
    assert entered(house, FakeGraph())[0] == "entered"


def test_a_platform_that_is_down_is_asked_again_and_then_not_guessed(house: House) -> None:
    opened(house, follows=True)
    graph = FakeGraph(follow=Unavailable("down"))
    post = house.post(person(1), f"enter {address_text(address_of(1))}")
    house.collect(post)
    decide(house)
    for _ in range(2):
        (job,) = house.claim(JobKind.FETCH_FACTS)
        with pytest.raises(Unavailable):
            fetch_facts(
                job, store=house.store, sources=FactSources(FakeMarket(), graph_of=lambda _: graph), clock=house.clock,
                notice=house.notice,
            )  # fmt: skip
        with house.store.write() as work:
            work.jobs.postpone(job, due_at_ms=house.clock.ms, error_kind="down")
    fetch(house, graph)
    assert house.outcome(post)[0].reason == "entry_follow_unknown"


def test_who_is_refused_anyhow_costs_no_look(house: House) -> None:
    opened(house, follows=True, boosted=POSTS, least_account_age_days=30)
    graph = FakeGraph()
    assert say(house, person(1), f"enter {address_text(address_of(1))}", author_born_ms=house.clock.ms)[0].reason == (
        "entry_account_too_young"
    )
    assert graph.asked == []


def test_looks_at_x_are_charged_and_end_at_half_of_the_budget(house: House) -> None:
    opened(house, follows=True, boosted=POSTS)
    graph = FakeGraph(boost=Standing(is_so=True, reads=30))
    assert entered(house, graph, 1, budget_musd=1_000)[0] == "entered"
    assert spent(house) == 310
    assert entered(house, graph, 2, budget_musd=600)[0] == "entry_follow_unknown"
    assert len(graph.asked) == 2
    assert entered(house, graph, 3, Platform.MASTODON, budget_musd=600)[0] == "entered"
    assert spent(house) == 310


def test_a_worker_that_died_after_the_look_looks_again_and_enters_once(house: House) -> None:
    giveaway = opened(house, follows=True)
    post = house.post(person(1), f"enter {address_text(address_of(1))}")
    house.collect(post)
    decide(house)
    (dead,) = house.claim(JobKind.FETCH_FACTS, lease_ms=1_000)
    house.clock.move(1_001)
    graph = FakeGraph()
    fetch(house, graph)
    with pytest.raises(Refused):
        fetch_facts(
            dead, store=house.store, sources=FactSources(FakeMarket(), graph_of=lambda _: graph), clock=house.clock,
            notice=house.notice,
        )  # fmt: skip
    with house.store.read() as work:
        assert len(work.entrants.load(giveaway.id)) == 1


def test_a_giveaway_names_a_post_for_every_account_or_is_not_opened(house: House) -> None:
    with pytest.raises(Refused, match=r"social\.example"):
        opened(house, boosted=POSTS[:1])
    opened(house, boosted=POSTS)


def test_the_conditions_are_told_in_the_words_of_the_platform(house: House) -> None:
    opened(house, follows=True, boosted=POSTS)
    for platform, word in ((Platform.X, "repost"), (Platform.MASTODON, "boost")):
        _, words = say(house, person(1, platform), "giveaway")
        assert words is not None
        assert f"first: follow this account and {word} the announced post" in words


def test_without_conditions_nobody_is_looked_at(house: House) -> None:
    opened(house)
    assert enter(house, 1)[0].reason == "entered"


def test_the_announcement_says_what_to_do_first(house: House) -> None:
    assert "First: follow me, boost our post" in opening_text(opened(house, follows=True, boosted=POSTS))
    long = opened(
        house,
        giveaway_id="g3",
        code="a" + "b" * 19,
        entry_word="#" + "c" * 11,
        follows=True,
        boosted=POSTS,
        title="T" * 40,
    )
    assert fits(opening_text(long), limits=X_LIMITS)
    assert "First" not in opening_text(opened(house, giveaway_id="g2", code="summer"))
