"""Collect posts of one feed: one page fetched, unseen posts and the cursor recorded in one transaction, the bell rung.

Mentions become mentions to answer. Posts of other feeds are kept only if they carry a Mask payload, or show a picture of the size
that payload pictures have, and a persona watches the feed; the others leave no trace but the cursor. Posts of our own accounts are
left out (own echo).
Source: ARCHITECTURE.md 4, social-platforms.md 8, reliability.md C.2 (inbound_event, cursor).
"""

from __future__ import annotations

from collections.abc import Sequence

from maskbot.domain.account import Account, Feed, FeedKind
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.mention import NewMention
from maskbot.domain.post import Post
from maskbot.ports.inside import Clock, Notice
from maskbot.ports.outside import MentionFeed
from maskbot.ports.store import Store
from maskbot.wire.payload import find_payloads
from maskbot.wire.picture import attached_pictures


def collect_page(
    feed: Feed, *, account: Account, source: MentionFeed, store: Store, clock: Clock, notice: Notice
) -> Feed:
    """Fetch what is above the feed's cursor and record it. The feed with its new cursor; unchanged if there was nothing new.

    Raises: whatever `MentionFeed.fetch_page` raises; nothing is recorded then.
    """
    page = source.fetch_page(kind=feed.kind, target=feed.target, cursor=feed.cursor)
    record_posts(
        page.posts, feed=feed, account=account, cursor=page.cursor, via="poll", store=store, clock=clock, notice=notice
    )
    if page.cursor is None:
        return feed
    return Feed(feed.id, feed.account_id, feed.tenant_id, feed.kind, feed.target, page.cursor)


def record_posts(
    posts: Sequence[Post],
    *,
    feed: Feed,
    account: Account,
    cursor: str | None,
    via: str,
    store: Store,
    clock: Clock,
    notice: Notice,
) -> int:
    """Record posts that came by stream or poll; how many were new. Recording a post again changes nothing."""
    wanted = [post for post in posts if _is_wanted(post, feed)]
    if not wanted and (cursor is None or cursor == feed.cursor):
        return 0
    now_ms = clock.now_ms()
    with store.write() as work:
        own = {known.profile.person for known in work.accounts.load().values()}
        is_watched = feed.kind is not FeedKind.MENTIONS
        if is_watched and not work.personas.watching(feed.id):
            wanted = []
        new = work.mentions.record(
            [
                NewMention(account.id, account.tenant_id, feed.id, post, via, is_watched)
                for post in wanted
                if post.author.person not in own
            ],
            now_ms=now_ms,
        )
        kind = JobKind.OPEN_POST if is_watched else JobKind.ANSWER_MENTION
        work.jobs.add([NewJob(kind, mention_id, account.tenant_id, now_ms) for mention_id in new])
        if cursor is not None:
            work.accounts.advance(feed.id, cursor=cursor)
    if new:
        notice.ring({kind.queue: len(new)})
    return len(new)


def _is_wanted(post: Post, feed: Feed) -> bool:
    if post.is_own:
        return False
    if feed.kind is FeedKind.MENTIONS:
        return True
    if post.is_addressed or post.is_repost:
        return False
    return bool(find_payloads(post.text, urls=post.links) or attached_pictures(post.media, takes_unsized=False))
