"""Deliveries: the tracked attempt to publish one draft on one platform (reliability.md C.4)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from maskbot.domain.post import Draft


def idempotency_key(*, account_id: str, cause_id: str) -> str:
    """A pure function of what is answered or announced: the same from stream, poll and restart (32 hex digits)."""
    return hashlib.sha256(f"maskbot|{account_id}|{cause_id}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A draft to publish. `cause_id` is the id of the mention's root post or of the broadcast; unique with the account."""

    account_id: str
    tenant_id: str
    cause_id: str
    draft: Draft
    mention_id: str | None = None
    broadcast_id: str | None = None
    expires_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A recorded delivery. `state` follows `domain.states.DELIVERY`; `sending_at_ms` is when the call began, `looks` how often
    the post was looked for and not found since the outcome became unknown, `error_kind` why it did."""

    id: str
    account_id: str
    tenant_id: str
    key: str
    draft: Draft
    state: str
    mention_id: str | None = None
    broadcast_id: str | None = None
    remote_id: str | None = None
    sending_at_ms: int | None = None
    unknown_since_ms: int | None = None
    looks: int = 0
    expires_at_ms: int | None = None
    error_kind: str | None = None
