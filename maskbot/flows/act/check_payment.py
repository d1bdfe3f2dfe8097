"""Simulate a planned payment, then let the policy judge it (reliability.md C.3 1).

The simulation has to succeed on the pending block: the call does not revert, `transfer` does not answer false, and there is
a token at the token's address that says that we own enough.
"""

from __future__ import annotations

import structlog

from maskbot.domain.chain import BlockName, Call
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.job import Job
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.spending import Effect
from maskbot.domain.transaction import Intent
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.payment_parts import PaymentParts
from maskbot.flows.decide.payment import end_payment, judge_payment
from maskbot.flows.decide.payment.end import locked
from maskbot.ports.chain import ChainNode, InsufficientFunds
from maskbot.wire.transaction import effect_of

log = structlog.get_logger()
GAS_RESERVE_PERCENT = 20
_WORD_BYTES = 32
_BALANCE_OF = bytes.fromhex("70a08231") + bytes(12)
_TRUE = (1).to_bytes(_WORD_BYTES, "big")


def check_payment(job: Job, *, parts: PaymentParts) -> None:
    """Simulate and judge the payment `job.target_id`.

    Raises: Unavailable (asked again later), Misconfigured (wrong chain).
    """
    with parts.store.read() as work:
        intent = work.treasury.intents.load([job.target_id]).get(job.target_id)
        wallet = None if intent is None else work.treasury.wallets.load([intent.wallet_id])[0]
    if intent is None or wallet is None or intent.state != "planned":
        with parts.store.write() as work:
            work.jobs.finish([job])
        return
    parts.reach("check.begun")
    try:
        gas_limit = _simulate(intent, wallet, chain=parts.chain_of(intent.chain_id))
    except InsufficientFunds:
        _wait(intent, job, parts=parts)
        return
    except (Refused, Malformed) as error:
        _reject(intent, error, job, parts=parts)
        return
    parts.reach("check.simulated")
    with parts.store.write() as work:
        state = judge_payment(intent.id, gas_limit=gas_limit, work=work, now_ms=parts.clock.now_ms())
        work.jobs.finish([job])
        parts.reach("check.judged")
    parts.reach("check.recorded")
    log.info("payment.checked", intent_id=intent.id, state=state)


def _simulate(intent: Intent, wallet: Wallet, *, chain: ChainNode) -> int:
    """The gas limit for the call."""
    effect = effect_of(intent.call)
    call = Call(intent.call.to, intent.call.data, sender=wallet.address, value_wei=intent.call.value_wei)
    _check_tokens(effect, wallet, chain=chain)
    answer = chain.call(call, at=BlockName.PENDING)
    is_token_call = effect.allowance is not None or (effect.method is None and bool(intent.call.data))
    if is_token_call and answer not in (b"", _TRUE):
        raise Refused("the token answers that it does not do this", kind="TokenRefuses")
    needed = chain.estimate_gas(call)
    if intent.gas_limit is not None:
        return intent.gas_limit
    return needed if not intent.call.data and needed == 21_000 else needed + needed * GAS_RESERVE_PERCENT // 100


def _check_tokens(effect: Effect, wallet: Wallet, *, chain: ChainNode) -> None:
    sums: dict[Address, int] = {}
    for spend in effect.spends:
        sums[spend.token] = sums.get(spend.token, 0) + spend.amount
    sums.pop(NATIVE, None)
    if effect.allowance is not None:
        sums.setdefault(effect.allowance.token, 0)
    for token, amount in sums.items():
        answer = chain.call(Call(token, _BALANCE_OF + wallet.address), at=BlockName.PENDING)
        if len(answer) != _WORD_BYTES:
            raise Refused("there is no token at this address of the chain", kind="NoToken")
        if int.from_bytes(answer, "big") < amount:
            raise InsufficientFunds("the wallet has less of the token than the payment")


def _wait(intent: Intent, job: Job, *, parts: PaymentParts) -> None:
    """The money may still come: look again, until the deadline if there is one."""
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        found = locked(intent.id, work=work)
        if found is None or found.state != "planned":
            work.jobs.finish([job])
        elif found.deadline_ms is not None and now_ms > found.deadline_ms:
            end_payment(found, after="rejected", actor="check", error_kind="Expired", work=work, now_ms=now_ms)
            work.jobs.finish([job])
        else:
            work.treasury.intents.note(intent.id, now_ms=now_ms, error_kind="InsufficientFunds")
            work.jobs.postpone(job, due_at_ms=now_ms + parts.rules.idle_ms, error_kind="InsufficientFunds")


def _reject(intent: Intent, error: Refused | Malformed, job: Job, *, parts: PaymentParts) -> None:
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        found = locked(intent.id, work=work)
        if found is not None and found.state == "planned":
            end_payment(found, after="rejected", actor="check", error_kind=error.kind, work=work, now_ms=now_ms)
        work.jobs.finish([job])
    log.warning("payment.refused", intent_id=intent.id, error=error.kind)
