"""Broadcasts: one encrypted message for one audience, published on several accounts at its slot."""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.identity import PublicKey


@dataclass(frozen=True, slots=True)
class KeyItem:
    """One item for a set on the key graph: `path` are the node names from the root, `soul` the item's own node name, `data`
    its fields. Souls and `state_ms` are fixed when it is made, so writing it twice changes nothing."""

    path: tuple[str, ...]
    soul: str
    data: dict[str, str | int]
    state_ms: float


@dataclass(frozen=True, slots=True)
class NewBroadcast:
    """A sealed broadcast to record. `payload` are the v37 bytes; `sealed_post_key` is the vault's ciphertext of the post key."""

    tenant_id: str
    persona_id: str
    title: str
    slot_at_ms: int
    payload: bytes
    post_iv: bytes
    account_ids: tuple[str, ...]
    recipients: tuple[PublicKey, ...]
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A recorded broadcast. `state` follows `domain.states.BROADCAST`. `title` is the operator's own label, never published."""

    id: str
    tenant_id: str
    persona_id: str
    title: str
    state: str
    slot_at_ms: int
    payload: bytes
    post_iv: bytes
    is_public: bool


@dataclass(frozen=True, slots=True)
class KeyPublication:
    """A batch of key items on its way to one relay; done when the relay acknowledged it or gave it back on reading."""

    id: str
    broadcast_id: str
    tenant_id: str
    relay: str
    items: tuple[KeyItem, ...]
    is_done: bool
