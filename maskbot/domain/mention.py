"""Collected posts as rows: mentions to answer, and watched posts that carry a payload."""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.post import Post


@dataclass(frozen=True, slots=True)
class NewMention:
    """A post to record once. `via` is stream, poll or replay; `is_watched` is true for a post that does not address the bot."""

    account_id: str
    tenant_id: str
    feed_id: str
    post: Post
    via: str
    is_watched: bool = False


@dataclass(frozen=True, slots=True)
class Mention:
    """A recorded post. `state` follows `domain.states.MENTION`; `reason` says why it was ignored or rejected."""

    id: str
    account_id: str
    tenant_id: str
    feed_id: str
    post: Post
    state: str
    reason: str | None
    is_watched: bool
    received_at_ms: int
    opened_inbox_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mention: its new state, why, and the verb that was understood."""

    mention_id: str
    state: str
    reason: str | None = None
    verb: str | None = None
