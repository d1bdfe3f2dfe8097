"""The rows of the money on SQLite and PostgreSQL (reliability.md C.2, R20)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from maskbot.adapters.store.errors import AlreadyThere, IllegalMove
from maskbot.domain.audit import AuditBroken, NewEntry, verified
from maskbot.domain.gas import GasOffer
from maskbot.domain.job import JobKind
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.spending import Approval, Effect, Method, Spend, SpendingPolicy, TokenLimit
from maskbot.domain.transaction import (
    Attempt,
    AttemptKind,
    ContractCall,
    Followup,
    MinedAttempt,
    OtherPayment,
    PaymentOrder,
)
from maskbot.domain.wallet import Wallet
from maskbot.ports.treasury import Move
from tests.ports.store.stage import NOW, Stage

ALICE = Address(b"\xaa" * 20)
BOB = Address(b"\xbb" * 20)
HUGE = 2**255
ORDER = PaymentOrder(
    "w1", "test", "1", ContractCall(BOB, HUGE, b"\0\xff"), "operator:x", followup=Followup(JobKind.OPEN_POST, "t")
)
POLICY = SpendingPolicy(
    1, (TokenLimit(NATIVE, 1, 2, 3, HUGE),), (Method(BOB, b"\1\2\3\4"),), (ALICE,), approvers=("a",)
)


def add_wallet(stage: Stage, id_: str = "w1", address: Address = ALICE, **changes: object) -> Wallet:
    wallet = replace(Wallet(id_, stage.tenant, 1, address, "k", id_, 0), **changes)  # type: ignore[arg-type]  # test data
    with stage.store.write() as work:
        work.treasury.wallets.add(wallet, now_ms=NOW)
    return wallet


def add_intent(stage: Stage, order: PaymentOrder = ORDER) -> str:
    with stage.store.write() as work:
        return work.treasury.intents.add(order, wallet=work.treasury.wallets.load(["w1"])[0], now_ms=NOW)[0].id


def attempt_of(intent_id: str, number: int) -> Attempt:
    offer = GasOffer(2**100, number, is_legacy=False)
    return Attempt(intent_id, number, AttemptKind.PAY, b"raw%d" % number, bytes([number]) * 32, offer, NOW)


def test_a_wallet_comes_back_and_is_unique_by_chain_and_account(stage: Stage) -> None:
    wallet = add_wallet(stage, hd_index=3)
    with stage.store.read() as work:
        assert work.treasury.wallets.load(["w1"]) == (wallet,)
        assert work.treasury.wallets.load(tenant_id=stage.other_tenant) == ()
    with pytest.raises(AlreadyThere):
        add_wallet(stage, "w2")
    add_wallet(stage, "w2", chain_id=5)


def test_intents_are_found_by_how_their_ids_begin(stage: Stage) -> None:
    add_wallet(stage)
    ids = [add_intent(stage, replace(ORDER, purpose_id=str(number))) for number in range(3)]
    with stage.store.read() as work:
        intents = work.treasury.intents
        assert [one.id for one in intents.in_states({"planned"}, id_prefix=ids[1])] == [ids[1]]
        assert [one.id for one in intents.in_states({"planned"}, id_prefix=ids[0][:8])] == ids
        for none in ("%", "_" * 8, ids[0][:8].upper() + "x"):
            assert intents.in_states({"planned"}, id_prefix=none) == ()


def test_a_nonce_is_taken_once(stage: Stage) -> None:
    add_wallet(stage)
    with stage.store.write() as work:
        work.treasury.wallets.take_nonces("w1", first=0, count=1, now_ms=NOW)
    with stage.store.write() as work, pytest.raises(IllegalMove):
        work.treasury.wallets.take_nonces("w1", first=0, count=1, now_ms=NOW)
    with stage.store.write() as work:
        locked = work.treasury.wallets.lock("w1")
        assert locked is not None
        assert locked.next_nonce == 1


def test_nonces_are_taken_together_and_intents_move_together_or_not_at_all(stage: Stage) -> None:
    add_wallet(stage)
    ids = [add_intent(stage, replace(ORDER, purpose_id=str(number))) for number in range(3)]
    with stage.store.write() as work:
        work.treasury.wallets.take_nonces("w1", first=0, count=3, now_ms=NOW)
        work.treasury.intents.move_all([Move(id_, "planned", "approved", gas_limit=9) for id_ in ids], now_ms=NOW)
        moves = [Move(id_, "approved", "signed", nonce=at) for at, id_ in enumerate(ids)]
        work.treasury.intents.move_all(moves, now_ms=NOW)
    half = [Move(ids[0], "signed", "broadcast"), Move(ids[1], "approved", "signed")]
    with pytest.raises(IllegalMove), stage.store.write() as work:
        work.treasury.intents.move_all(half, now_ms=NOW)
    with stage.store.read() as work:
        assert work.treasury.wallets.load(["w1"])[0].next_nonce == 3
        found = work.treasury.intents.load(ids)
        assert [(found[id_].state, found[id_].nonce, found[id_].gas_limit) for id_ in ids] == [
            ("signed", at, 9) for at in range(3)
        ]


def test_an_intent_is_one_by_purpose_and_id_and_another_call_is_refused(stage: Stage) -> None:
    add_wallet(stage)
    first = add_intent(stage)
    assert add_intent(stage) == first
    with pytest.raises(OtherPayment):
        add_intent(stage, replace(ORDER, call=ContractCall(BOB, 1)))
    with stage.store.read() as work:
        intent = work.treasury.intents.load([first])[first]
    assert (intent.call, intent.followup, intent.state) == (ORDER.call, ORDER.followup, "planned")


def test_two_intents_of_a_wallet_never_share_a_nonce(stage: Stage) -> None:
    add_wallet(stage)
    ids = [add_intent(stage, replace(ORDER, purpose_id=str(number))) for number in range(2)]
    for id_ in ids:
        with stage.store.write() as work:
            work.treasury.intents.move(id_, before="planned", after="approved", now_ms=NOW)
    with stage.store.write() as work:
        work.treasury.intents.move(ids[0], before="approved", after="signed", now_ms=NOW, nonce=7)
    with pytest.raises(AlreadyThere), stage.store.write() as work:
        work.treasury.intents.move(ids[1], before="approved", after="signed", now_ms=NOW, nonce=7)


@pytest.mark.parametrize(
    ("before", "after"), [("planned", "signed"), ("approved", "signed"), ("final", "planned"), ("x", "y")]
)
def test_an_illegal_or_outdated_move_is_refused(stage: Stage, before: str, after: str) -> None:
    add_wallet(stage)
    id_ = add_intent(stage)
    with stage.store.write() as work, pytest.raises(IllegalMove):
        work.treasury.intents.move(id_, before=before, after=after, now_ms=NOW)


def test_intents_that_something_stands_against_come_last_and_take_turns(stage: Stage) -> None:
    add_wallet(stage)
    ids = [add_intent(stage, replace(ORDER, purpose_id=str(number))) for number in range(4)]
    with stage.store.write() as work:
        intents = work.treasury.intents
        intents.note(ids[0], now_ms=NOW + 2, error_kind="Refused")
        intents.note(ids[1], now_ms=NOW + 1, error_kind="Refused")
        intents.note(ids[2], now_ms=NOW + 3, error_kind="Waits")
        found = intents.in_states({"planned"}, wallet_id="w1", last={"Refused"})
        first = intents.in_states({"planned"}, wallet_id="w1", last={"Refused"}, limit=1)
    assert [one.id for one in found] == [ids[2], ids[3], ids[1], ids[0]]
    assert [one.id for one in first] == [ids[2]]


def test_intents_come_in_the_order_of_nonces_and_then_of_planning(stage: Stage) -> None:
    add_wallet(stage)
    ids = [add_intent(stage, replace(ORDER, purpose_id=str(number))) for number in range(4)]
    with stage.store.write() as work:
        for id_, nonce in ((ids[3], 0), (ids[1], 1)):
            work.treasury.intents.move(id_, before="planned", after="approved", now_ms=NOW)
            work.treasury.intents.move(id_, before="approved", after="signed", now_ms=NOW, nonce=nonce)
        found = work.treasury.intents.in_states({"planned", "signed"}, wallet_id="w1")
    assert [one.id for one in found] == [ids[3], ids[1], ids[0], ids[2]]


def test_attempts_keep_their_bytes_and_where_they_were_mined(stage: Stage) -> None:
    add_wallet(stage)
    id_ = add_intent(stage)
    mined = MinedAttempt(b"\1" * 32, b"\2" * 32, 5, True, 21_000, HUGE)
    with stage.store.write() as work:
        for number in (0, 1):
            work.treasury.attempts.add(attempt_of(id_, number))
        work.treasury.attempts.mark_sent(b"\1" * 32, now_ms=NOW)
        work.treasury.attempts.mark_sent(b"\1" * 32, now_ms=NOW + 5)
        work.treasury.attempts.mark_mined(mined, now_ms=NOW)
        work.treasury.attempts.mark_mined(replace(mined, block_hash=b"\3" * 32), now_ms=NOW)
    with stage.store.write() as work:
        first, second = work.treasury.attempts.of([id_])[id_]
        assert (first, second.first_sent_at_ms, second.last_sent_at_ms) == (attempt_of(id_, 0), NOW, NOW + 5)
        assert work.treasury.inclusions.canonical([b"\1" * 32])[b"\1" * 32].block_hash == b"\3" * 32
        work.treasury.attempts.mark_not_mined(b"\1" * 32)
        assert work.treasury.inclusions.canonical([b"\1" * 32]) == {}
    with pytest.raises(AlreadyThere), stage.store.write() as work:
        work.treasury.attempts.add(replace(attempt_of(id_, 2), number=1))


def test_a_policy_and_approvals_come_back(stage: Stage) -> None:
    add_wallet(stage)
    id_ = add_intent(stage)
    yes = Approval(id_, "operator:b", True, b"\1" * 32, b"\2" * 65)
    with stage.store.write() as work:
        assert work.treasury.rules.load_policy("w1") is None
        work.treasury.rules.set_policy("w1", POLICY, now_ms=NOW)
        work.treasury.rules.set_policy("w1", replace(POLICY, recipients=None), now_ms=NOW)
        work.treasury.rules.add_approval(yes, now_ms=NOW)
    with stage.store.read() as work:
        assert work.treasury.rules.load_policy("w1") == replace(POLICY, recipients=None)
        assert work.treasury.rules.approvals(id_) == (yes,)
    with pytest.raises(AlreadyThere), stage.store.write() as work:
        work.treasury.rules.add_approval(yes, now_ms=NOW)


def test_reservations_add_up_and_are_given_back_once(stage: Stage) -> None:
    add_wallet(stage)
    effect = Effect((Spend(NATIVE, BOB, HUGE), Spend(NATIVE, ALICE, 1)))
    ids = [add_intent(stage, replace(ORDER, purpose_id=str(number))) for number in range(3)]

    def totals() -> list[int]:
        found = work.treasury.spending.totals("w1", effect, day=3)
        return [found[NATIVE, BOB], found[NATIVE, ALICE], found[NATIVE, None]]

    with stage.store.write() as work:
        intents = work.treasury.intents.load(ids)
        work.treasury.spending.reserve((intents[ids[0]], effect), day=3, now_ms=NOW)
        work.treasury.spending.reserve(*((intents[id_], effect) for id_ in ids[1:]), day=3, now_ms=NOW)
        assert totals() == [3 * HUGE, 3, 3 * HUGE + 3]
        work.treasury.spending.settle(ids[0], now_ms=NOW)
        for _ in range(2):
            work.treasury.spending.release(ids[0], now_ms=NOW)
            work.treasury.spending.release(ids[1], now_ms=NOW)
        assert totals() == [2 * HUGE, 2, 2 * HUGE + 2]
        assert work.treasury.spending.reserved_days(ids) == {ids[0]: 3, ids[2]: 3}
        work.treasury.spending.reserve((intents[ids[1]], effect), day=4, now_ms=NOW)
        assert work.treasury.spending.reserved_days(ids) == {ids[0]: 3, ids[1]: 4, ids[2]: 3}
        assert work.treasury.spending.totals("w1", effect, day=4)[NATIVE, ALICE] == 1


def write_audit(stage: Stage, count: int) -> None:
    for number in range(count):
        with stage.store.write() as work:
            work.treasury.audit.append(
                NewEntry("a", "did", str(number)), NewEntry("b\0", "saw", str(number)), now_ms=NOW
            )


def verify(stage: Stage) -> int:
    with stage.store.read() as work:
        return len(list(verified(work.treasury.audit.page(after_seq=0), head=work.treasury.audit.head())))


@pytest.mark.parametrize("seq", range(1, 7))
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET actor = 'c' WHERE seq = {0}",
        "UPDATE audit SET at_ms = 1 WHERE seq = {0}",
        "DELETE FROM audit WHERE seq = {0}",
    ],
)
def test_every_changed_or_missing_entry_shows_at_its_number(stage: Stage, seq: int, change: str) -> None:
    write_audit(stage, 3)
    assert verify(stage) == 6
    _without_guard(stage, change.format(seq))
    with pytest.raises(AuditBroken) as broken:
        verify(stage)
    assert broken.value.seq == seq


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'c'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_the_audit(stage: Stage, change: str) -> None:
    write_audit(stage, 1)
    with pytest.raises(AlreadyThere), stage.store.transaction() as connection:
        connection.execute(text(change))
    assert verify(stage) == 2


def _without_guard(stage: Stage, statement: str) -> None:
    """As somebody with all rights on the database."""
    with stage.store.transaction() as connection:
        if stage.store.engines.path is None:
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_guard"))
            connection.execute(text(statement))
            connection.execute(text("ALTER TABLE audit ENABLE TRIGGER audit_guard"))
        else:
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER audit_no_{verb}"))
            connection.execute(text(statement))


def test_those_that_wait_for_a_yes_and_the_newest_are_found_among_any_number(stage: Stage) -> None:
    wallet = add_wallet(stage)
    with stage.store.write() as work:
        intents = work.treasury.intents
        ids = [
            intents.add(replace(ORDER, purpose_id=str(number)), wallet=wallet, now_ms=NOW)[0].id
            for number in range(1_002)
        ]
        intents.note(ids[-1], now_ms=NOW, needed_approvals=1)
        intents.note(ids[-2], now_ms=NOW, needed_approvals=2)
        intents.note(ids[0], now_ms=NOW, needed_approvals=1)
        intents.move(ids[0], before="planned", after="rejected", now_ms=NOW)
    with stage.store.read() as work:
        assert [one.id for one in work.treasury.intents.waiting()] == ids[-2:]
        assert [one.id for one in work.treasury.intents.newest(limit=3)] == ids[:-4:-1]
