"""`Publisher` on X: one post for one draft, and the search for it when nobody knows whether it went out.

X has no idempotency key: an unclear create call is Unconfirmed, and `find` looks among our own posts before any second try
(spec/social-platforms.md, 3.3 and 8; reliability.md, C.4). A text is never varied to get past the duplicate rule.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

from maskbot.adapters.x.client import Json, XClient
from maskbot.adapters.x.errors import XOutcomeUnknown, XPostUnfit, XRefused
from maskbot.adapters.x.media import MediaUpload
from maskbot.adapters.x.names import FieldNames, post_params
from maskbot.adapters.x.people import People
from maskbot.adapters.x.reading import PostReader, next_token
from maskbot.adapters.x.self_knowledge import SelfKnowledge
from maskbot.domain.errors import Refused
from maskbot.domain.post import Draft, Post, PostLimits
from maskbot.ports.outside import PictureRefused, Published
from maskbot.wire.post_text import fits, post_length

_MOST_PAGES = 5
_LINK = re.compile(r"https?://\S++|(?<![a-z0-9.-])(?:[a-z0-9-]++\.)+[a-z]{2,}+\S*+", re.IGNORECASE)
_LEADING_MENTIONS = re.compile(r"\s*(?:@[A-Za-z0-9_]{1,15}\s+)*")


class XPublisher:
    """Publishes for one account. Implements `ports.outside.Publisher`."""

    def __init__(
        self,
        client: XClient,
        *,
        myself: SelfKnowledge,
        people: People,
        names: FieldNames,
        media: MediaUpload,
        limits: PostLimits,
    ) -> None:
        self._client = client
        self._myself = myself
        self._people = people
        self._names = names
        self._media = media
        self._limits = limits

    def limits(self) -> PostLimits:
        """As set up: X does not tell them."""
        return self._limits

    def deliver(self, draft: Draft, *, idempotency_key: str) -> Published:  # noqa: ARG002 - X knows no such key
        """Raises XDuplicateText or XOutcomeUnknown (Unconfirmed) only after the create call; pictures may be sent again."""
        if not fits(draft.text, limits=self._limits):
            length = post_length(draft.text, limits=self._limits)
            raise XPostUnfit(f"a post on X weighs at most {self._limits.max_length}, this draft {length}")
        handle = self._myself.profile().handle
        body: Json = {"text": draft.text}
        if draft.in_reply_to_id is not None:
            body["reply"] = {"in_reply_to_tweet_id": draft.in_reply_to_id}
        if draft.pictures:
            try:
                body["media"] = {"media_ids": self._media.upload(draft.pictures)}
            except Refused as error:
                raise PictureRefused(f"X takes no such picture: {error}") from error
        answer = self._client.post("/2/tweets", body=body, may_have_acted=True)
        data = answer.get("data")
        post_id = data.get("id") if isinstance(data, dict) else None
        if not isinstance(post_id, str) or not post_id.isdecimal():
            raise XOutcomeUnknown("X answered a new post without its id")
        return _published(handle, post_id)

    def find(self, draft: Draft, *, since_ms: int) -> Published | None:
        """Replies match by parent and words, other posts by words and links. Reads own posts from `since_ms` on."""
        own = self._myself.profile()
        reader = PostReader(self._people, own=own)
        params = {
            **post_params(self._names),
            "max_results": "100",
            "exclude": "retweets",
            "start_time": datetime.fromtimestamp(max(since_ms, 0) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        for _ in range(_MOST_PAGES):
            answer = self._client.get("/2/users/:id/tweets", params=params, id=own.user_id)
            for post in reader.read(answer):
                if is_made_from(post, draft):
                    return _published(own.handle, post.post_id)
            token = next_token(answer)
            if token is None:
                return None
            params["pagination_token"] = token
        return None

    def delete(self, post_id: str) -> None:
        """Delete a post of ours; what is gone already is as well."""
        try:
            self._client.delete("/2/tweets/:id", id=post_id)
        except XRefused as error:
            if error.status not in (404, 410):
                raise


def is_made_from(post: Post, draft: Draft) -> bool:
    """Whether a post of ours shows this draft. X adds carried mentions and media links, and may rewrite white space."""
    if post.in_reply_to_id != draft.in_reply_to_id or post.is_repost:
        return False
    words, drafted = _words(post.text), _words(draft.text)
    if draft.in_reply_to_id is not None and drafted:
        return words == drafted
    return words == drafted and _links(draft.text) <= _links(post.text)


def _words(text: str) -> str:
    """Letters and digits of the text without links and leading mentions."""
    plain = _LINK.sub(" ", unicodedata.normalize("NFC", _LEADING_MENTIONS.sub("", text, count=1)))
    return "".join(char for char in plain if char.isalnum())


def _links(text: str) -> set[str]:
    return {re.sub(r"^https?://", "", link).rstrip(".,;:!?)/").lower() for link in _LINK.findall(text)}


def _published(handle: str, post_id: str) -> Published:
    return Published(post_id, f"https://x.com/{handle}/status/{post_id}")
