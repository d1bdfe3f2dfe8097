"""Sweep a wallet: the one place where its transactions are looked for, sent, sent again, replaced and signed (reliability.md C.3).

One job a wallet, under a lease: look first, then send what is stored in the order of nonces, then sign what is approved. Each step
takes many payments in one question and records their answers, each by itself, in one transaction; so a sweep may die on any line,
and the next one goes on from what is stored. Two sweeps at once do no harm: bytes are stored before they are sent, and the vault
gives every nonce once.
"""

from __future__ import annotations

import structlog

from maskbot.domain.chain import ChainAccount
from maskbot.domain.errors import Unavailable
from maskbot.domain.job import Job
from maskbot.domain.money import MOST_WINDOW
from maskbot.domain.transaction import Attempt, AttemptKind, Intent
from maskbot.domain.wallet import RESENDS, Wallet
from maskbot.flows.act.confirm_transaction import Look, confirm_transactions
from maskbot.flows.act.payment_parts import PaymentParts
from maskbot.flows.act.sign_payment import replace_if_due, sign_approved
from maskbot.flows.act.submit_transaction import submit_transactions
from maskbot.flows.decide.payment import quarantine

log = structlog.get_logger()
SENT = frozenset({"signed", "broadcast", "unknown", "cancelling"})
WATCHED = SENT | {"included", "quarantined"}


def sweep_wallet(job: Job, *, parts: PaymentParts) -> None:
    """Take the payments of the wallet `job.target_id` a step on.

    Raises: Unavailable (the nodes are away: later), Misconfigured (a node serves another chain: nothing is signed or sent).
    """
    with parts.store.read() as work:
        found = work.treasury.wallets.load([job.target_id])
    if not found:
        with parts.store.write() as work:
            work.jobs.finish([job])
        return
    parts.reach("sweep.begun")
    chain = parts.chain_of(found[0].chain_id)
    account = chain.fetch_account(found[0].address)
    wallet = _reconciled(found[0].id, account, parts=parts)
    _confirm_all(wallet, account, parts=parts)
    has_more = False
    wallet = _load(wallet.id, parts=parts)
    if wallet.state != "quarantined":
        is_open = _send_all(wallet, parts=parts)
        if is_open and wallet.state == "active":
            has_more = sign_approved(wallet, account, parts=parts)
    parts.reach("sweep.done")
    _end(job, has_more=has_more, parts=parts)


def _reconciled(wallet_id: str, account: ChainAccount, *, parts: PaymentParts) -> Wallet:
    """The wallet as it is now, read after the chain: if the chain is ahead, somebody else spends, or an old backup was restored."""
    wallet = _load(wallet_id, parts=parts)
    ahead = max(account.next_nonce, account.next_pending_nonce)
    if ahead <= wallet.next_nonce or wallet.state == "quarantined":
        return wallet
    with parts.store.write() as work:
        locked = work.treasury.wallets.lock(wallet_id)
        if locked is not None and ahead > locked.next_nonce:
            reason = f"the chain's next nonce is {ahead}, ours {locked.next_nonce}: another spender, or an old backup"
            quarantine(locked, reason=reason, work=work, now_ms=parts.clock.now_ms())
            log.error("wallet.quarantined", wallet_id=wallet_id, chain_nonce=ahead, our_nonce=locked.next_nonce)
    return _load(wallet_id, parts=parts)


def _confirm_all(wallet: Wallet, account: ChainAccount, *, parts: PaymentParts) -> None:
    looks = [
        Look(intent, attempts, is_used_up=intent.nonce is not None and account.next_nonce > intent.nonce)
        for intent, attempts in _with_attempts(WATCHED, wallet, parts=parts)
    ]
    due = [look for look in looks if look.is_used_up or look.intent.state in ("included", "quarantined")]
    confirm_transactions(due, wallet=wallet, parts=parts)


def _send_all(wallet: Wallet, *, parts: PaymentParts) -> bool:
    """Send what is due, in the order of nonces; replace the first one if it waits too long, and every one that somebody wants to
    stop. False if no more may follow."""
    with parts.store.read() as work:
        if RESENDS in work.switches.off():
            return True
    waiting = _with_attempts(SENT, wallet, parts=parts)
    if wallet.state == "active":
        for at, (intent, attempts) in enumerate(waiting):
            if at == 0 or _is_unstopped(intent, attempts[-1]):
                waiting[at] = intent, replace_if_due(intent, attempts, wallet=wallet, parts=parts)
    due = [(intent, attempts[-1]) for intent, attempts in waiting if _is_due(intent, attempts[-1], parts=parts)]
    return submit_transactions(due, parts=parts)


def _is_unstopped(intent: Intent, newest: Attempt) -> bool:
    """Whether it is to be cancelled, and no cancellation is signed yet: then its bytes are not sent again."""
    return intent.state == "cancelling" and newest.kind is AttemptKind.PAY


def _is_due(intent: Intent, attempt: Attempt, *, parts: PaymentParts) -> bool:
    if _is_unstopped(intent, attempt):
        return False
    if intent.state == "signed" or attempt.last_sent_at_ms is None or intent.error_kind == "Reorged":
        return True
    return parts.clock.now_ms() - attempt.last_sent_at_ms >= parts.rules.resend_ms


def _with_attempts(
    states: frozenset[str], wallet: Wallet, *, parts: PaymentParts
) -> list[tuple[Intent, tuple[Attempt, ...]]]:
    with parts.store.read() as work:
        intents = work.treasury.intents.in_states(states, wallet_id=wallet.id, limit=MOST_WINDOW)
        attempts = work.treasury.attempts.of([intent.id for intent in intents])
    return [(intent, attempts[intent.id]) for intent in intents if attempts[intent.id]]


def _load(wallet_id: str, *, parts: PaymentParts) -> Wallet:
    with parts.store.read() as work:
        found = work.treasury.wallets.load([wallet_id])
    if not found:
        raise Unavailable("the wallet is gone from the store")
    return found[0]


def _end(job: Job, *, has_more: bool, parts: PaymentParts) -> None:
    """Come again while something is on its way. The wallet's lock keeps a payment that is approved now from being overlooked."""
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        wallet = work.treasury.wallets.lock(job.target_id)
        under_way = work.treasury.intents.in_states(WATCHED | {"approved"}, wallet_id=job.target_id)
        if wallet is None or not under_way:
            work.jobs.finish([job])
            return
        is_slow = wallet.state != "active" or all(one.state == "quarantined" for one in under_way)
        pause_ms = 0 if has_more else parts.rules.idle_ms if is_slow else parts.rules.poll_ms
        work.jobs.postpone(job, due_at_ms=now_ms + pause_ms, error_kind="UnderWay")
