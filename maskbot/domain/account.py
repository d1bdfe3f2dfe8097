"""Hosting accounts, and the feeds they watch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from maskbot.domain.identity import Profile


@dataclass(frozen=True, slots=True)
class Account:
    """One account the bot runs for a tenant. `api_base_url` is where its API is; `state` is active, paused or broken."""

    id: str
    tenant_id: str
    profile: Profile
    api_base_url: str
    state: str = "active"


class FeedKind(StrEnum):
    """What is watched: mentions of the account, its home timeline, one named account's posts, one list."""

    MENTIONS = "mentions"
    HOME = "home"
    PROFILE = "profile"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Feed:
    """One watched feed. `target` is the user id or list id ("" for mentions and home); `cursor` the last post seen, opaque."""

    id: str
    account_id: str
    tenant_id: str
    kind: FeedKind
    target: str = ""
    cursor: str | None = None
