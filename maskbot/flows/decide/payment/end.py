"""How payments end, are cancelled, and how a wallet is put under quarantine (reliability.md C.3 6 and 7, C.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from maskbot.domain.audit import NewEntry
from maskbot.domain.errors import Refused
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.transaction import Intent, PaymentGone
from maskbot.domain.wallet import Wallet
from maskbot.ports.store import Work
from maskbot.ports.treasury import Move

_ON_ITS_WAY = frozenset({"signed", "broadcast", "unknown"})
_UNDECIDED = frozenset({"planned", "approved", "quarantined"})


@dataclass(frozen=True, slots=True)
class Ending:
    """How one payment ends: `after` is final, reverted or rejected; `tx_hash` is what was mined, None if nothing was."""

    intent: Intent
    after: str
    error_kind: str | None = None
    tx_hash: bytes | None = None


def locked(intent_id: str, *, work: Work) -> Intent | None:
    """The intent as it is now, with its wallet locked until the end of the transaction."""
    found = work.treasury.intents.load([intent_id]).get(intent_id)
    if found is None or work.treasury.wallets.lock(found.wallet_id) is None:
        return None
    return work.treasury.intents.load([intent_id])[intent_id]


def locked_all(intents: Iterable[Intent], *, work: Work) -> Mapping[str, Intent]:
    """The intents as they are now, with their wallets locked until the end of the transaction."""
    known = tuple(intents)
    for wallet_id in sorted({one.wallet_id for one in known}):
        work.treasury.wallets.lock(wallet_id)
    return work.treasury.intents.load([one.id for one in known])


def end_payment(
    intent: Intent,
    *,
    after: str,
    actor: str,
    work: Work,
    now_ms: int,
    error_kind: str | None = None,
    tx_hash: bytes | None = None,
) -> None:
    """Move the payment to its last state (final, reverted or rejected), settle or release what was reserved for it, note it in the
    audit, and add the job that waits for it. Raises Refused (IllegalMove)."""
    end_payments([Ending(intent, after, error_kind, tx_hash)], actor=actor, work=work, now_ms=now_ms)


def end_payments(endings: Sequence[Ending], *, actor: str, work: Work, now_ms: int) -> None:
    """End many, as `end_payment` does one. Raises Refused (IllegalMove)."""
    moves = [Move(one.intent.id, one.intent.state, one.after, error_kind=one.error_kind) for one in endings]
    work.treasury.intents.move_all(moves, now_ms=now_ms)
    work.treasury.spending.settle(*(one.intent.id for one in endings if one.after == "final"), now_ms=now_ms)
    for one in endings:
        if one.after != "final":
            work.treasury.spending.release(one.intent.id, now_ms=now_ms)
    _tell(*(one.intent for one in endings), work=work, now_ms=now_ms)
    entries = [
        NewEntry(actor, f"payment.{one.after}", one.intent.id, one.tx_hash or one.intent.call_digest) for one in endings
    ]
    work.treasury.audit.append(*entries, now_ms=now_ms)


def cancel_payment(intent_id: str, *, actor: str, work: Work, now_ms: int) -> str:
    """Stop a payment: one that is not signed, or that a person looked at under quarantine, is rejected at once; one that is on its
    way is `cancelling` until the chain has decided which of the two transactions it took. Its state after.

    Raises:
        PaymentGone: it has ended or is mined.
        Refused (NoSuchRow): no such payment.
    """
    intent = locked(intent_id, work=work)
    if intent is None:
        raise Refused(f"no payment {intent_id}", kind="NoSuchRow")
    if intent.state in ("planned", "approved", "quarantined"):
        end_payment(intent, after="rejected", actor=actor, error_kind="Cancelled", work=work, now_ms=now_ms)
        return "rejected"
    if intent.state not in _ON_ITS_WAY:
        raise PaymentGone(f"the payment is {intent.state}: it cannot be stopped")
    work.treasury.intents.move(intent.id, before=intent.state, after="cancelling", now_ms=now_ms)
    work.jobs.add([NewJob(JobKind.SWEEP_WALLET, intent.wallet_id, intent.tenant_id, now_ms)])
    work.treasury.audit.append(NewEntry(actor, "payment.cancelling", intent.id, intent.call_digest), now_ms=now_ms)
    return "cancelling"


def quarantine(wallet: Wallet, *, reason: str, work: Work, now_ms: int, intent: Intent | None = None) -> None:
    """Sign and send nothing with this wallet until a person has looked; `intent` is the payment it showed with."""
    if intent is not None:
        work.treasury.intents.move(
            intent.id, before=intent.state, after="quarantined", now_ms=now_ms, error_kind="ForeignSpender"
        )
        _tell(intent, work=work, now_ms=now_ms)
    if wallet.state == "quarantined":
        return
    work.treasury.wallets.move(wallet.id, after="quarantined", reason=reason, now_ms=now_ms)
    work.treasury.audit.append(NewEntry("sweeper", "wallet.quarantined", wallet.id), now_ms=now_ms)


def release_wallet(wallet_id: str, *, next_nonce: int, actor: str, work: Work, now_ms: int) -> None:
    """Make a quarantined wallet active again, after a person has looked at every payment of it that may have been paid elsewhere.
    `next_nonce` is the account's next one on the chain, counting what waits there.

    Raises:
        Refused: no such wallet (NoSuchRow), not quarantined (IllegalMove), or payments are undecided (PaymentsOpen).
    """
    wallet = work.treasury.wallets.lock(wallet_id)
    if wallet is None:
        raise Refused(f"no wallet {wallet_id}", kind="NoSuchRow")
    if wallet.state != "quarantined":
        raise Refused(f"the wallet is {wallet.state}, not quarantined", kind="IllegalMove")
    still_open = work.treasury.intents.in_states(_UNDECIDED, wallet_id=wallet.id, limit=1)
    if still_open:
        raise Refused(
            f"payment {still_open[0].id} is {still_open[0].state}: look whether it was paid, and reject it here, first",
            kind="PaymentsOpen",
        )
    work.treasury.wallets.move(
        wallet.id, after="active", reason="", now_ms=now_ms, next_nonce=max(next_nonce, wallet.next_nonce)
    )
    work.jobs.add([NewJob(JobKind.SWEEP_WALLET, wallet.id, wallet.tenant_id, now_ms)])
    work.treasury.audit.append(NewEntry(actor, "wallet.released", wallet.id), now_ms=now_ms)


def final_hash(intent: Intent, *, work: Work) -> bytes | None:
    """The transaction that made the payment, by which everybody can check it."""
    attempts = work.treasury.attempts.of([intent.id]).get(intent.id, ())
    mined = work.treasury.inclusions.canonical([attempt.tx_hash for attempt in attempts])
    return next((each.tx_hash for each in mined.values() if each.has_succeeded), None)


def _tell(*intents: Intent, work: Work, now_ms: int) -> None:
    told = {(one.followup.kind, one.followup.target_id): one.tenant_id for one in intents if one.followup is not None}
    work.jobs.add([NewJob(kind, target_id, tenant_id, now_ms) for (kind, target_id), tenant_id in told.items()])
