"""Shares of packets in watched posts are taken, once, never at a loss, and for nobody else (red-packets.md 3.2, 10)."""

from __future__ import annotations

from dataclasses import replace

from maskbot.domain.money import Address
from maskbot.domain.packet_claim import ClaimFloor
from maskbot.sandbox.chain import ETHER, dev_account
from tests.fakes.till import BOB
from tests.journeys.claim_world import PACKET_KEY, Claims

MILLI = ETHER // 1000


def say_worth(claims: Claims, token: Address, *, least: int = 1, most_cost_wei: int = MILLI) -> None:
    with claims.store.write() as work:
        work.claim_rules.set_floor("w1", ClaimFloor(token, least, most_cost_wei))


def test_a_share_in_a_watched_post_is_taken_and_told(claims: Claims) -> None:
    before = claims.ground.coins(claims.wallet.address)
    claims.post(claims.meta(claims.ground.create()))
    claims.settle()
    claim = claims.only()
    assert (claim.state, claim.value, claim.received, claim.sealed_key) == ("claimed", ETHER, ETHER, None)
    assert claims.ground.coins(claims.wallet.address) == before + ETHER - claim.cost_wei
    (notice,) = claims.notices()
    assert notice["text"] == "Taken from a red packet: 1 ETH on chain 31337."
    assert claims.sent() == 1


def test_the_key_is_sealed_before_anything_else_and_never_shown(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create()))
    claim = claims.only()
    assert claim.state == "found"
    assert claim.sealed_key is not None
    assert PACKET_KEY.hex() not in repr(claim)
    raw = (claims.folder / "house.db").read_bytes() + (claims.folder / "house.db-wal").read_bytes()
    assert PACKET_KEY not in raw
    assert PACKET_KEY.hex().encode() not in raw


def test_one_packet_in_two_posts_is_one_claim(claims: Claims) -> None:
    meta = claims.meta(claims.ground.create())
    claims.post(meta)
    claims.post(meta)
    claims.settle()
    claims.post(meta)
    claims.settle(blocks=1)
    assert (claims.only().state, claims.sent()) == ("claimed", 1)


def test_nothing_is_taken_for_a_persona_that_does_not_claim(claims: Claims) -> None:
    claims.link(is_claiming=False)
    claims.post(claims.meta(claims.ground.create()))
    claims.settle(blocks=1)
    assert claims.claims() == ()


def test_switching_off_later_leaves_what_was_found(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create()))
    claims.link(is_claiming=False)
    claims.settle(blocks=1)
    assert claims.verdict() == ("left", "SwitchedOff")


def test_the_operators_switch_holds_claims_up_and_loses_none(claims: Claims) -> None:
    with claims.store.write() as work:
        work.switches.flip("claims", is_on=False, reason="", who="t", now_ms=claims.clock.now_ms())
    claims.post(claims.meta(claims.ground.create()))
    claims.settle(blocks=1)
    assert claims.verdict() == ("found", None)
    with claims.store.write() as work:
        work.switches.flip("claims", is_on=True, reason="", who="t", now_ms=claims.clock.now_ms())
    claims.house.clock.move(20_000)
    claims.settle()
    assert claims.only().state == "claimed"


def test_a_share_goes_to_a_listed_recipient_and_to_no_other_one(claims: Claims) -> None:
    claims.link(recipient=BOB)
    claims.post(claims.meta(claims.ground.create()))
    claims.settle(blocks=1)
    assert claims.verdict() == ("failed", "SpendingRefused:recipient")
    with claims.store.write() as work:
        work.treasury.rules.set_policy("w1", claims.claim_policy(recipients=(BOB,)), now_ms=claims.clock.now_ms())
    claims.post(claims.meta(claims.ground.create(seed=b"\1" * 32)))
    claims.settle()
    assert claims.ground.coins(BOB) == ETHER
    assert [claim.state for claim in claims.claims()] == ["claimed", "failed"]


def test_a_random_share_counts_for_no_more_than_its_mean(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create(is_random=True), is_random=True))
    claims.settle()
    claim = claims.only()
    assert claim.state == "claimed"
    assert claim.expected is not None
    assert claim.expected <= ETHER


def test_a_share_below_its_gas_waits_and_is_never_taken_at_a_loss(claims: Claims) -> None:
    claims.post(claims.meta(claims.ground.create(total=3_000)))
    claims.settle()
    assert claims.verdict() == ("found", "GasTooDear")
    claims.ground.anvil.advance(4_000)
    claims.house.clock.move(600_000)
    claims.work()
    assert (claims.verdict(), claims.sent()) == (("left", "Expired"), 0)


def test_the_fee_is_capped_by_what_the_share_is_worth(claims: Claims) -> None:
    total = 3 * 100_000 * 5 * 10**9  # about 5 Gwei for each unit of gas of a claim
    claims.post(claims.meta(claims.ground.create(total=total)))
    claims.settle()
    claim = claims.only()
    assert claim.state == "claimed"
    assert claim.payment_id is not None
    intent = claims.intent(claim.payment_id)
    assert intent.max_fee_wei is not None
    assert intent.gas_limit is not None
    assert intent.max_fee_wei * intent.gas_limit <= total // 3
    assert claim.cost_wei <= total // 3


def test_coins_below_the_operators_least_are_left(claims: Claims) -> None:
    say_worth(claims, Address(bytes(20)), least=2 * ETHER)
    claims.post(claims.meta(claims.ground.create()))
    claims.settle(blocks=1)
    assert claims.verdict() == ("left", "TooLittle")


def test_a_token_is_taken_when_the_operator_says_what_it_is_worth(claims: Claims) -> None:
    plain = claims.ground.at["PLAIN"]
    claims.post(claims.meta(claims.ground.create(token=plain, total=900)))
    claims.settle(blocks=1)
    assert claims.verdict() == ("left", "WorthUnknown")
    say_worth(claims, plain, least=100)
    claims.post(claims.meta(claims.ground.create(token=plain, total=900, seed=b"\1" * 32)))
    claims.settle()
    claim = claims.claims()[0]
    assert (claim.state, claim.value, claim.received) == ("claimed", 300, 300)
    assert claims.ground.owned("PLAIN", claims.wallet.address) == 300
    assert "0.0003" in claims.notices()[0]["text"]


def test_a_token_that_keeps_a_part_delivers_less_than_its_event_says(claims: Claims) -> None:
    fee = claims.ground.at["FEE"]
    say_worth(claims, fee)
    claims.post(claims.meta(claims.ground.create(token=fee, total=600)))
    claims.settle()
    claim = claims.only()
    assert (claim.state, claim.value, claim.received) == ("claimed", 100, 50)
    assert claims.ground.owned("FEE", claims.wallet.address) == 50
    assert "keeps a part" in claims.notices()[0]["text"]


def test_a_collectible_is_taken_and_token_0_only_once(claims: Claims) -> None:
    say_worth(claims, claims.ground.at["NFT"], most_cost_wei=10 * MILLI)
    packet_id = claims.ground.create_nft([0])
    claims.post(claims.nft_meta(packet_id))
    claims.settle()
    claims.post(claims.nft_meta(packet_id))
    claims.settle(blocks=1)
    claim = claims.only()
    assert (claim.state, claim.value, claims.sent()) == ("claimed", 0, 1)
    assert "token 0 of 0x" in claims.notices()[0]["text"]


def test_a_draw_that_meets_a_burnt_token_is_tried_in_another_block(claims: Claims) -> None:
    say_worth(claims, claims.ground.at["NFT"], most_cost_wei=10 * MILLI)
    packet_id = claims.ground.create_nft([1, 2, 3, 4], duration_s=86_400)
    for burnt in (1, 2, 3):
        data = bytes.fromhex("42966c68") + burnt.to_bytes(32, "big")
        claims.ground.anvil.send_as(dev_account(0).address, to=claims.ground.at["NFT"], data=data)
    claims.post(claims.nft_meta(packet_id))
    for _ in range(40):
        claims.house.clock.move(600_000)
        claims.settle(blocks=1)
        if claims.only().state in ("claimed", "left", "failed"):
            break
    claims.settle()
    assert (claims.only().reason, claims.only().value) in ((None, 4), ("TokenGone", None), ("Reverted", None))
    assert claims.sent() <= 4


def test_who_loses_the_race_for_the_last_share_is_told_nothing(claims: Claims) -> None:
    packet_id = claims.ground.create(shares=1)
    rivals = [dev_account(5)]

    def reach(point: str) -> None:
        if point == "send.before" and rivals:
            claims.ground.claim_as(rivals.pop(), packet_id)

    claims.reach = reach
    claims.post(claims.meta(packet_id))
    claims.settle(blocks=8)
    claim = claims.only()
    assert (claim.state, claim.reason, claims.sent()) == ("lost", "OutOfStock", 1)
    assert claim.cost_wei > 0
    assert claims.notices() == []


def test_a_wallet_without_coins_waits_for_them(claims: Claims) -> None:
    claims.ground.anvil.fund([claims.wallet.address], wei=0)
    claims.post(claims.meta(claims.ground.create()))
    claims.settle(blocks=2)
    assert claims.verdict() == ("found", "NoGasMoney")
    claims.ground.anvil.fund([claims.wallet.address], wei=ETHER)
    claims.house.clock.move(60_000)
    claims.settle()
    assert claims.only().state == "claimed"


def test_a_payment_that_is_not_signed_in_time_is_given_up_and_the_packet_looked_at_afresh(claims: Claims) -> None:
    def reach(point: str) -> None:
        if point == "check.recorded":
            claims.ground.anvil.request("anvil_setNextBlockBaseFeePerGas", hex(10**15))
            claims.ground.anvil.mine()

    claims.reach = reach
    claims.post(claims.meta(claims.ground.create(total=3 * MILLI)))
    claims.work()
    assert claims.only().state == "claiming"
    claims.reach = lambda _: None
    claims.house.clock.move(601_000)
    claims.work()
    claims.house.clock.move(1_000)
    claims.work()
    claim = claims.only()
    assert (claim.state, claim.tries, claims.sent()) == ("found", 1, 0)
    assert claim.payment_id is not None
    assert claims.intent(claim.payment_id).error_kind == "Expired"


def test_claims_of_a_replaced_policy_wait_for_a_person(claims: Claims) -> None:
    with claims.store.write() as work:
        work.treasury.rules.set_policy("w1", replace(claims.claim_policy(), methods=()), now_ms=claims.clock.now_ms())
    claims.post(claims.meta(claims.ground.create()))
    claims.settle(blocks=1)
    assert claims.verdict() == ("failed", "SpendingRefused:method")
    assert claims.notices()[0]["meta"]["reason"] == "SpendingRefused:method"
