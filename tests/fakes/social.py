"""A platform in memory: `FakePublisher` keeps what was published, and fails when it is told to."""

from __future__ import annotations

from collections.abc import Callable

from maskbot.domain.errors import MaskbotError, Unconfirmed
from maskbot.domain.identity import Platform
from maskbot.domain.post import Draft, PostLimits
from maskbot.ports.outside import Published


class FakePublisher:
    """Publishes into a list. `failures` are raised one by one before publishing, `blindness` before looking; `lost_answers` of them
    after publishing."""

    def __init__(self, *, honours_keys: bool = True) -> None:
        self.posts: dict[str, Draft] = {}
        self.deleted: list[str] = []
        self.keys: dict[str, str] = {}
        self.failures: list[MaskbotError] = []
        self.blindness: list[MaskbotError] = []
        self.lost_answers = 0
        self.calls = 0
        self.on_call: Callable[[], None] = lambda: None
        self._honours_keys = honours_keys

    def limits(self) -> PostLimits:
        """Mastodon's defaults."""
        return PostLimits(max_length=500, url_weight=23, counts=Platform.MASTODON)

    def deliver(self, draft: Draft, *, idempotency_key: str) -> Published:
        """Keep the draft; the same key gives the same post where keys are honoured."""
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        if not (self._honours_keys and idempotency_key in self.keys):
            post_id = f"p{len(self.posts) + 1}"
            self.posts[post_id] = draft
            self.keys[idempotency_key] = post_id
        self.on_call()
        if self.lost_answers:
            self.lost_answers -= 1
            raise Unconfirmed("the answer was lost")
        post_id = self.keys[idempotency_key] if self._honours_keys else f"p{len(self.posts)}"
        return Published(post_id, f"https://fake.example/{post_id}")

    def find(self, draft: Draft, *, since_ms: int) -> Published | None:
        """By parent and text."""
        if self.blindness:
            raise self.blindness.pop(0)
        for post_id, posted in self.posts.items():
            if (posted.text, posted.in_reply_to_id) == (draft.text, draft.in_reply_to_id):
                return Published(post_id, f"https://fake.example/{post_id}")
        return None

    def delete(self, post_id: str) -> None:
        """Remember the deletion."""
        self.deleted.append(post_id)
