"""Look whether an attempt of a payment is mined, and record what follows (reliability.md C.3 3, 4, 6, 7; E12)."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from maskbot.domain.chain import Inclusion, Receipt
from maskbot.domain.transaction import Attempt, AttemptKind, Intent, MinedAttempt
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.payment_parts import PaymentParts
from maskbot.flows.decide.payment import end_payment, quarantine
from maskbot.flows.decide.payment.end import locked
from maskbot.ports.chain import NodesDisagree

log = structlog.get_logger()


def confirm_transaction(
    intent: Intent, attempts: Sequence[Attempt], *, wallet: Wallet, is_used_up: bool, parts: PaymentParts
) -> None:
    """Look for every attempt of this nonce, newest first. `is_used_up` says that the chain's nonce is beyond it.

    Mined: included, and, when final, final, reverted, or (a cancellation) rejected. Not mined any more: back among those that are
    sent. A nonce that is used up without a receipt, several looks in a row: the wallet is quarantined.
    """
    chain = parts.chain_of(intent.chain_id)
    for attempt in reversed(attempts):
        try:
            inclusion = chain.fetch_inclusion(attempt.tx_hash)
        except NodesDisagree:
            log.info("transaction.nodes_disagree", intent_id=intent.id)
            return
        if inclusion is None:
            continue
        if not _is_ours(inclusion.receipt, attempt, intent, wallet):
            log.error("transaction.foreign_receipt", intent_id=intent.id)
            return
        parts.reach("confirm.found")
        _record_mined(intent, attempt, inclusion, parts=parts)
        parts.reach("confirm.recorded")
        return
    _record_missing(intent, attempts, is_used_up=is_used_up, parts=parts)


def _is_ours(receipt: Receipt, attempt: Attempt, intent: Intent, wallet: Wallet) -> bool:
    """Whether the receipt is of the very bytes we stored (a node may lie)."""
    whose = (receipt.tx_hash, receipt.sender, receipt.nonce)
    if whose != (attempt.tx_hash, wallet.address, intent.nonce):
        return False
    if attempt.kind is AttemptKind.CANCEL:
        return receipt.to == wallet.address and receipt.value_wei == 0 and not receipt.data
    call = intent.call
    return (receipt.to, receipt.value_wei, receipt.data) == (call.to, call.value_wei, call.data)


def _record_mined(intent: Intent, attempt: Attempt, inclusion: Inclusion, *, parts: PaymentParts) -> None:
    now_ms = parts.clock.now_ms()
    receipt = inclusion.receipt
    with parts.store.write() as work:
        found = locked(intent.id, work=work)
        if found is None or found.state in ("final", "reverted", "rejected"):
            return
        mined = MinedAttempt(
            tx_hash=attempt.tx_hash,
            block_hash=receipt.block_hash,
            block_number=receipt.block_number,
            has_succeeded=receipt.has_succeeded,
            gas_used=receipt.gas_used,
            gas_price_wei=receipt.gas_price_wei,
        )
        work.treasury.attempts.mark_mined(mined, now_ms=now_ms)
        if found.state != "included":
            work.treasury.intents.move(found.id, before=found.state, after="included", now_ms=now_ms)
            found = work.treasury.intents.load([found.id])[found.id]
        if inclusion.is_final:
            after = "final" if receipt.has_succeeded else "reverted"
            if attempt.kind is AttemptKind.CANCEL:
                after = "rejected"
            end_payment(
                found,
                after=after,
                actor="chain",
                error_kind={"reverted": "Reverted", "rejected": "Cancelled"}.get(after),
                tx_hash=attempt.tx_hash,
                work=work,
                now_ms=now_ms,
            )
        parts.reach("confirm.in_transaction")
    log.info("transaction.mined", intent_id=intent.id, block=receipt.block_number, depth=inclusion.depth)


def _record_missing(intent: Intent, attempts: Sequence[Attempt], *, is_used_up: bool, parts: PaymentParts) -> None:
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        found = locked(intent.id, work=work)
        if found is None or found.state != intent.state or found.state == "quarantined":
            return
        if found.state == "included":
            for attempt in attempts:
                work.treasury.attempts.mark_not_mined(attempt.tx_hash)
            after = "cancelling" if attempts[-1].kind is AttemptKind.CANCEL else "broadcast"
            work.treasury.intents.move(found.id, before="included", after=after, now_ms=now_ms, error_kind="Reorged")
            log.warning("transaction.reorged", intent_id=intent.id, nonce=intent.nonce)
        elif is_used_up and found.looks + 1 >= parts.rules.looks:
            wallet = work.treasury.wallets.lock(found.wallet_id)
            assert wallet is not None
            reason = f"nonce {found.nonce} was used by somebody else"
            quarantine(wallet, reason=reason, intent=found, work=work, now_ms=now_ms)
            log.error("wallet.quarantined", wallet_id=wallet.id, nonce=found.nonce)
        elif is_used_up:
            work.treasury.intents.note(found.id, now_ms=now_ms, looks=found.looks + 1, error_kind="NoReceipt")
        parts.reach("confirm.missing")
