"""`MentionFeed` on X: mentions, home timeline, one profile, one list, by polling; push by the activity stream.

Source: spec/social-platforms.md, 2.1, 2.6 and 8. X reaches back 800 mentions: one call of `fetch_page` reads as far.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from maskbot.adapters.x.activity import ActivityStream
from maskbot.adapters.x.client import Json, XClient
from maskbot.adapters.x.cursor import Cursor
from maskbot.adapters.x.errors import XRefused
from maskbot.adapters.x.names import FieldNames, post_params
from maskbot.adapters.x.people import People
from maskbot.adapters.x.reading import PostReader, ids_of, next_token
from maskbot.adapters.x.self_knowledge import SelfKnowledge
from maskbot.domain.account import FeedKind
from maskbot.domain.errors import Malformed, Unavailable
from maskbot.domain.identity import Profile
from maskbot.domain.post import Post, Quoted
from maskbot.ports.outside import Page
from maskbot.wire.post_text import read_x_post

MOST_PAGES = 8
_PAGE_SIZE = "100"
_ROUTES = {
    FeedKind.MENTIONS: "/2/users/:id/mentions",
    FeedKind.HOME: "/2/users/:id/timelines/reverse_chronological",
    FeedKind.PROFILE: "/2/users/:id/tweets",
    FeedKind.LIST: "/2/lists/:id/tweets",
}


class XFeed:
    """The feeds of one account. Implements `ports.outside.MentionFeed`."""

    def __init__(
        self,
        client: XClient,
        *,
        myself: SelfKnowledge,
        people: People,
        names: FieldNames,
        activity: ActivityStream,
    ) -> None:
        self._client = client
        self._myself = myself
        self._people = people
        self._names = names
        self._activity = activity

    def whoami(self) -> Profile:
        """See `SelfKnowledge.profile`."""
        return self._myself.profile()

    def fetch_page(self, *, kind: FeedKind, target: str, cursor: str | None) -> Page:
        """At most 8 calls of 100 posts. When a later call fails, what was read is returned, and the cursor goes on from there."""
        own = self._myself.profile()
        start = Cursor.parse(cursor)
        target_id = own.user_id if kind in (FeedKind.MENTIONS, FeedKind.HOME) else target
        reader = PostReader(self._people, own=own)
        found: dict[str, Post] = {}
        high, token = start.high, start.token
        for number in range(1 if cursor is None else MOST_PAGES):
            try:
                answer = self._fetch(kind, target_id, seen=start.seen, token=token)
                posts = reader.read(answer)
            except Unavailable:
                if number == 0:
                    raise
                break
            except XRefused:
                if token is None or number > 0:
                    raise
                token = None  # an old token of an unfinished reading: begin it again
                continue
            ids = ids_of(answer)
            high = max([high, *ids])
            found.update({post.post_id: post for post in posts if _is_above(post, start.seen)})
            has_reached = any(post_id <= start.seen for post_id in ids)
            token = None if has_reached else next_token(answer)
            if token is None:
                break
        return _page(found, start=start, high=high, token=None if cursor is None else token)

    def fetch_public(self, post_id: str) -> Quoted | None:
        """As the port says; its author is not asked for, since every user read is billed."""
        try:
            answer = self._client.get("/2/tweets/:id", params=post_params(self._names), id=post_id)
            post = read_x_post(answer.get("data") or {}, includes={}, own=self._myself.profile()).post
        except (XRefused, Malformed):
            return None
        return Quoted(post.text, post.links)

    def stream(
        self, *, on_post: Callable[[Post, FeedKind], None], on_deleted: Callable[[str], None], stop: Event
    ) -> None:
        """Push mentions by the activity stream, which shows no home timelines. Raises: Unavailable, see `ActivityStream.run`."""
        own = self._myself.profile()
        reader = PostReader(self._people, own=own)

        def take(answer: Json) -> None:
            for post in reader.read(answer):
                on_post(post, FeedKind.MENTIONS)

        self._activity.run(own_id=own.user_id, on_mention=take, on_deleted=on_deleted, stop=stop)

    def _fetch(self, kind: FeedKind, target_id: str, *, seen: int, token: str | None) -> Json:
        params = {**post_params(self._names), "max_results": _PAGE_SIZE}
        if seen and kind is not FeedKind.LIST:  # lists know no since_id
            params["since_id"] = str(seen)
        if token is not None:
            params["pagination_token"] = token
        return self._client.get(_ROUTES[kind], params=params, id=target_id)


def _is_above(post: Post, seen: int) -> bool:
    return not post.post_id.isdecimal() or int(post.post_id) > seen


def _page(found: dict[str, Post], *, start: Cursor, high: int, token: str | None) -> Page:
    end = Cursor(start.seen, high, token) if token is not None else Cursor(max(high, start.seen))
    oldest_first = sorted(found.values(), key=lambda post: int(post.post_id) if post.post_id.isdecimal() else 0)
    return Page(tuple(oldest_first), None if end == start or end == Cursor(0) else str(end))
