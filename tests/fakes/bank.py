"""A house with a till: giveaways whose prizes are really signed, sent and mined, on a chain in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from maskbot.domain.giveaway import Books, Giveaway, Prize, books_of
from maskbot.domain.job import JobKind
from maskbot.domain.money import Address, Token
from maskbot.domain.spending import Method, SpendingPolicy
from maskbot.flows.decide.giveaway import book_giveaway
from maskbot.wire.transaction import disperse_selector
from tests.fakes.giveaways import ETHER
from tests.fakes.house import House, build_house
from tests.fakes.till import ONE, POLICY, FakeTill

HUB = Address(b"\xd1" * 20)
"""The disperse contract that is trusted here."""
COIN = Token(31337, Address(b"\xc0" * 20), "USDX", 6)
DISPERSING = replace(
    POLICY,
    tokens=(*POLICY.tokens, replace(POLICY.tokens[0], token=COIN.address)),
    methods=(Method(HUB, disperse_selector(ETHER)), Method(HUB, disperse_selector(COIN))),
)


@dataclass
class Bank(FakeTill):
    """A till on the house's own database."""

    database: str = "house.db"

    def settle(self, house: House, *, blocks: int = 6) -> None:
        """Sign, send and mine what is planned, then do the booking jobs."""
        self.step()
        for _ in range(blocks):
            self.mine_and_step()
        self.step(60_000)
        for job in house.claim(JobKind.BOOK_GIVEAWAY):
            book_giveaway(job.target_id, store=house.store, now_ms=self.clock.ms, job=job)


def bank_and_house(folder: Path, *, policy: SpendingPolicy | None = None) -> tuple[Bank, House]:
    """Both in an empty folder; the wallet `w1` is rich, in coins and in tokens, and may disperse them."""
    house = build_house(folder)
    bank = Bank(folder=folder, clock=house.clock)
    bank.open()
    wallet = bank.set_up(policy=policy or DISPERSING)
    bank.node.token_units = 10**30
    bank.node.coins[wallet.address] = 10**9 * ONE
    return bank, house


def prizes_of(house: House, giveaway: Giveaway) -> tuple[Prize, ...]:
    """The recorded prizes."""
    with house.store.read() as work:
        return work.prizes.load(giveaway.id)


def state_of(house: House, giveaway: Giveaway) -> Giveaway:
    """The giveaway as it is recorded now."""
    with house.store.read() as work:
        found = work.giveaways.load(giveaway.id)
    assert found is not None
    return found


def books(house: House, giveaway: Giveaway) -> Books:
    """Its books now."""
    return books_of(state_of(house, giveaway), prizes_of(house, giveaway))
