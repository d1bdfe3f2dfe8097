"""What a person asked, what an applet needs to know, and what it answers: all plain values.

An applet is data in, data out (ARCHITECTURE.md, section 3): it reads a `Request`, names its `Need`s, gets `Facts` and gives an
`Answer`. It never sees the store, the vault or the outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from maskbot.domain.approval import ApprovalFact, ApprovalNeed, GiveApproval
from maskbot.domain.card import Candle, CardFacts, Point, PoolQuote, PriceCardFacts
from maskbot.domain.entry import (
    AddressNeed,
    BoostNeed,
    EnterGiveaway,
    EntryFact,
    EntryNeed,
    FollowNeed,
    HoldingNeed,
    RefuseEntry,
)
from maskbot.domain.identity import Persona, PersonId, Platform
from maskbot.domain.packet_fact import PacketFact, PacketNeed
from maskbot.domain.post import ParentFact, ParentNeed, Picture, Post, Visibility


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the bot.

    `verb` is the first word in lower case, None when there is none. `args` are the words behind it, lower case, without leading
    `$` or `#` and without sentence punctuation. `text` is the plain text they were read from. `is_thread` is true when the post
    answers somebody else's post. `is_private` is true when the question came encrypted or as a direct post.
    """

    verb: str | None
    args: tuple[str, ...]
    text: str
    post: Post
    bot_handle: str
    has_payload: bool = False
    is_private: bool = False

    @property
    def platform(self) -> Platform:
        """Where the question was asked."""
        return self.post.platform

    @property
    def person(self) -> PersonId:
        """Who asked."""
        return self.post.author.person

    @property
    def is_thread(self) -> bool:
        """Whether the post is a reply in a conversation."""
        return self.post.in_reply_to_id is not None


# --- needs: what an applet must know before it can decide -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PriceNeed:
    """The price of one token: at most one of `symbol` (upper case) and `address` (lower-case 0x + 40 hex) is given.

    With neither, the token that `conversation` was last about is meant. `conversation` names who talks to which account, "" for
    nobody in particular; what is asked there is remembered for a day. `vs` None is the conversation's last, else US dollars.
    """

    symbol: str | None
    address: str | None
    vs: str | None = "USD"
    window: str = "7d"
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class PersonaNeed:
    """The asker's hosted persona with the account that was asked (from our store)."""


@dataclass(frozen=True, slots=True)
class OpenedNeed:
    """The payload of the asker's post, opened with the asker's own personas (relays and vault)."""


@dataclass(frozen=True, slots=True)
class PictureNeed:
    """What the picture at this URL carries; no applet asks for it, opening a post does."""

    url: str


@dataclass(frozen=True, slots=True)
class ReplyNeed:
    """Our reply that the asker's post answers to, if the asker caused it (from our store)."""


PostNeed = OpenedNeed | PictureNeed | ReplyNeed | ParentNeed
Need = PriceNeed | PersonaNeed | PostNeed | EntryNeed | ApprovalNeed | PacketNeed
FetchedNeed = PriceNeed | AddressNeed | HoldingNeed | FollowNeed | BoostNeed | PacketNeed | ParentNeed
"""What a worker fetches outside while the mention waits; a payload has a flow of its own, and the rest lies in our store."""


# --- facts: what was found --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PriceFact:
    """A price that may be shown. `source` and `as_of_ms` are printed with it; `warnings` are shown, worst first.

    `is_red` says that one of the warnings forbids to trade on this price. `address` is on Ethereum (lower case); `is_known` says
    that token and address are those of the reviewed table. `series` covers `window`, `candles` are its bars where there are some;
    `quote` is what Uniswap gives at a block.
    """

    symbol: str
    name: str
    vs: str
    price: Decimal
    change_24h_percent: Decimal | None
    change_7d_percent: Decimal | None
    market_cap: Decimal | None
    source: str
    as_of_ms: int
    warnings: tuple[str, ...] = ()
    is_red: bool = False
    window: str = "7d"
    series: tuple[Point, ...] = ()
    candles: tuple[Candle, ...] = ()
    volume_24h: Decimal | None = None
    low_24h: Decimal | None = None
    high_24h: Decimal | None = None
    rank: int | None = None
    address: str | None = None
    quote: PoolQuote | None = None
    exchanges: tuple[str, ...] = ()
    more_exchanges: int = 0
    is_stablecoin: bool = False
    is_known: bool = False

    @property
    def card(self) -> PriceCardFacts:
        """The same facts as a card shows them. Raises ValueError for numbers no card can hold."""
        return PriceCardFacts(
            name=self.name,
            symbol=self.symbol,
            vs=self.vs,
            price=self.price,
            window=self.window,
            series=self.series,
            candles=self.candles,
            source=self.source,
            as_of_ms=self.as_of_ms,
            change_24h_percent=self.change_24h_percent,
            change_7d_percent=self.change_7d_percent,
            market_cap=self.market_cap,
            volume_24h=self.volume_24h,
            low_24h=self.low_24h,
            high_24h=self.high_24h,
            rank=self.rank,
            address=self.address,
            warnings=self.warnings,
            quote=self.quote,
            exchanges=self.exchanges,
            more_exchanges=self.more_exchanges,
            is_stablecoin=self.is_stablecoin,
            is_known=self.is_known,
        )


@dataclass(frozen=True, slots=True)
class PersonaFact:
    """The asker's persona, or None; `can_join` says why not when the caps are reached."""

    persona: Persona | None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class OpenedFact:
    """Whether the payload could be opened for the asker. One answer for every reason it could not (uniform, E10)."""

    is_opened: bool
    is_public: bool = False
    text: str | None = None


@dataclass(frozen=True, slots=True)
class PictureFact:
    """What a picture carries: network-encoded text, payload bytes, or (both None) nothing that we read."""

    text: str | None = None
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class ReplyFact:
    """The platform id of our reply, None when there is none of the asker's."""

    post_id: str | None


@dataclass(frozen=True, slots=True)
class NoFact:
    """A need that could not be met: `reason` is a stable word (`unavailable`, `unknown_token`, `ambiguous`,
    `disagree`, `no_token`). `choices` belong to `ambiguous` (name, chain, short address) and `disagree` (lowest, highest price)."""

    reason: str
    choices: tuple[str, ...] = ()


PostFact = OpenedFact | PictureFact | ReplyFact | ParentFact
Fact = PriceFact | PersonaFact | PostFact | EntryFact | ApprovalFact | PacketFact | NoFact
Facts = Mapping[Need, Fact]


# --- answers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OptOut:
    """Never answer this person again, until they write `start`."""


@dataclass(frozen=True, slots=True)
class OptIn:
    """Answer this person again."""


@dataclass(frozen=True, slots=True)
class HostPersona:
    """Make a persona for the asker in the vault."""


@dataclass(frozen=True, slots=True)
class ErasePersona:
    """Erase the asker's persona, its key and its inbox."""


@dataclass(frozen=True, slots=True)
class DeleteReply:
    """Delete our reply with this platform id."""

    post_id: str


Effect = OptOut | OptIn | HostPersona | ErasePersona | DeleteReply | EnterGiveaway | RefuseEntry | GiveApproval


@dataclass(frozen=True, slots=True)
class Answer:
    """What to do about a request.

    `words` None means silence, with `reason` recorded. `widest` caps the visibility of the reply. `is_counted` is false for
    commands with effect, which are recorded whatever the asker's limit says. `{key}` in words is replaced by the public key
    of a persona hosted by this answer. `cards` are drawn when the answer is delivered.
    """

    words: str | None
    reason: str = "answered"
    widest: Visibility = Visibility.PUBLIC
    effects: tuple[Effect, ...] = ()
    pictures: tuple[Picture, ...] = field(default=())
    is_counted: bool = True
    cards: tuple[CardFacts, ...] = ()

    @classmethod
    def silence(cls, reason: str) -> Answer:
        """No reply, for a recorded reason."""
        return cls(words=None, reason=reason)


class Applet(Protocol):
    """One thing people can use the bot for. Built-in and third-party applets enter by the entry-point group `maskbot.applets`."""

    name: str
    verbs: tuple[str, ...]

    def accepts(self, request: Request) -> bool:
        """Whether this request is for this applet when no verb says so (a cashtag, a payload, a metadata key)."""
        ...

    def needs(self, request: Request) -> tuple[Need, ...]:
        """What must be known before `decide`."""
        ...

    def decide(self, request: Request, facts: Facts) -> Answer:
        """The answer. Pure: the same request and facts give the same answer."""
        ...
