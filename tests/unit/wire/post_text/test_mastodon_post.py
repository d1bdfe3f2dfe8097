"""Mastodon statuses to posts (social-platforms.md 4.1, 6.1, 7)."""

from __future__ import annotations

import pytest

from maskbot.domain.post import Visibility
from maskbot.wire.post_text import Naming, PostMalformed, PostTooLarge, read_notification, read_request, read_status
from tests.unit.wire.post_text.accounts import ALICE, ON_MASTODON, OWN_ANCHOR, OWN_MENTION, status


def test_a_status_becomes_a_post_with_its_facts() -> None:
    read = read_status(
        status(f"<p>{OWN_ANCHOR} help</p>", spoiler_text="cw", in_reply_to_id="99", visibility="unlisted"),
        own=ON_MASTODON,
    )
    post = read.post
    assert (post.post_id, post.root_id, post.text, post.spoiler_text) == ("100", "100", "help", "cw")
    assert (post.visibility, post.in_reply_to_id, post.created_at_ms) == (Visibility.UNLISTED, "99", 1795168800000)
    assert (post.author.handle, post.author.actor_uri) == ("alice@social.example", "https://social.example/users/alice")
    assert post.is_addressed
    assert not post.is_own


def test_a_namesake_on_another_instance_does_not_address_us() -> None:
    namesake = {**OWN_MENTION, "id": "77", "acct": "maskbot@other.example", "url": "https://other.example/@maskbot"}
    read = read_status(status("<p>@maskbot help</p>", mentions=[namesake]), own=ON_MASTODON)
    assert (read.naming, read.post.is_addressed, read.post.mentions) == (
        Naming.NOWHERE,
        False,
        ("maskbot@other.example",),
    )


def test_a_mention_rendered_as_plain_text_is_removed_but_not_the_one_of_a_namesake() -> None:
    read = read_status(status("<p>@maskbot@other.example hey @maskbot price btc</p>"), own=ON_MASTODON)
    assert read.post.text == "@maskbot@other.example hey  price btc"
    assert read_request(read.post.request_text or "").verb == "price"


@pytest.mark.parametrize(
    ("content", "verb"),
    [
        (f"hello {OWN_ANCHOR} price btc", "price"),
        (f"price btc {OWN_ANCHOR}", "price"),
        (f"{OWN_ANCHOR} {OWN_ANCHOR} price btc", "price"),
        (OWN_ANCHOR, None),
    ],
)
def test_the_request_stands_behind_the_mention_or_else_before_it(content: str, verb: str | None) -> None:
    assert read_request(read_status(status(content), own=ON_MASTODON).post.request_text or "").verb == verb


def test_an_unknown_visibility_counts_as_the_narrowest() -> None:
    assert read_status(status("", visibility="mutuals_only"), own=ON_MASTODON).post.visibility is Visibility.DIRECT


def test_our_own_echo_is_own() -> None:
    assert read_status(status("", account={**ALICE, "id": "1"}), own=ON_MASTODON).post.is_own


def test_nobot_in_the_bio_refuses_bots_in_any_case_and_inside_a_tag_link() -> None:
    note = '<p>hi <a href="https://social.example/tags/NoBot" class="mention hashtag" rel="tag">#<span>NoBot</span></a></p>'
    assert read_status(status("", account={**ALICE, "note": note}), own=ON_MASTODON).post.author_refuses_bots
    assert not read_status(status("", account={**ALICE, "note": "#nobotany"}), own=ON_MASTODON).post.author_refuses_bots


def test_the_quoted_post_gives_text_and_links_but_no_command() -> None:
    quoted = {"content": '<p>price btc <a href="https://mask.io/?x">m</a></p>'}
    read = read_status(status(OWN_ANCHOR, quote={"state": "accepted", "quoted_status": quoted}), own=ON_MASTODON)
    assert read.post.quoted is not None
    assert read.post.quoted.links == ("https://mask.io/?x",)
    assert read_request(read.post.request_text or "").verb is None


def test_attachments_carry_their_type() -> None:
    attachment = {"type": "image", "url": "https://files.example/a.png?x=1"}
    assert (
        read_status(status("", media_attachments=[attachment]), own=ON_MASTODON).post.media[0].content_type
        == "image/png"
    )


def test_ten_thousand_mentions_are_cut() -> None:
    others = [{"id": str(n), "acct": f"u{n}@x.example", "url": f"https://x.example/@u{n}"} for n in range(10_000)]
    assert len(read_status(status("", mentions=others), own=ON_MASTODON).post.mentions) <= 100


def test_a_server_without_actor_uris_is_taken_by_url() -> None:
    account = {key: value for key, value in ALICE.items() if key != "uri"}
    assert read_status(status("", account=account), own=ON_MASTODON).post.author.actor_uri == ALICE["url"]


def test_a_notification_keeps_its_own_id() -> None:
    assert read_notification({"id": "7", "status": status("")}, own=ON_MASTODON).notification_id == "7"


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"account": None},
        {"account": {**ALICE, "uri": "x", "url": "y"}},
        {"created_at": "yesterday"},
        {"account": []},
    ],
)
def test_a_status_without_what_it_must_have_is_malformed(changes: dict[str, object]) -> None:
    with pytest.raises(PostMalformed):
        read_status(status("", **changes), own=ON_MASTODON)


def test_more_than_64_kib_are_not_read() -> None:
    with pytest.raises(PostTooLarge):
        read_status(status("ä" * 33_000), own=ON_MASTODON)


def test_wrong_types_in_optional_fields_are_as_if_absent() -> None:
    odd: dict[str, object] = dict.fromkeys(
        ("mentions", "emojis", "media_attachments", "quote", "reblog", "spoiler_text"), 3
    )
    assert not read_status(status("hi", **odd), own=ON_MASTODON).post.is_addressed


@pytest.mark.parametrize(
    ("original", "size"),
    [
        ({"width": 1200, "height": 671}, (1200, 671)),
        ({}, (None, None)),
        ({"width": "1200", "height": 10**9}, (None, None)),
        ({"width": True, "height": 0}, (None, None)),
        (None, (None, None)),
    ],
)
def test_attachments_carry_their_size_where_the_server_tells_it(
    original: object, size: tuple[int | None, int | None]
) -> None:
    attachment = {"type": "image", "url": "https://files.example/a.png", "meta": {"original": original, "small": {}}}
    (link,) = read_status(status("", media_attachments=[attachment]), own=ON_MASTODON).post.media
    assert (link.width, link.height) == size
