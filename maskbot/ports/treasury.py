"""Ports of the money: the rows of wallets, payments, policies and audit, and the keys that sign (reliability.md C.2, C.3, E18).

The repositories belong to a unit of work (`Work.treasury`). Whoever changes payments or reservations of a wallet calls
`wallets.lock` first; it is the one lock of the treasury.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from maskbot.domain.audit import Entry, NewEntry
from maskbot.domain.errors import MaskbotError
from maskbot.domain.gas import GasOffer
from maskbot.domain.money import Address
from maskbot.domain.spending import Approval, Effect, SpendingPolicy, Totals
from maskbot.domain.transaction import Attempt, Intent, MinedAttempt, PaymentOrder
from maskbot.domain.wallet import Wallet
from maskbot.ports.safes import Proposals, Safes


class Wallets(Protocol):
    """Hosted accounts."""

    def add(self, wallet: Wallet, *, now_ms: int) -> None:
        """Record a wallet whose key the vault holds. The same account on the same chain twice is Refused (AlreadyThere)."""
        ...

    def load(self, ids: Sequence[str] | None = None, *, tenant_id: str | None = None) -> tuple[Wallet, ...]:
        """Wallets by id, or all; of one tenant, or of all."""
        ...

    def lock(self, wallet_id: str) -> Wallet | None:
        """The wallet, and nobody else changes it or its payments until the end of the transaction."""
        ...

    def take_nonces(self, wallet_id: str, *, first: int, count: int, now_ms: int) -> None:
        """The next nonce is `first` no more but the one `count` further. Raises Refused (IllegalMove) if it was not `first`."""
        ...

    def move(self, wallet_id: str, *, after: str, reason: str, now_ms: int, next_nonce: int | None = None) -> None:
        """Change the state, and the next nonce if one is given. Raises Refused (IllegalMove)."""
        ...


@dataclass(frozen=True, slots=True)
class Move:
    """One intent that changes its state; nonce, gas limit and needed approvals are set if given."""

    intent_id: str
    before: str
    after: str
    nonce: int | None = None
    gas_limit: int | None = None
    needed_approvals: int | None = None
    error_kind: str | None = None


class Intents(Protocol):
    """Payments we owe."""

    def add(self, order: PaymentOrder, *, wallet: Wallet, now_ms: int) -> tuple[Intent, bool]:
        """Record an intent; if there is one of this purpose and id, that one, and False. Raises OtherPayment if it is another."""
        ...

    def load(self, ids: Sequence[str]) -> Mapping[str, Intent]:
        """Intents by id."""
        ...

    def in_states(
        self,
        states: Collection[str],
        *,
        wallet_id: str | None = None,
        id_prefix: str = "",
        last: Collection[str] = (),
        limit: int = 1000,
    ) -> tuple[Intent, ...]:
        """Intents in these states, whose ids begin so: those with a nonce first, ascending, then by id, which is the order of their
        recording. Those with a `last` kind of error come behind all others, the longest untouched first."""
        ...

    def waiting(self) -> tuple[Intent, ...]:
        """All planned intents that need somebody's yes, in the order of their recording."""
        ...

    def newest(self, *, limit: int) -> tuple[Intent, ...]:
        """Intents in every state, the last recorded first."""
        ...

    def move(
        self,
        intent_id: str,
        *,
        before: str,
        after: str,
        now_ms: int,
        nonce: int | None = None,
        gas_limit: int | None = None,
        error_kind: str | None = None,
    ) -> None:
        """Change the state; nonce and gas limit are set if given, looks are forgotten. Raises Refused (IllegalMove) if it is not
        in `before` or the move is not legal."""
        ...

    def move_all(self, moves: Sequence[Move], *, now_ms: int) -> None:
        """Change many. Raises Refused (IllegalMove) if one cannot be done; the transaction is to be given up then."""
        ...

    def note(
        self,
        intent_id: str,
        *,
        now_ms: int,
        error_kind: str | None = None,
        looks: int | None = None,
        needed_approvals: int | None = None,
        gas_limit: int | None = None,
    ) -> None:
        """Remember what keeps an intent from moving; what is None stays, save `error_kind`."""
        ...


class Attempts(Protocol):
    """Signed transactions, and where they were mined."""

    def add(self, *attempts: Attempt) -> None:
        """Store the bytes. An attempt's hash and its number are unique."""
        ...

    def of(self, intent_ids: Sequence[str]) -> Mapping[str, tuple[Attempt, ...]]:
        """The attempts of each intent, oldest first."""
        ...

    def mark_sent(self, *tx_hashes: bytes, now_ms: int) -> None:
        """The bytes are being handed to the nodes."""
        ...

    def mark_mined(self, *mined: MinedAttempt, now_ms: int) -> None:
        """Each attempt is in this block; any other block it was seen in is not canonical."""
        ...

    def mark_not_mined(self, *tx_hashes: bytes) -> None:
        """No block of the chain holds them any more."""
        ...


class Inclusions(Protocol):
    """Where attempts were mined."""

    def canonical(self, tx_hashes: Sequence[bytes]) -> Mapping[bytes, MinedAttempt]:
        """The block each of these is in now, as far as we know; those in none are left out."""
        ...


class Rules(Protocol):
    """Policies and approvals."""

    def set_policy(self, wallet_id: str, policy: SpendingPolicy, *, now_ms: int) -> None:
        """Replace the rules of a wallet."""
        ...

    def load_policy(self, wallet_id: str) -> SpendingPolicy | None:
        """The rules; without any nothing may be paid."""
        ...

    def add_approval(self, approval: Approval, *, now_ms: int) -> None:
        """Record what somebody said. Raises Refused (AlreadyThere) if they have said something about this payment before."""
        ...

    def approvals(self, intent_id: str) -> tuple[Approval, ...]:
        """What was said about a payment."""
        ...


class Spending(Protocol):
    """What is spent or reserved, by wallet, token, recipient and UTC day. `wallets.lock` comes first."""

    def totals(self, wallet_id: str, *effects: Effect, day: int) -> Totals:
        """The day's totals that these effects would add to."""
        ...

    def reserve(self, *payments: tuple[Intent, Effect], day: int, now_ms: int) -> None:
        """Count payments of one wallet to the day."""
        ...

    def reserved_days(self, intent_ids: Sequence[str]) -> Mapping[str, int]:
        """The day to which each payment is counted, as reserved or as settled; those that are not are left out."""
        ...

    def settle(self, *intent_ids: str, now_ms: int) -> None:
        """The payments are final: they stay counted for good."""
        ...

    def release(self, intent_id: str, *, now_ms: int) -> None:
        """The payment will never happen: it is not counted any more. Releasing what is not reserved changes nothing."""
        ...


class Audit(Protocol):
    """The chain of what happened. Append only."""

    def append(self, *entries: NewEntry, now_ms: int) -> None:
        """Add entries at the end. To be called last in a transaction: it locks the chain until its end."""
        ...

    def head(self) -> tuple[int, bytes]:
        """Number and hash of the last entry; (0, zeros) without any."""
        ...

    def page(self, *, after_seq: int, limit: int = 1000) -> tuple[Entry, ...]:
        """The entries behind a number, in order."""
        ...


class Treasury(Protocol):
    """The repositories of the money in one transaction."""

    wallets: Wallets
    intents: Intents
    attempts: Attempts
    inclusions: Inclusions
    rules: Rules
    spending: Spending
    audit: Audit
    safes: Safes
    proposals: Proposals


@dataclass(frozen=True, slots=True)
class WalletSource:
    """Where a wallet's key comes from: the tenant's key tree at `hd_index`, or exactly one of `private_key` (32 bytes) and
    `mnemonic` with `path`."""

    hd_index: int | None = None
    private_key: bytes | None = field(default=None, repr=False)
    mnemonic: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)
    path: str = "m/44'/60'/0'/0/0"


@dataclass(frozen=True, slots=True)
class SignOrder:
    """One payment to sign, and what to offer for its gas."""

    intent_id: str
    offer: GasOffer


class WalletKeys(Protocol):
    """The vault's wallet keys. `sign` reads intent, policy, approvals and switches itself, and stores what it signs."""

    def create_wallet_key(self, *, key_id: str, tenant_id: str, source: WalletSource) -> Address:
        """Make or import the key; repeating it with the same id gives the same address."""
        ...

    def sign_payments(self, orders: Sequence[SignOrder]) -> tuple[bytes | MaskbotError, ...]:
        """Sign approved intents of one wallet (that of the first one) with its next nonces, in this order, and store nonces and
        bytes in one transaction. For each the transaction's hash, or why it is not signed, which takes no nonce and stops no other:
        SpendingRefused, PaymentGone, FeeCapReached, InvalidCall, Refused (Paused, WalletNotActive, NotApproved). An intent that is
        signed already gives the hash of its first attempt. At most 1,000 orders.

        Raises: PaymentGone (no such payment), Refused (NoSuchKey), Misconfigured (OtherKey)."""
        ...

    def sign_replacement(self, *, intent_id: str, offer: GasOffer, after: int, is_cancel: bool) -> bytes:
        """Sign a replacement of the newest attempt, whose number has to be `after`: same nonce and same call, or, to cancel,
        nothing to ourselves. Raises what `sign_payments` answers, and Refused (NotRaised) for an offer that is not enough above."""
        ...

    def sign_proposal(self, *, proposal_id: str) -> bytes:
        """Sign a planned proposal to a Safe and store the signature in one transaction; the signature, 65 bytes. One that is signed
        gives the same again.

        Raises: SpendingRefused, ProposalGone, and Refused (Paused, WalletNotActive, NoSuchKey)."""
        ...
