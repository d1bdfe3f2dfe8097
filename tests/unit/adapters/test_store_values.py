"""Posts, drafts, needs, facts and key items as stored text: what goes in comes out, and nothing else does."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskbot.adapters.store.columns import KEY_CHARACTERS_MAX, key_text
from maskbot.adapters.store.post_json import (
    POST_BYTES_MAX,
    dump_draft,
    dump_fact,
    dump_items,
    dump_need,
    dump_post,
    load_draft,
    load_fact,
    load_items,
    load_need,
    load_post,
)
from maskbot.adapters.store.value_json import DamagedRow, load_value
from maskbot.domain.broadcast import KeyItem
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.post import Draft, Picture, Post
from maskbot.domain.request import Fact, Need, NoFact, PriceFact, PriceNeed

texts = st.text(st.characters(exclude_categories=()), max_size=40)
profiles = st.builds(
    Profile,
    platform=st.just(Platform.MASTODON),
    instance=texts,
    user_id=texts.filter(bool),
    handle=texts,
    actor_uri=texts.filter(bool),
    is_bot=st.booleans(),
)
posts = st.builds(Post, author=profiles, text=texts, spoiler_text=texts)
drafts = st.builds(Draft, text=texts, pictures=st.lists(st.builds(Picture, alt_text=texts.filter(bool))).map(tuple))
decimals = st.decimals(allow_nan=False, allow_infinity=False)
facts: st.SearchStrategy[Fact] = st.one_of(
    st.builds(
        PriceFact,
        price=decimals,
        change_24h_percent=st.none() | decimals,
        change_7d_percent=st.none() | decimals,
        market_cap=st.none() | decimals,
    ),
    st.builds(NoFact, reason=texts),
)
items = st.builds(
    KeyItem,
    path=st.lists(texts).map(tuple),
    data=st.dictionaries(texts, texts | st.integers()),
    state_ms=st.floats(allow_nan=False, allow_infinity=False),
)


@settings(max_examples=150, deadline=None)
@given(posts)
def test_a_post_comes_back_as_it_was(post: Post) -> None:
    stored = dump_post(post)
    assert stored.text.isascii()
    assert stored.full_sha256 is None
    assert load_post(stored.text) == post


@settings(max_examples=60, deadline=None)
@given(posts, st.integers(20_000, 200_000))
def test_any_post_fits_into_its_row(post: Post, repeat: int) -> None:
    longer = replace(post, text=(post.text or "x") * (repeat // max(1, len(post.text))))
    stored = dump_post(longer)
    assert len(stored.text) <= POST_BYTES_MAX
    assert longer.text.startswith(load_post(stored.text).text)


@settings(max_examples=60, deadline=None)
@given(drafts)
def test_a_draft_comes_back_with_the_pictures_it_is_given(draft: Draft) -> None:
    text = dump_draft(draft)
    assert load_draft(text, pictures=draft.pictures) == draft


@settings(max_examples=100, deadline=None)
@given(facts)
def test_a_fact_comes_back_with_exact_numbers(fact: Fact) -> None:
    assert load_fact(dump_fact(fact)) == fact


@settings(max_examples=60, deadline=None)
@given(st.lists(items).map(tuple))
def test_key_items_come_back(several: tuple[KeyItem, ...]) -> None:
    assert load_items(dump_items(several)) == several


def test_equal_needs_have_equal_texts() -> None:
    first, second = PriceNeed("ETH", None), PriceNeed(symbol="ETH", address=None, vs="USD")
    assert dump_need(first) == dump_need(second)
    assert load_need(dump_need(first)) == first
    assert dump_need(first) != dump_need(PriceNeed("ETH", None, vs="EUR"))


def test_a_row_of_an_older_version_takes_the_defaults_of_new_fields_and_drops_unknown_ones() -> None:
    assert load_need('{"$":"PriceNeed","symbol":"ETH","address":null,"forgotten":1}') == PriceNeed("ETH", None)


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        "null",
        "[]",
        "1",
        '"x"',
        "{}",
        '{"$":"Nothing"}',
        '{"$":"PriceFact"}',
        '{"$":[]}',
        "[" * 100_000,
        '{"$":"NoFact"',
    ],
)
def test_a_damaged_row_is_named(damaged: str) -> None:
    with pytest.raises(DamagedRow):
        load_value(damaged, Fact)
    with pytest.raises(DamagedRow):
        load_value(damaged, Need)
    with pytest.raises(DamagedRow):
        load_post(damaged)


def test_a_price_that_is_no_number_is_a_damaged_row() -> None:
    good = json.loads(dump_fact(PriceFact("E", "E", "USD", Decimal("1.10"), None, None, None, "s", 0)))
    with pytest.raises(DamagedRow):
        load_fact(json.dumps({**good, "price": "one"}))


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=900))
def test_any_text_becomes_a_key_every_database_takes(text: str) -> None:
    key = key_text(text)
    assert "\0" not in key
    assert len(key.encode()) <= 4 * KEY_CHARACTERS_MAX
    assert key_text(key) == key
    if len(text) <= KEY_CHARACTERS_MAX and text.isprintable():
        assert key == text
