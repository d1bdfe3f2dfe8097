"""What the simulated X remembers: users, posts, media, direct messages, subscriptions, switches.

Plain records that turn into JSON and back; no rule and no HTTP here. Source of the fields: spec/social-platforms.md, 2 and 9.1.
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

FieldNames = Literal["old", "new", "mixed"]


@dataclass(slots=True)
class User:
    """One account. `follows` and `blocks` hold user ids; `is_revoked` makes every token of it answer 401."""

    id: str
    username: str
    name: str
    access_token: str
    access_token_secret: str
    oauth2_token: str
    created_at_s: float
    description: str = ""
    is_protected: bool = False
    is_premium: bool = False
    is_suspended: bool = False
    is_revoked: bool = False
    follows: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Post:
    """One post. `prefix` is the run of carried mentions, `body` what its author typed; both unescaped, links whole."""

    id: str
    author_id: str
    prefix: str
    body: str
    created_at_s: float
    conversation_id: str
    reply_to: str | None = None
    quote_of: str | None = None
    repost_of: str | None = None
    media_ids: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    is_by_api: bool = False
    is_deleted: bool = False
    is_superseded: bool = False

    @property
    def text(self) -> str:
        return self.prefix + self.body


@dataclass(slots=True)
class Media:
    """One uploaded picture; `parts` maps segment index to base64, `state` is X's processing state or None when ready at once."""

    id: str
    owner_id: str
    media_type: str
    total_bytes: int
    alt_text: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    is_final: bool = False
    state: Literal["pending", "in_progress", "succeeded", "failed"] | None = None
    polls_left: int = 0

    @property
    def content(self) -> bytes:
        """The uploaded bytes, segments joined in order."""
        return b"".join(base64.b64decode(self.parts[index]) for index in sorted(self.parts, key=int))


@dataclass(slots=True)
class DirectMessage:
    id: str
    sender_id: str
    recipient_id: str
    text: str
    created_at_s: float

    @property
    def conversation_id(self) -> str:
        return "-".join(sorted((self.sender_id, self.recipient_id), key=int))


@dataclass(slots=True)
class Subscription:
    id: str
    event_type: str
    user_id: str
    tag: str
    created_at_s: float


@dataclass(slots=True)
class UserList:
    id: str
    owner_id: str
    name: str
    members: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Switches:
    """Behaviours a test or the tour turns on and off while the server runs."""

    field_names: FieldNames = "old"
    meta_newest_id: bool = True
    offsets_in_escaped_text: bool = True
    has_limits: bool = True
    limit_overrides: dict[str, int] = field(default_factory=dict)
    media_processing: Literal["none", "succeeds", "fails", "stays"] = "none"
    media_polls: int = 1
    check_after_s: int = 0
    heartbeat_s: float = 20.0
    bills_included_users: bool = True
    self_serve_rules: bool = True
    prices_mills: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class AppKeys:
    """The one developer app of the sandbox; its owner's own mentions are billed as owned reads."""

    consumer_key: str = "sandbox-consumer-key"
    consumer_secret: str = "sandbox-consumer-secret"
    bearer_token: str = "sandbox-app-bearer"
    owner_id: str = ""


Record = User | Post | Media | DirectMessage | Subscription | UserList | Switches | AppKeys

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (User, Post, Media, DirectMessage, Subscription, UserList, Switches, AppKeys)
}


def to_json(record: Record) -> dict[str, Any]:
    return {"kind": type(record).__name__, "value": asdict(record)}


def from_json(line: dict[str, Any]) -> Record:
    made: Record = KINDS[line["kind"]](**line["value"])
    return made
