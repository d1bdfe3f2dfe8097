"""X posts to posts (social-platforms.md 2.6, 2.7, 6.2)."""

from __future__ import annotations

import pytest

from maskbot.wire.post_text import Naming, PostMalformed, read_request, read_x_page, read_x_post
from tests.unit.wire.post_text.accounts import ON_X, x_post

LINK = "https://mask.io/?PostData_v1=%20a+/=%40"


def test_t_co_is_replaced_by_the_expanded_url_and_entities_count_code_points() -> None:
    text = "👨‍👩‍👧 @maskbot decrypt https://t.co/a"
    at = text.index("https")
    post = x_post(text)
    post["entities"]["urls"] = [  # type: ignore[index]  # a literal of this test
        {
            "start": at,
            "end": at + 14,
            "url": "https://t.co/a",
            "expanded_url": LINK,
            "unwound_url": "https://evil.example/",
        }
    ]
    read = read_x_post(post, includes={}, own=ON_X)
    assert read.post.links == (LINK,)
    assert LINK in read.post.text
    assert read_request(read.post.request_text or "").verb == "decrypt"


@pytest.mark.parametrize("escaped", [True, False])
def test_offsets_before_or_after_unescaping_are_both_understood(escaped: bool) -> None:
    text = "a &amp; b @maskbot price btc"
    at = text.index("@") if escaped else text.replace("&amp;", "&").index("@")
    post = x_post(text, entities={"mentions": [{"start": at, "end": at + 8, "username": "MaskBot", "id": "9"}]})
    read = read_x_post(post, includes={}, own=ON_X)
    assert read.post.text == "a & b  price btc"
    assert read.post.is_addressed


def test_text_is_unescaped_once() -> None:
    assert read_x_post(x_post("@maskbot &amp;lt;"), includes={}, own=ON_X).post.text == "&lt;"


@pytest.mark.parametrize("note", ["note_tweet", "note_post"])
def test_a_long_post_is_read_from_its_note(note: str) -> None:
    post = x_post(
        "@maskbot cut… https://t.co/self", **{note: {k: x_post("@maskbot price btc")[k] for k in ("text", "entities")}}
    )
    assert read_x_post(post, includes={}, own=ON_X).post.text == "price btc"


@pytest.mark.parametrize("field", ["referenced_tweets", "referenced_posts"])
def test_a_repost_addresses_nobody(field: str) -> None:
    post = x_post("RT @a: @maskbot price btc", **{field: [{"type": "retweeted", "id": "1"}]})
    read = read_x_post(post, includes={}, own=ON_X).post
    assert (read.is_repost, read.is_addressed) == (True, False)


@pytest.mark.parametrize("field", ["edit_history_tweet_ids", "edit_history_post_ids"])
def test_all_versions_of_an_edited_post_share_the_root(field: str) -> None:
    assert read_x_post(x_post("", **{field: ["77", "1990000000000000101"]}), includes={}, own=ON_X).post.root_id == "77"


def test_a_carried_mention_is_no_summons_but_one_in_the_body_is() -> None:
    carried = read_x_post(x_post("@maskbot thanks", display_text_range=[9, 15]), includes={}, own=ON_X)
    summoned = read_x_post(x_post("@maskbot hey @maskbot help", display_text_range=[9, 26]), includes={}, own=ON_X)
    assert (carried.naming, carried.post.text) == (Naming.CARRIED, "thanks")
    assert (summoned.naming, read_request(summoned.post.request_text or "").verb) == (Naming.BODY, "help")


def test_a_look_alike_user_id_is_not_us() -> None:
    post = x_post("@maskbot hi", entities={"mentions": [{"start": 0, "end": 8, "username": "maskbot", "id": "8"}]})
    assert read_x_post(post, includes={}, own=ON_X).naming is Naming.NOWHERE


@pytest.mark.parametrize("name", ["tweets", "posts"])
def test_a_quoted_post_comes_from_the_includes(name: str) -> None:
    post = x_post("@maskbot decrypt", referenced_tweets=[{"type": "quoted", "id": "3"}])
    read = read_x_post(post, includes={name: [{"id": "3", "text": "old text"}]}, own=ON_X)
    assert read.post.quoted is not None
    assert read.post.quoted.text == "old text"


def test_media_is_found_by_its_key() -> None:
    includes = {
        "media": [{"media_key": "3_1", "type": "photo", "url": "https://pbs.example/a.jpg"}, {"media_key": "3_2"}]
    }
    post = x_post("", attachments={"media_keys": ["3_1", "3_2"]})
    assert [media.url for media in read_x_post(post, includes=includes, own=ON_X).post.media] == [
        "https://pbs.example/a.jpg"
    ]


def test_the_time_is_in_the_id_when_it_was_not_asked_for() -> None:
    assert read_x_post(x_post("", id="1"), includes={}, own=ON_X).post.created_at_ms == 1288834974657


def test_an_empty_page_has_no_posts() -> None:
    assert read_x_page({"meta": {"result_count": 0}}, own=ON_X) == ()


@pytest.mark.parametrize(
    "entities", [None, [], {"mentions": 3}, {"mentions": [{"start": "a"}]}, {"urls": [{"start": 5, "end": 2}]}]
)
def test_broken_entities_are_ignored(entities: object) -> None:
    assert read_x_post(x_post("@maskbot hi", entities=entities), includes={}, own=ON_X).post.text == "@maskbot hi"


@pytest.mark.parametrize("page", [{"data": {}}, {"data": [{"id": "x"}]}, {"data": [{"text": "a", "author_id": "1"}]}])
def test_a_page_without_ids_is_malformed(page: dict[str, object]) -> None:
    with pytest.raises(PostMalformed):
        read_x_page(page, own=ON_X)


@pytest.mark.parametrize(
    ("told", "size"), [({"width": 1200, "height": 682}, (1200, 682)), ({}, (None, None)), ({"width": -1}, (None, None))]
)
def test_media_carries_its_size_where_it_is_told(told: dict[str, int], size: tuple[int | None, int | None]) -> None:
    post = x_post("@maskbot decrypt", attachments={"media_keys": ["3_1"]})
    media = [{"media_key": "3_1", "type": "photo", "url": "https://pbs.example/1.jpg", **told}]
    (link,) = read_x_post(post, includes={"media": media}, own=ON_X).post.media
    assert (link.width, link.height) == size
