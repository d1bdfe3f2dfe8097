"""What a wallet may pay: allow-lists, caps and approvals (reliability.md E18, R17, R19). Pure; what is not allowed is refused.

A policy belongs to one wallet. The flow that plans decides with it, and the vault decides again with the same functions before it
signs. Days are UTC days. A token is named by its address, the chain's own coin by the zero address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maskbot.domain.errors import Refused
from maskbot.domain.money import Address
from maskbot.domain.transaction import MOST_GAS

SELECTOR_BYTES = 4
ENDLESS = frozenset({2**256 - 1, 2**96 - 1})
"""Amounts that tokens take for an allowance without end: most know the first, some (UNI, COMP) the second."""


class SpendingRefused(Refused):
    """The policy does not allow the payment. `rule` names the rule that says no."""

    kind = "SpendingRefused"

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class TokenLimit:
    """Caps for one token, in base units: of one payment, of one UTC day, of one recipient in one UTC day. A payment above
    `approval_above` needs approvals."""

    token: Address
    per_payment: int
    per_day: int
    per_recipient: int
    approval_above: int

    def __post_init__(self) -> None:
        if min(self.per_payment, self.per_day, self.per_recipient, self.approval_above) < 0:
            raise ValueError("caps are not negative")


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a contract that may be called, other than the transfer of an allowed token."""

    contract: Address
    selector: bytes

    def __post_init__(self) -> None:
        if len(self.selector) != SELECTOR_BYTES:
            raise ValueError("a selector is 4 bytes")


@dataclass(frozen=True, slots=True)
class SpendingPolicy:
    """The rules of one wallet. `tokens` is the allow-list of tokens. `recipients` None lets tokens go to anybody. `approvals` is
    how many other identities have to agree above a threshold; `approvers` who may, empty for every operator but the requester. To
    the owners of `safes` the wallet may propose what they pay."""

    chain_id: int
    tokens: tuple[TokenLimit, ...] = ()
    methods: tuple[Method, ...] = ()
    recipients: tuple[Address, ...] | None = None
    max_fee_wei: int = 200 * 10**9
    max_gas: int = 5_000_000
    max_bumps: int = 10
    approvals: int = 1
    approvers: tuple[str, ...] = ()
    safes: tuple[Address, ...] = ()

    def __post_init__(self) -> None:
        if not 21_000 <= self.max_gas <= MOST_GAS:
            raise ValueError(f"the gas cap is between 21,000 and {MOST_GAS:,}")
        if self.max_fee_wei <= 0 or self.max_bumps < 0 or self.approvals < 1:
            raise ValueError(
                "a fee cap is above 0, replacements are not negative, and approval needs one person at least"
            )
        if len({limit.token for limit in self.tokens}) != len(self.tokens):
            raise ValueError("a token has one limit")

    def limit_of(self, token: Address) -> TokenLimit | None:
        """The caps of this token, None if it is not allowed."""
        return next((limit for limit in self.tokens if limit.token == token), None)

    def allows_contract(self, contract: Address) -> bool:
        """Whether some method of the contract may be called."""
        return any(method.contract == contract for method in self.methods)


@dataclass(frozen=True, slots=True)
class Spend:
    """So many base units of a token for one recipient."""

    token: Address
    recipient: Address
    amount: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many base units of a token that a contract may take. Nothing is spent by it, so no day and no recipient counts it."""

    token: Address
    spender: Address
    amount: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What a call does with money, as decoded from its bytes. `method` is None for plain coins and for the transfer of a token;
    `allowance` is what an `approve` call lets a contract take, `claims_for` who gets the share that a `claim` call takes."""

    spends: tuple[Spend, ...]
    method: Method | None = None
    allowance: Allowance | None = None
    claims_for: Address | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """What one person said about one payment: yes or no to the call with this digest. An approver `key:0x...` signs `approval_text`
    with that key; `signature` are the 65 bytes of it."""

    intent_id: str
    approver: str
    is_yes: bool
    call_digest: bytes
    signature: bytes | None = None


Totals = Mapping[tuple[Address, Address | None], int]
"""What is spent or reserved today, by (token, recipient), and by (token, None) for all recipients together."""


def check_effect(policy: SpendingPolicy, effect: Effect, *, chain_id: int, own: Address) -> None:
    """Look whether a payment of this kind is allowed at all. `own` is the account of the wallet: a share that is claimed goes to
    it, or to a recipient that the policy lists, and to nobody else.

    Raises:
        SpendingRefused: chain, token, method, spender or recipient is not on its list, or an allowance has no end.
    """
    if policy.chain_id != chain_id:
        raise SpendingRefused("chain", "the policy is for another chain than the wallet's")
    if effect.allowance is not None:
        _check_allowance(policy, effect.allowance)
    elif effect.method is not None and effect.method not in policy.methods:
        raise SpendingRefused("method", "the policy does not list this method of this contract")
    if effect.claims_for not in (None, own, *(policy.recipients or ())):
        raise SpendingRefused("recipient", "a share is claimed for the wallet itself, or for a listed recipient")
    for spend in effect.spends:
        if policy.limit_of(spend.token) is None:
            raise SpendingRefused("token", "the policy does not list this token")
        is_listed = policy.recipients is None or spend.recipient in policy.recipients
        if not is_listed and not policy.allows_contract(spend.recipient):
            raise SpendingRefused("recipient", "the policy does not list this recipient")


def check_caps(policy: SpendingPolicy, effect: Effect, *, totals: Totals) -> None:
    """Look whether the caps leave room for the payment on top of `totals`, which do not hold it yet.

    Raises:
        SpendingRefused: a cap per payment, day or recipient would be passed, or a token is not listed. An allowance is held
            against the cap per payment: it is what the contract could take at once.
    """
    for token, amount in _allowed(effect):
        _check_payment_cap(policy.limit_of(token), amount)
    for key, amount in amounts_of(effect).items():
        token, recipient = key
        limit = policy.limit_of(token)
        if limit is None:
            raise SpendingRefused("token", "the policy does not list this token")
        after = totals.get(key, 0) + amount
        if recipient is None:
            _check_payment_cap(limit, amount)
        if recipient is None and after > limit.per_day:
            raise SpendingRefused("per_day", f"the day's payments would be {after}, above the cap of {limit.per_day}")
        if recipient is not None and after > limit.per_recipient:
            raise SpendingRefused(
                "per_recipient", f"the recipient would get {after} today, above the cap of {limit.per_recipient}"
            )


def needed_approvals(policy: SpendingPolicy, effect: Effect) -> int:
    """How many other identities have to agree: 0 below every threshold. What a contract may take counts like what is paid."""
    spent = [(token, amount) for (token, recipient), amount in amounts_of(effect).items() if recipient is None]
    for token, amount in (*spent, *_allowed(effect)):
        limit = policy.limit_of(token)
        if limit is None or amount > limit.approval_above:
            return policy.approvals
    return 0


def amounts_of(effect: Effect) -> Mapping[tuple[Address, Address | None], int]:
    """What a payment adds to the day's totals: by token and recipient, and by token for all."""
    sums: dict[tuple[Address, Address | None], int] = {}
    for spend in effect.spends:
        for recipient in (spend.recipient, None):
            key = (spend.token, recipient)
            sums[key] = sums.get(key, 0) + spend.amount
    return sums


def approval_text(intent_id: str, *, call_digest: bytes, is_yes: bool) -> str:
    """What a person signs (EIP-191) to say yes or no with a key of their own."""
    return f"maskbot: {'approve' if is_yes else 'reject'} payment {intent_id}\ncall {call_digest.hex()}"


def _check_allowance(policy: SpendingPolicy, allowance: Allowance) -> None:
    if policy.limit_of(allowance.token) is None:
        raise SpendingRefused("token", "the policy does not list the token that somebody would be allowed to take")
    if not policy.allows_contract(allowance.spender):
        raise SpendingRefused(
            "spender", "the policy lists no method of the contract that would be allowed to take tokens"
        )
    if allowance.amount in ENDLESS:
        raise SpendingRefused("unlimited", "an allowance names the exact amount that is needed, never all there is")


def _check_payment_cap(limit: TokenLimit | None, amount: int) -> None:
    if limit is None:
        raise SpendingRefused("token", "the policy does not list this token")
    if amount > limit.per_payment:
        raise SpendingRefused("per_payment", f"the payment of {amount} is above the cap of {limit.per_payment} for one")


def _allowed(effect: Effect) -> tuple[tuple[Address, int], ...]:
    return () if effect.allowance is None else ((effect.allowance.token, effect.allowance.amount),)
