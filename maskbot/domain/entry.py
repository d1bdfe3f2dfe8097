"""What people ask about giveaways, what the answer must know, and what it does: parts of `domain.request`, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maskbot.domain.eligibility import EntryRefusal
from maskbot.domain.giveaway import Entrant, Giveaway, Prize
from maskbot.domain.money import Address


@dataclass(frozen=True, slots=True)
class GiveawayNeed:
    """The giveaways of the account that was asked, as the asker sees them (from our store). `words` may hold the code of one (lower
    case); `address` or `name` is what the asker wants to enter with; `by_persona` when they named neither, and the
    wallet of their hosted persona is meant, if they have one on the giveaway's chain."""

    words: tuple[str, ...] = ()
    address: Address | None = None
    name: str | None = None
    by_persona: bool = False


@dataclass(frozen=True, slots=True)
class AddressNeed:
    """The address behind an ENS name (lower case, ASCII)."""

    name: str


@dataclass(frozen=True, slots=True)
class HoldingNeed:
    """How much of a contract an address held at a block."""

    chain_id: int
    contract: Address
    block: int
    address: Address


@dataclass(frozen=True, slots=True)
class FollowNeed:
    """Whether the platform's user follows our account."""

    account_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class BoostNeed:
    """Whether the platform's user has boosted a post, as our account sees it."""

    account_id: str
    user_id: str
    post_id: str


EntryNeed = GiveawayNeed | AddressNeed | HoldingNeed | FollowNeed | BoostNeed


@dataclass(frozen=True, slots=True)
class GiveawayView:
    """One giveaway as one person sees it. `held`, `is_following` and `has_boosted` are None when not asked, or when it could not be
    found out. `packet_until_s` is when the red packet ends that the prize waits in, None when it waits in none."""

    giveaway: Giveaway
    own: Entrant | None = None
    prize: Prize | None = None
    is_address_taken: bool = False
    held: int | None = None
    is_following: bool | None = None
    has_boosted: bool | None = None
    packet_until_s: int | None = None


@dataclass(frozen=True, slots=True)
class GiveawayFact:
    """The giveaways that may be meant, newest first. `address` is what the asker would enter with; `at_ms` is when the post counts
    as written; `account_born_ms` is None when the platform does not show it. `persona_id` is
    the hosted persona whose wallet `address` is."""

    views: tuple[GiveawayView, ...]
    address: Address | None
    at_ms: int
    account_born_ms: int | None
    persona_id: str | None = None

    def chosen(self, words: tuple[str, ...]) -> GiveawayView | None:
        """The one that is meant: by its code, else the only open one, else, when none is open, the newest."""
        found = chosen_giveaway([view.giveaway for view in self.views], words)
        return next((view for view in self.views if view.giveaway is found), None)


def chosen_giveaway(giveaways: Sequence[Giveaway], words: Sequence[str]) -> Giveaway | None:
    """Which of these, newest first, is meant: by its code, else the only open one, else, when none is open, the newest."""
    named = [each for each in giveaways if each.rules.code in words]
    open_now = [each for each in giveaways if each.state == "open"]
    if named:
        return named[0]
    if open_now:
        return open_now[0] if len(open_now) == 1 else None
    return giveaways[0] if giveaways else None


@dataclass(frozen=True, slots=True)
class AddressFact:
    """The address a name leads to, None when it leads nowhere."""

    address: Address | None


@dataclass(frozen=True, slots=True)
class HoldingFact:
    """Base units, or tokens of an NFT contract."""

    held: int


@dataclass(frozen=True, slots=True)
class StandingFact:
    """What the platform shows of a `FollowNeed` or `BoostNeed`."""

    is_so: bool


EntryFact = GiveawayFact | AddressFact | HoldingFact | StandingFact


@dataclass(frozen=True, slots=True)
class EnterGiveaway:
    """Record the asker as an entrant, with the hosted persona whose wallet the address is, if it is one's."""

    giveaway_id: str
    address: Address
    persona_id: str | None = None


@dataclass(frozen=True, slots=True)
class RefuseEntry:
    """Count that the asker was refused, and why."""

    giveaway_id: str
    reason: EntryRefusal
