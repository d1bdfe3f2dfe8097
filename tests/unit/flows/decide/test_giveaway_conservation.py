"""Whatever happens in whatever order: funded = paid + refunded + remainder, nobody is paid twice, a published root stays true."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from maskbot.domain.delivery_plan import Means
from maskbot.domain.errors import MaskbotError
from maskbot.domain.identity import Platform
from maskbot.domain.job import JobKind
from maskbot.domain.money import Token
from maskbot.flows.act.fetch_beacon import fetch_beacon
from maskbot.flows.decide.giveaway import (
    PayOrder,
    book_giveaway,
    close_giveaway,
    draw_giveaway,
    pay_giveaway,
    proof_of,
    refund_giveaway,
)
from maskbot.flows.decide.giveaway.close import draw_entrant
from maskbot.flows.decide.payment import cancel_payment
from maskbot.wire.draw import check_proof, merkle_root, normalise
from tests.fakes.bank import COIN, HUB, bank_and_house, books, prizes_of, state_of
from tests.fakes.giveaways import ETHER, FakeBeacons, address_of, enter, opened

WHO = "operator:alice"


class Campaign(RuleBasedStateMachine):
    """One giveaway, and every step of it at any time."""

    @initialize(token=st.sampled_from([ETHER, COIN]))
    def begin(self, token: Token) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mb-g-"))
        self.bank, self.house = bank_and_house(self.folder)
        self.giveaway = opened(self.house, token=token)
        self.root: bytes | None = None
        self.winners: tuple[bytes, ...] = ()

    @rule(number=st.integers(0, 5), is_x=st.booleans())
    def somebody_enters(self, number: int, is_x: bool) -> None:
        enter(self.house, number, Platform.X if is_x else Platform.MASTODON)

    @rule(hours=st.sampled_from([1, 1, 24 * 8]))
    def time_passes(self, hours: int) -> None:
        self.house.clock.move(hours * 1_800_000)

    @rule()
    def closing_is_tried(self) -> None:
        self._try(lambda: close_giveaway(self.giveaway.id, store=self.house.store, now_ms=self.house.clock.ms))

    @rule(has_spoken=st.booleans())
    def the_beacon_is_asked(self, has_spoken: bool) -> None:
        beacons = FakeBeacons() if has_spoken else FakeBeacons(None)
        self._try(
            lambda: fetch_beacon(
                self.giveaway.id,
                store=self.house.store,
                beacons=beacons,
                clock=self.house.clock,
                notice=self.house.notice,
            )
        )

    @rule()
    def drawing_is_tried(self) -> None:
        self._try(lambda: draw_giveaway(self.giveaway.id, store=self.house.store, now_ms=self.house.clock.ms))

    @rule(means=st.sampled_from([None, Means.TRANSFERS, Means.DISPERSE, Means.DISPERSE]))
    def paying_is_tried(self, means: Means | None) -> None:
        order = PayOrder(self.giveaway.id, WHO, means, HUB)
        self._try(lambda: pay_giveaway(order, store=self.house.store, now_ms=self.house.clock.ms))

    @rule(number=st.integers(0, 3))
    def somebody_stops_a_payment(self, number: int) -> None:
        with self.house.store.read() as work:
            undecided = work.treasury.intents.in_states({"planned", "approved"})
        if number < len(undecided):
            with self.house.store.write() as work:
                cancel_payment(undecided[number].id, actor=WHO, work=work, now_ms=self.house.clock.ms)

    @rule(blocks=st.integers(0, 5))
    def the_chain_goes_on(self, blocks: int) -> None:
        self.bank.settle(self.house, blocks=blocks)

    @rule()
    def booking_is_repeated(self) -> None:
        for job in self.house.claim(JobKind.BOOK_GIVEAWAY):
            with self.house.store.write() as work:
                work.jobs.finish([job])
        book_giveaway(self.giveaway.id, store=self.house.store, now_ms=self.house.clock.ms)

    @rule()
    def refunding_is_tried(self) -> None:
        self._try(
            lambda: refund_giveaway(
                self.giveaway.id, requested_by=WHO, store=self.house.store, now_ms=self.house.clock.ms
            )
        )

    @invariant()
    def the_books_balance(self) -> None:
        now = books(self.house, self.giveaway)
        assert now.funded == now.paid + now.refunded + now.remainder == 1_000
        moved = sum(sum(self.paid_to(number)) for number in range(6))
        assert now.paid <= moved <= now.paid + now.owed
        back = sum(self.paid_to(9_999))
        assert now.refunded <= back <= now.refunded + now.refundable
        assert moved + back <= now.funded

    @invariant()
    def nobody_is_paid_twice(self) -> None:
        due = {bytes(prize.address): prize.base_units for prize in prizes_of(self.house, self.giveaway)}
        for number in range(6):
            paid = self.paid_to(number)
            assert paid in ([], [due.get(bytes(address_of(number)))])

    @invariant()
    def what_was_published_stays_true(self) -> None:
        now = state_of(self.house, self.giveaway)
        with self.house.store.read() as work:
            entrants = work.entrants.load(now.id)
            if now.beacon_value is not None:
                proof = check_proof(proof_of(now.id, work=work))
                drawn = tuple(winner.id for winner in proof.winners)
                recorded = tuple(prize.entrant_id for prize in work.prizes.load(now.id))
                assert recorded in ((), drawn)
        assert now.rules == self.giveaway.rules
        if now.root is not None:
            assert now.root == merkle_root([one.line for one in normalise(map(draw_entrant, entrants))])
            assert self.root in (None, now.root)
            self.root = now.root

    @invariant()
    def prizes_that_one_payment_carries_share_its_fate(self) -> None:
        states: dict[str, set[tuple[str, bytes | None]]] = {}
        for prize in prizes_of(self.house, self.giveaway):
            if prize.payment_id is not None:
                states.setdefault(prize.payment_id, set()).add((prize.state, prize.tx_hash))
        assert all(len(found) == 1 for found in states.values())

    def paid_to(self, number: int) -> list[int]:
        return self.bank.node.paid_to(address_of(number), token=self.giveaway.rules.token.address)

    def teardown(self) -> None:
        if hasattr(self, "bank"):
            self.bank.close()
            self.house.store.close()
            shutil.rmtree(self.folder)

    @staticmethod
    def _try(step: Callable[[], object]) -> None:
        with suppress(MaskbotError):
            step()


TestCampaign = Campaign.TestCase
TestCampaign.settings = settings(
    max_examples=10, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
