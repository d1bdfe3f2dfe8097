"""Red packets that we create, their shares and contracts on both databases: one order is one packet for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskbot.adapters.store.work import SqlStore
from maskbot.domain.errors import Refused
from maskbot.domain.hosted_packet import (
    HostedPacket,
    NftShares,
    PacketBooks,
    PacketOrder,
    PacketShare,
    Publication,
    TokenShares,
    packet_books,
)
from maskbot.domain.identity import PublicKey
from maskbot.domain.job import JobKind
from maskbot.domain.money import Address, Token
from maskbot.domain.red_packet import LARGEST_TOTAL
from maskbot.domain.transaction import Followup
from maskbot.ports.packets import ContractFacts
from tests.ports.store.stage import NOW, Stage

TOKEN = Token(1, Address(b"\x07" * 20), "DAI", 18)
NFT = NftShares(1, Address(b"\x08" * 20), "Cats 🐈", (2**256 - 1, 3))
CONTRACT = Address(b"\x09" * 20)


def drawn(stage: Stage, **changes: object) -> HostedPacket:
    order = PacketOrder(
        key="o1",
        tenant_id=stage.tenant,
        wallet_id="w1",
        contents=TokenShares(TOKEN, total=LARGEST_TOTAL, shares=3),
        duration_s=3_600,
        message="Zum Wohl 🧧",
        sender_name="dao",
        requested_by="operator:alice",
        publication=Publication("p1", ("a", "b"), (PublicKey(b"\x02" * 33),), "hello"),
        followup=Followup(JobKind.BOOK_GIVEAWAY, "g1"),
    )
    order = replace(order, **changes)  # type: ignore[arg-type]  # whatever the test says
    return HostedPacket(
        id=f"id-{order.key}",
        order=order,
        state="draft",
        packet_address=Address(b"\x01" * 20),
        seed=b"\x05" * 32,
        sealed_key=b"sealed",
        contract=CONTRACT,
        ordered_at_ms=NOW,
    )


@pytest.fixture
def packet(store: SqlStore, stage: Stage) -> HostedPacket:
    made = drawn(stage)
    with store.write() as work:
        work.packets.add(made, now_ms=NOW)
    return made


def share(number: int, **changes: object) -> PacketShare:
    one = PacketShare(bytes([number]) * 32, 0, number, Address(bytes([number]) * 20), LARGEST_TOTAL, is_final=True)
    return replace(one, **changes)  # type: ignore[arg-type]  # whatever the test says


def test_what_was_ordered_is_loaded_again(store: SqlStore, stage: Stage, packet: HostedPacket) -> None:
    cats = drawn(stage, key="o2", contents=NFT, publication=None, followup=None)
    with store.write() as work:
        work.packets.add(cats, now_ms=NOW)
        assert work.packets.load(packet.id, is_locked=True) == packet
    with store.read() as work:
        assert work.packets.find(tenant_id=stage.tenant, order_key="o2") == cats
        assert work.packets.find(tenant_id="other", order_key="o2") is None
        assert work.packets.of_tenant(stage.tenant) == (cats, packet)
        assert work.packets.of_tenant(stage.tenant, states={"created"}) == ()
        assert work.packets.load("none") is None


def test_an_order_is_recorded_once(store: SqlStore, stage: Stage, packet: HostedPacket) -> None:
    with pytest.raises(Refused, match="already"), store.write() as work:
        work.packets.add(replace(packet, id="another"), now_ms=NOW)


def test_a_move_is_made_from_the_state_it_was_thought_from(store: SqlStore, packet: HostedPacket) -> None:
    with store.write() as work:
        creating = work.packets.move(packet, after="creating", now_ms=NOW)
        known = replace(
            creating, packet_id=b"\x0a" * 32, total=LARGEST_TOTAL, rest=7, created_at_s=1, expires_at_s=2,
            tx_hash=b"\x0b" * 32, block=3, read_to=4, refunded=5, refund_id="i", broadcast_id="b", error_kind="e",
        )  # fmt: skip
        created = work.packets.move(known, after="created", now_ms=NOW)
        assert work.packets.load(packet.id) == created == replace(known, state="created")
        assert work.packets.move(replace(created, rest=6), after="created", now_ms=NOW).rest == 6
    for before, after in ((packet, "creating"), (created, "draft"), (created, "failed")):
        with pytest.raises(Refused), store.write() as work:
            work.packets.move(before, after=after, now_ms=NOW)


def test_shares_above_a_block_are_told_anew(store: SqlStore, packet: HostedPacket) -> None:
    with store.write() as work:
        work.packet_shares.replace_after(packet.id, block=0, shares=[share(2), share(1), share(3, is_final=False)])
        assert [one.block for one in work.packet_shares.load(packet.id)] == [1, 2, 3]
        work.packet_shares.replace_after(packet.id, block=2, shares=[share(4), share(4, log_index=1)])
    with store.read() as work:
        assert work.packet_shares.load(packet.id) == (share(1), share(2), share(4), share(4, log_index=1))


def test_the_looks_of_a_contract_are_remembered(store: SqlStore, stage: Stage) -> None:
    old = ContractFacts(1, CONTRACT, None, Address(b"\x01" * 20))
    new = replace(old, gas_payer=Address(b"\x02" * 20))
    with store.write() as work:
        assert work.packet_contracts.note(old, now_ms=NOW) is None
        assert work.packet_contracts.note(new, now_ms=NOW) == old
        assert work.packet_contracts.note(new, now_ms=NOW) == new


def test_the_key_is_not_shown(packet: HostedPacket) -> None:
    assert "sealed" not in repr(packet)


def test_books_count_what_is_missing(packet: HostedPacket) -> None:
    created = replace(packet, total=10, rest=3, refunded=0)
    assert packet_books(created, [share(1, value=4)]) == PacketBooks(10, 4, 0, 3)
    assert packet_books(created, [share(1, value=4)]).unexplained == 3
    assert packet_books(packet, []) == PacketBooks(0, 0, 0, 0)
