"""Prizes in a red packet, whatever happens in whatever order: funded = paid + refunded + remainder, and a share pays one prize.

The chain is a list of claims here, final up to a block, with reorganisations above it; real chains are in `journeys`.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from maskbot.domain.broadcast import NewBroadcast
from maskbot.domain.delivery import NewDelivery
from maskbot.domain.delivery_plan import Means
from maskbot.domain.errors import MaskbotError
from maskbot.domain.hosted_packet import HostedPacket, PacketShare, packet_books
from maskbot.domain.identity import PublicKey
from maskbot.domain.job import JobKind
from maskbot.domain.money import Address
from maskbot.domain.post import Draft, Visibility
from maskbot.domain.red_packet import Creation, PacketVersion
from maskbot.domain.spending import Method
from maskbot.flows.decide.giveaway import PacketWay, PayOrder, book_giveaway, pay_giveaway, refund_giveaway
from maskbot.flows.decide.red_packet import OPEN, PacketMaker, Sight, fail, note_creation, prepare, record_sight
from maskbot.ports.store import Work
from maskbot.ports.store.personas import Contact
from maskbot.wire.crypto import public_key_of
from maskbot.wire.red_packet import ContractBook, PacketContract, creation_selector, refund_selector
from tests.fakes.bank import bank_and_house, books, prizes_of
from tests.fakes.giveaways import address_of, drawn, enter, opened, person
from tests.fakes.till import POLICY

WHO = "operator:alice"
CONTRACT = Address(b"\x77" * 20)
BOOK = ContractBook([PacketContract(31337, PacketVersion.V4, CONTRACT)])
PRIZE, WINNERS = 300, 3


class PacketCampaign(RuleBasedStateMachine):
    """One drawn giveaway, paid by packets until its prizes are gone."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mb-p-"))
        self.bank, self.house = bank_and_house(self.folder)
        house, selectors = self.house, (creation_selector(PacketVersion.V4), refund_selector())
        policy = replace(POLICY, methods=tuple(Method(CONTRACT, each) for each in selectors))
        with house.store.write() as work:
            work.treasury.rules.set_policy("w1", policy, now_ms=0)
            for number in range(WINNERS):
                key = PublicKey(public_key_of(bytes([number + 1]) * 32))
                contact = Contact(house.tenant_id, person(number).wire_author, key, "operator")
                work.contacts.learn(contact, now_ms=0)
        giveaway = opened(house, prizes=(PRIZE,) * WINNERS)
        for number in range(WINNERS):
            enter(house, number)
        self.giveaway = drawn(house, giveaway)
        self.claims: list[PacketShare] = []
        self.tip, self.final = 100, 99
        self.paying_is_tried()
        self.the_packet_goes_on(works=True, steps=4)

    @rule()
    def paying_is_tried(self) -> None:
        maker = PacketMaker(entropy=self.house.entropy, secrets=self.house.vault, contracts=BOOK)
        way = PacketWay("dao", "DAO", 3_600, maker)
        order = PayOrder(self.giveaway.id, WHO, Means.PACKET, packet=way)
        with suppress(MaskbotError):
            pay_giveaway(order, store=self.house.store, now_ms=self.house.clock.ms)

    @precondition(lambda self: self.packet() is not None)
    @rule(works=st.sampled_from([True, True, False]), steps=st.sampled_from([1, 4]))
    def the_packet_goes_on(self, works: bool, steps: int) -> None:
        for _ in range(steps):
            self._step(works=works)

    def _step(self, *, works: bool) -> None:
        found, now_ms = self.packet(), self.house.clock.ms
        if found is None:
            return
        with self.house.store.write() as work:
            packet = work.packets.load(found.id, is_locked=True)
            assert packet is not None
            if packet.state in ("draft", "creating") and not works:
                fail(packet, error_kind="Test", work=work, now_ms=now_ms)
            elif packet.state == "draft":
                prepare(packet, None, work=work, now_ms=now_ms)
            elif packet.state == "creating":
                self.claims, total = [], packet.order.contents.total
                event = Creation(b"\x01" * 32, CONTRACT, total, now_ms // 1000, CONTRACT, duration_s=3_600)
                note_creation(packet, event, tx_hash=b"\x02" * 32, block=self.tip, poll_ms=1, work=work, now_ms=now_ms)
            elif packet.state == "created" and works:
                posted = replace(packet, broadcast_id=self._post(work))
                work.packets.move(posted, after="published", now_ms=now_ms)

    def _post(self, work: Work) -> str:
        """A broadcast whose post is out."""
        self.tip += 1
        broadcast_id, now_ms = f"b{self.tip}", self.house.clock.ms
        account_id = next(iter(self.house.accounts.values())).id
        new = NewBroadcast(
            self.house.tenant_id, "dao", "", now_ms, b"p", self.tip.to_bytes(16, "big"), (account_id,), ()
        )
        work.broadcasts.add(new, broadcast_id=broadcast_id, sealed_post_key=b"", now_ms=now_ms)
        draft = Draft("a red packet", Visibility.PUBLIC)
        delivery = NewDelivery(account_id, self.house.tenant_id, broadcast_id, draft, broadcast_id=broadcast_id)
        (delivery_id,) = work.deliveries.add([delivery], now_ms=now_ms)
        work.deliveries.move(delivery_id, before="queued", after="sending", now_ms=now_ms)
        work.deliveries.move(delivery_id, before="sending", after="sent", now_ms=now_ms, remote_id=broadcast_id)
        return broadcast_id

    @precondition(lambda self: self.is_open() and len(self.claims) < WINNERS)
    @rule(who=st.integers(0, WINNERS + 1))
    def somebody_takes_a_share(self, who: int) -> None:
        self.tip += 1
        tx_hash = self.tip.to_bytes(32, "big")
        self.claims.append(PacketShare(tx_hash, 0, self.tip, address_of(who), PRIZE, is_final=False))

    @rule(depth=st.integers(0, 2))
    def the_chain_forgets_young_blocks(self, depth: int) -> None:
        kept = max(self.final, self.tip - depth)
        self.claims = [claim for claim in self.claims if claim.block <= kept]

    @rule()
    def blocks_become_final(self) -> None:
        self.final = self.tip

    @precondition(lambda self: self.is_open())
    @rule(is_over=st.sampled_from([False, False, False, True]), is_booked=st.booleans())
    def the_packet_is_looked_at(self, is_over: bool, is_booked: bool) -> None:
        found, now_ms = self.packet(), self.house.clock.ms
        assert found is not None
        assert found.read_to is not None
        self.final = self.tip if is_over else self.final
        shares = [
            replace(claim, is_final=claim.block <= self.final) for claim in self.claims if claim.block > found.read_to
        ]
        rest = (found.total or 0) - PRIZE * len(self.claims)
        with self.house.store.write() as work:
            packet = work.packets.load(found.id, is_locked=True)
            assert packet is not None
            gives_back = is_over and rest > 0
            sight = Sight(
                tuple(shares), self.final, 0 if gives_back else rest, rest if gives_back else None, gives_back
            )
            seen = record_sight(packet, sight, work=work, now_ms=now_ms)
            assert packet_books(seen, work.packet_shares.load(seen.id)).unexplained == 0
        if is_booked:
            self.booking_is_done()

    @rule()
    def booking_is_done(self) -> None:
        for job in self.house.claim(JobKind.BOOK_GIVEAWAY):
            with self.house.store.write() as work:
                work.jobs.finish([job])
        book_giveaway(self.giveaway.id, store=self.house.store, now_ms=self.house.clock.ms)
        if self.packet() is None:
            assert books(self.house, self.giveaway).paid == PRIZE * self.taken_for_good()

    @rule()
    def refunding_is_tried(self) -> None:
        with suppress(MaskbotError):
            refund_giveaway(self.giveaway.id, requested_by=WHO, store=self.house.store, now_ms=self.house.clock.ms)

    @invariant()
    def the_books_balance(self) -> None:
        now = books(self.house, self.giveaway)
        assert now.funded == now.paid + now.refunded + now.remainder == PRIZE * WINNERS
        assert now.paid <= PRIZE * self.taken_for_good()

    @invariant()
    def a_share_pays_one_prize(self) -> None:
        paid = [prize.tx_hash for prize in prizes_of(self.house, self.giveaway) if prize.state == "paid"]
        assert len(set(paid)) == len(paid)

    @invariant()
    def whoever_took_the_share_of_an_address_is_not_called_late(self) -> None:
        taken = {share.recipient for packet in self.packets() for share in self.shares(packet) if share.is_final}
        late = {prize.address for prize in prizes_of(self.house, self.giveaway) if prize.state == "forfeited"}
        assert not taken & late

    def packets(self) -> tuple[HostedPacket, ...]:
        with self.house.store.read() as work:
            return work.packets.of_tenant(self.house.tenant_id)

    def packet(self) -> HostedPacket | None:
        """The packet that has not ended."""
        return next((packet for packet in self.packets() if not packet.has_ended), None)

    def is_open(self) -> bool:
        found = self.packet()
        return found is not None and found.state in OPEN

    def shares(self, packet: HostedPacket) -> tuple[PacketShare, ...]:
        with self.house.store.read() as work:
            return work.packet_shares.load(packet.id)

    def taken_for_good(self) -> int:
        return sum(share.is_final for packet in self.packets() for share in self.shares(packet))

    def teardown(self) -> None:
        if hasattr(self, "bank"):
            self.bank.close()
            self.house.store.close()
            shutil.rmtree(self.folder)


TestPacketCampaign = PacketCampaign.TestCase
TestPacketCampaign.settings = settings(
    max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
