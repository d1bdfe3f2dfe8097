"""Prizes in a red packet that only the winners can open, on a real chain: taken, left, taken by another account, never posted.

Source: the issue "Money that cannot be paid twice" (5): funded = paid + refunded + remainder, to the wei.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from maskbot.domain.delivery_plan import Means
from maskbot.domain.errors import MaskbotError, Refused
from maskbot.domain.giveaway import Giveaway, Prize
from maskbot.domain.hosted_packet import HostedPacket
from maskbot.domain.identity import Platform, PublicKey
from maskbot.domain.job import JobKind
from maskbot.domain.money import Address
from maskbot.flows.decide.giveaway import (
    NotPayable,
    PacketWay,
    PayOrder,
    book_giveaway,
    pay_giveaway,
    refund_giveaway,
)
from maskbot.flows.decide.payment import cancel_payment
from maskbot.ports.store.personas import Contact
from maskbot.sandbox.chain import Anvil, dev_account
from maskbot.wire.crypto import address_text, public_key_of
from maskbot.wire.gun.key_paths import read_paths
from maskbot.wire.payload import Reader, find_payloads, parse_payload, read_record, unseal
from maskbot.wire.red_packet import POST_KEY, read_packet_post
from tests.fakes.bank import books, prizes_of, state_of
from tests.fakes.giveaways import address_of, drawn, opened, person, say
from tests.fakes.key_graph import FakeKeyGraph
from tests.fakes.packet_till import ETH, HOUR_S, WALLET, PacketTill, close, deploy_all, packet_till

WHO = "operator:treasurer"
PRIZE = 10**15


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Anvil, dict[str, Address]]]:
    with Anvil(tmp_path_factory.mktemp("anvil")) as anvil:
        yield anvil, deploy_all(anvil, owner=WALLET)


@pytest.fixture
def till(ground: tuple[Anvil, dict[str, Address]], tmp_path: Path) -> Iterator[PacketTill]:
    mark = ground[0].snapshot()
    made = packet_till(tmp_path, *ground)
    made.host()
    yield made
    close(made)
    ground[0].revert(mark)


def reader_key(number: int) -> bytes:
    return bytes([number + 1]) * 32


def won(till: PacketTill, *, keys: int = 3, **changes: object) -> Giveaway:
    """A drawn giveaway: three people with accounts of the chain, and keys that are known of the first so many."""
    house = till.house
    prizes = changes.pop("prizes", (PRIZE, PRIZE, PRIZE))
    giveaway = opened(house, token=changes.pop("token", ETH), prizes=prizes, available=10**20)
    for number in range(3):
        say(house, person(number), f"enter {address_text(dev_account(number + 1).address)}")
        if number < keys:
            contact = Contact(house.tenant_id, person(number).wire_author, key_of(number), source="operator")
            with till.store.write() as work:
                work.contacts.learn(contact, now_ms=house.clock.ms)
    found = drawn(house, giveaway)
    till.anvil.set_next_time(house.clock.ms // 1000)
    till.anvil.mine()
    assert len(prizes_of(house, giveaway)) == 3
    return found


def key_of(number: int) -> PublicKey:
    return PublicKey(public_key_of(reader_key(number)))


def order_of(till: PacketTill, giveaway: Giveaway, *, duration_s: int = HOUR_S) -> PayOrder:
    way = PacketWay("dao", "DAO", duration_s, till.maker)
    return PayOrder(giveaway.id, WHO, Means.PACKET, packet=way)


def paid_by_packet(till: PacketTill, giveaway: Giveaway) -> HostedPacket:
    payout = pay_giveaway(order_of(till, giveaway), store=till.store, now_ms=till.house.clock.ms)
    assert (payout.means, payout.prizes, payout.payments) == (Means.PACKET, 3, 1)
    packet_id = prizes_of(till.house, giveaway)[0].payment_id
    with till.store.read() as work:
        packet = work.packets.load(packet_id or "")
    assert packet is not None
    assert packet.order.publication is not None
    assert "within 1 hour; what is left" in packet.order.publication.text
    return packet


def book(till: PacketTill) -> None:
    house = till.house
    for job in house.claim(JobKind.BOOK_GIVEAWAY):
        book_giveaway(job.target_id, store=till.store, now_ms=house.clock.ms, job=job)


def go_on(till: PacketTill, giveaway: Giveaway, *, until: str, rounds: int = 30) -> None:
    for _ in range(rounds):
        book(till)
        check_books(till, giveaway)
        if state_of(till.house, giveaway).state == until:
            return
        till.step()
    raise AssertionError(state_of(till.house, giveaway).state)


def check_books(till: PacketTill, giveaway: Giveaway) -> None:
    now = books(till.house, giveaway)
    assert now.funded == now.paid + now.refunded + now.remainder


def publish(till: PacketTill, packet: HostedPacket, graph: FakeKeyGraph) -> str:
    till.settle(packet, until="published")
    return till.posts(packet, graph)[0]


def opened_by(number: int, text: str, graph: FakeKeyGraph) -> bytes:
    """The packet key, as a reader with this key gets it out of the post."""
    payload = parse_payload(find_payloads(text)[0])
    assert payload.post_iv is not None
    private_key = reader_key(number)
    paths = read_paths(-37, network="twitter.com", post_iv=payload.post_iv, recipient=public_key_of(private_key))
    records = [read_record(item, version=-37) for items in graph.fetch_items(paths).values() for item in items]
    message = unseal(payload, reader=Reader(private_keys=(private_key,)), records=records).message
    return read_packet_post((message.meta or {})[POST_KEY]).packet_key


def prizes(till: PacketTill, giveaway: Giveaway) -> dict[bytes, Prize]:
    return {bytes(prize.address): prize for prize in prizes_of(till.house, giveaway)}


def test_winners_take_their_prizes_and_what_is_left_goes_back_to_the_treasury(till: PacketTill) -> None:
    graph, giveaway = FakeKeyGraph(), won(till)
    packet = paid_by_packet(till, giveaway)
    text = publish(till, packet, graph)
    with pytest.raises(MaskbotError, match="none of our keys"):
        opened_by(7, text, graph)
    for number in (0, 1):
        till.claim(packet, dev_account(number + 1), key=opened_by(number, text, graph))
    till.step(4)
    book(till)
    states = {address: prize.state for address, prize in prizes(till, giveaway).items()}
    assert states == {
        bytes(dev_account(1).address): "paid",
        bytes(dev_account(2).address): "paid",
        bytes(dev_account(3).address): "paying",
    }
    check_books(till, giveaway)
    till.anvil.advance(HOUR_S)
    till.sync()
    go_on(till, giveaway, until="paid")
    assert prizes(till, giveaway)[bytes(dev_account(3).address)].state == "forfeited"
    now = books(till.house, giveaway)
    assert (now.paid, now.owed, now.refundable) == (2 * PRIZE, 0, PRIZE)
    refund_giveaway(giveaway.id, requested_by=WHO, store=till.store, now_ms=till.house.clock.ms)
    go_on(till, giveaway, until="closed_out")
    end = books(till.house, giveaway)
    assert (end.funded, end.paid, end.refunded, end.remainder) == (3 * PRIZE, 2 * PRIZE, PRIZE, 0)
    assert till.node.fetch_account(address_of(9_999)).balance_wei == PRIZE
    ids = [str(row["id"]) for row in till.house.admin.deliveries(limit=1000)]
    with till.store.read() as work:
        said = " ".join(delivery.draft.text for delivery in work.deliveries.load(ids).values())
    assert "only the winners can open" in said
    assert "2 of 3 prizes are paid" in said


def test_all_taken_ends_it_at_once_even_with_another_account(till: PacketTill) -> None:
    graph, giveaway = FakeKeyGraph(), won(till)
    packet = paid_by_packet(till, giveaway)
    text = publish(till, packet, graph)
    for number, account in ((0, 1), (1, 2), (2, 9)):  # the third winner claims with an account of his own
        till.claim(packet, dev_account(account), key=opened_by(number, text, graph))
    go_on(till, giveaway, until="paid")
    assert {prize.state for prize in prizes_of(till.house, giveaway)} == {"paid"}
    assert len({prize.tx_hash for prize in prizes_of(till.house, giveaway)}) == 3
    assert books(till.house, giveaway).paid == 3 * PRIZE


def test_paying_again_makes_no_second_packet(till: PacketTill) -> None:
    giveaway = won(till)
    packet = paid_by_packet(till, giveaway)
    again = pay_giveaway(order_of(till, giveaway), store=till.store, now_ms=till.house.clock.ms)
    assert (again.prizes, again.payments) == (0, 0)
    till.settle(packet, until="published")
    pay_giveaway(order_of(till, giveaway), store=till.store, now_ms=till.house.clock.ms)
    with till.store.read() as work:
        assert len(work.packets.of_tenant(till.house.tenant_id)) == 1


def test_a_packet_that_is_never_created_leaves_the_prizes_owed_and_a_new_one_can_be_made(till: PacketTill) -> None:
    giveaway = won(till)
    packet = paid_by_packet(till, giveaway)
    while not till.states():
        till.work_once()
    with till.store.read() as work:
        undecided = work.treasury.intents.in_states({"planned", "approved"})
    with till.store.write() as work:
        cancel_payment(undecided[0].id, actor="operator:bob", work=work, now_ms=till.house.clock.ms)
    till.settle(packet, until="failed")
    book(till)
    assert {prize.state for prize in prizes_of(till.house, giveaway)} == {"owed"}
    second = paid_by_packet(till, giveaway)
    assert second.id != packet.id
    till.settle(second, until="published")
    check_books(till, giveaway)


def test_a_packet_that_reached_no_platform_leaves_the_prizes_owed(till: PacketTill) -> None:
    giveaway = won(till)
    packet = paid_by_packet(till, giveaway)
    till.settle(packet, until="published")  # and its post never leaves
    till.anvil.advance(HOUR_S)
    till.sync()
    till.settle(packet, until="refunded")
    book(till)
    assert {prize.state for prize in prizes_of(till.house, giveaway)} == {"owed"}
    check_books(till, giveaway)


def test_a_packet_of_a_token_that_takes_a_fee_is_not_posted_and_the_prizes_stay_owed(till: PacketTill) -> None:
    giveaway = won(till, token=till.token("FEE"))
    packet = paid_by_packet(till, giveaway)
    till.settle(packet, until="created")
    till.step(2)
    assert till.packet(packet).error_kind == "LessArrived"
    till.anvil.advance(HOUR_S)
    till.sync()
    till.settle(packet, until="refunded")
    book(till)
    assert {prize.state for prize in prizes_of(till.house, giveaway)} == {"owed"}


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("keys", "1 of the winners have no key"),
        ("prizes", "not equal"),
        ("persona", "no persona"),
        ("policy", "5db05aba"),
    ],
)
def test_what_stands_against_a_packet_is_told_and_nothing_is_paid(till: PacketTill, case: str, reason: str) -> None:
    changes: dict[str, object] = {"prizes": (PRIZE, PRIZE, 2 * PRIZE)} if case == "prizes" else {}
    giveaway = won(till, keys=2 if case == "keys" else 3, **changes)
    order = order_of(till, giveaway)
    if case == "persona":
        order = replace(order, packet=None)
    if case == "policy":
        with till.store.write() as work:
            policy = work.treasury.rules.load_policy("w1")
            assert policy is not None
            work.treasury.rules.set_policy("w1", replace(policy, methods=policy.methods[1:]), now_ms=0)
    with pytest.raises(NotPayable, match=reason):
        pay_giveaway(order, store=till.store, now_ms=till.house.clock.ms)
    assert state_of(till.house, giveaway).state == "drawn"
    cheapest = pay_giveaway(replace(order, means=None), store=till.store, now_ms=till.house.clock.ms)
    assert cheapest.means is Means.TRANSFERS


def test_a_key_that_changed_is_not_sealed_for(till: PacketTill) -> None:
    giveaway = won(till)
    other = Contact(till.house.tenant_id, person(0).wire_author, key_of(8), source="payload")
    with till.store.write() as work:
        assert work.contacts.learn(other, now_ms=till.house.clock.ms).is_changed
    with pytest.raises(Refused, match="1 of the winners have no key"):
        pay_giveaway(order_of(till, giveaway), store=till.store, now_ms=till.house.clock.ms)
    assert Platform.X is person(0).platform
