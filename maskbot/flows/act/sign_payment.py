"""Ask the vault for signatures: of approved payments, and of replacements (reliability.md C.3 2, 5, 6).

No transaction is open here while the vault works. The vault decides by itself again; what it refuses stays, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from maskbot.domain.chain import ChainAccount, Fees
from maskbot.domain.errors import MaskbotError, Refused
from maskbot.domain.gas import FeeCapReached, cancelling_offer, first_offer, raised_offer
from maskbot.domain.money import MOST_WINDOW
from maskbot.domain.spending import SpendingPolicy, SpendingRefused
from maskbot.domain.transaction import Attempt, AttemptKind, Intent
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.payment_parts import PaymentParts
from maskbot.flows.act.submit_transaction import submit_transactions
from maskbot.flows.decide.payment import end_payment
from maskbot.flows.decide.payment.end import locked
from maskbot.ports.treasury import SignOrder

log = structlog.get_logger()
_OWN_FAULTS = frozenset({FeeCapReached.kind, SpendingRefused.kind, "NotApproved"})
"""What keeps one payment back and no other one: it is asked for again behind those that nothing is known against."""
_UNMINED = frozenset({"signed", "broadcast", "unknown", "cancelling"})


def sign_approved(wallet: Wallet, account: ChainAccount, *, parts: PaymentParts) -> bool:
    """Sign approved payments in their order, all with one request, and send them, as far as window, batch and coins reach; whether
    the batch ended it."""
    with parts.store.read() as work:
        if work.switches.off() & wallet.signing_switches:
            return False
        policy = work.treasury.rules.load_policy(wallet.id)
        unmined = work.treasury.intents.in_states(_UNMINED, wallet_id=wallet.id, limit=MOST_WINDOW)
        attempts = work.treasury.attempts.of([one.id for one in unmined])
        room = max(0, parts.chain_of(wallet.chain_id).chain.window - len(unmined))
        count = min(room, parts.rules.batch)
        approved = (
            work.treasury.intents.in_states({"approved"}, wallet_id=wallet.id, last=_OWN_FAULTS, limit=count + 1)
            if count
            else ()
        )
    if not approved or policy is None:
        return False
    left_wei = account.balance_wei - sum(_most_wei(one, attempts[one.id]) for one in unmined)
    fees = parts.chain_of(wallet.chain_id).fetch_fees()  # every node's chain id is checked anew
    orders, is_open = _orders(approved[:count], fees, policy, left_wei=left_wei, parts=parts)
    is_open = _sign(orders, parts=parts) and is_open
    return is_open and len(approved) > count == parts.rules.batch


def replace_if_due(
    intent: Intent, attempts: Sequence[Attempt], *, wallet: Wallet, parts: PaymentParts
) -> tuple[Attempt, ...]:
    """The attempts, with a replacement at the end if one was due: the payment waits too long or is underpriced, or is to be
    cancelled. The same nonce and the same call (or none), both fees raised by an eighth at least, up to its cap."""
    newest = attempts[-1]
    is_cancel = intent.state == "cancelling"
    waits_long = parts.clock.now_ms() - newest.signed_at_ms >= parts.rules.bump_ms and intent.state != "signed"
    has_to_be_cancelled = is_cancel and newest.kind is AttemptKind.PAY
    if not (waits_long or has_to_be_cancelled or intent.error_kind == "Underpriced"):
        return tuple(attempts)
    with parts.store.read() as work:
        policy = work.treasury.rules.load_policy(wallet.id)
    if policy is None:
        return tuple(attempts)
    fees = parts.chain_of(wallet.chain_id).fetch_fees()
    parts.reach("bump.before")
    cap_wei = policy.max_fee_wei if is_cancel else intent.fee_cap_wei(policy.max_fee_wei)
    try:
        choose = cancelling_offer if has_to_be_cancelled else raised_offer
        offer = choose(newest.offer, fees=fees, cap_wei=cap_wei)
        parts.keys.sign_replacement(intent_id=intent.id, offer=offer, after=newest.number, is_cancel=is_cancel)
    except Refused as error:
        _note(intent, error.kind, parts=parts)
        return tuple(attempts)
    parts.reach("bump.signed")
    with parts.store.read() as work:
        return work.treasury.attempts.of([intent.id])[intent.id]


def _orders(
    approved: Sequence[Intent], fees: Fees, policy: SpendingPolicy, *, left_wei: int, parts: PaymentParts
) -> tuple[list[SignOrder], bool]:
    """What to sign now, and whether those behind may go on: not when gas is too dear for all, or the coins end."""
    orders = list[SignOrder]()
    for intent in approved:
        if _is_expired(intent, parts=parts):
            continue
        try:
            offer = first_offer(fees, cap_wei=intent.fee_cap_wei(policy.max_fee_wei))
        except Refused as error:
            _note(intent, error.kind, parts=parts)
            if intent.max_fee_wei is None:
                return orders, False
            continue  # a cap of its own holds up nobody else
        left_wei -= intent.call.value_wei + (intent.gas_limit or 0) * offer.max_fee_wei
        if left_wei < 0:
            _note(intent, "InsufficientFunds", parts=parts)
            return orders, False
        orders.append(SignOrder(intent.id, offer))
    return orders, True


def _sign(orders: Sequence[SignOrder], *, parts: PaymentParts) -> bool:
    """Sign and send; whether later nonces may be sent too. What is refused stays, with the reason."""
    if not orders:
        return True
    parts.reach("sign.before")
    answers = parts.keys.sign_payments(orders)
    parts.reach("sign.after")
    ids = [order.intent_id for order in orders]
    with parts.store.read() as work:
        intents, attempts = work.treasury.intents.load(ids), work.treasury.attempts.of(ids)
    for id_, answer in zip(ids, answers, strict=True):
        if isinstance(answer, MaskbotError):
            _note(intents[id_], answer.kind, parts=parts)
    signed = [(intents[id_], attempts[id_][-1]) for id_ in ids if intents[id_].state == "signed" and attempts[id_]]
    return submit_transactions(signed, parts=parts)


def _is_expired(intent: Intent, *, parts: PaymentParts) -> bool:
    now_ms = parts.clock.now_ms()
    if intent.deadline_ms is None or now_ms <= intent.deadline_ms:
        return False
    with parts.store.write() as work:
        found = locked(intent.id, work=work)
        if found is not None and found.state == "approved":
            end_payment(found, after="rejected", actor="sweeper", error_kind="Expired", work=work, now_ms=now_ms)
    return True


def _most_wei(intent: Intent, attempts: Sequence[Attempt]) -> int:
    if not attempts:
        return 0
    return intent.call.value_wei + (intent.gas_limit or 0) * attempts[-1].offer.max_fee_wei


def _note(intent: Intent, error_kind: str, *, parts: PaymentParts) -> None:
    if intent.error_kind != error_kind:
        log.warning("payment.waits", intent_id=intent.id, error=error_kind)
    with parts.store.write() as work:
        work.treasury.intents.note(intent.id, now_ms=parts.clock.now_ms(), error_kind=error_kind)
