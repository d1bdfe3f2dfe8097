"""What the simulated X allows and refuses to post, asked by real tweepy."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tweepy

from maskbot.sandbox.x_server.control import XControl, XCredentials
from maskbot.sandbox.x_server.problems import DUPLICATE
from tests.unit.sandbox.x_clients import tweepy_client
from tests.unit.sandbox.x_process import x, x_process

__all__ = ["x", "x_process"]


@pytest.fixture
def bot(x: XControl) -> XCredentials:
    return x.add_user("maskbot")


@pytest.fixture
def bob(x: XControl) -> XCredentials:
    return x.add_user("bob")


def test_a_token_is_one_user(x: XControl, bot: XCredentials, bob: XCredentials) -> None:
    assert tweepy_client(x, bot).get_me()["data"]["username"] == "maskbot"
    assert tweepy_client(x, bob).get_me()["data"]["username"] == "bob"


def test_a_wrong_secret_does_not_sign(x: XControl, bot: XCredentials) -> None:
    with pytest.raises(tweepy.Unauthorized):
        tweepy_client(x, replace(bot, access_token_secret="wrong")).get_me()


def test_a_revoked_user_is_unauthorized(x: XControl, bot: XCredentials) -> None:
    x.change_user("maskbot", is_revoked=True)
    with pytest.raises(tweepy.Unauthorized):
        tweepy_client(x, bot).get_me()


def test_an_oauth2_token_works_as_well(x: XControl, bot: XCredentials) -> None:
    client = tweepy_client(x, bot)
    client.bearer_token = bot.oauth2_token
    assert client.get_me(user_auth=False)["data"]["id"] == bot.id


def test_a_reply_to_a_summons_is_posted_with_its_references(x: XControl, bot: XCredentials, bob: XCredentials) -> None:
    question = x.say("bob", "@maskbot price btc")
    made = tweepy_client(x, bot).create_tweet(text="BTC is 1", in_reply_to_tweet_id=question["id"])["data"]
    api = x.post(made["id"])["api"]
    assert made["text"] == "@bob BTC is 1"
    assert api["referenced_tweets"] == [{"type": "replied_to", "id": question["id"]}]
    assert api["conversation_id"] == question["id"]
    assert api["in_reply_to_user_id"] == bob.id
    assert api["display_text_range"] == [5, 13]


def test_a_reply_that_nobody_summoned_is_forbidden(x: XControl, bot: XCredentials, bob: XCredentials) -> None:
    post = x.say("bob", "nobody is named here")
    with pytest.raises(tweepy.Forbidden, match="not been mentioned"):
        tweepy_client(x, bot).create_tweet(text="hello", in_reply_to_tweet_id=post["id"])


def test_a_carried_mention_is_no_summons(x: XControl, bot: XCredentials, bob: XCredentials) -> None:
    question = x.say("bob", "@maskbot help")
    answer = tweepy_client(x, bot).create_tweet(text="yes", in_reply_to_tweet_id=question["id"])["data"]
    thanks = x.say("bob", "thanks", reply_to=answer["id"])
    assert thanks["text"] == "@maskbot thanks"
    with pytest.raises(tweepy.Forbidden):
        tweepy_client(x, bot).create_tweet(text="welcome", in_reply_to_tweet_id=thanks["id"])


def test_quoting_the_bot_summons_it(x: XControl, bot: XCredentials, bob: XCredentials) -> None:
    mine = tweepy_client(x, bot).create_tweet(text="an announcement")["data"]
    quote = x.say("bob", "what is this?", quote_of=mine["id"])
    assert tweepy_client(x, bot).create_tweet(text="it is", in_reply_to_tweet_id=quote["id"])["data"]["id"]


def test_a_reply_to_a_deleted_post_is_not_found(x: XControl, bot: XCredentials, bob: XCredentials) -> None:
    question = x.say("bob", "@maskbot help")
    x.delete_post(question["id"])
    with pytest.raises(tweepy.NotFound):
        tweepy_client(x, bot).create_tweet(text="hello", in_reply_to_tweet_id=question["id"])


def test_a_blocked_bot_cannot_answer(x: XControl, bot: XCredentials, bob: XCredentials) -> None:
    question = x.say("bob", "@maskbot help")
    x.block("bob", user="maskbot")
    with pytest.raises(tweepy.NotFound):
        tweepy_client(x, bot).create_tweet(text="hello", in_reply_to_tweet_id=question["id"])


def test_the_same_text_again_is_a_duplicate(x: XControl, bot: XCredentials, bob: XCredentials) -> None:
    client = tweepy_client(x, bot)
    client.create_tweet(text="same words")
    question = x.say("bob", "@maskbot help")
    with pytest.raises(tweepy.Forbidden) as refused:
        client.create_tweet(text="same words", in_reply_to_tweet_id=question["id"])
    assert DUPLICATE in str(refused.value)
    assert refused.value.api_codes == []


@pytest.mark.parametrize("words", ["$BTC and $ETH", "x" * 281, "漢" * 141])
def test_text_beyond_the_rules_is_forbidden(x: XControl, bot: XCredentials, words: str) -> None:
    with pytest.raises(tweepy.Forbidden):
        tweepy_client(x, bot).create_tweet(text=words)


def test_a_premium_author_writes_notes(x: XControl) -> None:
    x.add_user("alice", is_premium=True)
    whole = "word " * 100 + "https://mask.io/?PostData_v1=%20x%40"
    api = x.post(x.say("alice", whole)["id"])["api"]
    assert api["text"].endswith(api["entities"]["urls"][-1]["url"])
    assert "…" in api["text"]
    assert api["note_tweet"]["text"].startswith("word word")
    assert api["note_tweet"]["entities"]["urls"][0]["expanded_url"].endswith("%40")


def test_an_edit_is_a_new_id_with_the_same_root(x: XControl, bob: XCredentials) -> None:
    first = x.say("bob", "@maskbot price btc")
    second = x.say("bob", "@maskbot price eth", edit_of=first["id"])
    assert second["id"] != first["id"]
    assert x.post(second["id"])["api"]["edit_history_tweet_ids"] == [first["id"], second["id"]]


def test_an_unknown_media_id_is_refused(x: XControl, bot: XCredentials) -> None:
    with pytest.raises(tweepy.BadRequest):
        tweepy_client(x, bot).create_tweet(text="look", media_ids=["123"])


def test_a_journey_has_a_price(x: XControl, bot: XCredentials, bob: XCredentials) -> None:
    client = tweepy_client(x, bot)
    question = x.say("bob", "@maskbot help")
    client.create_tweet(text="summoned", in_reply_to_tweet_id=question["id"])
    client.create_tweet(text="plain")
    client.create_tweet(text="with https://mask.io/ link")
    for _ in range(2):
        client.get_users_mentions(bot.id, user_auth=True)
    assert x.ledger() == {
        "usd": "0.230",
        "mills": 230,
        "counts": {"summoned_reply": 1, "post": 1, "post_with_url": 1, "post_read": 1},
    }


def test_own_mentions_of_the_app_owner_are_cheap(x: XControl, bot: XCredentials, bob: XCredentials) -> None:
    x.set_app_owner("maskbot")
    x.say("bob", "@maskbot help")
    tweepy_client(x, bot).get_users_mentions(bot.id, user_auth=True)
    assert x.ledger()["counts"] == {"owned_read": 1}


def test_a_message_goes_only_to_who_wrote_first(x: XControl, bot: XCredentials, bob: XCredentials) -> None:
    client = tweepy_client(x, bot)
    with pytest.raises(tweepy.Forbidden):
        client.create_direct_message(participant_id=bob.id, text="hi")
    x.send_message("bob", to="maskbot", text="hello bot")
    client.create_direct_message(participant_id=bob.id, text="hi")
    assert [message["text"] for message in x.messages("bob")] == ["hello bot", "hi"]
    assert len(client.get_direct_message_events(user_auth=True)["data"]) == 2
