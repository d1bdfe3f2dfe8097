"""Ports to the outside: effects we cannot undo. Each method is one conversation with one server.

Every method raises only the five families of `domain.errors`: `Unavailable` (nothing happened), `Unconfirmed` (it may have
happened), `Refused`, `Malformed`, `Misconfigured`. All times are Unix milliseconds unless the name says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Protocol

from maskbot.domain.account import FeedKind
from maskbot.domain.broadcast import KeyItem
from maskbot.domain.card import CardFacts, Look
from maskbot.domain.errors import Refused
from maskbot.domain.identity import Profile
from maskbot.domain.post import Draft, Picture, Post, PostLimits, Quoted
from maskbot.domain.request import Fact, PriceNeed


@dataclass(frozen=True, slots=True)
class Page:
    """Posts above a cursor, oldest first, and the cursor that covers them (None: nothing new, keep the old one)."""

    posts: tuple[Post, ...]
    cursor: str | None


class MentionFeed(Protocol):
    """Reads one account's feeds on one platform."""

    def whoami(self) -> Profile:
        """The account's own profile. Raises Misconfigured if the token is refused."""
        ...

    def fetch_page(self, *, kind: FeedKind, target: str, cursor: str | None) -> Page:
        """Everything above `cursor`, all pages up to a bound (the next call goes on). With no cursor: the newest page only."""
        ...

    def fetch_public(self, post_id: str) -> Quoted | None:
        """The text and links of one public post, None when there is none (any more) that everybody may read. One call."""
        ...

    def stream(
        self, *, on_post: Callable[[Post, FeedKind], None], on_deleted: Callable[[str], None], stop: Event
    ) -> None:
        """Push posts until `stop` is set. Returns on `stop`; raises Unavailable when the stream broke, was silent for longer than
        its watchdog allows, or is not offered to this account (then `retry_after_s` is infinite). `on_post` may be called
        from another thread, and must be cheap."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """A post of ours: its platform id and its public address."""

    post_id: str
    url: str


class PictureRefused(Refused):
    """The platform does not take a picture of the draft. Nothing was published."""

    kind = "PictureRefused"


DUPLICATE_TEXT = "XDuplicateText"
"""The kind of an Unconfirmed that says: this text is there already. If no post of ours is found, it belongs to another answer."""


class Publisher(Protocol):
    """Publishes for one account."""

    def limits(self) -> PostLimits:
        """How long a post may be here. Cached."""
        ...

    def deliver(self, draft: Draft, *, idempotency_key: str) -> Published:
        """Publish the draft once. Raises Unconfirmed if it may have been published all the same, PictureRefused."""
        ...

    def find(self, draft: Draft, *, since_ms: int) -> Published | None:
        """Our own recent post that this draft became, by the post it answers to and its text; None if it is not there."""
        ...

    def delete(self, post_id: str) -> None:
        """Delete a post of ours. Deleting what is gone succeeds."""
        ...


@dataclass(frozen=True, slots=True)
class ProfileText:
    """What a profile says of itself: where keys and opt-outs are looked for. Plain text; at most 8 KiB in all."""

    profile: Profile
    bio: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands to us. `is_so` is None when the platform does not show it; `reads` is how many users were read for it,
    which is what X charges for."""

    is_so: bool | None
    reads: int = 1


class SocialGraph(Protocol):
    """Looks people up. `user_id` is as in `Profile`: X's own, or that of the Mastodon server that serves us."""

    def fetch_profile(self, handle: str) -> ProfileText | None:
        """The profile with this handle (no leading @; `user@domain` on Mastodon), None if there is none."""
        ...

    def is_followed_by(self, user_id: str) -> Standing:
        """Whether this person follows our account."""
        ...

    def has_boosted(self, post_id: str, *, user_id: str) -> Standing:
        """Whether this person has boosted (X: reposted) a post. Only the newest boosts are read, a bounded number: who is not among
        them and might be among the others is not known."""
        ...


class KeyGraph(Protocol):
    """The GUN relays, where wrapped post keys lie."""

    @property
    def relays(self) -> tuple[str, ...]:
        """The relay URLs, as configured."""
        ...

    def put_items(self, items: Sequence[KeyItem], *, relay: str) -> None:
        """Write the items to one relay in one put graph and return when it has acknowledged them or gives them back on reading.

        Safe to repeat. Raises Unavailable if the relay cannot be reached, Unconfirmed if it neither acknowledged nor returns them.
        """
        ...

    def fetch_items(
        self, paths: Sequence[tuple[str, ...]]
    ) -> Mapping[tuple[str, ...], tuple[Mapping[str, object], ...]]:
        """The items in each set, merged over all relays that answered within the timeout. Items are unchecked: any writer may put
        anything there; at most 2,000 per path, 8 KB each. Raises Unavailable if no relay answered."""
        ...

    def fetch_node(self, path: tuple[str, ...]) -> Mapping[str, object] | None:
        """The one node at a path, merged over all relays that answered; None when none of them knows it. Unchecked, like items.
        Raises Unavailable if no relay answered."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class MarketData(Protocol):
    """Prices."""

    def fetch_price(self, need: PriceNeed) -> Fact:
        """A PriceFact, or a NoFact that says why not: `unavailable` when no source answers, for whoever asks is told at once."""
        ...

    def refresh_ahead(self) -> bool:
        """Fetch the largest coins in one call, unless that was done within ten minutes; whether it was done. Never raises."""
        ...


class PictureSource(Protocol):
    """Fetches pictures from URLs that strangers name."""

    def fetch(self, url: str) -> bytes:
        """A PNG or JPEG file of at most 8 MiB, within 10 s; the bytes are unchecked. Addresses are checked at connect time, and
        redirects stay on the host. Raises Refused (gone, forbidden, too long, no picture), Malformed, Unavailable."""
        ...


class CardRenderer(Protocol):
    """Draws cards, in processes of its own."""

    def render(self, facts: CardFacts, *, look: Look) -> Picture:
        """The card as a picture with alt text. The same facts and look give the same bytes. Raises Unavailable when it cannot be
        drawn now, Misconfigured when it never can."""
        ...


class WebhookSender(Protocol):
    """Posts signed notices to an owner's URL."""

    def send(self, *, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """POST the body, and return the HTTP status. Addresses are checked at connect time (no private ranges unless allowed)."""
        ...
