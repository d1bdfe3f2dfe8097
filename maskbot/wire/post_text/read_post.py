"""What a reader of platform JSON hands over: the post, and where it names us.

Source: social-platforms.md 6 (output of the pure step). The post itself is `domain.post.Post`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from maskbot.domain.post import Post


class Naming(StrEnum):
    """Where a post names our account."""

    BODY = "body"
    CARRIED = "carried"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class ReadPost:
    """One post as read; `notification_id` is Mastodon's id of the notification that brought it, the cursor of the mention feed."""

    post: Post
    naming: Naming
    notification_id: str | None = None
