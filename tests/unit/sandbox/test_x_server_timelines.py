"""Timelines of the simulated X: what is shown to whom, paging, field names of both generations, the API descriptions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tweepy

from maskbot.sandbox.x_server.control import XControl, XCredentials
from tests.unit.sandbox.x_clients import Recorder, tweepy_client
from tests.unit.sandbox.x_openapi import description, foreign_names
from tests.unit.sandbox.x_process import x, x_process

__all__ = ["x", "x_process"]

ALL_OLD = {
    "tweet_fields": [
        "author_id", "attachments", "conversation_id", "created_at", "display_text_range", "edit_history_tweet_ids",
        "entities", "in_reply_to_user_id", "note_tweet", "referenced_tweets", "edit_controls", "public_metrics",
    ],
    "expansions": ["author_id", "referenced_tweets.id", "attachments.media_keys", "entities.mentions.username"],
    "user_fields": ["description", "protected", "created_at"],
    "media_fields": ["alt_text", "url"],
}  # fmt: skip


@pytest.fixture
def bot(x: XControl) -> XCredentials:
    made = x.add_user("maskbot")
    x.add_user("bob")
    x.add_user("alice")
    return made


@pytest.fixture
def client(x: XControl, bot: XCredentials) -> tweepy.Client:
    made = tweepy_client(x, bot)
    made.session.hooks["response"].append(Recorder())
    return made


def test_mentions_come_newest_first_and_page_by_page(x: XControl, bot: XCredentials, client: tweepy.Client) -> None:
    ids = [x.say("bob", f"@maskbot number {number}")["id"] for number in range(12)]
    first = client.get_users_mentions(bot.id, user_auth=True, max_results=5)
    token = first["meta"]["next_token"]
    second = client.get_users_mentions(bot.id, user_auth=True, max_results=5, pagination_token=token)
    rest = client.get_users_mentions(bot.id, user_auth=True, max_results=5, since_id=ids[9])
    assert [post["id"] for post in first["data"] + second["data"]] == ids[:1:-1]
    assert [post["id"] for post in rest["data"]] == ids[:9:-1]
    assert first["meta"]["newest_id"] == ids[-1]
    assert "next_token" not in rest["meta"]


def test_newest_id_can_be_left_out(x: XControl, bot: XCredentials, client: tweepy.Client) -> None:
    x.say("bob", "@maskbot help")
    x.switch(meta_newest_id=False)
    assert client.get_users_mentions(bot.id, user_auth=True)["meta"] == {"result_count": 1}


def test_mentions_hold_reposts_quotes_and_carried_mentions(
    x: XControl, bot: XCredentials, client: tweepy.Client
) -> None:
    question = x.say("bob", "@maskbot price btc")
    x.repost("alice", question["id"])
    x.say("alice", "@maskbot see", quote_of=question["id"])
    x.say("alice", "I agree", reply_to=question["id"])
    shown = client.get_users_mentions(bot.id, user_auth=True, **ALL_OLD)
    kinds = [[ref["type"] for ref in post.get("referenced_tweets", [])] for post in shown["data"]]
    assert kinds == [["replied_to"], ["quoted"], ["retweeted"], []]
    assert shown["data"][2]["text"].startswith("RT @bob: @maskbot")
    assert shown["data"][0]["display_text_range"] == [14, 21]
    assert {user["username"] for user in shown["includes"]["users"]} == {"bob", "alice", "maskbot"}


def test_protected_blocked_and_deleted_posts_are_hidden(x: XControl, bot: XCredentials, client: tweepy.Client) -> None:
    x.add_user("shy", is_protected=True)
    x.say("shy", "@maskbot psst")
    gone = x.say("bob", "@maskbot oops")
    x.delete_post(gone["id"])
    assert client.get_users_mentions(bot.id, user_auth=True) == {"meta": {"result_count": 0}}
    x.follow("maskbot", user="shy")
    assert client.get_users_mentions(bot.id, user_auth=True)["meta"]["result_count"] == 1


def test_home_profile_and_list_show_their_people(x: XControl, bot: XCredentials, client: tweepy.Client) -> None:
    x.follow("maskbot", user="alice")
    x.say("alice", "from alice")
    x.say("bob", "from bob")
    listed = x.add_list("maskbot", members=["bob"])
    alice = client.get_user(username="alice", user_auth=True)["data"]["id"]
    assert _texts(client.get_home_timeline(user_auth=True)) == ["from alice"]
    assert _texts(client.get_users_tweets(alice, user_auth=True)) == ["from alice"]
    assert _texts(client.get_list_tweets(listed, user_auth=True)) == ["from bob"]


def test_a_missing_post_is_200_with_errors(x: XControl, client: tweepy.Client) -> None:
    answer = client.get_tweet("1990000000000000999", user_auth=True)
    assert "data" not in answer
    assert answer["errors"][0]["type"].endswith("/resource-not-found")
    present = x.say("bob", "here")["id"]
    several = client.get_tweets([present, "1990000000000000999"], user_auth=True)
    assert len(several["data"]) == len(several["errors"]) == 1


def test_a_wrong_field_name_is_a_validation_error(bot: XCredentials, client: tweepy.Client) -> None:
    client.session.hooks["response"].clear()
    with pytest.raises(tweepy.BadRequest) as refused:
        client.get_users_mentions(bot.id, user_auth=True, tweet_fields=["note_post"])
    assert refused.value.api_errors[0]["parameters"] == {"tweet.fields": ["note_post"]}


def test_the_new_generation_knows_only_new_names(x: XControl, bot: XCredentials) -> None:
    x.switch(field_names="new")
    x.add_user("writer", is_premium=True)
    first = x.say("writer", "@maskbot " + "long " * 90)
    x.say("bob", "@maskbot too", reply_to=first["id"])
    client = tweepy_client(x, bot)
    with pytest.raises(tweepy.BadRequest):
        client.get_users_mentions(bot.id, user_auth=True, tweet_fields=["author_id"])
    client.session.hooks["response"].append(Recorder("2.167", "new"))
    params = {
        "post.fields": "conversation_id,note_post,entities,display_text_range",
        "expansions": "author_id,referenced_posts,edit_history_post_ids,in_reply_to_user_id",
    }
    answer = client.request("GET", f"/2/users/{bot.id}/mentions", params=params, user_auth=True).json()
    reply, note = answer["data"]
    assert reply["referenced_posts"] == [{"type": "replied_to", "id": first["id"]}]
    assert reply["author_id"] in {user["id"] for user in answer["includes"]["users"]}
    assert note["note_post"]["text"].startswith("@maskbot long")
    assert note["edit_history_post_ids"] == [first["id"]]
    assert [post["id"] for post in answer["includes"]["posts"]] == [first["id"]]


def test_the_mixed_generation_takes_old_questions_and_gives_new_answers(x: XControl, bot: XCredentials) -> None:
    x.switch(field_names="mixed")
    x.say("bob", "@maskbot help")
    answer = tweepy_client(x, bot).get_users_mentions(bot.id, user_auth=True, tweet_fields=["author_id"])
    assert "edit_history_post_ids" in answer["data"][0]


def test_offsets_can_count_before_or_after_the_escapes(x: XControl, bot: XCredentials, client: tweepy.Client) -> None:
    x.say("bob", "<<< @maskbot help")
    starts = []
    for is_escaped in (True, False):
        x.switch(offsets_in_escaped_text=is_escaped)
        shown = client.get_users_mentions(bot.id, user_auth=True, tweet_fields=["entities"])
        starts.append(shown["data"][0]["entities"]["mentions"][0]["start"])
    assert starts == [13, 4]


def _texts(answer: dict[str, object]) -> list[str]:
    data = answer["data"]
    assert isinstance(data, list)
    return [post["text"] for post in data]


def test_the_x_bodies_of_the_social_vectors_fit_the_old_description() -> None:
    whole = json.loads((Path(__file__).parents[2] / "vectors" / "social.json").read_text(encoding="utf-8"))
    bodies = [case["input"]["body"] for case in whole["cases"] if case["platform"] == "x"]
    assert len(bodies) == 5
    for body in bodies:
        assert not foreign_names(body, generation="old")
        description("2.165").check_answer(
            method="GET", url="/2/users/1/mentions", status=200, content_type="application/json", body=body
        )


def test_the_new_description_is_held_with_its_nulls() -> None:
    entities = {"mentions": [{"start": 0, "end": 4, "id": None, "username": None}], "urls": None}
    body = {"data": [{"id": "1", "text": "@bob", "entities": entities}]}
    description("2.167").check_answer(
        method="GET", url="/2/users/1/mentions", status=200, content_type="application/json", body=body
    )
