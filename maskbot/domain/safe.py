"""Safes: multisignature accounts of a DAO, and what we propose to their owners (applets.md 1.1 R4, 1.2, 10.1; reliability.md C.3).

A proposal is unique by (purpose, purpose id), like a payment, and its Safe nonce is fixed when it is recorded. Nothing in it is
decided by us alone: owners sign, and anybody executes. A signature cannot be taken back, so what was signed ends on the chain only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from maskbot.domain.errors import Refused
from maskbot.domain.money import ADDRESS_BYTES, Address
from maskbot.domain.transaction import ContractCall, Followup

MOST_NONCE = 2**63 - 1


class OtherProposal(Refused):
    """There is a proposal for this purpose already, and it is another one."""

    kind = "OtherProposal"


class ProposalGone(Refused):
    """The proposal is not in a state in which this can be done to it."""

    kind = "ProposalGone"


class SafeVersion(StrEnum):
    """The versions whose code and hashing we know."""

    V1_3_0 = "1.3.0"
    V1_4_1 = "1.4.1"


@dataclass(frozen=True, slots=True)
class Safe:
    """A Safe on one chain, as it was looked at when it was added."""

    id: str
    tenant_id: str
    chain_id: int
    address: Address
    name: str
    version: SafeVersion
    singleton: Address


@dataclass(frozen=True, slots=True)
class SafeLook:
    """What the chain says of a Safe at one block. `next_nonce` is what the next executed transaction has. `multi_send` is the
    genuine MultiSendCallOnly of its version that this chain has, None without one: then nothing can be batched. A search for what
    comes of a proposal begins at `first_block`, some blocks earlier, before which the Safe's next nonce was `first_nonce`."""

    version: SafeVersion
    singleton: Address
    owners: tuple[Address, ...]
    threshold: int
    next_nonce: int
    block: int
    multi_send: Address | None
    first_block: int
    first_nonce: int


@dataclass(frozen=True, slots=True)
class SafeTx:
    """What owners sign: one call, or (`is_delegate`) a batch of calls through MultiSendCallOnly. Every gas field is 0: whoever
    executes pays, and a call that fails undoes everything and leaves the nonce unused."""

    chain_id: int
    safe: Address
    call: ContractCall
    is_delegate: bool
    nonce: int

    def __post_init__(self) -> None:
        if len(self.safe) != ADDRESS_BYTES or self.chain_id <= 0:
            raise ValueError("a Safe is 20 bytes on a chain")
        if not 0 <= self.nonce <= MOST_NONCE:
            raise ValueError("a Safe's nonce has at most 63 bits here")
        if self.is_delegate and self.call.value_wei:
            raise ValueError("a batch carries no coins of its own")


@dataclass(frozen=True, slots=True)
class ProposalOrder:
    """A proposal to record. `purpose` and `purpose_id` together name it for ever; `wallet_id` is who signs it first."""

    safe_id: str
    wallet_id: str
    purpose: str
    purpose_id: str
    call: ContractCall
    is_delegate: bool
    requested_by: str
    followup: Followup | None = None

    def __post_init__(self) -> None:
        if not (self.purpose and self.purpose_id and self.requested_by):
            raise ValueError("a proposal has a purpose, an id of it, and somebody who requested it")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A recorded proposal; `state` follows `domain.states.PROPOSAL`. `signature` is our wallet's, 65 bytes, once the vault made it.
    `posted_at_ms` says since when the queue service has it. `confirmed_by` are the owners whose signatures were seen and checked.
    The chain was searched for its end from `first_block`, where the Safe's next nonce was `first_nonce`, to the block before
    `next_block`, and showed so many `executions` of other transactions of the Safe there. `tx_hash` is the transaction that
    executed it."""

    id: str
    tenant_id: str
    safe_id: str
    wallet_id: str
    purpose: str
    purpose_id: str
    requested_by: str
    tx: SafeTx
    hash: bytes
    state: str
    signature: bytes | None
    posted_at_ms: int | None
    confirmed_by: tuple[Address, ...]
    first_block: int
    first_nonce: int
    next_block: int
    executions: int
    error_kind: str | None
    tx_hash: bytes | None
    created_at_ms: int
    updated_at_ms: int
    followup: Followup | None = None

    @property
    def is_open(self) -> bool:
        """Whether something can still become of it."""
        return self.state in OPEN_STATES


OPEN_STATES = frozenset({"planned", "proposed", "confirmed"})
