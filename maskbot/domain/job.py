"""Jobs: rows that are due, and the lease that gives one worker the right to do one (reliability.md A.1, C.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class JobKind(StrEnum):
    """What is to be done; the value is stored. Each kind belongs to one queue."""

    ANSWER_MENTION = "answer_mention"
    FETCH_FACTS = "fetch_facts"
    REFRESH_MARKET = "refresh_market"
    OPEN_POST = "open_post"
    FETCH_PICTURE = "fetch_picture"
    PUBLISH_KEYS = "publish_keys"
    DELIVER_POST = "deliver_post"
    DELETE_POST = "delete_post"
    DELIVER_WEBHOOK = "deliver_webhook"
    ERASE_KEY = "erase_key"
    CHECK_PAYMENT = "check_payment"
    SWEEP_WALLET = "sweep_wallet"
    CLOSE_GIVEAWAY = "close_giveaway"
    FETCH_BEACON = "fetch_beacon"
    DRAW_GIVEAWAY = "draw_giveaway"
    BOOK_GIVEAWAY = "book_giveaway"
    CHECK_CLAIM = "check_claim"
    PRICE_CLAIM = "price_claim"
    BOOK_CLAIM = "book_claim"
    ADVANCE_PACKET = "advance_packet"
    PUBLISH_PACKET = "publish_packet"
    TRACK_PACKET = "track_packet"
    REFUND_PACKET = "refund_packet"
    SWEEP_SAFE = "sweep_safe"

    @property
    def queue(self) -> str:
        """The Celery queue whose workers do this kind."""
        return _QUEUES[self]


_QUEUES = {
    JobKind.ANSWER_MENTION: "mentions",
    JobKind.FETCH_FACTS: "facts",
    JobKind.REFRESH_MARKET: "facts",
    JobKind.OPEN_POST: "keys",
    JobKind.FETCH_PICTURE: "pictures",
    JobKind.PUBLISH_KEYS: "keys",
    JobKind.DELIVER_POST: "deliveries",
    JobKind.DELETE_POST: "deliveries",
    JobKind.DELIVER_WEBHOOK: "webhooks",
    JobKind.ERASE_KEY: "keys",
    JobKind.CHECK_PAYMENT: "payments",
    JobKind.SWEEP_WALLET: "payments",
    JobKind.CLOSE_GIVEAWAY: "facts",
    JobKind.FETCH_BEACON: "facts",
    JobKind.DRAW_GIVEAWAY: "facts",
    JobKind.BOOK_GIVEAWAY: "facts",
    JobKind.CHECK_CLAIM: "payments",
    JobKind.PRICE_CLAIM: "facts",
    JobKind.BOOK_CLAIM: "payments",
    JobKind.ADVANCE_PACKET: "payments",
    JobKind.PUBLISH_PACKET: "payments",
    JobKind.TRACK_PACKET: "payments",
    JobKind.REFUND_PACKET: "payments",
    JobKind.SWEEP_SAFE: "payments",
}

QUEUES = ("mentions", "facts", "keys", "pictures", "deliveries", "webhooks", "payments")


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to record: what to do with which row, not before `due_at_ms` (Unix time, milliseconds)."""

    kind: JobKind
    target_id: str
    tenant_id: str
    due_at_ms: int


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job. `lease_token` must accompany every later write; `tries` counts claims, `crashes` claims that never ended."""

    id: str
    kind: JobKind
    target_id: str
    tenant_id: str
    lease_token: int
    tries: int
    crashes: int
    created_at_ms: int
