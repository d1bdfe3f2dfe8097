"""Who may enter: what the platform shows of them, and rules that keep their hash."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from maskbot.domain.conditions import BoostedPost, Holding
from maskbot.domain.eligibility import Entry, EntryRefusal, judge_entry
from maskbot.domain.giveaway import Mode, Rules
from maskbot.domain.identity import Platform
from maskbot.domain.money import NATIVE, Address, Token

RULES = Rules(
    giveaway_id="g1",
    code="spring",
    title="Spring",
    token=Token(31337, NATIVE, "ETH", 18),
    prizes=(500, 300),
    opens_at_ms=1,
    closes_at_ms=2,
    mode=Mode.DRAWN,
    beacon="block 31337 1000",
    entry_word="#gm",
    least_account_age_days=30,
    holding=Holding(Address(b"\x05" * 20), block=7, least=5),
    draws_at_ms=3,
)
OLD_HASH = "cabf4efd8ee9d7c64e79dbf87131920741adf27a3ff91b606923b794e465395d"
"""SHA-256 of these rules as the version before follows and boosts wrote them (commit a679d6a)."""
ON_X = BoostedPost(Platform.X, "x.com", "1995")
ON_MASTODON = BoostedPost(Platform.MASTODON, "social.example", "112")
ENTRY = Entry(at_ms=5, words="", account_born_ms=0, held=None, has_entered=False, is_address_taken=False)


def judge(rules: Rules, **known: bool | None) -> EntryRefusal | None:
    plain = replace(rules, entry_word="", least_account_age_days=0, holding=None, closes_at_ms=9, draws_at_ms=10)
    return judge_entry(plain, state="open", entry=replace(ENTRY, **known))  # type: ignore[arg-type]  # two flags


def test_rules_without_these_conditions_keep_the_hash_they_always_had() -> None:
    assert RULES.hash.hex() == OLD_HASH


def test_conditions_are_part_of_the_hash_whatever_the_order_of_the_posts() -> None:
    follows = replace(RULES, follows=True)
    one, other = (replace(RULES, boosted=posts) for posts in ((ON_X, ON_MASTODON), (ON_MASTODON, ON_X)))
    assert len({RULES.hash, follows.hash, one.hash}) == 3
    assert one.hash == other.hash
    document = json.loads(replace(follows, boosted=(ON_X, ON_MASTODON)).text)
    assert (document["follows"], document["boosted"]) == ("host", ["mastodon social.example 112", "x x.com 1995"])


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"is_following": True}, None),
        ({"is_following": False}, EntryRefusal.NOT_FOLLOWING),
        ({"is_following": None}, EntryRefusal.FOLLOW_UNKNOWN),
    ],
)
def test_a_follow_counts_only_when_it_is_seen(known: dict[str, bool | None], expected: EntryRefusal | None) -> None:
    assert judge(replace(RULES, follows=True), **known) is expected
    assert judge(RULES, **known) is None


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"has_boosted": True}, None),
        ({"has_boosted": False}, EntryRefusal.NOT_BOOSTED),
        ({"has_boosted": None}, EntryRefusal.BOOST_UNKNOWN),
    ],
)
def test_a_boost_counts_only_when_it_is_seen(known: dict[str, bool | None], expected: EntryRefusal | None) -> None:
    assert judge(replace(RULES, boosted=(ON_X,)), **known) is expected
    assert judge(RULES, **known) is None


@pytest.mark.parametrize(
    "posts", [(ON_X, replace(ON_X, post_id="2")), tuple(replace(ON_MASTODON, instance=f"h{n}") for n in range(17))]
)
def test_one_post_for_each_instance_and_not_too_many(posts: tuple[BoostedPost, ...]) -> None:
    with pytest.raises(ValueError, match="at most one post"):
        replace(RULES, boosted=posts)


@pytest.mark.parametrize(
    ("instance", "post_id"), [("Social.Example", "1"), ("a b", "1"), ("x.com", "../1"), ("x.com", "")]
)
def test_a_post_to_boost_is_a_host_and_an_id(instance: str, post_id: str) -> None:
    with pytest.raises(ValueError, match="host of its instance"):
        BoostedPost(Platform.X, instance, post_id)
