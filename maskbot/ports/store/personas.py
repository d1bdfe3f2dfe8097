"""Hosted personas, known keys of people, opened posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from maskbot.domain.identity import Persona, PersonId, PublicKey
from maskbot.domain.inbox import InboxItem


class Personas(Protocol):
    """Hosted personas (public half) and who watches what."""

    def add(self, persona: Persona, *, now_ms: int) -> None:
        """Record a persona whose key the vault holds. Repeating it changes nothing; the same key in the tenant twice is Refused."""
        ...

    def load(self, *, tenant_id: str, ids: Sequence[str] | None = None) -> tuple[Persona, ...]:
        """Personas of the tenant."""
        ...

    def linked_to(self, *, tenant_id: str, person: PersonId) -> tuple[Persona, ...]:
        """Personas this person owns or is linked to."""
        ...

    def watching(self, feed_id: str) -> tuple[Persona, ...]:
        """Personas that watch this feed."""
        ...

    def erase(self, persona_id: str) -> None:
        """Remove the persona, its links and its inbox."""
        ...


class PersonaLinks(Protocol):
    """Links of personas to people and feeds, and join counts."""

    def link(self, persona_id: str, *, person: PersonId) -> None:
        """This person may use the persona."""
        ...

    def watch(self, persona_id: str, *, feed_id: str) -> None:
        """Payloads in this feed are tried with this persona."""
        ...

    def count_joins(self, *, account_id: str, since_ms: int) -> int:
        """Personas that joined by mention of this account since then."""
        ...

    def note_join(self, *, account_id: str, persona_id: str, now_ms: int) -> None:
        """Count a join."""
        ...


@dataclass(frozen=True, slots=True)
class Contact:
    """A person's public key, as we learnt it. `source` is payload, bio, proof, next_id or operator; `is_changed` flags a key that
    differs from the first one seen (trust on first use)."""

    tenant_id: str
    author: str
    public_key: PublicKey
    source: str
    is_changed: bool = False


class Contacts(Protocol):
    """Known public keys of people, by wire author text (`person:twitter.com/alice`)."""

    def learn(self, contact: Contact, *, now_ms: int) -> Contact:
        """Record a key; the stored contact, with `is_changed` set if another key was known before."""
        ...

    def find(self, *, tenant_id: str, author: str) -> Contact | None:
        """The contact with this author text."""
        ...

    def buckets(self, public_keys: Sequence[PublicKey]) -> Mapping[PublicKey, str]:
        """The known v37 buckets of these keys (two characters, gun-personas-backup.md A.2); unknown ones are left out."""
        ...

    def keep_buckets(self, buckets: Mapping[PublicKey, str]) -> None:
        """Remember buckets. They never change; repeating it changes nothing."""
        ...


class Inbox(Protocol):
    """Opened posts, sealed at rest."""

    def add(self, item: InboxItem, *, sealed: bytes) -> bool:
        """Record an item whose text and meta are in `sealed`; False if this persona has this post already. The fields `text`
        and `meta_json` of `item` are not stored."""
        ...

    def load(
        self, *, tenant_id: str, persona_id: str | None = None, limit: int = 50, ids: Sequence[str] | None = None
    ) -> tuple[tuple[InboxItem, bytes], ...]:
        """Items (text empty) with their sealed bytes, newest first."""
        ...

    def is_iv_reused(self, persona_id: str, *, post_iv: bytes, payload_hash: bytes) -> bool:
        """Whether this persona has an item of another payload (by its hash) with the same post IV."""
        ...

    def webhook(self, persona_id: str) -> tuple[str, bytes] | None:
        """The owner's webhook URL and its sealed secret (Place ("persona", persona id, tenant id, "webhook")), None if unset."""
        ...

    def set_webhook(self, persona_id: str, *, url: str | None, sealed_secret: bytes | None) -> None:
        """Set or clear the webhook."""
        ...
