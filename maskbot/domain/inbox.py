"""The inbox: decrypted posts of hosted personas, with who may read them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InboxItem:
    """One opened post. `text` and `meta_json` are plain here; at rest they are sealed by the vault, bound to the row."""

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
