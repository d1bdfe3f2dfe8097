"""Simulate planned payments, then let the policy judge them (reliability.md C.3 1).

The simulation has to succeed on the pending block: the call does not revert, `transfer` does not answer false, and there is
a token at the token's address that says that we own enough. One node says so; before a payment is rejected since it reverts, a
quorum has to say the same of the newest block. Many payments are simulated by one question and judged in one
transaction; each by itself: what is wrong with one, or with its chain, holds up no other one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from maskbot.domain.chain import BlockName, Call, Simulated
from maskbot.domain.errors import Malformed, MaskbotError, Refused, Unavailable
from maskbot.domain.job import Job
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.spending import Effect
from maskbot.domain.transaction import Intent
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.payment_parts import PaymentParts
from maskbot.flows.decide.payment import end_payment, judge_payments
from maskbot.flows.decide.payment.end import locked_all
from maskbot.ports.chain import CallReverted, ChainNode, InsufficientFunds
from maskbot.ports.store import Work
from maskbot.wire.transaction import effect_of

log = structlog.get_logger()
GAS_RESERVE_PERCENT = 20
_WORD_BYTES = 32
_BALANCE_OF = bytes.fromhex("70a08231") + bytes(12)
_TRUE = (1).to_bytes(_WORD_BYTES, "big")


@dataclass(frozen=True, slots=True)
class Checked:
    """One payment that was simulated: its gas limit, or what is wrong."""

    job: Job
    intent: Intent
    gas_limit: int | MaskbotError


def check_payments(jobs: Sequence[Job], *, parts: PaymentParts) -> None:
    """Simulate and judge the payments `job.target_id`.

    Raises: Unavailable (asked again later), Misconfigured (wrong chain), for one chain after the payments of the others are done.
    """
    with parts.store.read() as work:
        intents = work.treasury.intents.load([job.target_id for job in jobs])
        wallets = {
            one.id: one for one in work.treasury.wallets.load(sorted({one.wallet_id for one in intents.values()}))
        }
    planned = {job.id: job for job in jobs if job.target_id in intents and intents[job.target_id].state == "planned"}
    over = [job for job in jobs if job.id not in planned]
    if over:
        with parts.store.write() as work:
            work.jobs.finish(over)
    parts.reach("check.begun")
    by_chain: dict[int, list[tuple[Job, Intent, Wallet]]] = {}
    for job in planned.values():
        intent = intents[job.target_id]
        by_chain.setdefault(intent.chain_id, []).append((job, intent, wallets[intent.wallet_id]))
    failure: MaskbotError | None = None
    for chain_id, payments in by_chain.items():
        try:
            checked = _simulate(payments, chain=parts.chain_of(chain_id))
        except MaskbotError as error:
            failure = failure or error
            continue
        parts.reach("check.simulated")
        _record(checked, parts=parts)
        parts.reach("check.recorded")
    if failure is not None:
        raise failure


def _simulate(payments: Sequence[tuple[Job, Intent, Wallet]], *, chain: ChainNode) -> list[Checked]:
    calls = [
        Call(intent.call.to, intent.call.data, sender=wallet.address, value_wei=intent.call.value_wei)
        for _, intent, wallet in payments
    ]
    balances: dict[tuple[Address, Address], int | MaskbotError] = {}
    checked = []
    for (job, intent, wallet), call, simulated in zip(payments, calls, chain.simulate(calls), strict=True):
        try:
            gas_limit: int | MaskbotError = _gas_limit(intent, wallet, simulated, balances=balances, chain=chain)
        except CallReverted as error:
            gas_limit = _confirmed(error, call, chain=chain) if error is simulated else error
        except MaskbotError as error:
            gas_limit = error
        checked.append(Checked(job, intent, gas_limit))
    return checked


def _confirmed(refusal: CallReverted, call: Call, *, chain: ChainNode) -> MaskbotError:
    """The refusal if a quorum says the same of the newest block, else what keeps the payment waiting."""
    try:
        newest = chain.fetch_header(BlockName.LATEST)
        if newest is not None:
            chain.call(call, at=newest.number)
    except (Refused, Unavailable) as error:
        return error
    except Malformed:
        pass  # as good as no answer
    return Unavailable(f"one node says that the payment would fail: {refusal.reason[:100]}", kind="SimulationDisputed")


def _gas_limit(
    intent: Intent,
    wallet: Wallet,
    simulated: Simulated | MaskbotError,
    *,
    balances: dict[tuple[Address, Address], int | MaskbotError],
    chain: ChainNode,
) -> int:
    effect = effect_of(intent.call)
    for token, amount in _needed_tokens(effect).items():
        owned = _owned(token, wallet, balances=balances, chain=chain)
        if owned < amount:
            raise InsufficientFunds("the wallet has less of the token than the payment")
    if isinstance(simulated, MaskbotError):
        raise simulated
    is_token_call = effect.allowance is not None or (effect.method is None and bool(intent.call.data))
    if is_token_call and simulated.answer not in (b"", _TRUE):
        raise Refused("the token answers that it does not do this", kind="TokenRefuses")
    if intent.gas_limit is not None:
        return intent.gas_limit
    needed = simulated.gas
    return needed if not intent.call.data and needed == 21_000 else needed + needed * GAS_RESERVE_PERCENT // 100


def _needed_tokens(effect: Effect) -> Mapping[Address, int]:
    sums: dict[Address, int] = {}
    for spend in effect.spends:
        sums[spend.token] = sums.get(spend.token, 0) + spend.amount
    sums.pop(NATIVE, None)
    if effect.allowance is not None:
        sums.setdefault(effect.allowance.token, 0)
    return sums


def _owned(
    token: Address,
    wallet: Wallet,
    *,
    balances: dict[tuple[Address, Address], int | MaskbotError],
    chain: ChainNode,
) -> int:
    """How much of a token the wallet owns; asked once for all payments."""
    key = (token, wallet.address)
    if key not in balances:
        try:
            answer = chain.call(Call(token, _BALANCE_OF + wallet.address), at=BlockName.PENDING)
            if len(answer) != _WORD_BYTES:
                raise Refused("there is no token at this address of the chain", kind="NoToken")
            balances[key] = int.from_bytes(answer, "big")
        except (Refused, Malformed) as error:
            balances[key] = error
    found = balances[key]
    if isinstance(found, MaskbotError):
        raise found
    return found


def _record(checked: Sequence[Checked], *, parts: PaymentParts) -> None:
    now_ms = parts.clock.now_ms()
    good = {one.intent.id: one.gas_limit for one in checked if isinstance(one.gas_limit, int)}
    with parts.store.write() as work:
        states = judge_payments(good, work=work, now_ms=now_ms)
        now = locked_all([one.intent for one in checked if one.intent.id not in good], work=work)
        done = [one.job for one in checked if one.intent.id in good]
        for one in checked:
            if isinstance(one.gas_limit, MaskbotError):
                is_over = _record_failure(one, one.gas_limit, now.get(one.intent.id), parts=parts, work=work)
                done += [one.job] if is_over else []
        work.jobs.finish(done)
        parts.reach("check.judged")
    for intent_id, state in states.items():
        log.info("payment.checked", intent_id=intent_id, state=state)


def _record_failure(
    checked: Checked, error: MaskbotError, now: Intent | None, *, parts: PaymentParts, work: Work
) -> bool:
    """Reject what cannot be paid. For money that may still come, and nodes that may still answer, look again, until the deadline
    if there is one. Whether the job is over."""
    now_ms = parts.clock.now_ms()
    if now is None or now.state != "planned":
        return True
    waits = isinstance(error, InsufficientFunds) or not isinstance(error, Refused | Malformed)
    if waits and (now.deadline_ms is None or now_ms <= now.deadline_ms):
        work.treasury.intents.note(now.id, now_ms=now_ms, error_kind=error.kind)
        work.jobs.postpone(checked.job, due_at_ms=now_ms + parts.rules.idle_ms, error_kind=error.kind)
        return False
    kind = "Expired" if waits else error.kind
    end_payment(now, after="rejected", actor="check", error_kind=kind, work=work, now_ms=now_ms)
    log.warning("payment.refused", intent_id=now.id, error=kind)
    return True
