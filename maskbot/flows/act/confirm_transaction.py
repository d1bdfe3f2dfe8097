"""Look whether attempts of payments are mined, and record what follows (reliability.md C.3 3, 4, 6, 7; E12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from maskbot.domain.chain import Inclusion, Receipt
from maskbot.domain.errors import Malformed, MaskbotError
from maskbot.domain.transaction import Attempt, AttemptKind, Intent, MinedAttempt
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.payment_parts import PaymentParts
from maskbot.flows.decide.payment import end_payments, quarantine
from maskbot.flows.decide.payment.end import Ending, locked_all
from maskbot.ports.chain import NodesDisagree
from maskbot.ports.store import Work
from maskbot.ports.treasury import Move

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Look:
    """A payment to look for, with its attempts, oldest first. `is_used_up` says that the chain's nonce is beyond it."""

    intent: Intent
    attempts: tuple[Attempt, ...]
    is_used_up: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """One of its attempts, where it is mined; `others` are those that are not."""

    intent: Intent
    attempt: Attempt
    inclusion: Inclusion
    others: tuple[Attempt, ...]


def confirm_transactions(looks: Sequence[Look], *, wallet: Wallet, parts: PaymentParts) -> None:
    """Look for every attempt of these payments, of each the newest first.

    Mined: included, and, when final, final, reverted, or (a cancellation) rejected. Not mined any more: back among those that are
    sent. A nonce that is used up without a receipt, several looks in a row: the wallet is quarantined.
    """
    chain = parts.chain_of(wallet.chain_id)
    for at in range(0, len(looks), parts.rules.at_once):
        piece = looks[at : at + parts.rules.at_once]
        hashes = [attempt.tx_hash for look in piece for attempt in look.attempts]
        found = dict(zip(hashes, chain.fetch_inclusions(hashes), strict=True))
        mined, missing = list[Seen](), list[Look]()
        for look in piece:
            _sort(look, found, mined=mined, missing=missing, wallet=wallet)
        if mined:
            parts.reach("confirm.found")
        if mined or missing:
            _record(mined, missing, parts=parts)
        if mined:
            parts.reach("confirm.recorded")


def _sort(
    look: Look,
    found: Mapping[bytes, Inclusion | MaskbotError | None],
    *,
    mined: list[Seen],
    missing: list[Look],
    wallet: Wallet,
) -> None:
    """Among those that are mined, or that are not; neither while nodes disagree, or what they say cannot be read or is a lie."""
    for attempt in reversed(look.attempts):
        inclusion = found[attempt.tx_hash]
        if isinstance(inclusion, NodesDisagree | Malformed):
            log.info("transaction.not_agreed", intent_id=look.intent.id, error=inclusion.kind)
            return
        if isinstance(inclusion, MaskbotError):
            raise inclusion
        if inclusion is None:
            continue
        if not _is_ours(inclusion.receipt, attempt, look.intent, wallet):
            log.error("transaction.foreign_receipt", intent_id=look.intent.id)
            return
        others = tuple(one for one in look.attempts if one is not attempt)
        mined.append(Seen(look.intent, attempt, inclusion, others))
        return
    missing.append(look)


def _is_ours(receipt: Receipt, attempt: Attempt, intent: Intent, wallet: Wallet) -> bool:
    """Whether the receipt is of the very bytes we stored (a node may lie)."""
    whose = (receipt.tx_hash, receipt.sender, receipt.nonce)
    if whose != (attempt.tx_hash, wallet.address, intent.nonce):
        return False
    if attempt.kind is AttemptKind.CANCEL:
        return receipt.to == wallet.address and receipt.value_wei == 0 and not receipt.data
    call = intent.call
    return (receipt.to, receipt.value_wei, receipt.data) == (call.to, call.value_wei, call.data)


def _record(mined: Sequence[Seen], missing: Sequence[Look], *, parts: PaymentParts) -> None:
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        now = locked_all([*(one.intent for one in mined), *(one.intent for one in missing)], work=work)
        _record_mined(mined, now, work=work, now_ms=now_ms)
        for look in missing:
            found = now.get(look.intent.id)
            if found is not None and found.state == look.intent.state and found.state != "quarantined":
                _record_missing(found, look, work=work, most_looks=parts.rules.looks, now_ms=now_ms)
        if mined:
            parts.reach("confirm.in_transaction")
        if missing:
            parts.reach("confirm.missing")


def _record_mined(seen: Sequence[Seen], now: Mapping[str, Intent], *, work: Work, now_ms: int) -> None:
    known = [one for one in seen if one.intent.id in now and now[one.intent.id].state not in _ENDED]
    work.treasury.attempts.mark_not_mined(*(other.tx_hash for one in known for other in one.others))
    work.treasury.attempts.mark_mined(*map(_mined_attempt, known), now_ms=now_ms)
    first_seen = [one for one in known if now[one.intent.id].state != "included"]
    moves = [Move(one.intent.id, now[one.intent.id].state, "included") for one in first_seen]
    work.treasury.intents.move_all(moves, now_ms=now_ms)
    endings = [_ending(replace(now[one.intent.id], state="included"), one) for one in known if one.inclusion.is_final]
    end_payments(endings, actor="chain", work=work, now_ms=now_ms)
    for one in first_seen:
        log.info("transaction.mined", intent_id=one.intent.id, block=one.inclusion.receipt.block_number)


def _ending(intent: Intent, seen: Seen) -> Ending:
    after = "final" if seen.inclusion.receipt.has_succeeded else "reverted"
    if seen.attempt.kind is AttemptKind.CANCEL:
        after = "rejected"
    error_kind = {"reverted": "Reverted", "rejected": "Cancelled"}.get(after)
    return Ending(intent, after, error_kind, seen.attempt.tx_hash)


def _mined_attempt(seen: Seen) -> MinedAttempt:
    receipt = seen.inclusion.receipt
    return MinedAttempt(
        tx_hash=seen.attempt.tx_hash,
        block_hash=receipt.block_hash,
        block_number=receipt.block_number,
        has_succeeded=receipt.has_succeeded,
        gas_used=receipt.gas_used,
        gas_price_wei=receipt.gas_price_wei,
    )


def _record_missing(found: Intent, look: Look, *, work: Work, most_looks: int, now_ms: int) -> None:
    if found.state == "included":
        work.treasury.attempts.mark_not_mined(*(attempt.tx_hash for attempt in look.attempts))
        after = "cancelling" if look.attempts[-1].kind is AttemptKind.CANCEL else "broadcast"
        work.treasury.intents.move(found.id, before="included", after=after, now_ms=now_ms, error_kind="Reorged")
        log.warning("transaction.reorged", intent_id=found.id, nonce=found.nonce)
    elif look.is_used_up and found.looks + 1 >= most_looks:
        wallet = work.treasury.wallets.lock(found.wallet_id)
        assert wallet is not None
        reason = f"nonce {found.nonce} was used by somebody else"
        quarantine(wallet, reason=reason, intent=found, work=work, now_ms=now_ms)
        log.error("wallet.quarantined", wallet_id=wallet.id, nonce=found.nonce)
    elif look.is_used_up:
        work.treasury.intents.note(found.id, now_ms=now_ms, looks=found.looks + 1, error_kind="NoReceipt")


_ENDED = frozenset({"final", "reverted", "rejected"})
