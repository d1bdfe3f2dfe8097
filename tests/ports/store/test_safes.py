"""Safes and proposals on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from maskbot.adapters.store.errors import AlreadyThere, IllegalMove
from maskbot.domain.job import JobKind
from maskbot.domain.money import Address
from maskbot.domain.safe import Proposal, ProposalOrder, Safe, SafeLook, SafeTx, SafeVersion
from maskbot.domain.spending import SpendingPolicy
from maskbot.domain.transaction import ContractCall, Followup
from maskbot.flows.decide.safe import plan_proposal
from tests.ports.store.stage import NOW, Stage
from tests.ports.store.test_treasury import add_wallet

A, B = Address(b"\xaa" * 20), Address(b"\xbb" * 20)
CALL = ContractCall(B, 2**255, b"\0\xff")
ORDER = ProposalOrder("s1", "w1", "test", "1", CALL, False, "operator:x", followup=Followup(JobKind.BOOK_GIVEAWAY, "g"))


def safe_of(stage: Stage, **changes: object) -> Safe:
    made = Safe("s1", stage.tenant, 1, A, "dao", SafeVersion.V1_3_0, B)
    return replace(made, **changes)  # type: ignore[arg-type]  # test data


def add(stage: Stage, order: ProposalOrder = ORDER, *, nonce: int = 0, hash_: bytes = bytes(32)) -> Proposal:
    with stage.store.write() as work:
        tx = SafeTx(1, A, order.call, order.is_delegate, nonce)
        return work.treasury.proposals.add(
            order, tx=tx, hash=hash_, tenant_id=stage.tenant, first_block=7, first_nonce=5, now_ms=NOW
        )


@pytest.fixture
def dao(stage: Stage) -> Stage:
    add_wallet(stage)
    with stage.store.write() as work:
        work.treasury.safes.add(safe_of(stage), now_ms=NOW)
    return stage


def test_a_safe_comes_back_and_is_unique_by_chain_and_address_and_by_name(dao: Stage) -> None:
    with dao.store.read() as work:
        assert work.treasury.safes.load() == work.treasury.safes.load(["s1"]) == (safe_of(dao),)
        assert work.treasury.safes.load(tenant_id=dao.other_tenant) == ()
    for twice in ({"id": "s2", "name": "other"}, {"id": "s2", "address": B}):
        with pytest.raises(AlreadyThere), dao.store.write() as work:
            work.treasury.safes.add(safe_of(dao, **twice), now_ms=NOW)
    with dao.store.write() as work:
        work.treasury.safes.add(safe_of(dao, id="s2", name="other", chain_id=5), now_ms=NOW)
        assert work.treasury.safes.lock("s1") == safe_of(dao)
        assert work.treasury.safes.lock("none") is None


def test_a_proposal_comes_back_as_it_was_and_as_it_became(dao: Stage) -> None:
    made = add(dao)
    with dao.store.write() as work:
        assert work.treasury.proposals.load([made.id]) == (made,)
        assert work.treasury.proposals.find(purpose="test", purpose_id="1") == made
        assert work.treasury.proposals.find(purpose="test", purpose_id="2") is None
        changed = replace(
            made,
            state="proposed",
            signature=bytes(65),
            posted_at_ms=NOW,
            confirmed_by=(A, B),
            next_block=2**40,
            executions=3,
            error_kind="X",
            tx_hash=bytes(32),
        )
        work.treasury.proposals.save(changed, before="planned", now_ms=NOW)
        assert work.treasury.proposals.load([made.id]) == (changed,)
        work.treasury.proposals.save(changed, before="proposed", now_ms=NOW)


def test_a_purpose_is_one_proposal(dao: Stage) -> None:
    add(dao)
    with pytest.raises(AlreadyThere):
        add(dao, hash_=b"\1" * 32)


def test_illegal_moves_are_refused(dao: Stage) -> None:
    made = add(dao)
    for before, after in (("planned", "confirmed"), ("proposed", "confirmed"), ("proposed", "cancelled")):
        with pytest.raises(IllegalMove), dao.store.write() as work:
            work.treasury.proposals.save(replace(made, state=after), before=before, now_ms=NOW)


def test_open_proposals_come_in_the_order_of_their_nonces(dao: Stage) -> None:
    ids = [add(dao, replace(ORDER, purpose_id=str(n)), nonce=n, hash_=bytes([n]) * 32).id for n in (2, 1, 3)]
    with dao.store.read() as work:
        found = work.treasury.proposals.in_states({"planned"}, safe_id="s1")
        assert [one.id for one in found] == [ids[1], ids[0], ids[2]]
        assert work.treasury.proposals.in_states({"planned"}, safe_id="s2") == ()
        assert work.treasury.proposals.in_states({"proposed"}) == ()


def test_proposals_planned_at_once_are_one_by_purpose_and_have_a_nonce_each(dao: Stage) -> None:
    look = SafeLook(SafeVersion.V1_3_0, B, (), 2, 7, 100, None, 36, 0)
    call = ContractCall(B, 5)
    with dao.store.write() as work:
        work.treasury.rules.set_policy("w1", SpendingPolicy(1, safes=(A,)), now_ms=NOW)
    made: list[Proposal] = []
    start = threading.Barrier(6)

    def plan(name: str) -> None:
        start.wait(10)
        order = replace(ORDER, purpose_id=name, call=call)
        with dao.store.write() as work:
            made.append(plan_proposal(order, look=look, queued_nonce=9, work=work, now_ms=NOW))

    threads = [threading.Thread(target=plan, args=(name,)) for name in ("a", "b", "a", "c", "b", "a")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 6
    assert {one.purpose_id: one.tx.nonce for one in made}.keys() == {"a", "b", "c"}
    assert sorted({one.id: one.tx.nonce for one in made}.values()) == [9, 10, 11]


def test_no_number_of_proposals_hides_the_others(dao: Stage) -> None:
    with dao.store.write() as work:
        for number in range(1_001):
            order = replace(ORDER, purpose_id=str(number))
            tx = SafeTx(1, A, order.call, order.is_delegate, number)
            work.treasury.proposals.add(
                order,
                tx=tx,
                hash=number.to_bytes(32, "big"),
                tenant_id=dao.tenant,
                first_block=0,
                first_nonce=0,
                now_ms=NOW,
            )
    with dao.store.read() as work:
        found = work.treasury.proposals.in_states({"planned"}, tenant_id=dao.tenant)
        assert [one.tx.nonce for one in found] == list(range(1_001))
        assert work.treasury.proposals.in_states({"planned"}, tenant_id=dao.other_tenant) == ()
