"""Answers of X to posts of ours: one unreadable post never hides the others.

The shape of a post is known to `maskbot.wire.post_text`; here only `data`, `includes`, `errors` and `meta` are taken apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog

from maskbot.adapters.x.people import People
from maskbot.domain.errors import Malformed
from maskbot.domain.identity import Profile
from maskbot.domain.post import Post
from maskbot.wire.post_text import read_x_post

Json = dict[str, Any]
log = structlog.get_logger()
_MOST_POSTS = 100


class PostReader:
    """Reads the posts of an answer for one account, and knows their authors' names."""

    def __init__(self, people: People, *, own: Profile) -> None:
        self._people = people
        self._own = own

    def read(self, answer: Json) -> list[Post]:
        """The readable posts of `data` (a list or one object), in its order. Raises as `People.fetch`."""
        data = answer.get("data")
        found = [item for item in (data if isinstance(data, list) else [data]) if isinstance(item, dict)][:_MOST_POSTS]
        includes = answer.get("includes")
        shared: Json = dict(includes) if isinstance(includes, dict) else {}
        for user in _objects(shared.get("users")):
            if "description" in user:
                self._people.remember(user)
        authors = {str(post.get("author_id")) for post in found if post.get("author_id")} - {self._own.user_id}
        myself = {"id": self._own.user_id, "username": self._own.handle}
        shared["users"] = [myself, *self._people.fetch(sorted(authors)), *_objects(shared.get("users"))]
        _log_errors(answer)
        return [post for post in (self._read_one(item, includes=shared) for item in found) if post is not None]

    def _read_one(self, item: Json, *, includes: Json) -> Post | None:
        try:
            return read_x_post(item, includes=includes, own=self._own).post
        except Malformed as error:
            log.warning("x.post_unreadable", post_id=str(item.get("id"))[:32], error=error.kind)
            return None


def ids_of(answer: Json) -> list[int]:
    """The numeric ids in `data`, of readable posts or not."""
    ids = (item.get("id") for item in _objects(answer.get("data")))
    return [int(post_id) for post_id in ids if isinstance(post_id, str) and post_id.isdecimal() and len(post_id) <= 20]


def next_token(answer: Json) -> str | None:
    """Where the next page begins: ASCII of at most 200 characters; None at the end, and for anything else."""
    meta = answer.get("meta")
    token = meta.get("next_token") if isinstance(meta, dict) else None
    return token if isinstance(token, str) and 0 < len(token) <= 200 and token.isascii() else None


def _log_errors(answer: Json) -> None:
    entries = _objects(answer.get("errors"))
    if entries:
        log.warning("x.partial_answer", ids=[str(entry.get("resource_id"))[:32] for entry in entries[:20]])


def _objects(value: object) -> Sequence[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
