"""Policy, approvals and their second check in the vault (reliability.md E18, R17, R19)."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from maskbot.adapters.vault.wallet_keys import address_of
from maskbot.domain.errors import MaskbotError, Refused
from maskbot.domain.gas import FeeCapReached, GasOffer
from maskbot.domain.money import NATIVE, Address, Amount, Token, parse_amount
from maskbot.domain.spending import Approval, Method, SpendingRefused, TokenLimit, approval_text
from maskbot.domain.transaction import ContractCall, Intent, PaymentGone
from maskbot.flows.decide.payment import record_approval
from maskbot.wire.crypto import address_text, keccak256, sign_recoverable
from maskbot.wire.red_packet import ClaimCall
from maskbot.wire.transaction import approve_call, transfer_call
from tests.fakes.till import BOB, CAROL, ONE, POLICY, FakeTill, fake_till

OFFER = GasOffer(2 * 10**9, 10**6, is_legacy=False)
COIN = Token(31337, Address(b"\x77" * 20), "TST", 6)


def say(till: FakeTill, intent: Intent, who: str, *, is_yes: bool = True, signature: bytes | None = None) -> str:
    approval = Approval(intent.id, who, is_yes, intent.call_digest, signature)
    with till.store.write() as work:
        return record_approval(approval, work=work, now_ms=till.clock.ms)


def rules(till: FakeTill, **changes: object) -> None:
    with till.store.write() as work:
        work.treasury.rules.set_policy("w1", replace(POLICY, **changes), now_ms=till.clock.ms)  # type: ignore[arg-type]  # test data


def limit(**changes: int) -> tuple[TokenLimit, ...]:
    return (replace(POLICY.tokens[0], **changes),)  # type: ignore[arg-type]  # test data


def test_payments_that_the_vault_refuses_hold_up_nobody(till: FakeTill) -> None:
    for number in range(till.node.chain.window + 1):
        till.plan(f"old {number}", to=CAROL)
    till.work_once()
    assert set(till.states().values()) == {"approved"}
    with till.store.write() as work:
        work.treasury.rules.set_policy("w1", replace(POLICY, recipients=(BOB,)), now_ms=till.clock.ms)
    till.plan("new")
    for _ in range(3):
        till.step()
    till.mine_and_step(4)
    assert till.states()["new"] == "final"
    assert till.node.paid_to(CAROL) == []
    with till.store.write() as work:
        work.treasury.rules.set_policy("w1", POLICY, now_ms=till.clock.ms)
    for _ in range(4):
        till.mine_and_step(4)
    assert set(till.states().values()) == {"final"}


def test_payments_whose_own_caps_are_passed_hold_up_nobody(till: FakeTill) -> None:
    fees, window = till.node.fees, till.node.chain.window
    assert fees.base_fee_wei is not None
    for number in range(window):
        till.plan(f"dear {number}", max_fee_wei=fees.base_fee_wei)
    till.plan("other")
    for _ in range(3):
        till.step()
    assert till.node.paid_to(BOB) == []
    till.mine_and_step(4)
    assert till.states()["other"] == "final"
    till.node.fees = replace(fees, base_fee_wei=1, priority_fee_wei=1)
    for _ in range(3):
        till.mine_and_step(4)
    assert set(till.states().values()) == {"final"}


def test_a_payment_above_the_threshold_waits_for_somebody_else(till: FakeTill) -> None:
    intent = till.plan("a", value_wei=51 * ONE)
    till.work()
    assert (till.intent(intent.id).state, till.intent(intent.id).error_kind) == ("planned", "AwaitingApproval")
    with pytest.raises(Refused) as refusal:
        say(till, intent, "operator:alice")
    assert refusal.value.kind == "NotAnApprover"
    assert say(till, intent, "operator:bob") == "approved"
    till.step()
    till.mine_and_step(4)
    assert till.intent(intent.id).state == "final"


def test_a_no_rejects_and_frees_what_was_reserved(till: FakeTill) -> None:
    rules(till, tokens=limit(per_day=60 * ONE))
    intent = till.plan("a", value_wei=51 * ONE)
    till.work()
    assert say(till, intent, "operator:bob", is_yes=False) == "rejected"
    with pytest.raises(PaymentGone):
        say(till, intent, "operator:carol")
    other = till.plan("b", value_wei=50 * ONE)
    till.work()
    assert till.intent(other.id).state == "broadcast"


def test_two_of_n_and_nobody_counts_twice(till: FakeTill) -> None:
    rules(till, approvals=2)
    intent = till.plan("a", value_wei=51 * ONE)
    till.work()
    assert say(till, intent, "operator:bob") == "planned"
    with pytest.raises(Refused) as refusal:
        say(till, intent, "operator:bob")
    assert refusal.value.kind == "AlreadyThere"
    assert say(till, intent, "operator:carol") == "approved"


def test_a_listed_key_approves_by_its_signature_and_no_other_one(till: FakeTill) -> None:
    key = b"\x33" * 32
    who = "key:" + address_text(_address(key))
    rules(till, approvers=(who,))
    intent = till.plan("a", value_wei=51 * ONE)
    till.work()
    for wrong in (None, bytes(65), _signed(b"\x44" * 32, intent)):
        with pytest.raises(Refused):
            say(till, intent, who, signature=wrong)
    with pytest.raises(Refused):
        say(till, intent, "operator:bob")
    assert say(till, intent, who, signature=_signed(key, intent)) == "approved"


def test_the_vault_signs_nothing_above_the_threshold_without_the_approval(till: FakeTill) -> None:
    intent = till.plan("a", value_wei=51 * ONE)
    till.work()
    with till.store.write() as work:  # a worker that was taken over
        work.treasury.intents.move(intent.id, before="planned", after="approved", now_ms=till.clock.ms)
    with pytest.raises(Refused) as refusal:
        till.sign(intent.id, OFFER)
    assert refusal.value.kind == "NotApproved"


def test_the_vault_counts_caps_itself_when_a_worker_did_not(till: FakeTill) -> None:
    rules(till, tokens=limit(per_day=10 * ONE))
    signed, refusals = 0, set()
    for number in range(20):
        intent = till.plan(f"p{number}", value_wei=3 * ONE)
        with till.store.write() as work:
            work.treasury.intents.note(intent.id, now_ms=till.clock.ms, gas_limit=21_000)
            work.treasury.intents.move(intent.id, before="planned", after="approved", now_ms=till.clock.ms)
        try:
            till.sign(intent.id, OFFER)
            signed += 1
        except MaskbotError as error:
            refusals.add(error.kind)
    assert (signed, refusals) == (3, {"SpendingRefused"})
    assert till.wallet.next_nonce == 3


def test_a_payment_with_a_lower_cap_waits_alone_until_gas_is_cheap_and_the_vault_holds_the_cap(till: FakeTill) -> None:
    fees = till.node.fees
    dear, other = till.plan("dear", max_fee_wei=fees.base_fee_wei), till.plan("other")
    till.work()
    assert (till.intent(dear.id).state, till.intent(dear.id).error_kind) == ("approved", "FeeCapReached")
    assert till.intent(other.id).state == "broadcast"
    with pytest.raises(FeeCapReached):
        till.sign(dear.id, OFFER)
    till.node.fees = replace(fees, base_fee_wei=(fees.base_fee_wei or 0) // 4)
    till.step()
    attempt = till.attempts(dear.id)[0]
    assert attempt.offer.max_fee_wei <= (dear.max_fee_wei or 0)
    raised = GasOffer(4 * 10**9, 4 * 10**6, is_legacy=False)
    with pytest.raises(FeeCapReached):
        till.signer.sign_replacement(intent_id=dear.id, offer=raised, after=0, is_cancel=False)


def test_a_claim_for_somebody_else_is_never_signed(till: FakeTill) -> None:
    hub = Address(b"\x0d" * 20)
    rules(till, methods=(Method(hub, bytes.fromhex("7394ad93")),))
    refusals = []
    for name, recipient in (("own", till.wallet.address), ("theft", BOB)):
        call = ContractCall(hub, 0, ClaimCall(bytes(32), bytes(65), recipient).encode())
        intent = till.plan(f"claim {name}", call=call, gas_limit=120_000)
        with till.store.write() as work:  # a worker that was taken over
            work.treasury.intents.move(intent.id, before="planned", after="approved", now_ms=till.clock.ms)
        try:
            till.sign(intent.id, OFFER)
        except SpendingRefused as error:
            refusals.append((name, error.rule))
    assert refusals == [("theft", "recipient")]


@pytest.mark.parametrize(
    ("amount", "above", "kind"),
    [(8, 8, ""), (9, 8, "NotApproved"), (11, 99, "SpendingRefused"), (2**256 - 1, 99, "SpendingRefused")],
)
def test_the_vault_holds_an_allowance_against_caps_and_threshold_itself(
    till: FakeTill, amount: int, above: int, kind: str
) -> None:
    limits = TokenLimit(COIN.address, per_payment=10, per_day=0, per_recipient=0, approval_above=above)
    rules(till, tokens=(limits,), methods=(Method(CAROL, b"\x01\x02\x03\x04"),))
    intent = till.plan("a", call=approve_call(Amount(COIN, amount), spender=CAROL))
    with till.store.write() as work:  # a worker that was taken over
        work.treasury.intents.note(intent.id, now_ms=till.clock.ms, gas_limit=50_000)
        work.treasury.intents.move(intent.id, before="planned", after="approved", now_ms=till.clock.ms)
    if not kind:
        till.sign(intent.id, OFFER)
        return
    with pytest.raises(Refused) as refusal:
        till.sign(intent.id, OFFER)
    assert refusal.value.kind == kind


def test_fifty_requests_at_once_stay_below_the_cap(till: FakeTill) -> None:
    rules(till, tokens=limit(per_day=10 * ONE))

    def plan_some(first: int) -> None:
        for number in range(first, first + 5):
            till.plan(f"p{number}")

    threads = [threading.Thread(target=plan_some, args=(first,)) for first in range(0, 50, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    till.work_once()
    states = list(till.states().values())
    assert (states.count("approved"), states.count("rejected")) == (10, 40)


def test_a_payment_signed_on_another_day_counts_to_that_day(till: FakeTill) -> None:
    rules(till, tokens=limit(per_day=10 * ONE))
    late = till.plan("late", value_wei=8 * ONE)
    till.work_once()
    till.clock.move(86_400_000)
    early = till.plan("early", value_wei=8 * ONE)
    with till.store.write() as work:
        (job,) = [
            one
            for one in work.jobs.claim(queue="payments", owner="t", limit=9, now_ms=till.clock.ms, lease_ms=1)
            if one.target_id == early.id
        ]
    till._check([job])
    till.sign(early.id, OFFER)
    with pytest.raises(Refused) as refusal:
        till.sign(late.id, OFFER)
    assert refusal.value.kind == "SpendingRefused"


@pytest.mark.parametrize(
    ("changes", "call", "rule"),
    [
        ({}, ContractCall(BOB, 101 * ONE), "per_payment"),
        ({"tokens": limit(per_recipient=1)}, ContractCall(BOB, 2), "per_recipient"),
        ({"tokens": limit(per_day=1)}, ContractCall(BOB, 2), "per_day"),
        ({"recipients": (CAROL,)}, ContractCall(BOB, 2), "recipient"),
        ({"tokens": ()}, ContractCall(BOB, 2), "token"),
        ({"chain_id": 1}, ContractCall(BOB, 2), "chain"),
        ({"max_gas": 21_000}, ContractCall(BOB, 0, b"\x01\x02\x03\x04"), "gas"),
        ({}, ContractCall(BOB, 0, b"\x01\x02\x03\x04"), "method"),
        ({"methods": (Method(CAROL, b"\x01\x02\x03\x04"),)}, ContractCall(BOB, 0, b"\x01\x02\x03\x04"), "method"),
    ],
)
def test_what_the_policy_does_not_list_is_rejected_with_its_rule(
    till: FakeTill, changes: dict[str, object], call: ContractCall, rule: str
) -> None:
    rules(till, **changes)
    intent = till.plan("a", call=call)
    till.work()
    assert (till.intent(intent.id).state, till.intent(intent.id).error_kind) == ("rejected", f"SpendingRefused:{rule}")
    assert till.node.submitted == []


def test_without_a_policy_nothing_is_paid(tmp_path: Path) -> None:
    till = fake_till(tmp_path, policy=None)
    intent = till.plan("a")
    till.work()
    assert till.intent(intent.id).error_kind == "SpendingRefused:policy"
    till.close()


def test_a_token_that_is_not_there_is_refused_by_the_simulation(till: FakeTill) -> None:
    rules(till, tokens=(*POLICY.tokens, TokenLimit(COIN.address, 10**9, 10**9, 10**9, 10**9)))
    intent = till.plan("a", call=transfer_call(parse_amount("1.5", token=COIN), to=BOB))
    till.work()
    assert till.intent(intent.id).error_kind == "NoToken"


@pytest.mark.parametrize("data", ["a9059cbb", "a9059cbb" + "00" * 63, "a9059cbb" + "ff" * 64, "01"])
def test_call_data_whose_effect_cannot_be_told_is_rejected(till: FakeTill, data: str) -> None:
    intent = till.plan("a", call=ContractCall(COIN.address, 0, bytes.fromhex(data)))
    till.work()
    assert (till.intent(intent.id).state, till.intent(intent.id).error_kind) == ("rejected", "InvalidCall")


def test_the_native_token_is_what_the_policy_calls_it() -> None:
    assert POLICY.limit_of(NATIVE) is not None


def _address(key: bytes) -> Address:
    return address_of(key)


def _signed(key: bytes, intent: Intent) -> bytes:
    text = approval_text(intent.id, call_digest=intent.call_digest, is_yes=True).encode()
    signature = sign_recoverable(key, keccak256(b"\x19Ethereum Signed Message:\n%d" % len(text) + text))
    return signature[:64] + bytes([signature[64] + 27])
