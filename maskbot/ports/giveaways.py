"""Ports of giveaways: the rows of one unit of work, and the beacon outside (reliability.md C.2, C.5, C.6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from maskbot.domain.eligibility import EntryRefusal
from maskbot.domain.errors import Refused
from maskbot.domain.giveaway import Entrant, Giveaway, Prize
from maskbot.domain.identity import PersonId
from maskbot.domain.money import Address


class EntrantsFixed(Refused):
    """The giveaway is not open: nobody can be added to its entrants, and nobody taken away."""

    kind = "EntrantsFixed"


class Giveaways(Protocol):
    """Campaigns. Their rules are written once; a row whose rules no longer have their hash is Malformed (DamagedRow)."""

    def add(self, giveaway: Giveaway, *, now_ms: int) -> None:
        """Record a giveaway. A code that a giveaway of this tenant has already is Refused (AlreadyThere)."""
        ...

    def load(self, giveaway_id: str, *, is_locked: bool = False) -> Giveaway | None:
        """One giveaway; with `is_locked` nobody else changes it until the end of the transaction."""
        ...

    def of_tenant(
        self, tenant_id: str, *, states: Collection[str] | None = None, codes: Collection[str] | None = None
    ) -> tuple[Giveaway, ...]:
        """The tenant's giveaways in these states and with these codes, newest first, at most 1,000."""
        ...

    def move(self, giveaway: Giveaway, *, after: str, now_ms: int) -> Giveaway:
        """Change the state from `giveaway.state`, and with it `funded`, `refunded`, `refund_id`, `root`, `entrant_count`,
        `beacon_value` and `server_seed`; the giveaway as it is then. Raises Refused (IllegalMove) if it is not in that state, or
        the move is none."""
        ...

    def save_beacon(self, giveaway_id: str, *, value: bytes) -> None:
        """Remember what the beacon said, once: another value later is Refused (IllegalMove)."""
        ...


class Entrants(Protocol):
    """Who entered what, and who was refused why."""

    def add(self, giveaway_id: str, entrant: Entrant, *, now_ms: int) -> None:
        """Record an entrant. Raises EntrantsFixed unless the giveaway is open; the same person or address twice is Refused
        (AlreadyThere)."""
        ...

    def load(self, giveaway_id: str) -> tuple[Entrant, ...]:
        """All entrants, in the order of their entering (time, then id)."""
        ...

    def find(
        self, giveaway_id: str, *, person: PersonId | None = None, address: Address | None = None
    ) -> Entrant | None:
        """The entrant that is this person, or has this address."""
        ...

    def refuse(self, giveaway_id: str, *, entrant_id: bytes, reason: EntryRefusal, now_ms: int) -> None:
        """Count a refusal; a person is counted once for each reason."""
        ...

    def refusals(self, giveaway_id: str) -> Mapping[str, int]:
        """How many people were refused, by reason."""
        ...


class Prizes(Protocol):
    """What winners get."""

    def add(self, giveaway_id: str, prizes: Sequence[Prize]) -> None:
        """Record all prizes of a giveaway. A rank or an entrant twice is Refused (AlreadyThere)."""
        ...

    def load(self, giveaway_id: str) -> tuple[Prize, ...]:
        """The prizes by rank."""
        ...

    def move(self, giveaway_id: str, prize: Prize, *, after: str) -> None:
        """Change the state from `prize.state`, with payment id and transaction hash. Raises Refused (IllegalMove)."""
        ...


class Beacons(Protocol):
    """Randomness that nobody knew before its time."""

    def fetch_value(self, promise: str, *, not_before_s: int) -> bytes:
        """What the promised beacon says, checked as far as its kind can be: a drand signature (48 bytes) or a block hash (32).

        Raises: Unavailable (not published yet, or nobody answers), Malformed (a false signature), Misconfigured (a chain we do not
        know), Refused (it spoke before `not_before_s`, Unix time, when entrants could still be chosen)."""
        ...
