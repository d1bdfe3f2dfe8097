"""Watchers: one for each hosting account. Stream where there is one, poll always; cursors make every catch-up exact.

For each account two threads: the stream hands over what is pushed (recorded at once, without moving the cursor); the poller
catches up from the cursor, at the start, after every reconnect, and every so often in case the stream is silently deaf.
Source: social-platforms.md 4.1, 8.
"""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable, Sequence
from threading import Event, Thread

import structlog

from maskbot.assembly import App
from maskbot.domain.account import Account, Feed, FeedKind
from maskbot.domain.errors import MaskbotError, Misconfigured, Unavailable
from maskbot.domain.post import Post
from maskbot.flows.act.collect_posts import collect_page, record_posts
from maskbot.ports.inside import Notice

log = structlog.get_logger()
_MOST_AT_ONCE = 200
_MOST_WAITING = 1_000
"""Posts pushed and not recorded yet; what does not fit is left to the poller (a post may hold 64 KiB)."""
_MOST_PAGES = 20
"""Pages of one feed before it is the other feeds' turn: no feed, however busy or hostile, starves the others."""
_FIRST_PAUSE_S, _LAST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 60.0, 3_600.0
_CALM_S = 60.0
_WITHOUT_STREAM_S = 3_600.0
"""How long a platform is believed that offers no stream: a proxy under repair says so, too."""


class Watcher:
    """Watches the feeds of one account until stopped."""

    def __init__(
        self, account: Account, app: App, notice: Notice, *, without_stream_s: float = _WITHOUT_STREAM_S
    ) -> None:
        self._account, self._app, self._notice = account, app, notice
        self._without_stream_s = without_stream_s
        self._stop = Event()
        self._wake = Event()
        self._due_s: dict[str, float] = {}
        self._pushed: queue.Queue[tuple[Post, FeedKind] | str] = queue.Queue(maxsize=_MOST_WAITING)
        self._deleted: list[str] = []
        self._threads = [
            Thread(target=self._guard, args=(each,), name=f"{each.__name__}-{account.id[:8]}", daemon=True)
            for each in (self._record, self._poll, self._stream)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask the threads to end; they are daemons, and their work is in the store."""
        self._stop.set()
        self._wake.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the threads to end, at most so long for each; whether all have."""
        for thread in self._threads:
            thread.join(timeout_s)
        return not any(thread.is_alive() for thread in self._threads)

    def _guard(self, loop: Callable[[], None]) -> None:
        """Run a loop for ever: whatever fails is logged, and tried again after a pause that grows while it fails in a row."""
        pause_s = _FIRST_PAUSE_S
        while not self._stop.is_set():
            began_s = time.monotonic()
            try:
                loop()
                pause_s = _FIRST_PAUSE_S
            except Exception as error:  # a watcher must outlive any bug or locked database
                if loop == self._stream and _is_never(error):  # no stream for this account: polling does it meanwhile
                    self._stop.wait(self._without_stream_s)
                    continue
                if time.monotonic() - began_s > _CALM_S:
                    pause_s = _FIRST_PAUSE_S
                pause_s = min(pause_s * 2, _LAST_PAUSE_S)
                self._tell(error, pause_s=pause_s)
                asked_s = (error.pause_ms or 0) / 1000 if isinstance(error, Unavailable) else 0.0
                self._stop.wait(max(pause_s, min(asked_s, _LONGEST_PAUSE_S)))
            else:
                self._stop.wait(pause_s)

    def _tell(self, error: Exception, *, pause_s: float) -> None:
        if isinstance(error, Misconfigured):
            self._mark_broken(error)
        elif isinstance(error, MaskbotError):
            log.warning("watch.failed", account_id=self._account.id, error=error.kind, pause_s=pause_s)
        else:
            log.error("watch.failed", account_id=self._account.id, error=type(error).__name__, pause_s=pause_s)

    def _poll(self) -> None:
        """Catch up on every feed that is due, then wait for the next one or a reconnect."""
        while not self._stop.is_set():
            if self._wake.is_set():
                self._wake.clear()
                self._due_s.clear()
            with self._app.store.read() as work:
                feeds = sorted(
                    work.accounts.feeds(self._account.id), key=lambda feed: feed.kind is not FeedKind.MENTIONS
                )
            for feed in feeds:
                self._visit(feed)
            with self._app.store.write() as work:
                work.bells.beat(name=f"watch:{self._account.id}", now_ms=self._app.clock.now_ms())
            next_s = min((self._due_s[feed.id] for feed in feeds), default=time.monotonic() + _FIRST_PAUSE_S)
            self._wake.wait(max(0.0, next_s - time.monotonic()))

    def _visit(self, feed: Feed) -> None:
        """Catch up on one feed if it is due. One that fails does not keep the account from the others, save the mentions."""
        if self._due_s.get(feed.id, 0.0) > time.monotonic():
            return
        is_mentions = feed.kind is FeedKind.MENTIONS
        period_s = self._app.poll_s(self._account.profile.platform) if is_mentions else self._app.settings.feed_poll_s
        try:
            has_more = self._catch_up(feed)
        except MaskbotError as error:
            if is_mentions:
                raise
            has_more = False
            if isinstance(error, Unavailable):
                period_s = max(period_s, min((error.pause_ms or 0) / 1000, _LONGEST_PAUSE_S))
            log.warning("watch.feed_failed", feed_id=feed.id, error=error.kind, pause_s=period_s)
        self._due_s[feed.id] = time.monotonic() + (0.0 if has_more else period_s)

    def _catch_up(self, feed: Feed) -> bool:
        """Read a bounded number of pages; whether there may be more."""
        for _ in range(_MOST_PAGES):
            moved = collect_page(
                feed,
                account=self._account,
                source=self._app.feed_of(self._account.id),
                store=self._app.store,
                clock=self._app.clock,
                notice=self._notice,
            )
            if moved.cursor == feed.cursor or self._stop.is_set():
                return False
            feed = moved
        return True

    def _stream(self) -> None:
        """Open the stream, then have the poller catch up (order: stream, poll, deduplicate)."""
        self._wake.set()
        self._app.feed_of(self._account.id).stream(
            on_post=lambda post, kind: self._push((post, kind)), on_deleted=self._push, stop=self._stop
        )
        self._wake.set()

    def _push(self, item: tuple[Post, FeedKind] | str) -> None:
        """Take what was pushed. When the store cannot keep up, posts are left to the poller: they lie above the cursor."""
        try:
            self._pushed.put(item, timeout=0 if isinstance(item, tuple) else 5)
        except queue.Full:
            if isinstance(item, str):  # its text goes when it is a day old (retention)
                log.error("watch.deletion_missed", account_id=self._account.id)
            self._wake.set()

    def _record(self) -> None:
        """Record what was pushed, as many at once as came in (group commit)."""
        while not self._stop.is_set():
            posts = self._take()
            try:
                self._record_posts(posts)
            except Exception:
                self._wake.set()  # the cursor has not moved: the poller gets them
                raise
            self._forget_deleted()

    def _take(self) -> list[tuple[Post, FeedKind]]:
        """Pushed posts; pushed deletions are kept until they are done."""
        posts: list[tuple[Post, FeedKind]] = []
        timeout_s: float = 0.5
        while len(posts) < _MOST_AT_ONCE and len(self._deleted) < _MOST_AT_ONCE:
            try:
                item = self._pushed.get(timeout=timeout_s)
            except queue.Empty:
                break
            timeout_s = 0
            if isinstance(item, str):
                self._deleted.append(item)
            else:
                posts.append(item)
        return posts

    def _record_posts(self, pushed: Sequence[tuple[Post, FeedKind]]) -> None:
        if not pushed:
            return
        with self._app.store.read() as work:
            feeds = {feed.kind: feed for feed in work.accounts.feeds(self._account.id)}
        for kind, feed in feeds.items():
            posts = [post for post, of in pushed if of is kind]
            if posts:
                record_posts(
                    posts,
                    feed=feed,
                    account=self._account,
                    cursor=None,
                    via="stream",
                    store=self._app.store,
                    clock=self._app.clock,
                    notice=self._notice,
                )

    def _forget_deleted(self) -> None:
        if not self._deleted:
            return
        with self._app.store.write() as work:
            for post_id in self._deleted:
                work.mentions.forget(account_id=self._account.id, root_id=post_id)
        self._deleted.clear()

    def _mark_broken(self, error: Misconfigured) -> None:
        log.error("watch.broken", account_id=self._account.id, error=error.kind)
        try:
            with self._app.store.write() as work:
                work.accounts.set_state(self._account.id, state="broken", reason=str(error))
        except MaskbotError as failure:  # the next refusal will say it again
            log.error("watch.not_marked", account_id=self._account.id, error=failure.kind)


def run_watchers(app: App, notice: Notice, *, stop: Event, look_s: float = 2.0) -> None:
    """Watch every active account; accounts added, paused or repaired later are noticed at the next look, every `look_s` seconds."""
    watchers: dict[str, Watcher] = {}
    while not stop.is_set():
        try:
            with app.store.read() as work:
                accounts = {key: each for key, each in work.accounts.load().items() if each.state == "active"}
        except Exception as error:  # a locked or absent database; look again
            log.error("watch.no_store", error=type(error).__name__)
            stop.wait(look_s)
            continue
        for gone in set(watchers) - set(accounts):
            watchers.pop(gone).stop()
        for new in set(accounts) - set(watchers):
            watchers[new] = Watcher(accounts[new], app, notice)
            watchers[new].start()
            log.info("watch.started", account_id=new, platform=accounts[new].profile.platform.value)
        stop.wait(look_s)
    for watcher in watchers.values():
        watcher.stop()


def _is_never(error: Exception) -> bool:
    """Whether the platform says that it offers no stream to this account at all."""
    pause_s = error.retry_after_s if isinstance(error, Unavailable) else None
    return pause_s is not None and math.isinf(pause_s)
