"""Payments as a state machine: whatever happens in whatever order, nobody is paid twice and no nonce is left out.

Rules: plan, plan again, work, let time pass, mine, reorg, lose answers, forget the pool, die at a point, cancel, change fees,
restore an old backup. The model is a dict of what was ordered. MASKBOT_CHAOS_PAYMENT_RUNS says how many runs of 50 steps; the 20
of `make test` are 1,000 steps. Source: reliability.md R8, R9, R11, R15.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from maskbot.domain.audit import verified
from maskbot.domain.chain import Fees
from maskbot.domain.errors import MaskbotError
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.spending import Effect, Spend
from maskbot.domain.states import INTENT
from maskbot.flows.decide.payment import cancel_payment
from maskbot.wire.crypto import keccak256
from maskbot.wire.transaction import decode_signed
from tests.chaos.payment_faults import PLAIN_POINTS, REORG_POINTS, REPLACED_POINTS, Died, dying_at
from tests.fakes.till import ONE, FakeTill, fake_till

RUNS = int(os.environ.get("MASKBOT_CHAOS_PAYMENT_RUNS", "20"))
STEPS = 50
FINAL_DEPTH = 3


class Payments(RuleBasedStateMachine):
    """A till on a chain in memory, and what it owes."""

    names = Bundle("names")

    def __init__(self) -> None:
        super().__init__()
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="mb-m-", dir=memory if memory.is_dir() else None))
        self.till: FakeTill = fake_till(self.folder)
        self.till.lease_ms = 1
        self.ordered: dict[str, int] = {}
        self.cancelled: set[str] = set()
        self.ids: dict[str, str] = {}
        self.stored: set[bytes] = set()
        self.is_restored = False
        self.has_backup = False
        self.till.node.before_submit = self.look

    @initialize()
    def begin(self) -> None:
        """A till is open."""

    @rule(target=names, value=st.integers(1, 9))
    def plan(self, value: int) -> str:
        name = f"p{len(self.ordered)}"
        self.ordered[name] = value * ONE
        self.deliver(name)
        return name

    @rule(name=names)
    def redeliver(self, name: str) -> None:
        self.deliver(name)

    @rule(rounds=st.integers(1, 3), seconds=st.integers(1, 20))
    def work(self, rounds: int, seconds: int) -> None:
        self.till.clock.move(seconds * 1_000)
        for _ in range(rounds):
            self.work_or_die()

    @rule(point=st.sampled_from((*PLAIN_POINTS, *REPLACED_POINTS, *REORG_POINTS)), count=st.integers(1, 3))
    def die_at(self, point: str, count: int) -> None:
        self.till.reach = self.till.vault_reach = dying_at(point, count, die=self.die)
        self.till.clock.move(4_000)
        for _ in range(3):
            self.work_or_die()
        self.till.reach = self.till.vault_reach = lambda _: None

    @rule()
    def crash(self) -> None:
        self.restart()

    @rule(blocks=st.integers(1, 3), most=st.integers(0, 4))
    def mine(self, blocks: int, most: int) -> None:
        self.till.node.mine(blocks, most=most)

    @rule(depth=st.integers(1, FINAL_DEPTH - 1))
    def reorg(self, depth: int) -> None:
        self.till.node.reorg(depth)

    @rule(answers=st.lists(st.sampled_from(["lost", "away", ""]), max_size=4))
    def lose_answers(self, answers: list[str]) -> None:
        self.till.node.answers = answers

    @rule()
    def forget_pool(self) -> None:
        self.till.node.forget_pool()

    @rule(gwei=st.integers(1, 60))
    def change_fees(self, gwei: int) -> None:
        self.till.node.fees = Fees(gwei * 10**9, 10**6, gwei * 10**9)

    @rule()
    def wait_for_a_bump(self) -> None:
        self.till.clock.move(61_000)
        self.work_or_die()

    @rule(name=consumes(names))
    def cancel(self, name: str) -> None:
        self.deliver(name)
        try:
            with self.till.store.write() as work:
                cancel_payment(self.ids[name], actor="operator:bob", work=work, now_ms=self.till.clock.ms)
            self.cancelled.add(name)
        except MaskbotError:
            pass

    @rule()
    def back_up(self) -> None:
        self.restart(copy_to=self.folder / "backup.db")
        self.has_backup = True
        self.sent_before_backup = len(self.till.node.submitted)

    @precondition(lambda self: self.has_backup)
    @rule()
    def restore(self) -> None:
        """An old backup comes back, with all that was sent since on the chain."""
        self.till.node.answers = []
        self.till.node.mine(1)
        self.till.close()
        for left in self.folder.glob("till.db*"):
            left.unlink()
        shutil.copy(self.folder / "backup.db", self.folder / "till.db")
        self.till.open()
        self.is_restored = True

    @invariant()
    def nobody_is_paid_twice(self) -> None:
        for name, value in self.ordered.items():
            assert self.till.node.paid_to(address_of(name)) in ([], [value])

    @invariant()
    def nonces_have_no_gap(self) -> None:
        with self.till.store.read() as work:
            every = work.treasury.intents.in_states(set(INTENT.moves) - {"planned", "approved"})
            next_nonce = work.treasury.wallets.load(["w1"])[0].next_nonce
        nonces = [one.nonce for one in every if one.nonce is not None]
        assert nonces == list(range(next_nonce))

    @invariant()
    def what_is_recorded_is_what_is_on_the_chain(self) -> None:
        for name, state in self.till.states().items():
            if state == "final":
                assert self.till.node.paid_to(address_of(name)) == [self.ordered[name]]

    @invariant()
    def spending_holds_what_is_not_rejected(self) -> None:
        states = self.till.states()
        day = self.till.clock.ms // 86_400_000
        with self.till.store.read() as work:
            effect = Effect((Spend(NATIVE, Address(bytes(20)), 0),))
            total = sum(
                work.treasury.spending.totals("w1", effect, day=one)[NATIVE, None] for one in range(day - 2, day + 1)
            )
        counted = sum(self.ordered[name] for name, state in states.items() if state not in ("planned", "rejected"))
        assert total == counted

    def teardown(self) -> None:
        """Whatever happened: in the end everything is decided, each payment made once or, if it was stopped, not at all."""
        self.till.reach = self.till.vault_reach = lambda _: None
        self.till.node.answers = []
        self.till.node.fees = Fees(10**9, 10**6, 10**9)
        for _ in range(40 + 3 * len(self.ordered)):
            self.till.clock.move(20_000)
            self.till.work()
            self.till.node.mine()
        states = self.till.states()
        if self.till.wallet.state == "active":
            assert set(states.values()) <= {"final", "rejected"}, states
            for name, state in states.items():
                assert state == "final" or name in self.cancelled
        else:
            assert self.is_restored, "a wallet is quarantined without a reason"
        self.nobody_is_paid_twice()
        with self.till.store.read() as work:
            list(verified(work.treasury.audit.page(after_seq=0, limit=100_000), head=work.treasury.audit.head()))
        self.till.close()
        shutil.rmtree(self.folder)

    # --- what the rules share

    def deliver(self, name: str) -> None:
        self.ids[name] = self.till.plan(name, to=address_of(name), value_wei=self.ordered[name]).id

    def work_or_die(self) -> None:
        try:
            self.till.work_once()
        except Died:
            self.restart()

    def restart(self, *, copy_to: Path | None = None) -> None:
        self.till.close()
        if copy_to is not None:
            shutil.copy(self.folder / "till.db", copy_to)
        self.till.open()

    def look(self, raw: bytes) -> None:
        """R7: what reaches a node is stored."""
        sender_nonce = decode_signed(raw)[0].nonce
        with self.till.store.read() as work:
            every = work.treasury.intents.in_states({"signed", "broadcast", "unknown", "cancelling"})
            found = [one.id for one in every if one.nonce == sender_nonce]
            assert any(one.raw == raw for one in work.treasury.attempts.of(found)[found[0]])

    @staticmethod
    def die() -> None:
        raise Died


def address_of(name: str) -> Address:
    """The recipient of this payment alone."""
    return Address(keccak256(name.encode())[12:])


TestPayments = Payments.TestCase
TestPayments.settings = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=RUNS <= 20,
    suppress_health_check=list(HealthCheck),
)
