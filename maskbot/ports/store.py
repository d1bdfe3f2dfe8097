"""Ports of the store: units of work and their repositories.

`Store.write()` is one transaction (SQLite: BEGIN IMMEDIATE; PostgreSQL: READ COMMITTED), committed at the end of the block and
rolled back on any exception. `Store.read()` sees one snapshot. No network call is made inside either. All sequences may be
empty; bulk methods use a constant number of statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from maskbot.domain.account import Account, Feed
from maskbot.domain.broadcast import Broadcast, KeyItem, KeyPublication, NewBroadcast
from maskbot.domain.delivery import Delivery, NewDelivery
from maskbot.domain.identity import Persona, PersonId, PublicKey
from maskbot.domain.inbox import InboxItem
from maskbot.domain.job import Job, NewJob
from maskbot.domain.mention import Mention, NewMention, Outcome
from maskbot.domain.request import Fact, Need


class Jobs(Protocol):
    """Rows that are due, and their leases."""

    def add(self, jobs: Sequence[NewJob]) -> None:
        """Record jobs. A job of the same kind and target that is pending stays as it is; one that is done or parked falls due
        again at the new time."""
        ...

    def claim(self, *, queue: str, owner: str, limit: int, now_ms: int, lease_ms: int) -> tuple[Job, ...]:
        """Take due jobs whose lease is free, oldest due first, with a new lease token each. A job claimed for the 6th time without
        an end is parked instead (reliability.md E22)."""
        ...

    def finish(self, jobs: Sequence[Job]) -> None:
        """They are done. Raises Refused (kind StaleLease) if a lease was lost: the whole unit of work rolls back."""
        ...

    def postpone(self, job: Job, *, due_at_ms: int, error_kind: str) -> None:
        """Try again later; frees the lease and forgets its crashes. Raises Refused (StaleLease) like `finish`."""
        ...

    def park(self, job: Job, *, error_kind: str) -> None:
        """Give up until a person looks. Raises Refused (StaleLease) like `finish`."""
        ...


class Bells(Protocol):
    """What the ticker rings for."""

    def take_due(self, *, now_ms: int, quiet_ms: int) -> Mapping[str, int]:
        """Due or lapsed jobs by queue that were not announced in the last `quiet_ms`; marks them announced."""
        ...

    def lease_owners(self) -> tuple[str, ...]:
        """Who holds leases now."""
        ...

    def free_leases(self, owner: str, *, now_ms: int) -> int:
        """Make the jobs of an owner that died due now; how many. Their crash counts stay."""
        ...

    def beat(self, *, name: str, now_ms: int) -> None:
        """Note that a loop is alive (health reads it)."""
        ...


class Mentions(Protocol):
    """Collected posts."""

    def record(self, mentions: Sequence[NewMention], *, now_ms: int) -> tuple[str, ...]:
        """Store what is not stored yet (unique by account and root id, a watched post by its feed too); the ids of the new rows, in
        order. Own posts (author is one of our accounts on that platform and instance) are the caller's to leave out."""
        ...

    def load(self, ids: Sequence[str]) -> Mapping[str, Mention]:
        """The mentions with these ids; missing ids are left out."""
        ...

    def settle(self, outcomes: Sequence[Outcome], *, now_ms: int) -> None:
        """Record what became of them. An illegal move (domain.states.MENTION) is a Refused (kind IllegalMove)."""
        ...

    def forget(self, *, account_id: str, root_id: str) -> None:
        """The post was deleted on its platform: erase its text and everything opened from it; keep the ids (X rule: 24 h)."""
        ...

    def mark_opened(self, mention_id: str, *, inbox_id: str) -> None:
        """Remember what the payload of this mention opened to."""
        ...


class FactStore(Protocol):
    """Facts fetched for mentions that wait for them."""

    def missing(self, mention_id: str, needs: Sequence[Need]) -> None:
        """Record needs to be fetched."""
        ...

    def load_needs(self, mention_id: str) -> tuple[Need, ...]:
        """The needs not fetched yet."""
        ...

    def save(self, mention_id: str, *, facts: Mapping[Need, Fact]) -> None:
        """Record what was found."""
        ...

    def load(self, mention_ids: Sequence[str]) -> Mapping[str, Mapping[Need, Fact]]:
        """The facts found for each mention."""
        ...


class Accounts(Protocol):
    """Hosting accounts and their feeds. (Tokens lie in the `secret` column, sealed by the vault.)"""

    def load(self, ids: Sequence[str] | None = None) -> Mapping[str, Account]:
        """Accounts by id; all when `ids` is None."""
        ...

    def load_token(self, account_id: str) -> bytes:
        """The sealed token of the account; its Place is ("account", account id, tenant id, "token")."""
        ...

    def feeds(self, account_id: str | None = None) -> tuple[Feed, ...]:
        """The feeds of one account, or of all."""
        ...

    def advance(self, feed_id: str, *, cursor: str) -> None:
        """Move a feed's cursor."""
        ...

    def set_state(self, account_id: str, *, state: str, reason: str) -> None:
        """active, paused or broken (token refused), with the reason shown to the operator."""
        ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a person may still get on one account: `answers` whole tokens left; opted out or not; answers in this thread so far."""

    answers: int
    is_opted_out: bool
    in_thread: int
    last_help_ms: int | None


class People(Protocol):
    """Opt-outs and answer limits, by person."""

    def allowances(
        self, asked: Sequence[tuple[str, PersonId, str | None]], *, burst: int, refill_ms: int, now_ms: int
    ) -> Mapping[tuple[str, PersonId, str | None], Allowance]:
        """For each (account id, person, conversation id)."""
        ...

    def spend(
        self,
        asked: Sequence[tuple[str, PersonId, str | None]],
        *,
        burst: int,
        refill_ms: int,
        now_ms: int,
        is_help: bool = False,
    ) -> None:
        """Count one answer for each."""
        ...

    def opt_out(self, tenant_id: str, person: PersonId, *, now_ms: int) -> None:
        """Remember that this person wants no answers. Kept for ever."""
        ...

    def opt_in(self, tenant_id: str, person: PersonId) -> None:
        """Undo `opt_out`."""
        ...


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

    def webhook(self, persona_id: str) -> tuple[str, bytes] | None:
        """The owner's webhook URL and its sealed secret (Place ("persona", persona id, tenant id, "webhook")), None if unset."""
        ...

    def set_webhook(self, persona_id: str, *, url: str | None, sealed_secret: bytes | None) -> None:
        """Set or clear the webhook."""
        ...


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

    def remote_ids(self, *, account_id: str, post_ids: Sequence[str]) -> frozenset[str]:
        """Which of these platform ids are posts of ours (own echo)."""
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


class Switches(Protocol):
    """Pause switches by scope: `global`, `tenant:<id>`, `account:<id>`, `verb:<verb>`, `deliveries`."""

    def off(self) -> frozenset[str]:
        """Scopes that are paused."""
        ...

    def flip(self, scope: str, *, is_on: bool, reason: str, who: str, now_ms: int) -> None:
        """Resume or pause a scope."""
        ...


class Ledger(Protocol):
    """What X calls cost, in thousandths of a US dollar, by UTC day."""

    def spend(self, *, account_id: str, action: str, cost_musd: int, now_ms: int) -> None:
        """Add a cost."""
        ...

    def spent_today(self, *, account_id: str, now_ms: int) -> int:
        """The sum of the UTC day."""
        ...


class Throttles(Protocol):
    """Platform rate windows, shared by all workers through the store."""

    def blocked_until(self, *, account_id: str, action: str, now_ms: int) -> int | None:
        """The time before which this action must not be called, None if it may."""
        ...

    def block(self, *, account_id: str, action: str, until_ms: int) -> None:
        """The platform said to wait."""
        ...


class Work(Protocol):
    """The repositories of one transaction."""

    jobs: Jobs
    bells: Bells
    mentions: Mentions
    facts: FactStore
    accounts: Accounts
    people: People
    personas: Personas
    links: PersonaLinks
    contacts: Contacts
    inbox: Inbox
    deliveries: Deliveries
    broadcasts: Broadcasts
    publications: KeyPublications
    switches: Switches
    ledger: Ledger
    throttles: Throttles


class Store(Protocol):
    """Opens units of work."""

    def write(self) -> AbstractContextManager[Work]:
        """One write transaction."""
        ...

    def read(self) -> AbstractContextManager[Work]:
        """One read transaction; writing through it is an error."""
        ...
