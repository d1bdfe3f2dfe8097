"""The activity stream of X: pushed mentions, deletions, the watchdog, the end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from maskbot.adapters.x import XKeys, connect
from maskbot.domain.account import FeedKind
from maskbot.domain.errors import Unavailable
from maskbot.domain.post import Post
from maskbot.sandbox.x_server.control import XControl
from tests.ports.x_accounts import Hosted, host, hosted
from tests.unit.sandbox.x_process import x, x_process

__all__ = ["hosted", "x", "x_process"]

PATIENCE_S = 5.0


@dataclass
class Listening:
    """What a stream brought, and how it ended."""

    posts: queue.Queue[Post] = field(default_factory=queue.Queue)
    deleted: queue.Queue[str] = field(default_factory=queue.Queue)
    ended: queue.Queue[Exception | None] = field(default_factory=queue.Queue)
    stop: threading.Event = field(default_factory=threading.Event)


@contextmanager
def listening(x: XControl, of: Hosted) -> Iterator[Listening]:
    ears = Listening()

    def on_post(post: Post, kind: FeedKind) -> None:
        assert kind is FeedKind.MENTIONS
        ears.posts.put(post)

    def run() -> None:
        try:
            of.account.feed.stream(on_post=on_post, on_deleted=ears.deleted.put, stop=ears.stop)
        except Unavailable as error:
            ears.ended.put(error)
        else:
            ears.ended.put(None)

    before = x.health()["streams"]
    thread = threading.Thread(target=run)
    thread.start()
    while x.health()["streams"] == before and ears.ended.empty():
        pass
    try:
        yield ears
    finally:
        ears.stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def test_a_mention_is_pushed_as_it_would_be_polled(x: XControl, hosted: Hosted) -> None:
    with listening(x, hosted) as ears:
        asked = x.say("bob", "@maskbot price btc & more")["id"]
        pushed = ears.posts.get(timeout=PATIENCE_S)
    polled = hosted.account.feed.fetch_page(kind=FeedKind.MENTIONS, target="", cursor=None).posts[0]
    assert pushed == polled
    assert pushed.post_id == asked


def test_new_names_elsewhere_do_not_change_the_stream(x: XControl, hosted: Hosted) -> None:
    hosted.account.feed.whoami()
    x.switch(field_names="mixed")
    hosted.recorder.generation = "new"
    with listening(x, hosted) as ears:
        first = x.say("bob", "@maskbot one")["id"]
        x.say("bob", "@maskbot two", edit_of=first)
        posts = [ears.posts.get(timeout=PATIENCE_S) for _ in range(2)]
    assert [post.root_id for post in posts] == [first, first]


def test_a_deletion_is_pushed(x: XControl, hosted: Hosted) -> None:
    post_id = x.say("maskbot", "ours")["id"]
    with listening(x, hosted) as ears:
        x.delete_post(post_id)
        assert ears.deleted.get(timeout=PATIENCE_S) == post_id


def test_events_of_another_account_of_the_app_pass_by(x: XControl, hosted: Hosted) -> None:
    other = host(x, x.add_user("otherbot"))
    with listening(x, hosted) as ears, listening(x, other) as theirs:
        x.say("bob", "@otherbot for the other")
        x.say("bob", "@maskbot for us")
        assert ears.posts.get(timeout=PATIENCE_S).text == "for us"
        assert theirs.posts.get(timeout=PATIENCE_S).text == "for the other"


def test_stop_ends_it_at_once_and_subscriptions_are_kept(x: XControl, hosted: Hosted) -> None:
    for _ in range(2):
        with listening(x, hosted) as ears:
            ears.stop.set()
            assert ears.ended.get(timeout=PATIENCE_S) is None
    assert hosted.recorder.seen.count("POST /2/activity/subscriptions") == 2


def test_silence_beyond_the_watchdog_is_unavailable(x: XControl, hosted: Hosted) -> None:
    x.switch(heartbeat_s=60)
    with listening(x, host(x, hosted.credentials, read_timeout_s=0.3)) as ears:
        error = ears.ended.get(timeout=PATIENCE_S)
    assert isinstance(error, Unavailable)


def test_heartbeats_keep_a_quiet_stream_alive(x: XControl, hosted: Hosted) -> None:
    x.switch(heartbeat_s=0.05)
    with listening(x, host(x, hosted.credentials, read_timeout_s=0.5)) as ears, pytest.raises(queue.Empty):
        ears.ended.get(timeout=1.0)


def test_a_closed_stream_is_unavailable_and_may_be_opened_again(x: XControl, hosted: Hosted) -> None:
    with listening(x, hosted) as ears:
        x.close_streams()
        error = ears.ended.get(timeout=PATIENCE_S)
    assert isinstance(error, Unavailable)
    assert error.retry_after_s is None


def test_without_a_bearer_token_there_is_no_stream_ever(x: XControl, hosted: Hosted) -> None:
    account = connect(XKeys(oauth2_token=hosted.credentials.oauth2_token), base_url=x.base_url)
    with pytest.raises(Unavailable) as never:
        account.feed.stream(on_post=lambda _post, _kind: None, on_deleted=print, stop=threading.Event())
    assert never.value.retry_after_s == float("inf")


def test_an_app_without_access_has_no_stream_ever(x: XControl, hosted: Hosted) -> None:
    x.add_fault("status", path="/2/activity/stream", status=403, body='{"title": "Forbidden"}')
    with listening(x, hosted) as ears:
        error = ears.ended.get(timeout=PATIENCE_S)
    assert isinstance(error, Unavailable)
    assert error.retry_after_s == float("inf")
