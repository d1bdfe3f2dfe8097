"""Reading an account's feeds: mentions, home, one profile, one list (port `MentionFeed`).

Source: social-platforms.md 4.1: catch up with `min_id` in a loop; `since_id` would skip. Ids are opaque; within one server a
longer id is newer, and equal lengths compare as texts (snowflake, ULID and flake ids alike).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from threading import Event

import structlog
from mastodon import Mastodon

from maskbot.adapters.mastodon.client import Connection
from maskbot.adapters.mastodon.errors import Call, MastodonRefused, entity, translated
from maskbot.adapters.mastodon.own_account import OwnAccount
from maskbot.adapters.mastodon.streaming import Stream
from maskbot.domain.account import FeedKind
from maskbot.domain.errors import Malformed
from maskbot.domain.identity import Profile
from maskbot.domain.post import Post, Quoted, Visibility
from maskbot.ports.outside import Page
from maskbot.wire.post_text import read_notification, read_status

log = structlog.get_logger()
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_PAGE_SIZE = 40
_MOST_PAGES = 25

Entity = Mapping[str, object]


class MastodonFeed:
    """One account's feeds on its own server."""

    def __init__(self, connection: Connection, *, watchdog_s: float = 90.0) -> None:
        self._connection = connection
        self._own = OwnAccount(connection)
        self._watchdog_s = watchdog_s

    def whoami(self) -> Profile:
        """The account's own profile.

        Raises: MastodonTokenRefused, MastodonUnavailable, MastodonRefused.
        """
        return self._own.profile()

    def fetch_page(self, *, kind: FeedKind, target: str, cursor: str | None) -> Page:
        """Posts above the cursor, oldest first, at most 1,000; with no cursor the newest page only.

        A post that cannot be read is skipped, and the cursor moves past it. Raises: MastodonUnavailable, MastodonRefused,
        MastodonTokenRefused.
        """
        own = self._own.profile()
        posts: list[Post] = []
        at = cursor
        for _ in range(_MOST_PAGES):
            page = self._fetch(kind, target, min_id=at)
            fresh = sorted((item for item in page if at is None or _order(item) > _key(at)), key=_order)
            posts.extend(post for item in fresh if (post := _read(kind, item, own=own)) is not None)
            at = str(fresh[-1]["id"]) if fresh else at
            if not fresh or cursor is None:
                break
        return Page(tuple(posts), at if at != cursor else None)

    def fetch_public(self, post_id: str) -> Quoted | None:
        """As the port says. Raises: MastodonUnavailable, MastodonTokenRefused."""
        if _ID.fullmatch(post_id) is None:
            return None
        client = self._connection.client
        try:
            with translated(client, Call.READ, what="fetch a status"):
                status = entity(client.status(post_id))
            post = read_status(status, own=self._own.profile()).post
        except (MastodonRefused, Malformed):
            return None
        is_public = post.visibility in (Visibility.PUBLIC, Visibility.UNLISTED)
        return Quoted(post.text, post.links) if is_public else None

    def stream(
        self, *, on_post: Callable[[Post, FeedKind], None], on_deleted: Callable[[str], None], stop: Event
    ) -> None:
        """Push mentions and home posts until `stop` is set; by WebSocket, else by server-sent events.

        Raises: MastodonUnavailable when the stream broke or was silent for longer than the watchdog allows; with an infinite
        `retry_after_s` when the server offers none. MastodonTokenRefused.
        """
        own = self._own.profile()

        def on_event(name: str, payload: object) -> None:
            if name == "delete":
                on_deleted(str(payload))
            elif isinstance(payload, Mapping) and name in _KIND_OF_EVENT:
                kind = _KIND_OF_EVENT[name]
                post = _read(kind, payload, own=own)
                if post is not None:
                    on_post(post, kind)

        Stream(self._connection, watchdog_s=self._watchdog_s).run(on_event, stop=stop)

    def _fetch(self, kind: FeedKind, target: str, *, min_id: str | None) -> list[Entity]:
        client = self._connection.client
        with translated(client, Call.READ, what=f"fetch the {kind.value} feed"):
            found: Sequence[object] = _FETCHES[kind](client, target, min_id)
            if not isinstance(found, list):
                raise ValueError("the answer is no list")
            return [item for item in found if isinstance(item, Mapping) and item.get("id")]


_KIND_OF_EVENT = {"notification": FeedKind.MENTIONS, "update": FeedKind.HOME, "status.update": FeedKind.HOME}
_FETCHES: Mapping[FeedKind, Callable[[Mastodon, str, str | None], Sequence[object]]] = {
    FeedKind.MENTIONS: lambda client, _, min_id: client.notifications(
        types=["mention"], min_id=min_id, limit=_PAGE_SIZE
    ),
    FeedKind.HOME: lambda client, _, min_id: client.timeline_home(min_id=min_id, limit=_PAGE_SIZE),
    FeedKind.PROFILE: lambda client, target, min_id: client.account_statuses(target, min_id=min_id, limit=_PAGE_SIZE),
    FeedKind.LIST: lambda client, target, min_id: client.timeline_list(target, min_id=min_id, limit=_PAGE_SIZE),
}


def _key(item_id: str) -> tuple[int, str]:
    return len(item_id), item_id


def _order(item: Entity) -> tuple[int, str]:
    return _key(str(item["id"]))


def _read(kind: FeedKind, item: Entity, *, own: Profile) -> Post | None:
    """The post in one item; None for what is no post (another notification, a status since deleted, or not readable)."""
    try:
        if kind is not FeedKind.MENTIONS:
            return read_status(item, own=own).post
        if item.get("type") == "mention" and item.get("status"):
            return read_notification(item, own=own).post
    except Malformed as error:
        log.warning("mastodon.post_unreadable", item_id=str(item.get("id"))[:64], kind=error.kind)
    return None
