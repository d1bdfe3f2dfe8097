"""Watchers outlive what platforms do to them: no feed starves another, no flood is lost, no failure ends them (issue 2, R4, E4)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread

import pytest

from maskbot.assembly import App, assemble
from maskbot.domain.account import FeedKind
from maskbot.domain.errors import Misconfigured, Refused, Unavailable
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.post import Post, Visibility
from maskbot.ports.outside import Page
from maskbot.settings import Settings
from tests.fakes.inside import FakeNotice
from tests.unit.workers.waiting import until
from workers.watch import Watcher, run_watchers

BOT = Profile(
    Platform.MASTODON, "social.example", "109", "maskbot@social.example", "https://social.example/users/maskbot"
)
ALICE = Profile(
    Platform.MASTODON, "social.example", "110", "alice@social.example", "https://social.example/users/alice"
)


def post_of(post_id: str) -> Post:
    return Post(
        platform=Platform.MASTODON,
        post_id=post_id,
        root_id=post_id,
        author=ALICE,
        text="help",
        links=(),
        visibility=Visibility.PUBLIC,
        spoiler_text="",
        created_at_ms=0,
        is_addressed=True,
    )


@dataclass
class Feeds:
    """A platform: `fetches` answers by feed kind, `streams` is what the stream does."""

    fetches: Mapping[FeedKind, Callable[[str | None], Page]] = field(default_factory=dict)
    streams: Callable[[Callable[[Post, FeedKind], None], Callable[[str], None]], None] | None = None
    asked: Counter[FeedKind] = field(default_factory=Counter)

    def of(self, account_id: str) -> Feeds:
        return self

    @property
    def feed(self) -> Feeds:
        return self

    def close(self) -> None:
        """Nothing is open."""

    def fetch_page(self, *, kind: FeedKind, target: str, cursor: str | None) -> Page:
        self.asked[kind] += 1
        fetch = self.fetches.get(kind)
        return Page((), None) if fetch is None else fetch(cursor)

    def stream(
        self, *, on_post: Callable[[Post, FeedKind], None], on_deleted: Callable[[str], None], stop: Event
    ) -> None:
        if self.streams is None:
            raise Unavailable("no stream here", retry_after_s=float("inf"))
        self.streams(on_post, on_deleted)
        stop.wait()


@pytest.fixture
def feeds() -> Feeds:
    return Feeds()


@pytest.fixture
def app(tmp_path: Path, feeds: Feeds) -> Iterator[App]:
    made = assemble(Settings(home=tmp_path / "home", mastodon_poll_s=0.01, feed_poll_s=3_600))
    app = App(settings=made.settings, _parts={"clients": feeds})
    add_account(app)
    yield app
    app.close()


def add_account(app: App) -> None:
    tenant_id = app.admin.add_tenant("dao", now_ms=1)
    app.admin.add_account(
        "a1",
        tenant_id=tenant_id,
        profile=BOT,
        api_base_url="https://social.example",
        sealed_token=b"",
        now_ms=1,
    )
    app.admin.add_feed("a1", kind=FeedKind.HOME)


@pytest.fixture
def watch(app: App) -> Iterator[Callable[[], Watcher]]:
    """Starts the watcher of the account."""
    started: list[Watcher] = []

    def start() -> Watcher:
        with app.store.read() as work:
            started.append(Watcher(work.accounts.load(["a1"])["a1"], app, FakeNotice()))
        started[-1].start()
        return started[-1]

    yield start
    for watcher in started:
        watcher.stop()
        assert watcher.join(10)


def recorded(app: App) -> int:
    return sum(app.admin.pulse(now_ms=1).mentions.values())


def once(error: Exception, then: Page) -> Callable[[str | None], Page]:
    """Raises the first time."""
    left = [error]

    def fetch(_: str | None) -> Page:
        if left:
            raise left.pop()
        return then

    return fetch


def failing(error: Exception) -> Callable[[str | None], Page]:
    def fetch(_: str | None) -> Page:
        raise error

    return fetch


def test_other_feeds_are_read_at_their_own_pace(feeds: Feeds, watch: Callable[[], Watcher]) -> None:
    watch()
    until(lambda: feeds.asked[FeedKind.MENTIONS] > 20)
    assert feeds.asked[FeedKind.HOME] <= 2  # once, and once more when the stream was tried


@pytest.mark.parametrize("error", [Refused("gone"), Unavailable("down", retry_after_s=900), Misconfigured("no scope")])
def test_a_feed_that_fails_does_not_stop_the_mentions(
    error: Exception, app: App, feeds: Feeds, watch: Callable[[], Watcher]
) -> None:
    feeds.fetches = {FeedKind.HOME: failing(error)}
    watch()
    until(lambda: feeds.asked[FeedKind.HOME] and feeds.asked[FeedKind.MENTIONS] > 20)
    with app.store.read() as work:
        assert work.accounts.load(["a1"])["a1"].state == "active"


def test_a_feed_without_end_does_not_starve_the_mentions(feeds: Feeds, watch: Callable[[], Watcher]) -> None:
    feeds.fetches = {FeedKind.HOME: lambda cursor: Page((), str(int(cursor or "0") + 1))}
    watch()
    until(lambda: feeds.asked[FeedKind.MENTIONS] > 3)
    assert feeds.asked[FeedKind.HOME] > 20


def test_a_poller_that_failed_goes_on(app: App, feeds: Feeds, watch: Callable[[], Watcher]) -> None:
    feeds.fetches = {FeedKind.MENTIONS: once(Unavailable("?", retry_after_s=0), Page((post_of("1"),), "1"))}
    watch()
    until(lambda: recorded(app) == 1)


def test_a_flood_beyond_the_queue_is_caught_up_by_the_poller(
    app: App, feeds: Feeds, watch: Callable[[], Watcher]
) -> None:
    posts = tuple(post_of(str(number)) for number in range(3_000))
    feeds.fetches = {FeedKind.MENTIONS: lambda cursor: Page(() if cursor else posts, "2999")}

    def flood(on_post: Callable[[Post, FeedKind], None], _: Callable[[str], None]) -> None:
        for post in posts:
            on_post(post, FeedKind.MENTIONS)

    feeds.streams = flood
    watch()
    until(lambda: recorded(app) == 3_000)


def test_a_stream_that_was_not_offered_is_asked_for_again(app: App, feeds: Feeds) -> None:
    with app.store.read() as work:
        watcher = Watcher(work.accounts.load(["a1"])["a1"], app, FakeNotice(), without_stream_s=0.05)
    watcher.start()
    until(lambda: feeds.asked[FeedKind.MENTIONS] > 3)
    opened = Event()
    feeds.streams = lambda on_post, on_deleted: opened.set()
    assert opened.wait(10)
    watcher.stop()
    assert watcher.join(10)


def test_the_same_post_from_stream_and_poll_is_recorded_once(
    app: App, feeds: Feeds, watch: Callable[[], Watcher]
) -> None:
    feeds.fetches = {FeedKind.MENTIONS: lambda cursor: Page(() if cursor else (post_of("1"),), "1")}

    def repeat(on_post: Callable[[Post, FeedKind], None], _: Callable[[str], None]) -> None:
        for _attempt in range(100):
            on_post(post_of("1"), FeedKind.MENTIONS)

    feeds.streams = repeat
    watch()
    until(lambda: feeds.asked[FeedKind.MENTIONS] > 5 and recorded(app) == 1)
    assert recorded(app) == 1


def test_a_pushed_deletion_erases_what_was_pushed_before_it(
    app: App, feeds: Feeds, watch: Callable[[], Watcher]
) -> None:
    def say_and_delete(on_post: Callable[[Post, FeedKind], None], on_deleted: Callable[[str], None]) -> None:
        on_post(post_of("1"), FeedKind.MENTIONS)
        on_deleted("1")
        on_deleted("never seen")

    feeds.streams = say_and_delete
    watch()
    until(lambda: app.admin.pulse(now_ms=1).mentions == {"ignored": 1})


def test_an_expired_token_breaks_the_account_and_a_new_one_resumes_it(app: App, feeds: Feeds) -> None:
    feeds.fetches = {FeedKind.MENTIONS: once(Misconfigured("the token was refused"), Page((post_of("1"),), "1"))}
    stop = Event()
    thread = Thread(target=run_watchers, args=(app, FakeNotice()), kwargs={"stop": stop, "look_s": 0.02}, daemon=True)
    thread.start()

    def state() -> tuple[object, object]:
        (account,) = app.admin.accounts()
        return account["state"], account["reason"]

    until(lambda: state() == ("broken", "the token was refused"))
    until(lambda: not any(each.name.endswith("-a1") for each in watching_threads()))
    add_account(app)  # what `maskbot account add` does with the new token
    until(lambda: recorded(app) == 1)
    assert state()[0] == "active"
    stop.set()
    thread.join(10)


def test_a_removed_account_is_watched_no_more(app: App, feeds: Feeds) -> None:
    stop = Event()
    thread = Thread(target=run_watchers, args=(app, FakeNotice()), kwargs={"stop": stop, "look_s": 0.02}, daemon=True)
    thread.start()
    until(lambda: feeds.asked[FeedKind.MENTIONS] > 2)
    app.admin.remove_account("a1")
    until(lambda: not any(each.name.endswith("-a1") for each in watching_threads()))
    stop.set()
    thread.join(10)


def watching_threads() -> list[Thread]:
    return threading.enumerate()


def test_our_own_echo_is_not_collected(app: App, feeds: Feeds, watch: Callable[[], Watcher]) -> None:
    own = replace(post_of("7"), author=BOT)
    feeds.fetches = {FeedKind.MENTIONS: lambda cursor: Page(() if cursor else (own, post_of("8")), "8")}
    watch()
    until(lambda: recorded(app) == 1)
