"""The Mastodon adapter against a real server (ports MentionFeed, Publisher, SocialGraph; social-platforms.md 4, 5)."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from maskbot.adapters.mastodon import (
    MastodonRefused,
    MastodonTokenRefused,
    OwnAccount,
    authorize_url,
    exchange_code,
    register_app,
)
from maskbot.domain.account import FeedKind
from maskbot.domain.post import Draft, Picture, Post, Visibility
from maskbot.ports.outside import MentionFeed, Publisher, SocialGraph, Standing
from maskbot.sandbox.fault_proxy import Fault
from maskbot.sandbox.mastodon import MastodonServer
from tests.ports.mastodon_parts import ALICE, BOB, BOT, Platform, fresh_key, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MastodonServer]:
    with MastodonServer(tmp_path_factory.mktemp("mastodon"), accounts=[BOT, ALICE, BOB]) as server:
        yield server


@pytest.fixture
def platform(server: MastodonServer) -> Iterator[Platform]:
    yield from running(server)


def draft(text: str, *, to: str | None = None, visibility: Visibility = Visibility.PUBLIC, **rest: object) -> Draft:
    return Draft(text, visibility, in_reply_to_id=to, **rest)  # type: ignore[arg-type]  # the remaining fields of a draft


def mentions(platform: Platform, cursor: str | None) -> tuple[list[Post], str | None]:
    page = platform.feed().fetch_page(kind=FeedKind.MENTIONS, target="", cursor=cursor)
    return list(page.posts), page.cursor


def png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(written, "PNG")
    return written.getvalue()


def test_the_adapter_has_the_shape_of_its_ports(platform: Platform) -> None:
    feed: MentionFeed = platform.feed()
    publisher: Publisher = platform.publisher()
    graph: SocialGraph = platform.graph()
    assert feed
    assert publisher
    assert graph


def test_the_account_knows_itself(platform: Platform) -> None:
    own = platform.feed().whoami()
    assert own.handle == f"maskbot@{platform.server.domain}"
    assert own.instance == f"127.0.0.1:{platform.proxy.port}"
    assert own.is_bot


def test_a_mention_is_collected_with_its_facts(platform: Platform) -> None:
    _, cursor = mentions(platform, None)
    post_id = platform.say(ALICE, "@maskbot price $ETH.", visibility="unlisted", spoiler_text="crypto talk")
    (post,), after = mentions(platform, cursor)
    assert (post.post_id, post.request_text, post.spoiler_text) == (post_id, "price $ETH.", "crypto talk")
    assert (post.visibility, post.is_addressed, post.is_own) == (Visibility.UNLISTED, True, False)
    assert post.author.handle == f"alice@{platform.server.domain}"
    assert mentions(platform, after) == ([], None)


def test_catching_up_reads_every_page_oldest_first_and_misses_none(platform: Platform) -> None:
    _, cursor = mentions(platform, None)
    sent = [platform.say(ALICE, f"@maskbot number {number}") for number in range(45)]
    posts, _ = mentions(platform, cursor or "0")
    assert [post.post_id for post in posts][-45:] == sent


def test_home_profile_and_list_feeds_are_read(platform: Platform) -> None:
    alice_id = platform.call("GET", "/api/v1/accounts/lookup?acct=alice", BOT)["id"]  # type: ignore[index]  # JSON
    platform.call("POST", f"/api/v1/accounts/{alice_id}/follow", BOT)
    list_id = platform.call("POST", "/api/v1/lists", BOT, title="friends")["id"]  # type: ignore[index]  # JSON
    platform.call("POST", f"/api/v1/lists/{list_id}/accounts", BOT, account_ids=[alice_id])
    post_id = platform.say(ALICE, "nothing for the bot")
    for kind, target in [(FeedKind.HOME, ""), (FeedKind.PROFILE, str(alice_id)), (FeedKind.LIST, str(list_id))]:
        page = platform.feed().fetch_page(kind=kind, target=target, cursor=None)
        assert page.posts[-1].post_id == post_id
        assert not page.posts[-1].is_addressed
        assert page.cursor == post_id


def test_one_public_post_is_read_and_no_other(platform: Platform) -> None:
    found = platform.feed().fetch_public(platform.say(ALICE, "hello https://mask.io/?PostData_v2=AAAA"))
    assert found is not None
    assert "hello" in found.text
    assert found.links == ("https://mask.io/?PostData_v2=AAAA",)
    assert platform.feed().fetch_public(platform.say(ALICE, "@maskbot hush", visibility="direct")) is None
    assert platform.feed().fetch_public("1") is None
    assert platform.feed().fetch_public("../../accounts/1") is None


def test_a_reply_goes_out_with_its_visibility_and_content_warning(platform: Platform) -> None:
    parent = platform.say(ALICE, "@maskbot hi")
    reply = draft("@alice hello", to=parent, visibility=Visibility.DIRECT, spoiler_text="cw")
    published = platform.publisher().deliver(reply, idempotency_key=fresh_key())
    status = platform.status(published.post_id)
    assert (status["in_reply_to_id"], status["visibility"], status["spoiler_text"]) == (parent, "direct", "cw")
    assert published.url == status["url"]


def test_the_same_key_publishes_once_where_the_server_honours_it(platform: Platform) -> None:
    key, words = fresh_key(), draft("only once please")
    first = platform.publisher().deliver(words, idempotency_key=key)
    assert platform.publisher().deliver(words, idempotency_key=key) == first


def test_a_picture_goes_out_with_its_alt_text(platform: Platform) -> None:
    pictured = draft("a card", pictures=(Picture(png(), "Ethereum price card"),))
    published = platform.publisher().deliver(pictured, idempotency_key=fresh_key())
    (attachment,) = platform.status(published.post_id)["media_attachments"]  # type: ignore[misc]  # JSON
    assert attachment["description"] == "Ethereum price card"  # type: ignore[has-type]  # JSON


def test_a_published_post_is_found_by_parent_and_words(platform: Platform) -> None:
    parent = platform.say(ALICE, "@maskbot hi")
    reply = draft("@alice see https://mask.io/?PostData_v1=%204/4.a+b/=%40 & **ok** <b>", to=parent)
    publisher = platform.publisher()
    published = publisher.deliver(reply, idempotency_key=fresh_key())
    assert publisher.find(reply, since_ms=0) == published
    assert publisher.find(draft("@alice other words", to=parent), since_ms=0) is None
    assert publisher.find(draft(reply.text, to="1"), since_ms=0) is None
    assert publisher.find(reply, since_ms=4_102_444_800_000) is None


def test_a_direct_reply_with_a_picture_is_found_too(platform: Platform) -> None:
    parent = platform.say(ALICE, "@maskbot hi", visibility="direct")
    card = (Picture(png(), "a card"),)
    reply = draft("@alice", to=parent, visibility=Visibility.DIRECT, pictures=card)
    published = platform.publisher().deliver(reply, idempotency_key=fresh_key())
    assert platform.publisher().find(reply, since_ms=0) == published


def test_a_post_is_found_behind_more_than_one_page_of_later_ones(platform: Platform) -> None:
    publisher = platform.publisher(BOB)
    words = draft("an early announcement")
    published = publisher.deliver(words, idempotency_key=fresh_key())
    for number in range(45):
        platform.say(BOB, f"later {number}")
    assert publisher.find(words, since_ms=0) == published


def test_deleting_twice_succeeds_and_the_post_is_gone(platform: Platform) -> None:
    publisher = platform.publisher()
    published = publisher.deliver(draft("to be deleted"), idempotency_key=fresh_key())
    publisher.delete(published.post_id)
    publisher.delete(published.post_id)
    assert published.post_id not in [status["id"] for status in platform.statuses(BOT)]


def test_limits_are_the_instance_s(platform: Platform) -> None:
    limits = platform.publisher().limits()
    assert (limits.max_length, limits.url_weight) == (500, 23)


def test_a_post_above_the_limit_is_refused(platform: Platform) -> None:
    with pytest.raises(MastodonRefused):
        platform.publisher().deliver(draft("a" * 501), idempotency_key=fresh_key())


def test_a_wrong_token_is_the_operator_s_matter(platform: Platform) -> None:
    with pytest.raises(MastodonTokenRefused) as caught:
        OwnAccount(platform.connection(token="wrong-secret")).profile()
    assert "wrong-secret" not in str(caught.value)


def test_a_connection_does_not_show_its_token(platform: Platform) -> None:
    assert BOT.token not in repr(platform.connection())


def test_preparing_sets_the_bot_flag_and_opens_the_mentions_to_strangers(platform: Platform) -> None:
    own = OwnAccount(platform.connection(BOB))
    own.prepare()
    own.prepare()
    assert OwnAccount(platform.connection(BOB)).profile().is_bot
    policy = platform.call("GET", "/api/v2/notifications/policy", BOB)
    assert policy["for_not_following"] == "accept"  # type: ignore[index]  # JSON


def test_a_profile_is_looked_up_as_plain_text(platform: Platform) -> None:
    graph = platform.graph()
    found = graph.fetch_profile("alice")
    assert found is not None
    assert found.bio == "I sell nothing"
    assert graph.fetch_profile(f"alice@{platform.server.domain}") == found
    assert graph.fetch_profile("nobody") is None
    assert graph.fetch_profile("../x?y") is None


def test_a_follower_is_seen_and_others_are_none(platform: Platform) -> None:
    graph: SocialGraph = platform.graph()
    alice, bob = (graph.fetch_profile(name) for name in ("alice", "bob"))
    own = platform.feed().whoami()
    assert alice is not None
    assert bob is not None
    platform.call("POST", f"/api/v1/accounts/{own.user_id}/follow", ALICE)
    assert graph.is_followed_by(alice.profile.user_id) == Standing(is_so=True)
    assert graph.is_followed_by(bob.profile.user_id) == Standing(is_so=False)
    assert graph.is_followed_by("999999999").is_so is not True


def test_who_boosted_is_seen(platform: Platform) -> None:
    graph: SocialGraph = platform.graph()
    alice, bob = (graph.fetch_profile(name) for name in ("alice", "bob"))
    assert alice is not None
    assert bob is not None
    post_id = platform.say(BOT, "Please boost")
    assert graph.has_boosted(post_id, user_id=alice.profile.user_id).is_so is False
    platform.call("POST", f"/api/v1/statuses/{post_id}/reblog", ALICE)
    assert graph.has_boosted(post_id, user_id=alice.profile.user_id).is_so is True
    assert graph.has_boosted(post_id, user_id=bob.profile.user_id).is_so is False
    with pytest.raises(MastodonRefused):
        graph.has_boosted("999999999", user_id=bob.profile.user_id)


def test_an_account_is_added_by_the_code_flow(platform: Platform) -> None:
    app = register_app(platform.proxy.base_url)
    assert app.client_secret not in repr(app)
    assert authorize_url(app).startswith(f"{platform.proxy.base_url}/oauth/authorize?")
    with pytest.raises(MastodonTokenRefused):
        exchange_code(app, "no such code")
    page = httpx.post(
        f"{platform.server.base_url}/oauth/authorize",
        data={"username": "alice", "client_id": app.client_id},
        trust_env=False,
    ).text
    token = exchange_code(app, page.partition("Authorization code: ")[2].partition("<")[0])
    assert OwnAccount(platform.connection(token=token)).profile().handle.startswith("alice@")


@pytest.mark.parametrize("refused", ["nothing", "web_socket"])
def test_the_stream_pushes_mentions_home_posts_and_deletions_until_stopped(platform: Platform, refused: str) -> None:
    if refused == "web_socket":
        platform.proxy.add(Fault(path="/api/v1/streaming", count=None, refuses=True))
    arrived: list[Post] = []
    has_arrived, stop = threading.Event(), threading.Event()

    def on_post(post: Post, kind: FeedKind) -> None:
        arrived.append(post)
        has_arrived.set()

    feed = platform.feed()
    streaming = threading.Thread(
        target=feed.stream, kwargs={"on_post": on_post, "on_deleted": lambda _: None, "stop": stop}, daemon=True
    )
    streaming.start()
    for _ in range(100):
        post_id = platform.say(ALICE, "@maskbot are you there")
        if has_arrived.wait(0.1):
            break
    stop.set()
    streaming.join(10)
    assert not streaming.is_alive()
    assert arrived[-1].request_text == "are you there"
    assert int(arrived[-1].post_id) <= int(post_id)


def test_posts_survive_a_killed_server(tmp_path: Path) -> None:
    with MastodonServer(tmp_path, accounts=[BOT, ALICE]) as server:
        for platform in running(server):
            platform.say(ALICE, "@maskbot before the crash")
            server.kill()
            server.start()
            assert [post.request_text for post in mentions(platform, None)[0]] == ["before the crash"]
