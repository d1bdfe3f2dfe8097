"""The activity stream of the simulated X: old names, string twins, heartbeats, explicit mentions only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from maskbot.sandbox.x_server.control import XControl, XCredentials
from tests.unit.sandbox.x_openapi import description, foreign_names
from tests.unit.sandbox.x_process import x, x_process

__all__ = ["x", "x_process"]


@pytest.fixture
def bot(x: XControl) -> XCredentials:
    made = x.add_user("maskbot")
    x.add_user("bob")
    x.switch(heartbeat_s=0.05)
    for event_type in ("post.mention.create", "post.quote.create", "post.delete"):
        _subscribe(x, made, event_type).raise_for_status()
    return made


def test_an_event_has_old_names_and_twins_in_any_generation(x: XControl, bot: XCredentials) -> None:
    x.switch(field_names="new")
    with _stream(x, bot) as lines:
        asked = x.say("bob", "@maskbot price btc")
        event = _next_event(lines)
    description("2.165").check_answer(
        method="GET", url="/2/activity/stream", status=200, content_type="application/json", body=event
    )
    assert not foreign_names(event, generation="old")
    data = event["data"]
    assert data["event_type"] == "post.mention.create"
    assert data["filter"] == {"user_id": bot.id}
    assert data["payload"]["id"] == asked["id"]
    assert data["payload"]["edit_history_tweet_ids"] == [asked["id"]]
    assert data["payload"]["public_metrics"]["like_count_str"] == "0"
    assert data["includes"]["users"][0]["username"] == "bob"


def test_a_carried_mention_is_not_pushed(x: XControl, bot: XCredentials) -> None:
    with _stream(x, bot) as lines:
        first = x.say("bob", "@maskbot one")
        x.say("bob", "only carried along", reply_to=first["id"])
        x.say("bob", "@maskbot two", reply_to=first["id"])
        texts = [_next_event(lines)["data"]["payload"]["text"] for _ in range(2)]
    assert texts == ["@maskbot one", "@maskbot two"]


def test_a_protected_author_is_not_pushed(x: XControl, bot: XCredentials) -> None:
    x.add_user("shy", is_protected=True)
    with _stream(x, bot) as lines:
        x.say("shy", "@maskbot hidden")
        x.say("bob", "@maskbot seen")
        assert _next_event(lines)["data"]["payload"]["text"] == "@maskbot seen"


def test_silence_is_filled_with_newlines(x: XControl, bot: XCredentials) -> None:
    with _stream(x, bot) as lines:
        assert [next(lines) for _ in range(3)] == ["", "", ""]


def test_only_the_apps_token_opens_the_stream(x: XControl, bot: XCredentials) -> None:
    headers = {"Authorization": f"Bearer {bot.oauth2_token}"}
    assert httpx.get(f"{x.base_url}/2/activity/stream", headers=headers).status_code == 403


def test_a_second_equal_subscription_is_a_conflict(x: XControl, bot: XCredentials) -> None:
    assert _subscribe(x, bot, "post.mention.create").status_code == 409
    assert _subscribe(x, bot, "post.unheard.of").status_code == 400


def test_a_subscription_ends(x: XControl, bot: XCredentials) -> None:
    headers = {"Authorization": f"Bearer {bot.app_bearer_token}"}
    held = httpx.get(f"{x.base_url}/2/activity/subscriptions", headers=headers).json()["data"]
    for made in held:
        url = f"{x.base_url}/2/activity/subscriptions/{made['subscription_id']}"
        assert httpx.delete(url, headers=headers).json()["data"] == {"deleted": True}
    assert httpx.get(f"{x.base_url}/2/activity/subscriptions", headers=headers).json()["data"] == []


def _subscribe(x: XControl, who: XCredentials, event_type: str) -> httpx.Response:
    body: dict[str, Any] = {"event_type": event_type, "filter": {"user_id": who.id}, "tag": "test"}
    if event_type.startswith("post.mention"):
        description("2.167").check_request(method="POST", url="/2/activity/subscriptions", body=body)
    headers = {"Authorization": f"Bearer {who.oauth2_token}"}
    return httpx.post(f"{x.base_url}/2/activity/subscriptions", headers=headers, json=body)


@contextmanager
def _stream(x: XControl, who: XCredentials) -> Iterator[Iterator[str]]:
    headers = {"Authorization": f"Bearer {who.app_bearer_token}"}
    with httpx.stream("GET", f"{x.base_url}/2/activity/stream", headers=headers, timeout=5) as response:
        yield response.iter_lines()


def _next_event(lines: Iterator[str]) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(next(line for line in lines if line))
    return event
