"""Payments we owe: the intent with its one nonce, and the signed transactions for it (reliability.md C.2, C.3).

An intent is unique by (purpose, purpose id): asking again for the same one gives the same intent, asking for another call under the
same ids is refused. Its states are `domain.states.INTENT`. An attempt's bytes are never changed after they are stored, and nothing
but stored bytes is ever sent.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from maskbot.domain.errors import Refused
from maskbot.domain.gas import GasOffer
from maskbot.domain.job import JobKind
from maskbot.domain.money import ADDRESS_BYTES, MOST_BASE_UNITS, Address

MOST_CALL_BYTES = 64 * 1024
MOST_GAS = 30_000_000
MOST_FEE_WEI = 2**128
_WORD_BYTES = 32


class OtherPayment(Refused):
    """There is a payment for this purpose already, and it is another one."""

    kind = "OtherPayment"


class PaymentGone(Refused):
    """The payment is not in a state in which this can be done to it."""

    kind = "PaymentGone"


@dataclass(frozen=True, slots=True)
class ContractCall:
    """What a transaction does: `value_wei` and `data` to one address. Plain coins have no data. No transaction makes a contract."""

    to: Address
    value_wei: int
    data: bytes = b""

    def __post_init__(self) -> None:
        if len(self.to) != ADDRESS_BYTES:
            raise ValueError("an address is 20 bytes")
        if not 0 <= self.value_wei <= MOST_BASE_UNITS:
            raise ValueError("a value is between 0 and 2^256 - 1 wei")
        if len(self.data) > MOST_CALL_BYTES:
            raise ValueError(f"a call has at most {MOST_CALL_BYTES:,} bytes")

    def digest(self, chain_id: int) -> bytes:
        """32 bytes that name this call on this chain: what approvals and the audit speak of."""
        parts = b"maskbot call 1" + _word(chain_id) + self.to + _word(self.value_wei) + self.data
        return hashlib.sha256(parts).digest()


@dataclass(frozen=True, slots=True)
class Followup:
    """The job to add when a payment has ended (final, reverted, rejected) or was quarantined."""

    kind: JobKind
    target_id: str


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """A payment to plan. `purpose` and `purpose_id` together name it for ever (`giveaway-prize`, the prize's id). `requested_by` is
    an identity (`operator:alice`, `x:2244`), which cannot approve it. `gas_limit` None is estimated. After `deadline_ms` it is
    not signed any more. `max_fee_wei` caps what one unit of its gas may cost below the policy's cap, None leaves it at that."""

    wallet_id: str
    purpose: str
    purpose_id: str
    call: ContractCall
    requested_by: str
    gas_limit: int | None = None
    deadline_ms: int | None = None
    followup: Followup | None = None
    max_fee_wei: int | None = None

    def __post_init__(self) -> None:
        if not (self.purpose and self.purpose_id and self.requested_by):
            raise ValueError("a payment has a purpose, an id of it, and somebody who requested it")
        if self.gas_limit is not None and not 21_000 <= self.gas_limit <= MOST_GAS:
            raise ValueError(f"a gas limit is between 21,000 and {MOST_GAS:,}")
        if self.max_fee_wei is not None and not 0 < self.max_fee_wei < MOST_FEE_WEI:
            raise ValueError("a cap of the fee is above 0 and has at most 128 bits")


@dataclass(frozen=True, slots=True)
class Intent:
    """A recorded payment. `nonce` and `gas_limit` are None until they are known; `needed_approvals` is what the policy asked for
    when it was checked; `looks` counts the looks in a row that found its nonce used up and no receipt."""

    id: str
    tenant_id: str
    wallet_id: str
    chain_id: int
    purpose: str
    purpose_id: str
    requested_by: str
    call: ContractCall
    gas_limit: int | None
    nonce: int | None
    state: str
    needed_approvals: int
    error_kind: str | None
    deadline_ms: int | None
    looks: int
    created_at_ms: int
    updated_at_ms: int
    followup: Followup | None = None
    max_fee_wei: int | None = None

    @property
    def call_digest(self) -> bytes:
        """32 bytes that name its call."""
        return self.call.digest(self.chain_id)

    def fee_cap_wei(self, policy_cap_wei: int) -> int:
        """What one unit of its gas may cost: the policy's cap, or its own below that."""
        return policy_cap_wei if self.max_fee_wei is None else min(policy_cap_wei, self.max_fee_wei)


class AttemptKind(StrEnum):
    """What a signed transaction is for: the payment itself, or to take its nonce so that it cannot happen any more."""

    PAY = "pay"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One signed transaction of an intent, `number` from 0. `raw` are the bytes that are sent, `tx_hash` is their name."""

    intent_id: str
    number: int
    kind: AttemptKind
    raw: bytes
    tx_hash: bytes
    offer: GasOffer
    signed_at_ms: int
    first_sent_at_ms: int | None = None
    last_sent_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class MinedAttempt:
    """Where an attempt was mined; kept after a reorg with `is_canonical` false."""

    tx_hash: bytes
    block_hash: bytes
    block_number: int
    has_succeeded: bool
    gas_used: int
    gas_price_wei: int
    is_canonical: bool = True


def _word(number: int) -> bytes:
    return number.to_bytes(_WORD_BYTES, "big")
