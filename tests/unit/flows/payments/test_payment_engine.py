"""The life of a payment against a chain in memory (reliability.md C.3, R7, R9, R11 to R16, R18)."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from maskbot.domain.chain import Fees, Inclusion
from maskbot.domain.errors import Refused
from maskbot.domain.gas import GasOffer
from maskbot.domain.job import JobKind
from maskbot.domain.money import Address
from maskbot.domain.transaction import AttemptKind, ContractCall, Followup, OtherPayment
from maskbot.flows.decide.payment import cancel_payment, final_hash, release_wallet
from maskbot.wire.crypto import keccak256
from maskbot.wire.transaction import TransactionFields, decode_signed, sign_transaction
from tests.fakes.chain import FakeChain
from tests.fakes.till import BOB, CAROL, ONE, PRIVATE_KEY, FakeTill


def cancel(till: FakeTill, intent_id: str) -> str:
    with till.store.write() as work:
        return cancel_payment(intent_id, actor="operator:alice", work=work, now_ms=till.clock.ms)


def flip(till: FakeTill, scope: str, *, is_on: bool) -> None:
    with till.store.write() as work:
        work.switches.flip(scope, is_on=is_on, reason="test", who="test", now_ms=till.clock.ms)


def test_a_payment_goes_from_planned_to_final_and_pays_once(till: FakeTill) -> None:
    intent = till.plan("a")
    till.work()
    assert till.intent(intent.id).state == "broadcast"
    till.mine_and_step()
    assert till.intent(intent.id).state == "included"
    till.mine_and_step(3)
    assert till.intent(intent.id).state == "final"
    assert till.node.paid_to(BOB) == [ONE]
    till.step(60_000)
    assert till.work_once() == 0, "nothing is left to do"


def test_planning_the_same_payment_again_is_the_same_payment(till: FakeTill) -> None:
    first = till.plan("a")
    assert till.plan("a").id == first.id
    with pytest.raises(OtherPayment):
        till.plan("a", value_wei=2 * ONE)
    till.work()
    till.mine_and_step(5)
    assert till.plan("a").state == "final"
    till.step(10_000)
    till.mine_and_step(2)
    assert till.node.paid_to(BOB) == [ONE]


def test_many_payments_are_pipelined_within_the_window_in_the_order_of_their_planning(till: FakeTill) -> None:
    intents = [till.plan(f"p{number:02}", value_wei=ONE + number) for number in range(20)]
    till.work()
    assert len(till.node.pool) == till.node.chain.window
    till.mine_and_step(12)
    assert set(till.states().values()) == {"final"}
    assert [till.intent(one.id).nonce for one in intents] == list(range(20))
    assert till.node.paid_to(BOB) == [ONE + number for number in range(20)]


def test_nothing_reaches_a_node_that_is_not_stored_before(till: FakeTill) -> None:
    seen = []

    def look(raw: bytes) -> None:
        with till.store.read() as work:
            every = work.treasury.intents.in_states({"signed", "broadcast", "unknown", "cancelling"})
            stored = work.treasury.attempts.of([one.id for one in every])
            assert any(one.tx_hash == keccak256(raw) for attempts in stored.values() for one in attempts)
        seen.append(raw)

    till.node.before_submit = look
    for number in range(5):
        till.plan(f"p{number}")
    till.work()
    assert len(seen) == 5


@pytest.mark.parametrize("answer", ["lost", "away"])
def test_a_lost_answer_is_unknown_and_the_same_bytes_are_sent_again(till: FakeTill, answer: str) -> None:
    till.node.answers = [answer]
    intent = till.plan("a")
    till.work()
    assert till.intent(intent.id).state == "unknown"
    till.step(6_000)
    till.mine_and_step(4)
    assert till.intent(intent.id).state == "final"
    assert till.node.paid_to(BOB) == [ONE]
    assert len({keccak256(raw) for raw in till.node.submitted}) == 1


def test_an_answer_lost_after_mining_is_found_by_its_receipt(till: FakeTill) -> None:
    till.node.answers = ["lost"]
    intent = till.plan("a")
    till.work()
    till.node.mine(5)
    till.step(6_000)
    assert till.intent(intent.id).state == "final"
    assert till.wallet.state == "active"


@pytest.mark.parametrize("depth", range(1, 11))
def test_a_reorg_sends_the_same_bytes_again_in_the_order_of_nonces(till: FakeTill, depth: int) -> None:
    till.node.chain = replace(till.node.chain, final_depth=12)
    for number in range(3):
        till.plan(f"p{number}", value_wei=ONE + number)
    till.work()
    till.node.mine(depth)
    till.step()
    assert set(till.states().values()) == {"included"}
    before = len(till.node.submitted)
    till.node.reorg(depth)
    till.step()
    assert set(till.states().values()) == {"broadcast"}
    again = till.node.submitted[before:]
    assert [decode_signed(raw)[0].nonce for raw in again] == [0, 1, 2]
    assert set(again) <= set(till.node.submitted[:before])
    till.mine_and_step(14)
    assert set(till.states().values()) == {"final"}
    assert till.node.paid_to(BOB) == [ONE, ONE + 1, ONE + 2]


def test_a_reverted_payment_ends_and_is_not_paid_again(till: FakeTill) -> None:
    till.node.reverting = True
    intent = till.plan("a")
    till.work()
    till.mine_and_step(5)
    till.step(100_000)
    assert till.intent(intent.id).state == "reverted"
    assert len(till.attempts(intent.id)) == 1


def test_a_payment_that_waits_is_replaced_with_the_same_nonce_and_call(till: FakeTill) -> None:
    intent = till.plan("a")
    till.work()
    till.node.fees = Fees(base_fee_wei=4 * 10**9, priority_fee_wei=10**7, gas_price_wei=4 * 10**9)
    till.step(61_000)
    first, second = till.attempts(intent.id)
    fields = [decode_signed(one.raw)[0] for one in (first, second)]
    assert (fields[0].nonce, fields[0].call) == (fields[1].nonce, fields[1].call)
    assert second.offer.max_fee_wei >= first.offer.max_fee_wei * 9 // 8
    assert till.node.pool[till.wallet.address, 0].tx_hash == second.tx_hash
    till.mine_and_step(4)
    assert till.intent(intent.id).state == "final"
    assert till.node.paid_to(BOB) == [ONE]


def test_fees_stop_at_the_cap_of_the_policy(till: FakeTill) -> None:
    intent = till.plan("a")
    till.work()
    for _ in range(40):
        till.step(61_000)
    attempts = till.attempts(intent.id)
    assert max(one.offer.max_fee_wei for one in attempts) <= 100 * 10**9
    assert len(attempts) <= 11
    till.node.fees = Fees(base_fee_wei=10**12, priority_fee_wei=1, gas_price_wei=10**12)
    later = till.plan("b", to=CAROL)
    till.step()
    till.step()
    assert till.intent(later.id).error_kind == "FeeCapReached"
    assert till.intent(later.id).state == "approved"


def test_a_chain_without_eip1559_gets_legacy_transactions(till: FakeTill) -> None:
    till.node.fees = Fees(base_fee_wei=None, priority_fee_wei=0, gas_price_wei=3 * 10**9)
    intent = till.plan("a")
    till.work()
    (attempt,) = till.attempts(intent.id)
    assert attempt.offer.is_legacy
    assert attempt.raw[0] >= 0xC0
    till.mine_and_step(4)
    assert till.intent(intent.id).state == "final"


def test_a_cancelled_payment_is_rejected_when_the_cancellation_is_final(till: FakeTill) -> None:
    intent = till.plan("a")
    till.work()
    assert cancel(till, intent.id) == "cancelling"
    till.step()
    assert till.attempts(intent.id)[-1].kind is AttemptKind.CANCEL
    till.mine_and_step()
    assert till.intent(intent.id).state == "included"
    till.mine_and_step(3)
    assert till.intent(intent.id).state == "rejected"
    assert till.node.paid_to(BOB) == []
    assert till.plan("b").nonce is None
    till.step()
    till.mine_and_step(4)
    assert till.states()["b"] == "final"


def test_a_payment_that_is_rejected_behind_another_one_is_not_sent_again(till: FakeTill) -> None:
    till.node.answers = ["away", "away"]
    first, second = till.plan("a"), till.plan("b", to=CAROL)
    till.work()
    assert till.states() == {"a": "unknown", "b": "unknown"}
    cancel(till, second.id)
    till.step(6_000)
    assert till.attempts(second.id)[-1].kind is AttemptKind.CANCEL
    till.mine_and_step(4)
    assert till.states() == {"a": "final", "b": "rejected"}
    assert (till.node.paid_to(BOB), till.node.paid_to(CAROL)) == ([ONE], [])
    assert till.intent(first.id).nonce == 0


def test_a_payment_that_is_rejected_waits_unsent_while_its_cancellation_may_not_be_signed(till: FakeTill) -> None:
    till.node.answers = ["away"]
    intent = till.plan("a")
    till.work()
    flip(till, "payments", is_on=False)
    cancel(till, intent.id)
    till.step(6_000)
    till.step(6_000)
    assert till.node.submitted == []
    flip(till, "payments", is_on=True)
    till.step(6_000)
    till.mine_and_step(4)
    assert till.states() == {"a": "rejected"}
    assert till.node.paid_to(BOB) == []


@pytest.mark.parametrize("is_held", [True, False])
def test_a_payment_at_the_cap_is_cancelled_with_the_same_offer_where_no_node_holds_it(
    is_held: bool, till: FakeTill
) -> None:
    till.node.fees = Fees(base_fee_wei=48 * 10**9, priority_fee_wei=10**6, gas_price_wei=48 * 10**9)
    intent = till.plan("a")
    till.work()
    if not is_held:
        till.node.forget_pool()
    cancel(till, intent.id)
    till.step(6_000)
    paid, cancelled = till.attempts(intent.id)
    assert (cancelled.kind, cancelled.offer) == (AttemptKind.CANCEL, paid.offer)
    with pytest.raises(Refused, match=r"1\.125"):  # once: a second one has to be raised
        till.signer.sign_replacement(intent_id=intent.id, offer=paid.offer, after=1, is_cancel=True)
    till.step(6_000)
    till.mine_and_step(4)
    assert till.states() == {"a": "final" if is_held else "rejected"}
    assert till.node.paid_to(BOB) == ([ONE] if is_held else [])


def test_of_two_attempts_that_a_reorganisation_exchanged_the_mined_one_is_the_payment(till: FakeTill) -> None:
    intent = till.plan("a")
    till.work()
    till.step(61_000)
    first, second = till.attempts(intent.id)
    till.node.forget_pool()
    till.node.submit(first.raw)
    till.mine_and_step()
    assert till.intent(intent.id).state == "included"
    till.node.reorg(1)
    till.node.submit(second.raw)
    till.node.mine(4)
    till.step()
    assert till.intent(intent.id).state == "final"
    with till.store.read() as work:
        mined = work.treasury.inclusions.canonical([first.tx_hash, second.tx_hash])
        assert final_hash(till.intent(intent.id), work=work) == second.tx_hash
    assert set(mined) == {second.tx_hash}


def test_a_cancellation_that_comes_too_late_leaves_the_payment_final(till: FakeTill) -> None:
    intent = till.plan("a")
    till.work()
    till.node.mine()
    cancel(till, intent.id)
    till.step()
    till.mine_and_step(4)
    assert till.intent(intent.id).state == "final"
    assert till.node.paid_to(BOB) == [ONE]


def spend_elsewhere(till: FakeTill, nonce: int) -> None:
    """Somebody else has the key."""
    offer = GasOffer(10**12, 10**11, is_legacy=False)
    fields = TransactionFields(31337, nonce, 21_000, offer, ContractCall(CAROL, 5))
    till.node.submit(sign_transaction(fields, private_key=PRIVATE_KEY).raw)


def test_a_foreign_spender_quarantines_the_wallet_and_nothing_is_signed_any_more(till: FakeTill) -> None:
    spend_elsewhere(till, 0)
    till.plan("a")
    till.work()
    assert till.wallet.state == "quarantined"
    before = len(till.node.submitted)
    till.plan("b")
    for _ in range(5):
        till.mine_and_step()
        till.step(30_000)
    assert len(till.node.submitted) == before
    assert till.node.paid_to(BOB) == []


def test_a_nonce_used_by_somebody_else_quarantines_payment_and_wallet(till: FakeTill) -> None:
    intent = till.plan("a")
    till.work()
    spend_elsewhere(till, 0)
    till.mine_and_step()
    assert till.wallet.state == "active", "one look is not enough"
    till.mine_and_step()
    assert till.wallet.state == "quarantined"
    assert till.intent(intent.id).state == "quarantined"
    with till.store.write() as work, pytest.raises(Refused, match="reject it here, first"):
        release_wallet("w1", next_nonce=1, actor="operator:bob", work=work, now_ms=till.clock.ms)
    assert cancel(till, intent.id) == "rejected"
    with till.store.write() as work:
        release_wallet("w1", next_nonce=1, actor="operator:bob", work=work, now_ms=till.clock.ms)
    till.plan("b")
    till.step(16_000)
    till.mine_and_step(4)
    assert till.states() == {"a": "rejected", "b": "final"}


def test_a_restored_backup_quarantines_the_wallet_before_anything_is_signed(till: FakeTill) -> None:
    intent = till.plan("a")
    till.work_once()
    assert till.intent(intent.id).state == "approved"
    till.close()
    backup = till.folder / "backup.db"
    shutil.copy(till.folder / "till.db", backup)
    till.open()
    till.work()
    till.mine_and_step(4)
    assert till.node.paid_to(BOB) == [ONE]
    till.close()
    for left in till.folder.glob("till.db-*"):
        left.unlink()
    shutil.copy(backup, till.folder / "till.db")
    till.open()
    for _ in range(5):
        till.step(60_000)
        till.node.mine()
    assert till.wallet.state == "quarantined"
    assert till.attempts(intent.id) == ()
    assert till.node.paid_to(BOB) == [ONE]


def test_the_kill_switch_stops_signatures_and_another_one_stops_sending(till: FakeTill) -> None:
    flip(till, "payments", is_on=False)
    intent = till.plan("a")
    till.step()
    assert till.intent(intent.id).state == "approved"
    with pytest.raises(Refused) as refusal:
        till.sign(intent.id, _offer())
    assert refusal.value.kind == "Paused"
    till.close()
    till.open()
    till.step()
    assert till.intent(intent.id).state == "approved"
    flip(till, "resends", is_on=False)
    flip(till, "payments", is_on=True)
    till.node.answers = ["away"]
    till.step()
    assert till.intent(intent.id).state == "unknown"
    sent = len(till.node.submitted)
    till.step(10_000)
    assert len(till.node.submitted) == sent
    flip(till, "resends", is_on=True)
    till.step(10_000)
    till.mine_and_step(4)
    assert till.intent(intent.id).state == "final"


@pytest.mark.parametrize("scope", ["global", "tenant:{tenant}", "chain:31337", "wallet:w1"])
def test_every_scope_of_a_switch_is_read_by_the_vault(till: FakeTill, scope: str) -> None:
    intent = till.plan("a")
    till.work_once()
    flip(till, scope.format(tenant=till.wallet.tenant_id), is_on=False)
    with pytest.raises(Refused) as refusal:
        till.sign(intent.id, _offer())
    assert refusal.value.kind == "Paused"


def test_a_payment_waits_for_coins_and_then_goes(till: FakeTill) -> None:
    till.node.coins[till.wallet.address] = 0
    intent = till.plan("a")
    till.work()
    assert till.intent(intent.id).error_kind == "InsufficientFunds"
    till.node.coins[till.wallet.address] = 10 * ONE
    till.step(16_000)
    till.mine_and_step(4)
    assert till.intent(intent.id).state == "final"


def test_a_payment_past_its_deadline_is_not_signed(till: FakeTill) -> None:
    intent = till.plan("a", deadline_ms=till.clock.ms + 500)
    flip(till, "payments", is_on=False)
    till.work()
    till.clock.move(1_000)
    flip(till, "payments", is_on=True)
    till.step(20_000)
    assert till.intent(intent.id).state == "rejected"
    assert till.node.submitted == []


def test_the_job_that_waits_for_a_payment_is_added_when_it_ends(till: FakeTill) -> None:
    till.plan("a", followup=Followup(JobKind.FETCH_FACTS, "giveaway-1"))
    till.work()
    till.mine_and_step(4)
    with till.store.write() as work:
        (job,) = work.jobs.claim(queue="facts", owner="t", limit=9, now_ms=till.clock.ms, lease_ms=1)
    assert job.target_id == "giveaway-1"


def test_signing_an_intent_twice_gives_the_same_bytes_and_one_nonce(till: FakeTill) -> None:
    intent = till.plan("a")
    till.work_once()
    first = till.sign(intent.id, _offer())
    assert till.sign(intent.id, _offer()) == first
    assert till.wallet.next_nonce == 1


def test_a_node_that_lies_about_a_receipt_is_not_believed(till: FakeTill) -> None:
    class Liar(FakeChain):
        def fetch_inclusion(self, tx_hash: bytes) -> Inclusion | None:
            found = super().fetch_inclusion(tx_hash)
            return found and replace(found, receipt=replace(found.receipt, to=Address(bytes(20))))

    liar = Liar(coins=till.node.coins)
    till.node = liar
    intent = till.plan("a")
    till.work()
    till.mine_and_step(5)
    assert till.intent(intent.id).state in ("broadcast", "unknown")


def _offer() -> GasOffer:
    return GasOffer(2 * 10**9, 10**6, is_legacy=False)
