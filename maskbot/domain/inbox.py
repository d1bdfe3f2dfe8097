"""The inbox: decrypted posts of hosted personas, with who may read them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One opened post. `text` and `meta_json` are plain here; at rest they are sealed by the vault, bound to the row.

    `post_iv` (16 bytes) and `payload_hash` (SHA-256 of the payload as it was carried) tell posts apart that share an IV; None for
    items of older versions. `flags` are `author_differs` (the payload names another author than the page) and `iv_reused`.
    """

    id: str
    tenant_id: str
    persona_id: str
    platform: str
    post_id: str
    author: str
    claimed_author: str | None
    text: str
    meta_json: str | None
    received_at_ms: int
    flags: tuple[str, ...] = ()
    post_iv: bytes | None = None
    payload_hash: bytes | None = None
