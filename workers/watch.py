"""Watchers: one for each hosting account. Stream where there is one, poll always; cursors make every catch-up exact.

For each account two threads: the stream hands over what is pushed (recorded at once, without moving the cursor); the poller
catches up from the cursor, at the start, after every reconnect, and every so often in case the stream is silently deaf.
Source: social-platforms.md 4.1, 8.
"""

from __future__ import annotations

import math
import queue
from collections.abc import Callable
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
_FIRST_PAUSE_S, _LAST_PAUSE_S = 0.5, 60.0


class Watcher:
    """Watches the feeds of one account until stopped."""

    def __init__(self, account: Account, app: App, notice: Notice) -> None:
        self._account, self._app, self._notice = account, app, notice
        self._stop = Event()
        self._wake = Event()
        self._pushed: queue.Queue[tuple[Post, FeedKind] | str] = queue.Queue(maxsize=10_000)
        self._threads = [
            Thread(target=self._guard, args=(each,), name=f"{each.__name__}-{account.id[:8]}", daemon=True)
            for each in (self._poll, self._stream, self._record)
        ]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask the threads to end; they are daemons, and their work is in the store."""
        self._stop.set()
        self._wake.set()

    def _guard(self, loop: Callable[[], None]) -> None:
        """Run a loop for ever: whatever fails is logged, and tried again after a growing pause."""
        pause_s = _FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                loop()
                pause_s = _FIRST_PAUSE_S
            except Unavailable as error:
                if error.retry_after_s is not None and math.isinf(error.retry_after_s):
                    return  # no stream for this account: polling does it
                pause_s = max(min(pause_s * 2, _LAST_PAUSE_S), error.retry_after_s or 0.0)
                log.warning("watch.unavailable", account_id=self._account.id, error=error.kind, pause_s=pause_s)
            except Misconfigured as error:
                self._mark_broken(error)
                pause_s = _LAST_PAUSE_S
            except MaskbotError as error:
                pause_s = min(pause_s * 2, _LAST_PAUSE_S)
                log.warning("watch.failed", account_id=self._account.id, error=error.kind)
            except Exception as error:  # a watcher must outlive any bug or locked database
                pause_s = min(pause_s * 2, _LAST_PAUSE_S)
                log.error("watch.failed", account_id=self._account.id, error=type(error).__name__)
            self._stop.wait(pause_s)

    def _poll(self) -> None:
        """Catch up on every feed, then wait for the interval or a reconnect."""
        while not self._stop.is_set():
            self._wake.clear()
            with self._app.store.read() as work:
                feeds = work.accounts.feeds(self._account.id)
            for feed in feeds:
                self._catch_up(feed)
            with self._app.store.write() as work:
                work.bells.beat(name=f"watch:{self._account.id}", now_ms=self._app.clock.now_ms())
            self._wake.wait(self._app.poll_s(self._account.profile.platform))

    def _catch_up(self, feed: Feed) -> None:
        while not self._stop.is_set():
            moved = collect_page(
                feed,
                account=self._account,
                source=self._app.feed_of(self._account.id),
                store=self._app.store,
                clock=self._app.clock,
                notice=self._notice,
            )
            if moved.cursor == feed.cursor:
                return
            feed = moved

    def _stream(self) -> None:
        """Open the stream, then have the poller catch up (order: stream, poll, deduplicate)."""
        self._wake.set()
        self._app.feed_of(self._account.id).stream(
            on_post=lambda post, kind: self._pushed.put((post, kind), timeout=5),
            on_deleted=lambda post_id: self._pushed.put(post_id, timeout=5),
            stop=self._stop,
        )
        self._wake.set()

    def _record(self) -> None:
        """Record what was pushed, as many at once as came in (group commit)."""
        while not self._stop.is_set():
            try:
                batch = [self._pushed.get(timeout=0.5)]
            except queue.Empty:
                continue
            while len(batch) < _MOST_AT_ONCE and not self._pushed.empty():
                batch.append(self._pushed.get_nowait())
            self._record_batch(batch)

    def _record_batch(self, batch: list[tuple[Post, FeedKind] | str]) -> None:
        with self._app.store.read() as work:
            feeds = {feed.kind: feed for feed in work.accounts.feeds(self._account.id)}
        for kind, feed in feeds.items():
            posts = [each[0] for each in batch if isinstance(each, tuple) and each[1] is kind]
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
        deleted = [each for each in batch if isinstance(each, str)]
        if deleted:
            with self._app.store.write() as work:
                for root_id in deleted:
                    work.mentions.forget(account_id=self._account.id, root_id=root_id)

    def _mark_broken(self, error: Misconfigured) -> None:
        log.error("watch.broken", account_id=self._account.id, error=error.kind)
        with self._app.store.write() as work:
            work.accounts.set_state(self._account.id, state="broken", reason=str(error))


def run_watchers(app: App, notice: Notice, *, stop: Event) -> None:
    """Watch every active account; accounts added, paused or repaired later are noticed within a few seconds."""
    watchers: dict[str, Watcher] = {}
    while not stop.is_set():
        try:
            with app.store.read() as work:
                accounts = {key: each for key, each in work.accounts.load().items() if each.state == "active"}
        except Exception as error:  # a locked or absent database; look again
            log.error("watch.no_store", error=type(error).__name__)
            stop.wait(2.0)
            continue
        for gone in set(watchers) - set(accounts):
            watchers.pop(gone).stop()
        for new in set(accounts) - set(watchers):
            watchers[new] = Watcher(accounts[new], app, notice)
            watchers[new].start()
            log.info("watch.started", account_id=new, platform=accounts[new].profile.platform.value)
        stop.wait(2.0)
    for watcher in watchers.values():
        watcher.stop()
