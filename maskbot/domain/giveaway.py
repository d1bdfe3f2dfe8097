"""Giveaways: rules that never change once they were published, who entered, what each winner gets, and books to the last unit.

Source: reliability.md C.2 (giveaway, entry, prize), C.5 (lifecycle), C.6 (what is promised at opening), R34 to R36. The standard
library only. The draw itself is `wire/draw`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from maskbot.domain.conditions import BoostedPost, Holding
from maskbot.domain.identity import PersonId, Platform
from maskbot.domain.money import MOST_BASE_UNITS, Address, Amount, Token
from maskbot.domain.states import Lifecycle

MOST_PRIZES = 500
_CODE = re.compile(r"[a-z][a-z0-9-]{1,30}", re.ASCII)
_LONGEST_TITLE = 120
_LONGEST_WORD = 24
_MOST_BOOSTED = 16

GIVEAWAY = Lifecycle(
    "giveaway",
    "draft",
    {
        "draft": frozenset({"funded", "cancelled"}),
        "funded": frozenset({"open", "refunding"}),
        "open": frozenset({"closed", "refunding"}),
        "closed": frozenset({"drawn", "refunding"}),
        "drawn": frozenset({"paying", "refunding"}),
        "paying": frozenset({"paid"}),
        "paid": frozenset({"refunding", "closed_out"}),
        "refunding": frozenset({"refunding", "closed_out"}),
        "closed_out": frozenset(),
        "cancelled": frozenset(),
    },
)
"""`closed`: the root of the entrants is fixed and published. `open` to `refunding`: the beacon spoke before it could be closed."""

PRIZE = Lifecycle(
    "prize",
    "owed",
    {
        "owed": frozenset({"paying", "forfeited"}),
        "paying": frozenset({"paying", "paid", "owed", "forfeited"}),
        "paid": frozenset(),
        "forfeited": frozenset(),
    },
)
"""`paying`: a payment for it exists. It stays so when another one takes over (the allowance is final, now the tokens go). Back to
`owed` only when the payment is final and moved nothing. `forfeited`: nobody took the share of a red packet in time."""


@dataclass(frozen=True, slots=True)
class Waits:
    """What comes after a giveaway's end. It is closed `closing_delay_ms` later: posts that were written in time may arrive so late.
    Its beacon speaks `beacon_margin_ms` later at the earliest: the root of the entrants has to be public before."""

    closing_delay_ms: int
    beacon_margin_ms: int

    def __post_init__(self) -> None:
        if not 0 < self.closing_delay_ms < self.beacon_margin_ms:
            raise ValueError(
                "a beacon speaks after its giveaway is closed: its margin is longer than the closing delay"
            )

    @property
    def are_safe(self) -> bool:
        """Whether both are as long as is safe where prizes are worth something: a shorter delay leaves out people whose server is
        slow, a shorter margin may let somebody know the beacon while entrants can still be chosen."""
        safe = SAFE_WAITS
        return self.closing_delay_ms >= safe.closing_delay_ms and self.beacon_margin_ms >= safe.beacon_margin_ms


SAFE_WAITS = Waits(closing_delay_ms=150_000, beacon_margin_ms=900_000)
"""150 s are what a post may be late (120 s, `answer_mentions/giveaways.py`) and a poll; 900 s leave time for a restart."""


class Mode(StrEnum):
    """How winners are found: drawn from everybody, or the first who came."""

    DRAWN = "drawn"
    FIRST_COME = "first_come"


@dataclass(frozen=True, slots=True)
class Rules:
    """What is promised when a giveaway opens. `prizes` are base units by rank; `beacon` is a promise of `wire/draw` ("" when first
    come); `commit` the SHA-256 of a server seed in hex ("": none). The window ends just before `closes_at_ms`; the beacon speaks at
    `draws_at_ms` (0 without one). `follows`: an entrant follows the account they enter with; `boosted`: and has boosted the post of
    that account's instance, at most one for each."""

    giveaway_id: str
    code: str
    title: str
    token: Token
    prizes: tuple[int, ...]
    opens_at_ms: int
    closes_at_ms: int
    mode: Mode
    beacon: str
    commit: str = ""
    entry_word: str = ""
    least_account_age_days: int = 0
    holding: Holding | None = None
    draws_at_ms: int = 0
    follows: bool = False
    boosted: tuple[BoostedPost, ...] = ()

    def __post_init__(self) -> None:
        if _CODE.fullmatch(self.code) is None:
            raise ValueError("a giveaway's code is 2 to 31 of a-z, 0-9 and -, a letter first")
        if not 1 <= len(self.prizes) <= MOST_PRIZES or min(self.prizes) < 1:
            raise ValueError(f"a giveaway has 1 to {MOST_PRIZES} prizes of one base unit or more")
        if self.total > MOST_BASE_UNITS:
            raise ValueError("the prizes together are beyond 256 bits")
        if not self.opens_at_ms < self.closes_at_ms:
            raise ValueError("a giveaway closes after it opens")
        if (self.mode is Mode.DRAWN) != bool(self.beacon):
            raise ValueError("a draw needs a beacon, first come has none")
        if self.beacon and self.draws_at_ms <= self.closes_at_ms:
            raise ValueError("a beacon speaks after the giveaway has closed")
        if len(self.title) > _LONGEST_TITLE or len(self.entry_word) > _LONGEST_WORD or " " in self.entry_word:
            raise ValueError("a title has at most 120 characters, an entry word 24 and no space")
        if not 0 <= self.least_account_age_days <= 3_650:
            raise ValueError("an account age is between 0 and 3,650 days")
        if len({post.instance for post in self.boosted}) != len(self.boosted) or len(self.boosted) > _MOST_BOOSTED:
            raise ValueError(f"a giveaway names at most one post to boost for each of {_MOST_BOOSTED} instances")

    @property
    def total(self) -> int:
        """The sum of the prizes in base units: what has to be funded."""
        return sum(self.prizes)

    def boosted_on(self, instance: str) -> BoostedPost | None:
        """The post that who enters on this instance has boosted; None for no such condition there."""
        return next((post for post in self.boosted if post.instance == instance), None)

    @property
    def text(self) -> str:
        """The rules as canonical JSON: texts only, ASCII, keys sorted, no spaces. This is what is hashed and published. `follows`
        and `boosted` are members only where they are asked for, so rules without them keep the hash they always had."""
        document: dict[str, object] = {
            "format": "maskbot-giveaway-1",
            "giveaway": self.giveaway_id,
            "code": self.code,
            "title": self.title,
            "chain": str(self.token.chain_id),
            "token": f"0x{self.token.address.hex()}",
            "symbol": self.token.symbol,
            "decimals": str(self.token.decimals),
            "prizes": [str(prize) for prize in self.prizes],
            "opens_at_ms": str(self.opens_at_ms),
            "closes_at_ms": str(self.closes_at_ms),
            "mode": self.mode.value,
            "beacon": self.beacon,
            "draws_at_ms": str(self.draws_at_ms),
            "commit": self.commit,
            "entry_word": self.entry_word,
            "least_account_age_days": str(self.least_account_age_days),
            "holding": "",
        }
        if self.holding is not None:
            document["holding"] = f"0x{self.holding.contract.hex()} {self.holding.block} {self.holding.least}"
        if self.follows:
            document["follows"] = "host"
        if self.boosted:
            document["boosted"] = sorted(post.text for post in self.boosted)
        return json.dumps(document, separators=(",", ":"), sort_keys=True)

    @property
    def hash(self) -> bytes:
        """SHA-256 of `text`, 32 bytes: published at opening; no rule can change after that unseen."""
        return hashlib.sha256(self.text.encode("ascii")).digest()


@dataclass(frozen=True, slots=True)
class Giveaway:
    """A giveaway as recorded. `account_ids` are where it runs; `wallet_id` is who pays; amounts are base units of the rules' token.

    `root` and `entrant_count` are set at closing, `beacon_value` when the beacon has spoken, `proof` when it was drawn.
    `refund_to` is where what is left goes, `refund_id` the payment that takes it there.
    """

    id: str
    tenant_id: str
    rules: Rules
    state: str
    account_ids: tuple[str, ...]
    wallet_id: str = ""
    refund_to: Address | None = None
    funded: int = 0
    refunded: int = 0
    refund_id: str | None = None
    root: bytes | None = None
    entrant_count: int = 0
    beacon_value: bytes | None = None
    server_seed: bytes = b""

    def amount(self, base_units: int) -> Amount:
        """So many base units of this giveaway's token."""
        return Amount(self.rules.token, base_units)


@dataclass(frozen=True, slots=True)
class Entrant:
    """One person in one giveaway. `id` (32 bytes) is the person's name in the draw; `entered_at_ms` is the time of the post."""

    id: bytes
    person: PersonId
    platform: Platform
    handle: str
    address: Address
    account_id: str
    post_id: str
    entered_at_ms: int
    persona_id: str | None = None


@dataclass(frozen=True, slots=True)
class Prize:
    """What one winner gets. `payment_id` names the payment (an intent) that carries it, `proof_tx` the final transaction."""

    rank: int
    entrant_id: bytes
    address: Address
    base_units: int
    state: str = "owed"
    payment_id: str | None = None
    tx_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Books:
    """Where a giveaway's money is, in base units: funded = paid + refunded + remainder, always."""

    funded: int
    paid: int
    refunded: int
    owed: int

    def __post_init__(self) -> None:
        if min(self.funded, self.paid, self.refunded, self.owed) < 0:
            raise ValueError("no sum in the books is negative")
        if self.paid + self.refunded + self.owed > self.funded:
            raise ValueError("more was paid, refunded and promised than was funded")

    @property
    def remainder(self) -> int:
        """What is neither paid nor refunded."""
        return self.funded - self.paid - self.refunded

    @property
    def refundable(self) -> int:
        """What nobody has a claim on any more."""
        return self.remainder - self.owed


def books_of(giveaway: Giveaway, prizes: Iterable[Prize]) -> Books:
    """The books; prizes that were won and not forfeited count as owed until they are paid."""
    won = tuple(prizes)
    paid = sum(prize.base_units for prize in won if prize.state == "paid")
    owed = sum(prize.base_units for prize in won if prize.state in ("owed", "paying"))
    return Books(funded=giveaway.funded, paid=paid, refunded=giveaway.refunded, owed=owed)
