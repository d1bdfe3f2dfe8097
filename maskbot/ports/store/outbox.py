"""Deliveries, broadcasts, and key records on their way to the relays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from maskbot.domain.broadcast import Broadcast, KeyItem, KeyPublication, NewBroadcast
from maskbot.domain.delivery import Delivery, NewDelivery
from maskbot.domain.identity import PersonId, PublicKey


class Deliveries(Protocol):
    """The outbox."""

    def add(self, deliveries: Sequence[NewDelivery], *, now_ms: int) -> tuple[str, ...]:
        """Record drafts (unique by account and cause); the ids of the new rows, "" where it was there already."""
        ...

    def load(self, ids: Sequence[str]) -> Mapping[str, Delivery]:
        """Deliveries by id."""
        ...

    def move(
        self,
        delivery_id: str,
        *,
        before: str,
        after: str,
        now_ms: int,
        remote_id: str | None = None,
        error_kind: str | None = None,
    ) -> None:
        """Change the state. Raises Refused (IllegalMove) if it is not in `before` or the move is not legal. Entering `sending`
        sets sending_at_ms; entering `unknown` sets unknown_since_ms once and counts a look each further time."""
        ...

    def reply_to(self, *, account_id: str, person: PersonId, remote_id: str) -> str | None:
        """`remote_id` again if that post of ours answered a mention by this person, else None."""
        ...


class Broadcasts(Protocol):
    """Encrypted broadcasts."""

    def add(self, broadcast: NewBroadcast, *, broadcast_id: str, sealed_post_key: bytes, now_ms: int) -> None:
        """Record a sealed broadcast; its post key's Place is ("broadcast", id, tenant id, "post_key")."""
        ...

    def load(self, broadcast_id: str) -> tuple[Broadcast, bytes] | None:
        """The broadcast and its sealed post key."""
        ...

    def move(self, broadcast_id: str, *, after: str) -> bool:
        """Change the state if the move is legal; False if it is there already."""
        ...

    def add_recipients(self, broadcast_id: str, recipients: Sequence[PublicKey]) -> tuple[PublicKey, ...]:
        """Record recipients; the new ones."""
        ...

    def deliveries(self, broadcast_id: str) -> tuple[str, ...]:
        """The ids of its deliveries, one an account."""
        ...


class KeyPublications(Protocol):
    """Batches of key items on their way to the relays."""

    def add(self, broadcast_id: str, *, tenant_id: str, relay: str, items: Sequence[KeyItem]) -> str:
        """Record a batch; its id."""
        ...

    def load(self, publication_id: str) -> KeyPublication | None:
        """One batch."""
        ...

    def finish(self, publication_id: str, *, now_ms: int) -> None:
        """The relay holds it."""
        ...

    def progress(self, broadcast_id: str) -> Mapping[str, tuple[int, int]]:
        """By relay: batches done, batches in all."""
        ...
