"""Shares of other people's red packets, taken for hosted personas: which wallet takes them, what is worth taking, what came of it.

Source: red-packets.md 3.2 (claim), 2.5 (amounts), 10 (what goes wrong); reliability.md C.3. Amounts are base units (an ERC-721
packet counts tokens), `_wei` the chain's own coin, `_s` Unix seconds. A claim is unique by chain, version, packet and
wallet. The packet key is
never here in clear: `sealed_key` is the vault's ciphertext of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from maskbot.domain.chain import Fees
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.red_packet import PACKET_ID_BYTES, PacketReference, PacketVersion
from maskbot.domain.states import Lifecycle
from maskbot.domain.transaction import ContractCall

MOST_TRIES = 4
"""How many payments are made for one claim, one after the other, before a person has to look."""

PACKET_CLAIM = Lifecycle(
    "packet claim",
    "found",
    {
        "found": frozenset({"claiming", "left", "lost"}),
        "claiming": frozenset({"found", "claimed", "failed"}),
        "left": frozenset({"found"}),
        "failed": frozenset({"found"}),
        "claimed": frozenset(),
        "lost": frozenset(),
    },
)
"""`claiming`: a payment for it exists; back to `found` when that one ended and moved nothing. `left`: not taken, for a reason;
`lost`: others were quicker. A person who asks again brings `left` and `failed` back."""


@dataclass(frozen=True, slots=True)
class PersonaWallet:
    """The wallet that takes shares for a persona on its chain. `recipient` None is the wallet itself; another one has to be listed
    in the wallet's policy. While `is_claiming` is false nothing is taken by itself."""

    persona_id: str
    wallet_id: str
    chain_id: int
    is_claiming: bool = True
    recipient: Address | None = None


@dataclass(frozen=True, slots=True)
class ClaimFloor:
    """What the operator says of a token (the zero address: the chain's coin): shares of less than `least` base units are left, and
    a share may cost at most `most_cost_wei` of gas. For a coin the cost is capped by the share itself as well."""

    token: Address
    least: int
    most_cost_wei: int

    def __post_init__(self) -> None:
        if self.least < 0 or self.most_cost_wei < 0:
            raise ValueError("what a share is worth and what it may cost are not negative")


@dataclass(frozen=True, slots=True)
class PacketClaim:
    """A share to take, or that was taken or left.

    `chain_id` is 0 when the post does not say. `requested_by` is `persona:<id>`, or the operator who asked. `tx_hash` and
    `created_at_s` are the post's word on the creation. `reason` is a stable name of what keeps it from being taken. `tries` counts
    its payments so far, `payment_id` is the newest. `token` and `decimals` are
    those of the share, `expected` is what it looked like before, `value` what the event says (ERC-721:
    the token id), `received` what the token's own events say arrived; `cost_wei` is what all its transactions cost.
    `coin_price` is what a base unit of the token was worth in wei at `priced_at_ms`, None when no prices agreed.
    """

    id: str
    tenant_id: str
    wallet_id: str
    chain_id: int
    version: PacketVersion
    packet_id: bytes
    requested_by: str
    found_at_ms: int
    persona_id: str | None = None
    recipient: Address | None = None
    mention_id: str | None = None
    state: str = "found"
    reason: str | None = None
    sealed_key: bytes | None = field(default=None, repr=False)
    tx_hash: bytes | None = None
    created_at_s: int | None = None
    tries: int = 0
    payment_id: str | None = None
    token: Address | None = None
    decimals: int | None = None
    expected: int | None = None
    value: int | None = None
    received: int | None = None
    cost_wei: int = 0
    claim_tx: bytes | None = None
    coin_price: Decimal | None = None
    priced_at_ms: int | None = None

    def __post_init__(self) -> None:
        if len(self.packet_id) != PACKET_ID_BYTES:
            raise ValueError(f"a packet id is {PACKET_ID_BYTES} bytes")

    @property
    def reference(self) -> PacketReference:
        """Where the packet is."""
        return PacketReference(self.chain_id, self.version, self.packet_id)


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a share is not taken. `then` is what becomes of the claim; `later` when it may yet be taken, and is looked at again."""

    kind: str
    then: Literal["left", "lost", "later"]
    message: str


@dataclass(frozen=True, slots=True)
class Prospect:
    """What the chain says a claim would do now. `share` is what it brings (a random one: on average); `seconds_left` is None when
    the creation was not found. `needed_gas` is the limit to send it with, `decimals` what a token says of itself."""

    call: ContractCall
    token: Address
    share: int
    needed_gas: int
    fees: Fees
    balance_wei: int
    seconds_left: int | None
    decimals: int | None = None

    @property
    def asked_wei(self) -> int:
        """What the next block asks for a unit of gas."""
        return (
            self.fees.gas_price_wei
            if self.fees.base_fee_wei is None
            else self.fees.base_fee_wei + self.fees.priority_fee_wei
        )


def weigh_share(
    prospect: Prospect, *, floor: ClaimFloor | None, worth_wei: int | None, policy_cap_wei: int
) -> int | Hindrance:
    """The highest fee in wei that may be offered for a unit of gas so that the share is never taken at a loss, or what stands
    against taking it. `worth_wei` is what a token's share is worth by prices that agree, None without; coins are
    worth themselves."""
    most_cost_wei = prospect.share if prospect.token == NATIVE else worth_wei
    if floor is not None:
        if prospect.share < floor.least:
            return Hindrance(
                "TooLittle", "left", f"a share of {prospect.share} base units is below the least of {floor.least}"
            )
        most_cost_wei = floor.most_cost_wei if most_cost_wei is None else min(most_cost_wei, floor.most_cost_wei)
    if most_cost_wei is None:
        return Hindrance(
            "WorthUnknown",
            "left",
            "nobody says what this token is worth: set the least share and its cost with `wallet worth`",
        )
    cap_wei = min(policy_cap_wei, most_cost_wei // prospect.needed_gas)
    if cap_wei < max(1, prospect.asked_wei):
        cost_wei = prospect.needed_gas * prospect.asked_wei
        return Hindrance(
            "GasTooDear", "later", f"gas costs up to {cost_wei} wei now, the share may cost {most_cost_wei} at most"
        )
    offer_wei = min(cap_wei, prospect.asked_wei + (prospect.fees.base_fee_wei or 0))  # as domain.gas makes it
    if prospect.balance_wei < prospect.needed_gas * offer_wei:
        return Hindrance("NoGasMoney", "later", "the wallet has too little of the chain's coin to pay for gas")
    return cap_wei
