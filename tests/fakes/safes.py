"""A DAO with a Safe: a real store, the vault's own signer, a wallet whose policy lists the Safe, a chain and a queue."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from maskbot.adapters.safe_hash import SafeEthHasher
from maskbot.adapters.vault.wallet_keys import address_of
from maskbot.domain.errors import MaskbotError
from maskbot.domain.job import Job
from maskbot.domain.money import Address
from maskbot.domain.safe import Proposal, ProposalOrder, Safe, SafeLook, SafeTx
from maskbot.domain.transaction import ContractCall, Followup
from maskbot.flows.act.safe_parts import SafeParts
from maskbot.flows.act.sweep_safe import sweep_safe
from maskbot.flows.decide.safe import plan_proposal, retry_proposal, safe_call
from maskbot.ports.chain import ChainNode
from maskbot.ports.safes import SafeHasher, SafeQueue
from maskbot.wire.crypto import sign_recoverable
from maskbot.wire.safe import safe_tx_hash
from tests.fakes.inside import FakeClock
from tests.fakes.till import POLICY, PRIVATE_KEY, Till

BOT = address_of(PRIVATE_KEY)


class Died(BaseException):
    """The process ends here, as far as a test in one process can tell."""


@dataclass
class SafeHouse(Till):
    """A till whose wallet proposes to a Safe."""

    clock: FakeClock = field(default_factory=FakeClock)
    queue: SafeQueue | None = None
    hasher: SafeHasher = field(default_factory=SafeEthHasher)
    safe: Safe = field(init=False)
    look: SafeLook = field(init=False)

    @property
    def safe_parts(self) -> SafeParts:
        return SafeParts(
            store=self.store,
            chain_of=lambda _: self.node,
            keys=self.signer,
            queue_of=lambda _: self.queue,
            hasher=self.hasher,
            clock=self.clock,
            reach=lambda point: self.reach(point),
        )

    def reopen(self) -> None:
        """Start again after a death."""
        self.reach = self.vault_reach = lambda _: None
        self.close()
        self.open()

    def propose(
        self, name: str, *calls: ContractCall, queued_nonce: int = 0, followup: Followup | None = None
    ) -> Proposal:
        call, is_delegate = safe_call(calls, look=self.look)
        order = ProposalOrder(self.safe.id, "w1", "test", name, call, is_delegate, "operator:alice", followup=followup)
        with self.store.write() as work:
            return plan_proposal(order, look=self.look, queued_nonce=queued_nonce, work=work, now_ms=self.clock.ms)

    def retry(self, proposal_id: str) -> None:
        with self.store.write() as work:
            retry_proposal(proposal_id, work=work, now_ms=self.clock.ms)

    def load(self, proposal_id: str) -> Proposal:
        with self.store.read() as work:
            return work.treasury.proposals.load([proposal_id])[0]

    def sign_elsewhere(self, tx: SafeTx) -> bytes:
        """What the wallet's key signs when somebody else has it too."""
        made = sign_recoverable(PRIVATE_KEY, safe_tx_hash(tx))
        return made[:64] + bytes([made[64] + 27])

    def sweep(self, *, dying_at: str | None = None) -> int | None:
        """Do every job that is due now; how many, None if it died on the way."""
        self.clock.move(60_001)
        if dying_at is not None:
            self.reach = self.vault_reach = _dying_at(dying_at)
        with self.store.write() as work:
            jobs = work.jobs.claim(
                queue="payments", owner="test", limit=100, now_ms=self.clock.ms, lease_ms=self.lease_ms
            )
        try:
            for job in jobs:
                self._sweep(job)
        except Died:
            return None
        return len(jobs)

    def _sweep(self, job: Job) -> None:
        try:
            sweep_safe(job, parts=self.safe_parts)
        except MaskbotError as error:
            with self.store.write() as work:
                work.jobs.postpone(job, due_at_ms=self.clock.ms + 1_000, error_kind=error.kind)


def safe_house(
    folder: Path, node: ChainNode, *, queue: SafeQueue | None, look: SafeLook, address: Address, empty: Path
) -> SafeHouse:
    """A DAO in an empty folder with this Safe, whose bot may propose to it; `empty` is a database with our schema."""
    made = SafeHouse(folder=folder, node=node, queue=queue)
    shutil.copy(empty, folder / "till.db")
    made.open()
    wallet = made.set_up(policy=replace(POLICY, safes=(address,)))
    made.look = look
    made.safe = Safe("s1", wallet.tenant_id, wallet.chain_id, address, "dao", look.version, look.singleton)
    with made.store.write() as work:
        work.treasury.safes.add(made.safe, now_ms=made.clock.ms)
    return made


def _dying_at(point: str) -> Callable[[str], None]:
    def reach(reached: str) -> None:
        if reached == point:
            raise Died(point)

    return reach
