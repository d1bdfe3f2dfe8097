"""A till for payment tests: a real store, the vault's own signer on a connection of its own, one wallet with a policy, a chain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from maskbot.adapters.store.admin import Admin
from maskbot.adapters.store.secrets import SqlSecrets
from maskbot.adapters.store.work import SqlStore, open_store
from maskbot.adapters.vault.kek import KekSource
from maskbot.adapters.vault.keyring import Keyring
from maskbot.adapters.vault.signer import PaymentSigner
from maskbot.domain.errors import MaskbotError, Refused
from maskbot.domain.gas import GasOffer
from maskbot.domain.job import Job, JobKind
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.spending import SpendingPolicy, TokenLimit
from maskbot.domain.states import INTENT
from maskbot.domain.transaction import Attempt, ContractCall, Intent, PaymentOrder
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.check_payment import check_payments
from maskbot.flows.act.payment_parts import PaymentParts, PaymentRules, go_on
from maskbot.flows.act.sweep_wallet import sweep_wallet
from maskbot.flows.decide.payment import plan_payment
from maskbot.ports.chain import ChainNode
from maskbot.ports.inside import Clock
from maskbot.ports.treasury import SignOrder, WalletSource
from tests.fakes.chain import FakeChain
from tests.fakes.empty_store import new_database
from tests.fakes.inside import FakeClock

OFFER = GasOffer(2 * 10**9, 10**6, is_legacy=False)
PRIVATE_KEY = b"\x11" * 32
BOB = Address(b"\x0b" * 20)
CAROL = Address(b"\x0c" * 20)
ONE = 10**15
RULES = PaymentRules(batch=8, resend_ms=5_000, bump_ms=60_000, poll_ms=1_000, looks=2)
POLICY = SpendingPolicy(
    chain_id=31337,
    tokens=(
        TokenLimit(
            NATIVE, per_payment=100 * ONE, per_day=10**6 * ONE, per_recipient=10**6 * ONE, approval_above=50 * ONE
        ),
    ),
    max_fee_wei=100 * 10**9,
)


@dataclass
class Till:
    """Everything that a payment needs."""

    folder: Path
    node: ChainNode
    clock: Clock
    reach: Callable[[str], None] = go_on
    vault_reach: Callable[[str], None] = go_on
    rules: PaymentRules = RULES
    lease_ms: int = 60_000
    database: str = "till.db"
    _stores: list[SqlStore] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / self.database}"

    def open(self) -> Till:
        """Open store and vault, as a process that starts does."""
        self.store, vault_store = open_store(self.url), open_store(self.url)
        self._stores = [self.store, vault_store]
        keyring = Keyring(SqlSecrets(vault_store), source=KekSource(path=self.folder / "kek"))
        self.signer = PaymentSigner(
            keyring, store=vault_store, clock=self.clock, reach=lambda point: self.vault_reach(point)
        )
        self.parts = PaymentParts(
            store=self.store,
            chain_of=lambda _: self.node,
            keys=self.signer,
            clock=self.clock,
            rules=self.rules,
            reach=lambda point: self.reach(point),
        )
        return self

    def close(self) -> None:
        """Close every connection, as the end of the process does."""
        for store in self._stores:
            store.close()

    def set_up(self, *, policy: SpendingPolicy | None = POLICY, chain_id: int = 31337, next_nonce: int = 0) -> Wallet:
        """A tenant and a wallet, whose key is imported."""
        now_ms = self.clock.now_ms()
        tenant_id = Admin(self.store).add_tenant("dao", now_ms=now_ms)
        source = WalletSource(private_key=PRIVATE_KEY)
        address = self.signer.create_wallet_key(key_id="k1", tenant_id=tenant_id, source=source)
        wallet = Wallet("w1", tenant_id, chain_id, address, "k1", "till", next_nonce)
        with self.store.write() as work:
            work.treasury.wallets.add(wallet, now_ms=now_ms)
            if policy is not None:
                work.treasury.rules.set_policy(wallet.id, replace(policy, chain_id=chain_id), now_ms=now_ms)
        return wallet

    @property
    def wallet(self) -> Wallet:
        with self.store.read() as work:
            return work.treasury.wallets.load(["w1"])[0]

    def plan(self, name: str, *, to: Address = BOB, value_wei: int = ONE, **changes: object) -> Intent:
        """Plan a payment of plain coins."""
        order = PaymentOrder("w1", "test", name, ContractCall(to, value_wei), "operator:alice")
        with self.store.write() as work:
            return plan_payment(replace(order, **changes), work=work, now_ms=self.clock.now_ms())  # type: ignore[arg-type]  # test data

    def intent(self, intent_id: str) -> Intent:
        with self.store.read() as work:
            return work.treasury.intents.load([intent_id])[intent_id]

    def attempts(self, intent_id: str) -> tuple[Attempt, ...]:
        with self.store.read() as work:
            return work.treasury.attempts.of([intent_id])[intent_id]

    def states(self) -> dict[str, str]:
        """The state of every payment by the id of its purpose."""
        with self.store.read() as work:
            return {
                one.purpose_id: one.state for one in work.treasury.intents.in_states(list(INTENT.moves), limit=10_000)
            }

    def work_once(self) -> int:
        """Do every job that is due, once; what fails is postponed a second, as the worker does; how many."""
        now_ms = self.clock.now_ms()
        with self.store.write() as work:
            jobs = work.jobs.claim(queue="payments", owner="test", limit=1000, now_ms=now_ms, lease_ms=self.lease_ms)
        checks = [job for job in jobs if job.kind is JobKind.CHECK_PAYMENT]
        if checks:
            self._check(checks)
        for job in jobs:
            if job.kind is not JobKind.CHECK_PAYMENT:
                self._do(job)
        return len(jobs)

    def work(self, rounds: int = 3) -> None:
        """Do what is due, and what falls due by it."""
        for _ in range(rounds):
            if not self.work_once():
                break

    def sign(self, intent_id: str, offer: GasOffer = OFFER) -> bytes:
        """The vault's answer to one order. Raises what it refuses with."""
        (answer,) = self.signer.sign_payments([SignOrder(intent_id, offer)])
        if isinstance(answer, MaskbotError):
            raise answer
        return answer

    def _check(self, jobs: Sequence[Job]) -> None:
        try:
            check_payments(jobs, parts=self.parts)
        except MaskbotError as error:
            for job in jobs:
                with suppress(Refused):  # those that are done have lost their lease
                    self._postpone(job, error)

    def _do(self, job: Job) -> None:
        try:
            sweep_wallet(job, parts=self.parts)
        except MaskbotError as error:
            self._postpone(job, error)

    def _postpone(self, job: Job, error: MaskbotError) -> None:
        with self.store.write() as work:
            work.jobs.postpone(job, due_at_ms=self.clock.now_ms() + 1_000, error_kind=error.kind)


@dataclass
class FakeTill(Till):
    """A till on a chain in memory."""

    node: FakeChain = field(default_factory=FakeChain)
    clock: FakeClock = field(default_factory=FakeClock)

    def step(self, by_ms: int = 1_000) -> None:
        """Let time pass and do what is due."""
        self.clock.move(by_ms)
        self.work()

    def mine_and_step(self, count: int = 1) -> None:
        """Blocks, each followed by a sweep."""
        for _ in range(count):
            self.node.mine()
            self.step()


def fake_till(folder: Path, *, policy: SpendingPolicy | None = POLICY) -> FakeTill:
    """A till in an empty folder."""
    till = FakeTill(folder=folder)
    new_database(folder / "till.db")
    till.open()
    wallet = till.set_up(policy=policy)
    till.node.coins[wallet.address] = 10**9 * ONE
    return till
