"""Whatever JSON a platform sends, the readers give posts or a named error (reliability.md E1, R29)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.errors import Malformed
from maskbot.wire.post_text import (
    read_notification,
    read_request,
    read_status,
    read_x_page,
    read_x_post,
    shows_cut_payload,
)
from tests.unit.wire.post_text.accounts import ALICE, ON_MASTODON, ON_X, OWN_MENTION, status, x_post

TEXTS = st.text(max_size=20) | st.sampled_from(
    [
        "1",
        "9",
        "",
        "@maskbot",
        "<a href='https://b.example'>",
        "https://b.example/",
        "2026-11-20T10:00:00Z",
        "retweeted",
        "\ud800",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=True) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
STATUS_FIELDS = st.sampled_from(
    [*status(""), *ALICE, *OWN_MENTION, "quote", "reblog", "emojis", "media_attachments", "pleroma"]
)
X_FIELDS = st.sampled_from(
    [
        *x_post(""),
        "display_text_range",
        "note_tweet",
        "note_post",
        "referenced_posts",
        "edit_history_tweet_ids",
        "attachments",
        "created_at",
    ]
)


@given(st.dictionaries(STATUS_FIELDS, VALUES, max_size=4), st.dictionaries(STATUS_FIELDS, VALUES, max_size=3))
def test_any_status_is_a_post_or_malformed(changes: dict[str, object], account: dict[str, object]) -> None:
    entity = {**status("<p>@maskbot hi</p>", account={**ALICE, **account}), **changes}
    with contextlib.suppress(Malformed):
        post = read_status(entity, own=ON_MASTODON).post
        read_request(post.request_text or "")
        repr(post).encode()
    with contextlib.suppress(Malformed):
        read_notification(changes, own=ON_MASTODON)


@given(st.dictionaries(X_FIELDS, VALUES, max_size=5), st.dictionaries(TEXTS, VALUES, max_size=3))
def test_any_x_post_is_a_post_or_malformed(changes: dict[str, object], includes: dict[str, object]) -> None:
    with contextlib.suppress(Malformed):
        post = read_x_post({**x_post("a @maskbot hi &amp; 🎼"), **changes}, includes=includes, own=ON_X).post
        repr(post).encode()
    with contextlib.suppress(Malformed):
        read_x_page({**changes, "data": [changes]}, own=ON_X)


@pytest.mark.parametrize(
    ("text", "links", "is_cut"),
    [
        ("🎼4/4|abc…", (), True),
        ("", ("https://mask.io/?PostData_v1=%204/4.abc",), True),
        ("see https://mask.io/?PostData_v2=AJ…", (), True),
        ("https://mask.io/", ("https://mask.io/",), False),
        ("", ("https://mask.io.evil.example/?PostData_v1=%20",), False),
        ("🎼 music", (), False),
    ],
)
def test_the_beginning_of_a_payload_is_seen(text: str, links: tuple[str, ...], is_cut: bool) -> None:
    assert shows_cut_payload(text, links=links) is is_cut
