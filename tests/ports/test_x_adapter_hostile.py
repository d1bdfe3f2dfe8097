"""Pages of X whose JSON is not what was promised: read as far as they can be, or Unavailable; never a traceback."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maskbot.domain.account import FeedKind
from maskbot.domain.errors import MaskbotError
from maskbot.sandbox.x_server.control import XControl
from tests.ports.x_accounts import Hosted, hosted
from tests.unit.sandbox.x_process import x, x_process

__all__ = ["hosted", "x", "x_process"]

GOOD = {"id": "1990000000000009999", "text": "@maskbot help", "author_id": "700011"}

odd = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=20) | st.sampled_from(["1", "700011"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["id", "text", "author_id", "users", "tweets", "media", "next_token", "entities", "urls", "mentions", "start",
             "end", "url", "expanded_url", "note_tweet", "referenced_tweets", "type", "display_text_range", "created_at",
             "edit_history_tweet_ids", "attachments", "media_keys", "media_key", "username", "resource_id"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)  # fmt: skip
page = st.fixed_dictionaries({}, optional={"data": odd, "includes": odd, "meta": odd, "errors": odd})


@pytest.mark.parametrize(
    "body",
    [
        {"data": 5},
        {"data": [1, None, {}, {"id": "x"}, {"id": "7", "text": 7, "author_id": 9}]},
        {"data": [{**GOOD, "entities": {"urls": [{"start": "0", "end": -1, "url": 5}], "mentions": "x"}}]},
        {"data": [{**GOOD, "display_text_range": [10**30, None], "created_at": "yesterday"}]},
        {
            "data": [GOOD],
            "includes": {"users": [None, {"id": 5}], "tweets": {}},
            "meta": {"next_token": 5},
            "errors": 7,
        },
    ],
)
def test_odd_pages_are_read_safely(x: XControl, hosted: Hosted, body: dict[str, Any]) -> None:
    read(x, hosted, body)


@given(body=page)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_page_is_read_safely(x: XControl, hosted: Hosted, body: dict[str, Any]) -> None:
    read(x, hosted, body)


def test_a_good_post_beside_broken_ones_is_read(x: XControl, hosted: Hosted) -> None:
    body = {"data": [{"id": "1990000000000000001"}, GOOD, "nonsense"]}
    assert read(x, hosted, body) == [GOOD["id"]]


def test_a_page_that_only_repeats_itself_ends(x: XControl, hosted: Hosted) -> None:
    body = {"data": [GOOD], "meta": {"next_token": "again"}}
    assert read(x, hosted, body, cursor="1", count=None) == [GOOD["id"]]
    assert x.faults_struck() <= 20


def read(
    x: XControl, of: Hosted, body: dict[str, Any], *, cursor: str | None = None, count: int | None = 1
) -> list[str]:
    of.account.feed.whoami()
    of.session.hooks["response"].clear()
    x.clear_faults()
    x.add_fault(
        "status",
        path="/2/users/*/mentions",
        status=200,
        body=json.dumps(body),
        headers={"content-type": "application/json"},
        count=count,
    )
    try:
        found = of.account.feed.fetch_page(kind=FeedKind.MENTIONS, target="", cursor=cursor)
    except MaskbotError:
        return []
    return [post.post_id for post in found.posts]
