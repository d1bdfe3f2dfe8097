"""Red packets that we create: what was ordered, what has become of it, and books to the last base unit.

Source: red-packets.md 3.1 (own limits), 3.3, 4.3 to 4.5; reliability.md C.3 (8). A packet is ordered once under a key of its order;
its row is the only guard against a second one. Amounts are base units (an ERC-721 packet counts tokens), `_s` Unix seconds. The
packet key itself is never here: `sealed_key` is the vault's ciphertext of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from maskbot.domain.errors import Refused
from maskbot.domain.identity import PublicKey
from maskbot.domain.money import ADDRESS_BYTES, NATIVE, Address, Token
from maskbot.domain.post import Visibility
from maskbot.domain.red_packet import LARGEST_TOTAL, MOST_SHARES, PacketVersion
from maskbot.domain.states import Lifecycle
from maskbot.domain.transaction import Followup

LEAST_DURATION_S = 60
LONGEST_DURATION_S = 90 * 86_400
LONGEST_MESSAGE = 100
LONGEST_NAME = 60
MOST_IDS = 256

HOSTED_PACKET = Lifecycle(
    "red packet",
    "draft",
    {
        "draft": frozenset({"approving", "creating", "failed"}),
        "approving": frozenset({"creating", "revoking", "failed"}),
        "creating": frozenset({"created", "revoking", "failed"}),
        "created": frozenset({"published", "refunding", "refunded", "revoking", "exhausted", "expired"}),
        "published": frozenset({"refunding", "refunded", "revoking", "exhausted", "expired"}),
        "refunding": frozenset({"refunded", "exhausted"}),
        "revoking": frozenset({"exhausted", "expired", "failed"}),
        "exhausted": frozenset(),
        "refunded": frozenset(),
        "expired": frozenset(),
        "failed": frozenset(),
    },
)
"""`approving`: the contract may not take the tokens yet. `created`: its id is known, since the creation is final. `revoking`: an
ERC-721 packet has ended, and the contract's right to move tokens is being taken back. `expired`: so it ended with tokens left, and
they never left the wallet. `failed`: it was never created."""

CLAIMING_ALLOWANCE = frozenset({"approving", "creating", "revoking"})
"""While one packet of a wallet and token is in these states, no other one begins: there is but one allowance for both."""


class PacketRefused(Refused):
    """A packet that is not made: beyond our limits, or one that could not be opened or paid back."""

    kind = "PacketRefused"


@dataclass(frozen=True, slots=True)
class TokenShares:
    """`total` base units of a token or coin in `shares` parts. Random parts can be computed beforehand by anybody: no lottery."""

    token: Token
    total: int
    shares: int
    is_random: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.shares <= MOST_SHARES:
            raise PacketRefused(f"a red packet has 1 to {MOST_SHARES} shares; this one would have {self.shares}")
        if not self.shares <= self.total <= LARGEST_TOTAL:
            raise PacketRefused("the total is at least one base unit for each share, and less than 2^96 of them")

    @property
    def version(self) -> PacketVersion:
        """The contract it lies in."""
        return PacketVersion.V4

    @property
    def asset(self) -> Address:
        """The token's contract; the zero address for coins."""
        return self.token.address


@dataclass(frozen=True, slots=True)
class NftShares:
    """Tokens of an ERC-721 collection, one a share. They stay in the wallet until they are claimed."""

    chain_id: int
    collection: Address
    name: str
    ids: tuple[int, ...]
    icon_url: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.ids) <= MOST_IDS:
            raise PacketRefused(f"an ERC-721 packet has 1 to {MOST_IDS} tokens; this one would have {len(self.ids)}")
        if len(set(self.ids)) != len(self.ids):
            raise PacketRefused("a token is named twice: it could be claimed once only")
        if min(self.ids) < 1 or max(self.ids) >= 2**256:
            raise PacketRefused("token id 0 breaks a packet, since who draws it may claim again: leave it out")
        if len(self.collection) != ADDRESS_BYTES or self.collection == NATIVE:
            raise PacketRefused("a collection is the address of an ERC-721 contract")

    @property
    def version(self) -> PacketVersion:
        """The contract it lies in."""
        return PacketVersion.NFT

    @property
    def asset(self) -> Address:
        """The collection's contract."""
        return self.collection

    @property
    def shares(self) -> int:
        """One for each token."""
        return len(self.ids)

    @property
    def total(self) -> int:
        """How many tokens it holds."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Publication:
    """The post that gives the packet away. `recipients` None lets everybody open it, and makes it a race; else only these keys."""

    persona_id: str
    account_ids: tuple[str, ...]
    recipients: tuple[PublicKey, ...] | None
    text: str
    visibility: Visibility = Visibility.PUBLIC


@dataclass(frozen=True, slots=True)
class PacketOrder:
    """A packet to make. `key` names the order for ever: the same one is never made twice. `followup` is the job to add when
    something becomes of it. With `needs_whole_total` it is not published if less arrived than was sent (tokens that take a fee)."""

    key: str
    tenant_id: str
    wallet_id: str
    contents: TokenShares | NftShares
    duration_s: int
    message: str
    sender_name: str
    requested_by: str
    publication: Publication | None
    followup: Followup | None = None
    needs_whole_total: bool = False

    def __post_init__(self) -> None:
        if not LEAST_DURATION_S <= self.duration_s <= LONGEST_DURATION_S:
            raise PacketRefused("a red packet is open for 60 seconds to 90 days")
        for text, longest, what in (
            (self.message, LONGEST_MESSAGE, "message"),
            (self.sender_name, LONGEST_NAME, "sender's name"),
        ):
            if len(text) > longest or any(_is_odd(letter) for letter in text):
                raise PacketRefused(f"the {what} is one line of at most {longest} characters")
        if not self.key or not self.requested_by:
            raise ValueError("an order has a key, and somebody who requested it")

    @property
    def chain_id(self) -> int:
        """The chain it lies on."""
        contents = self.contents
        return contents.token.chain_id if isinstance(contents, TokenShares) else contents.chain_id


@dataclass(frozen=True, slots=True)
class HostedPacket:
    """A recorded packet. `packet_address` (20 bytes) is the address of its key, `seed` 32 bytes for the contract's id.

    Known once it is created: `packet_id` (32 bytes), `total` (what really arrived), `created_at_s`, `expires_at_s`, `tx_hash` and
    `block`. `rest` is what the contract says is left, `refunded` what came back for good. `read_to` is the last block whose events
    are recorded for good. `refund_id` is the payment that takes the rest back, `broadcast_id` its post.
    """

    id: str
    order: PacketOrder
    state: str
    packet_address: Address
    seed: bytes
    sealed_key: bytes = field(repr=False)
    contract: Address
    ordered_at_ms: int
    packet_id: bytes | None = None
    total: int | None = None
    created_at_s: int | None = None
    expires_at_s: int | None = None
    tx_hash: bytes | None = None
    block: int | None = None
    rest: int | None = None
    refunded: int = 0
    read_to: int | None = None
    refund_id: str | None = None
    broadcast_id: str | None = None
    error_kind: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing becomes of it any more."""
        return self.state in HOSTED_PACKET.final

    @property
    def is_nft(self) -> bool:
        """Whether its shares are ERC-721 tokens."""
        return isinstance(self.order.contents, NftShares)

    def is_about(self, other: HostedPacket) -> bool:
        """Whether both take the same token from the same wallet, and so share an allowance."""
        mine, theirs = self.order, other.order
        return (mine.wallet_id, mine.contents.asset) == (theirs.wallet_id, theirs.contents.asset)


@dataclass(frozen=True, slots=True)
class PacketShare:
    """A share that somebody took, as an event says: `value` base units (ERC-721: the token id) to `recipient`. `is_final` once a
    reorganisation cannot take it back."""

    tx_hash: bytes
    log_index: int
    block: int
    recipient: Address
    value: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class PacketBooks:
    """Where a packet's money is: funded = claimed + refunded + rest. `unexplained` is what is missing in that sum: events not read
    yet, or a contract that does not keep its word."""

    funded: int
    claimed: int
    refunded: int
    rest: int

    @property
    def unexplained(self) -> int:
        """0 when everything adds up."""
        return self.funded - self.claimed - self.refunded - self.rest


def _is_odd(letter: str) -> bool:
    """A control character, or half of one that UTF-8 has no form for."""
    return letter < " " or letter == "\x7f" or "\ud800" <= letter <= "\udfff"


def packet_books(packet: HostedPacket, shares: Iterable[PacketShare]) -> PacketBooks:
    """The books; an ERC-721 packet counts tokens. Nothing is funded before the packet is created."""
    taken = tuple(shares)
    claimed = len(taken) if packet.is_nft else sum(share.value for share in taken)
    funded = packet.total or 0
    rest = funded - claimed - packet.refunded if packet.rest is None else packet.rest
    return PacketBooks(funded, claimed, packet.refunded, rest)
