"""Judges the payments of one wallet before they are signed together, each by itself: what is refused takes no nonce and stops no
other one (reliability.md C.3 2, C.5, E18, R17, R19). All of it in the vault's transaction, under the wallet's lock; what is read is
read once for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from maskbot.adapters.vault.errors import NotApproved, PaymentsPaused, WalletNotActive
from maskbot.domain.errors import Malformed, MaskbotError, Refused
from maskbot.domain.gas import FeeCapReached, GasOffer
from maskbot.domain.money import Address
from maskbot.domain.spending import (
    Effect,
    SpendingPolicy,
    SpendingRefused,
    amounts_of,
    check_caps,
    check_effect,
    needed_approvals,
)
from maskbot.domain.transaction import Attempt, Intent, PaymentGone
from maskbot.domain.wallet import Wallet
from maskbot.ports.store import Work
from maskbot.ports.treasury import SignOrder
from maskbot.wire.transaction import agreed, effect_of

DAY_MS = 86_400_000
_SIGNED = frozenset({"signed", "broadcast", "unknown", "cancelling", "included"})


class SigningBatch:
    """Orders for one wallet, judged one after the other; what is admitted counts for those behind it."""

    def __init__(self, wallet: Wallet, orders: Sequence[SignOrder], *, work: Work, now_ms: int) -> None:
        self._wallet = wallet
        self._orders = orders
        self._work = work
        self._now_ms = now_ms
        self._today = now_ms // DAY_MS
        ids = [order.intent_id for order in orders]
        self._intents = work.treasury.intents.load(ids)
        self._days = work.treasury.spending.reserved_days(ids)
        self._answers: dict[str, bytes | MaskbotError] = {}

    def admitted(self) -> Iterator[tuple[Intent, GasOffer]]:
        """What may be signed, in the order of the orders. At the end, what no day counted yet is counted."""
        try:
            policy = usable_policy(self._wallet, work=self._work)
        except Refused as error:
            self._answers = {order.intent_id: self._answer_of(order.intent_id) or error for order in self._orders}
            return
        effects = dict(self._effects())
        totals = dict(self._work.treasury.spending.totals(self._wallet.id, *effects.values(), day=self._today))
        fresh = []
        for order in {order.intent_id: order for order in self._orders}.values():
            answer = self._answer_of(order.intent_id)
            if answer is not None:
                self._answers[order.intent_id] = answer
                continue
            intent, effect = self._intents[order.intent_id], effects[order.intent_id]
            try:
                self._check(intent, effect, order.offer, policy=policy, totals=totals)
            except (Refused, Malformed) as error:
                self._answers[order.intent_id] = error
                continue
            if self._days.get(intent.id) != self._today:  # counted to the day it is signed on
                fresh.append((intent, effect))
                for key, amount in amounts_of(effect).items():
                    totals[key] = totals.get(key, 0) + amount
            yield intent, order.offer
        for intent, _ in fresh:
            if intent.id in self._days:
                self._work.treasury.spending.release(intent.id, now_ms=self._now_ms)
        self._work.treasury.spending.reserve(*fresh, day=self._today, now_ms=self._now_ms)

    def answers(self, signed: Sequence[Attempt]) -> tuple[bytes | MaskbotError, ...]:
        """What became of each order: the hash of its transaction, or why there is none."""
        found = self._answers | {one.intent_id: one.tx_hash for one in signed}
        return tuple(found[order.intent_id] for order in self._orders)

    def _effects(self) -> Iterator[tuple[str, Effect]]:
        for intent in self._intents.values():
            try:
                yield intent.id, effect_of(intent.call)
            except Malformed as error:
                self._answers[intent.id] = error

    def _answer_of(self, intent_id: str) -> bytes | MaskbotError | None:
        """What can be said without judging: it is signed, gone, another wallet's, or its effect cannot be told."""
        intent = self._intents.get(intent_id)
        if intent is None or intent.wallet_id != self._wallet.id:
            return PaymentGone("there is no such payment of this wallet")
        if intent.state in _SIGNED:
            return self._work.treasury.attempts.of([intent.id])[intent.id][0].tx_hash
        if intent.state != "approved":
            return PaymentGone(f"the payment is {intent.state}, not approved")
        return self._answers.get(intent_id)

    def _check(
        self,
        intent: Intent,
        effect: Effect,
        offer: GasOffer,
        *,
        policy: SpendingPolicy,
        totals: Mapping[tuple[Address, Address | None], int],
    ) -> None:
        """All that the flow that planned has checked, once more, from the bytes that will be signed."""
        check_offer(offer, cap_wei=intent.fee_cap_wei(policy.max_fee_wei))
        if intent.deadline_ms is not None and self._now_ms > intent.deadline_ms:
            raise Refused("the payment's deadline has passed", kind="Expired")
        if intent.gas_limit is None or intent.gas_limit > policy.max_gas:
            raise SpendingRefused("gas", "the gas limit is above the policy's cap")
        check_effect(policy, effect, chain_id=intent.chain_id, own=self._wallet.address)
        needed = needed_approvals(policy, effect)
        if (
            needed
            and len(agreed(self._work.treasury.rules.approvals(intent.id), intent=intent, policy=policy)) < needed
        ):
            raise NotApproved("fewer people have agreed than the policy asks for")
        own = amounts_of(effect) if self._days.get(intent.id) == self._today else {}
        others = {key: totals.get(key, 0) - own.get(key, 0) for key in amounts_of(effect)}
        check_caps(policy, effect, totals=others)


def usable_policy(wallet: Wallet, *, work: Work) -> SpendingPolicy:
    """The policy, if the wallet may sign at all: the switches are read here, in the transaction that signs.

    Raises:
        PaymentsPaused, WalletNotActive: see there. SpendingRefused: the wallet has no policy.
    """
    if work.switches.off() & wallet.signing_switches:
        raise PaymentsPaused("payments are switched off")
    if wallet.state != "active":
        raise WalletNotActive(f"the wallet is {wallet.state}")
    policy = work.treasury.rules.load_policy(wallet.id)
    if policy is None:
        raise SpendingRefused("policy", "the wallet has no policy, so nothing may be paid from it")
    return policy


def check_offer(offer: GasOffer, *, cap_wei: int) -> None:
    """Raises FeeCapReached."""
    if offer.max_fee_wei > cap_wei:
        raise FeeCapReached("the offer is above the cap of the policy or the payment")
