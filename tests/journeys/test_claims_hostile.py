"""Packets that are not what they say: a named reason, nothing paid, nothing lost (red-packets.md 8.1, 10; reliability.md E7,
E12)."""

from __future__ import annotations

import time

import pytest

from maskbot.domain.money import Address
from maskbot.domain.packet_claim import ClaimFloor, PersonaWallet
from maskbot.sandbox.chain import ETHER, dev_account
from maskbot.wire.red_packet import ClaimCall, sign_ticket
from maskbot.wire.red_packet.abi import encode_call
from tests.journeys.claim_world import OTHER_KEY, PACKET_KEY, Claims, Ground


def test_a_forged_contract_address_gets_no_transaction(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create(), contract_address="0x" + "ee" * 20))
    claims.settle()
    claim = claims.only()
    assert claim.state == "claimed"
    assert claim.payment_id is not None
    assert claims.intent(claim.payment_id).call.to == claims.ground.at["v4"]


def test_a_packet_on_a_chain_without_a_wallet_is_left(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create(), chainId=1))
    claims.settle(blocks=1)
    assert claims.verdict() == ("left", "NoWalletOnChain")


def test_a_packet_on_a_chain_without_a_trusted_contract_is_left(claims: Claims) -> None:
    with claims.store.write() as work:
        work.claim_rules.link(PersonaWallet(claims.persona.id, "w1", 424_242))
    claims.post(claims.meta(claims.ground.create(), chainId=424_242))
    claims.settle(blocks=1)
    assert claims.verdict() == ("left", "UntrustedContract")


def test_a_post_without_a_chain_means_the_readers_own_if_there_is_one(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create(), chainId=None, network="Nowhere"))
    claims.settle()
    assert claims.only().state == "claimed"
    with claims.store.write() as work:
        work.claim_rules.link(PersonaWallet(claims.persona.id, "w1", 424_242))
    claims.post(claims.meta(claims.ground.create(seed=b"\1" * 32), chainId=None, network=None))
    claims.settle(blocks=1)
    assert {(claim.state, claim.reason) for claim in claims.claims()} == {("claimed", None), ("left", "UnknownChain")}


@pytest.mark.parametrize(("seconds_before", "reason"), [(0, "Expired"), (-1, "Expired")])
def test_nothing_is_sent_at_or_after_the_second_of_expiry(claims: Claims, seconds_before: int, reason: str) -> None:
    packet_id = claims.ground.create(duration_s=100)
    claims.ground.anvil.set_next_time(claims.ground.time_s() + 100 - seconds_before)
    claims.ground.anvil.mine()
    claims.post(claims.meta(packet_id))
    claims.settle(blocks=1)
    assert (claims.verdict(), claims.sent()) == (("left", reason), 0)


def test_a_packet_that_runs_out_under_way_costs_nothing_beyond_one_try(claims: Claims) -> None:
    packet_id = claims.ground.create(duration_s=30)

    def reach(point: str) -> None:
        if point == "send.before":
            claims.ground.anvil.advance(60)

    claims.reach = reach
    claims.post(claims.meta(packet_id))
    claims.settle(blocks=8)
    claim = claims.only()
    assert (claim.state, claim.reason, claims.sent()) == ("left", "Expired", 1)


def test_an_exhausted_packet_is_lost_without_a_transaction(claims: Claims) -> None:
    packet_id = claims.ground.create(shares=2)
    for index in (4, 5):
        claims.ground.claim_as(dev_account(index), packet_id)
    claims.post(claims.meta(packet_id, shares=2))
    claims.settle(blocks=1)
    assert (claims.verdict(), claims.sent()) == (("lost", "OutOfStock"), 0)
    assert claims.only().sealed_key is None


def test_a_share_that_the_wallet_has_had_is_not_taken_twice(claims: Claims) -> None:
    packet_id = claims.ground.create()
    address = claims.wallet.address
    call = ClaimCall(packet_id, sign_ticket(PACKET_KEY, sender=address).signature, address)
    claims.ground.anvil.send_as(address, to=claims.ground.at["v4"], data=call.encode())
    claims.post(claims.meta(packet_id))
    claims.settle(blocks=1)
    assert (claims.verdict(), claims.sent()) == (("left", "ClaimedBefore"), 1)


def test_the_key_of_another_packet_opens_nothing_and_the_right_one_still_does(claims: Claims) -> None:
    packet_id = claims.ground.create()
    claims.post(claims.meta(packet_id, password="0x" + OTHER_KEY.hex()))
    claims.settle(blocks=1)
    assert (claims.verdict(), claims.sent()) == (("left", "OtherKey"), 0)
    claims.post(claims.meta(packet_id))
    claims.settle()
    assert claims.only().state == "claimed"


def test_a_packet_without_an_owner_of_its_key_is_left(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create(packet_address=Address(bytes(20)))))
    claims.settle(blocks=1)
    assert claims.verdict() == ("left", "OtherKey")


def test_a_key_on_a_server_is_reported_and_left_alone(claims: Claims) -> None:
    packet_id = claims.ground.create()
    for password in ("", None):
        claims.post(claims.meta(packet_id, password=password))
        claims.settle(blocks=1)
        assert (claims.verdict(), claims.sent()) == (("left", "KeyOnServer"), 0)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_old_versions_are_never_claimed(claims: Claims, version: int) -> None:
    claims.post(claims.meta(claims.ground.create(), contract_version=version, password="a word"))
    claims.settle(blocks=1)
    assert (claims.verdict(), claims.sent()) == (("left", "OldVersion"), 0)


def test_a_recipient_whose_code_needs_more_than_2300_gas_is_named(claims: Claims) -> None:
    claims.ground.set_code(claims.wallet.address, delegate="HUNGRY")
    claims.post(claims.meta(claims.ground.create()))
    claims.settle(blocks=1)
    assert (claims.verdict(), claims.sent()) == (("left", "RecipientHasCode"), 0)


def test_a_recipient_whose_code_takes_coins_quietly_gets_them(claims: Claims) -> None:
    claims.ground.set_code(claims.wallet.address, delegate="QUIET")
    claims.post(claims.meta(claims.ground.create()))
    claims.settle()
    assert claims.only().state == "claimed"


def test_a_token_that_refuses_is_left_with_its_reason(claims: Claims) -> None:
    closed = claims.ground.at["CLOSED"]
    _open(claims.ground, is_open=True)
    packet_id = claims.ground.create(token=closed, total=900)
    _open(claims.ground, is_open=False)
    with claims.store.write() as work:
        work.claim_rules.set_floor("w1", ClaimFloor(closed, 1, ETHER // 1000))
    claims.post(claims.meta(packet_id))
    claims.settle(blocks=1)
    assert (claims.verdict(), claims.sent()) == (("left", "ClaimRefused"), 0)


@pytest.mark.parametrize(
    "bomb",
    [
        {"total": "1e999999"},
        {"total": "9" * 5000},
        {"total": "NaN"},
        {"total": 10**400},
        {"shares": 1e308},
        {"shares": -1},
        {"creation_time": 10**300},
        {"duration": float(2**80)},
        {"chainId": 2**60},
        {"rpid": "0x" + "0" * 63},
        {"rpid": "0x" + "zz" * 32},
        {"contract_version": 10**30},
        {"sender": []},
        {"token": "0x"},
    ],
)
def test_number_bombs_are_malformed_at_once(claims: Claims, bomb: dict[str, object]) -> None:
    meta = claims.meta(b"\7" * 32, **bomb)
    began = time.process_time()
    claims.post(meta)
    claims.settle(blocks=1)
    assert time.process_time() - began < 2
    assert (claims.claims(), claims.sent()) == ((), 0)


def test_an_unknown_packet_is_looked_for_a_while_and_left(claims: Claims) -> None:
    claims.post(claims.meta(b"\7" * 32))
    for _ in range(12):
        claims.house.clock.move(600_000)
        claims.work()
    assert (claims.verdict(), claims.sent()) == (("left", "UnknownPacket"), 0)


def test_hints_that_lie_lead_to_nothing_false(claims: Claims) -> None:
    packet_id = claims.ground.create()
    claims.post(claims.meta(packet_id, txid="0x" + "ee" * 32, creation_time=1, total="7", shares=200, is_random=True))
    claims.settle()
    assert (claims.only().state, claims.only().value) == ("claimed", ETHER)


def _open(ground: Ground, *, is_open: bool) -> None:
    ground.anvil.send_as(dev_account(0).address, to=ground.at["CLOSED"], data=encode_call("open(bool)", (is_open,)))
