"""How people stand to our account on X: whether they follow us, whether they reposted a post.

Every user read costs money (social-platforms.md 2.2): a follow is one read; reposts come newest first, are read in pages until the
person is found, and are remembered. API description 2.167: `UserConnectionStatus`, `getPostsRepostedBy`.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from maskbot.adapters.x.client import Json, XClient
from maskbot.adapters.x.errors import XRefused
from maskbot.adapters.x.reading import next_token
from maskbot.ports.outside import Standing

PAGE = 100
MOST_PAGES = 5
_MOST_POSTS = 64
_MOST_KNOWN = 50_000


def is_follower(client: XClient, user_id: str) -> Standing:
    """Whether this user follows the account whose token we use; not known for a user X does not show, or shows without it.

    Raises: Unavailable, Misconfigured.
    """
    try:
        answer = client.get("/2/users/:id", params={"user.fields": "connection_status"}, id=user_id)
    except XRefused:
        return Standing(is_so=None)
    user = answer.get("data")
    if not isinstance(user, dict) or user.get("id") != user_id:
        return Standing(is_so=None)
    status = user.get("connection_status")
    return Standing("followed_by" in status if isinstance(status, list) else None)


@dataclass(slots=True)
class _Seen:
    """Who is known to have reposted a post; `is_whole` when the end of the list was reached once: then nobody older is unknown."""

    users: set[str] = field(default_factory=set)
    is_whole: bool = False


class Reposters:
    """Who reposted which posts. Bounded; shared by the threads of one account. A page has `page_size` people, 100 at most."""

    def __init__(self, client: XClient, *, page_size: int = PAGE) -> None:
        self._client = client
        self._page_size = page_size
        self._seen: OrderedDict[str, _Seen] = OrderedDict()
        self._lock = Lock()

    def look(self, post_id: str, *, user_id: str) -> Standing:
        """Whether the user reposted the post; not known when the newest five pages do not show it and there are more.

        Raises: Unavailable, Misconfigured.
        """
        seen = self._of(post_id)
        reads, token = 0, None
        if user_id in seen.users:
            return Standing(is_so=True, reads=0)
        for _ in range(MOST_PAGES):
            params = {"max_results": str(self._page_size)} | ({} if token is None else {"pagination_token": token})
            try:
                answer = self._client.get("/2/tweets/:id/retweeted_by", params=params, id=post_id)
            except XRefused:
                return Standing(is_so=None, reads=reads)
            if answer.get("data") is None and answer.get("errors"):  # 200, and the post is gone or not shown
                return Standing(is_so=None, reads=reads)
            page = _ids(answer)
            fresh = page - seen.users
            reads += len(fresh)
            with self._lock:
                if len(seen.users) < _MOST_KNOWN:
                    seen.users |= fresh
            if user_id in page:
                return Standing(is_so=True, reads=reads)
            token = next_token(answer)
            if token is None:
                seen.is_whole = True
            if seen.is_whole and not (token and fresh):
                return Standing(is_so=False, reads=reads)
        return Standing(is_so=None, reads=reads)

    def _of(self, post_id: str) -> _Seen:
        with self._lock:
            seen = self._seen.setdefault(post_id, _Seen())
            self._seen.move_to_end(post_id)
            while len(self._seen) > _MOST_POSTS:
                self._seen.popitem(last=False)
        return seen


def _ids(answer: Json) -> set[str]:
    users = answer.get("data")
    return {
        user["id"]
        for user in (users if isinstance(users, list) else [])[:PAGE]
        if isinstance(user, dict) and isinstance(user.get("id"), str)
    }
