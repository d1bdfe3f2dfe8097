"""Who is who: platforms, profiles, public keys, personas (public half only).

Source: social-platforms.md (ids and actors), gun-personas-backup.md C (identifiers). Private keys are never seen here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

PersonId = NewType("PersonId", str)
"""One person for rights, limits and entries: `x:<user id>`, or the ActivityPub actor URI on Mastodon."""

PublicKey = NewType("PublicKey", bytes)
"""A secp256k1 point in compressed SEC1 form, 33 bytes; whoever makes one has checked that it lies on the curve."""


class Platform(StrEnum):
    """X or Mastodon (any server that speaks the Mastodon API)."""

    X = "x"
    MASTODON = "mastodon"


@dataclass(frozen=True, slots=True)
class Profile:
    """One account on one platform, as the instance that serves us names it.

    `instance` is `x.com` or the serving instance's host (with a port, if it has one); `user_id` is local to it. `handle` has
    no leading `@`; on Mastodon it is always whole: `user@domain`. `actor_uri` is the ActivityPub id, None on X.
    """

    platform: Platform
    instance: str
    user_id: str
    handle: str
    actor_uri: str | None = None
    is_bot: bool = False

    def __post_init__(self) -> None:
        if not self.user_id:
            raise ValueError("a profile has a user id")
        if self.platform is Platform.MASTODON and not self.actor_uri:
            raise ValueError("a Mastodon profile has an actor URI")

    @property
    def person(self) -> PersonId:
        """The id by which rights, limits and entries are unique."""
        if self.actor_uri is not None:
            return PersonId(self.actor_uri)
        return PersonId(f"x:{self.user_id}")

    @property
    def domain(self) -> str:
        """The host this person lives on: of the actor URI on Mastodon, `x.com` on X."""
        if self.actor_uri is None:
            return self.instance
        return self.actor_uri.split("://", 1)[-1].split("/", 1)[0].lower()

    @property
    def wire_author(self) -> str:
        """The author text of a Mask payload: `person:twitter.com/<handle>`, or `person:<domain>/<user name>` on Mastodon."""
        if self.platform is Platform.X:
            return f"person:twitter.com/{self.handle}"
        return f"person:{self.domain}/{self.handle.split('@', 1)[0]}"


@dataclass(frozen=True, slots=True)
class Persona:
    """The public half of a hosted key pair; `owner` is the person who may read its inbox, None for the tenant's own."""

    id: str
    tenant_id: str
    name: str
    public_key: PublicKey
    owner: PersonId | None = None

    def __post_init__(self) -> None:
        if len(self.public_key) != 33:
            raise ValueError("a public key is 33 bytes, compressed")
