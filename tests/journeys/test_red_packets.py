"""Red packets that we create, on a real chain: from the order to the refund, with every kind of token, and what goes wrong.

Claims are made by raw tickets, as a stranger's client makes them; the contract taking them is the second source.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.domain.account import FeedKind
from maskbot.domain.chain import BlockName, Call, LogPage, LogQuery
from maskbot.domain.errors import MaskbotError, Refused
from maskbot.domain.hosted_packet import NftShares, PacketRefused, TokenShares
from maskbot.domain.identity import Persona, Platform
from maskbot.domain.job import JobKind
from maskbot.domain.money import NATIVE, Address, Token
from maskbot.domain.packet_claim import PersonaWallet
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.open_post import open_post
from maskbot.flows.act.red_packet.look import LOGIC_SLOT
from maskbot.flows.decide.payment import cancel_payment
from maskbot.flows.decide.red_packet import APPROVE, CREATE, REFUND, RESET, REVOKE, ask_for_refund
from maskbot.flows.decide.red_packet.steps import NODES_LAG_MS
from maskbot.ports.inside import KeySource, Place
from maskbot.sandbox.chain import Anvil, ChainPartFailed, dev_account
from maskbot.wire.crypto import address_text
from maskbot.wire.erc20 import decode_number, encode_allowance, encode_balance_of
from maskbot.wire.erc721 import decode_claim, encode_is_approved
from maskbot.wire.payload import Reader, find_payloads, parse_payload, unseal
from maskbot.wire.red_packet import NFT_POST_KEY, POST_KEY, UntrustedContract, read_nft_packet_post, read_packet_post
from tests.fakes.house import ALICE as ALICE_ON_MASTODON
from tests.fakes.key_graph import FakeKeyGraph
from tests.fakes.packet_till import CHAIN, ETH, HOUR_S, WALLET, PacketTill, close, deploy_all, packet_till
from tests.ports.lying_rpc import LyingRpc

ALICE, BOB, CAROL = dev_account(1), dev_account(2), dev_account(3)


@dataclass(frozen=True, slots=True)
class Ground:
    """A chain with every contract on it."""

    anvil: Anvil
    addresses: dict[str, Address]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Anvil(tmp_path_factory.mktemp("anvil")) as anvil:
        yield Ground(anvil, deploy_all(anvil, owner=WALLET))


@pytest.fixture
def till(ground: Ground, tmp_path: Path) -> Iterator[PacketTill]:
    mark = ground.anvil.snapshot()
    made = packet_till(tmp_path, ground.anvil, ground.addresses)
    made.host()
    yield made
    close(made)
    ground.anvil.revert(mark)


def allowance(till: PacketTill, name: str) -> int:
    call = Call(till.addresses[name], encode_allowance(owner=WALLET, spender=till.addresses["v4"]))
    return decode_number(till.node.call(call, at=BlockName.LATEST))


def is_approved(till: PacketTill) -> bool:
    call = Call(till.addresses["NFT"], encode_is_approved(owner=WALLET, operator=till.addresses["nft"]))
    return decode_claim(till.node.call(call, at=BlockName.LATEST))


def held(till: PacketTill, name: str, owner: Address) -> int:
    return decode_number(till.node.call(Call(till.addresses[name], encode_balance_of(owner)), at=BlockName.LATEST))


def expire(till: PacketTill) -> None:
    till.anvil.advance(HOUR_S)
    till.sync()


def collection(till: PacketTill, *ids: int) -> NftShares:
    return NftShares(CHAIN.id, till.addresses["NFT"], "Test Collection", ids)


# --- the whole way


def test_a_packet_of_coins_is_created_claimed_and_what_is_left_comes_back(till: PacketTill) -> None:
    packet = till.order(publication=till.publication(is_public=True))
    created = till.settle(packet, until="published")
    assert (created.total, created.rest, created.error_kind) == (900, 900, None)
    till.claim(packet, ALICE)
    till.claim(packet, BOB)
    till.step(4)
    took = [(share.recipient, share.value, share.is_final) for share in till.shares(packet)]
    assert took == [(ALICE.address, 300, True), (BOB.address, 300, True)]
    with pytest.raises(Refused, match="is open"), till.store.write() as work:
        ask_for_refund(packet.id, work=work, now_ms=till.clock.now_ms())
    expire(till)
    till.settle(packet, until="refunded")
    books = till.books(packet)
    assert (books.funded, books.claimed, books.refunded, books.rest, books.unexplained) == (900, 600, 300, 0, 0)
    assert till.payments() == [CREATE, REFUND]


def test_a_packet_that_is_all_taken_ends_without_a_refund(till: PacketTill) -> None:
    packet = till.order()
    till.settle(packet, until="created")
    for who in (ALICE, BOB, CAROL):
        till.claim(packet, who)
    till.settle(packet, until="exhausted")
    expire(till)
    till.step(3)
    assert till.payments() == [CREATE]
    assert till.books(packet).claimed == 900


def test_the_same_order_is_the_same_packet_and_another_one_is_refused(till: PacketTill) -> None:
    packet = till.order()
    assert till.order().id == packet.id
    till.settle(packet, until="created")
    assert till.order().id == packet.id
    with pytest.raises(Refused, match="another red packet"):
        till.order(TokenShares(ETH, total=901, shares=3))
    till.step(3)
    assert till.payments() == [CREATE]


def test_tokens_are_allowed_exactly_and_nothing_is_left_allowed(till: PacketTill) -> None:
    packet = till.order(TokenShares(till.token("TOKEN"), total=1_000, shares=4))
    till.settle(packet, until="approving")
    while till.packet(packet).state == "approving":
        till.step()
    assert allowance(till, "TOKEN") == 1_000
    till.settle(packet, until="created")
    assert allowance(till, "TOKEN") == 0
    assert till.payments() == [APPROVE, CREATE]
    till.claim(packet, ALICE)
    assert held(till, "TOKEN", ALICE.address) == 250
    expire(till)
    till.settle(packet, until="refunded")
    assert (till.books(packet).claimed, till.books(packet).refunded) == (250, 750)


@pytest.mark.parametrize("lasts", [False, True])
def test_an_allowance_that_a_node_does_not_see_is_awaited_for_some_minutes(till: PacketTill, lasts: bool) -> None:
    packet = till.order(TokenShares(till.token("TOKEN"), total=1_000, shares=4))
    asked = encode_allowance(owner=till.wallet.address, spender=till.addresses["v4"])
    with LyingRpc(till.anvil.url) as rpc:
        rpc.lies["eth_call"] = lambda params, truth: "0x" + "00" * 32 if asked.hex() in str(params[0]) else truth
        till.node = EvmNode(CHAIN, [Endpoint(rpc.url, chain_id=CHAIN.id)], quorum=1)
        till.step(12)
        assert (till.packet(packet).state, till.payments()) == ("approving", [APPROVE])
        if not lasts:
            del rpc.lies["eth_call"]
        till.anvil.advance(NODES_LAG_MS // 1_000)
        till.sync()
        after = till.settle(packet, until="failed" if lasts else "created")
    assert after.error_kind == ("AllowanceRefused" if lasts else None)


def test_a_token_without_return_values_that_wants_zero_first_gets_it(till: PacketTill) -> None:
    till.send("VOID", "approve(address,uint256)", address_text(till.addresses["v4"]), 5)
    with till.store.write() as work:  # the wallet was used by hand
        work.treasury.wallets.take_nonces("w1", first=till.wallet.next_nonce, count=1, now_ms=0)
    packet = till.order(TokenShares(till.token("VOID"), total=1_000, shares=4))
    till.settle(packet, until="created")
    assert till.payments() == [RESET, APPROVE, CREATE]
    assert allowance(till, "VOID") == 0


def test_a_token_that_takes_a_fee_fills_the_packet_with_what_arrived(till: PacketTill) -> None:
    packet = till.order(
        TokenShares(till.token("FEE"), total=1_000, shares=5), publication=till.publication(is_public=True)
    )
    created = till.settle(packet, until="published")
    assert created.total == 500
    post = unseal(
        parse_payload(find_payloads(till.post(packet, FakeKeyGraph()))[0]), reader=Reader(), records=[]
    ).message
    assert read_packet_post((post.meta or {})[POST_KEY]).total == 500
    till.claim(packet, ALICE)
    expire(till)
    till.settle(packet, until="refunded")
    books = till.books(packet)
    assert (books.funded, books.claimed, books.refunded, books.rest) == (500, 100, 400, 0)


def test_a_packet_that_has_to_be_whole_is_not_posted_when_less_arrived(till: PacketTill) -> None:
    packet = till.order(
        TokenShares(till.token("FEE"), total=1_000, shares=5),
        publication=till.publication(is_public=True),
        needs_whole_total=True,
    )
    till.settle(packet, until="created")
    till.step(3)
    assert (till.packet(packet).state, till.packet(packet).error_kind) == ("created", "LessArrived")
    expire(till)
    till.settle(packet, until="refunded")


def test_tokens_of_a_collection_stay_in_the_wallet_and_the_right_to_them_is_taken_back(till: PacketTill) -> None:
    packet = till.order(collection(till, 3, 5, 7), publication=till.publication(is_public=True))
    published = till.settle(packet, until="published")
    assert is_approved(till)
    post = unseal(
        parse_payload(find_payloads(till.post(packet, FakeKeyGraph()))[0]), reader=Reader(), records=[]
    ).message
    read = read_nft_packet_post((post.meta or {})[NFT_POST_KEY])
    assert (read.packet_id, read.collection, read.tx_hash) == (
        published.packet_id, till.addresses["NFT"], published.tx_hash,
    )  # fmt: skip
    till.claim(packet, ALICE, key=read.packet_key)
    till.step(4)
    assert [share.recipient for share in till.shares(packet)] == [ALICE.address]
    assert {share.value for share in till.shares(packet)} <= {3, 5, 7}
    expire(till)
    assert till.settle(packet, until="expired").error_kind is None
    assert not is_approved(till)
    assert till.payments() == [APPROVE, CREATE, REVOKE]
    assert (till.books(packet).claimed, till.books(packet).rest) == (1, 2)


def test_the_right_to_a_collection_stays_while_another_packet_needs_it(till: PacketTill) -> None:
    first = till.order(collection(till, 3))
    second = till.order(collection(till, 5), key="second")
    till.settle(first, until="created")
    till.settle(second, until="created")
    till.claim(first, ALICE)
    till.settle(first, until="exhausted")
    assert is_approved(till)
    till.claim(second, BOB)
    till.settle(second, until="exhausted")
    assert not is_approved(till)


def test_two_packets_of_one_token_wait_for_each_other(till: PacketTill) -> None:
    shares = TokenShares(till.token("TOKEN"), total=1_000, shares=4)
    first, second = till.order(shares), till.order(shares, key="second")
    till.settle(first, until="created")
    till.settle(second, until="created")
    assert allowance(till, "TOKEN") == 0
    assert till.packet(first).packet_id != till.packet(second).packet_id


# --- what people read


def test_a_public_post_carries_what_the_extension_reads_and_a_key_that_works(till: PacketTill) -> None:
    packet = till.order(
        TokenShares(till.token("TOKEN"), total=999, shares=3), publication=till.publication(is_public=True)
    )
    published = till.settle(packet, until="published")
    text = till.post(packet, FakeKeyGraph())
    assert "red packet" in text
    message = unseal(parse_payload(find_payloads(text)[0]), reader=Reader(), records=[]).message
    entry = (message.meta or {})[POST_KEY]
    post = read_packet_post(entry)
    assert json.loads(json.dumps(entry)) == entry
    assert (post.packet_id, post.total, post.shares, post.duration_s) == (published.packet_id, 999, 3, HOUR_S)
    assert (post.sender, post.created_at_ms, post.tx_hash) == (
        WALLET, (published.created_at_s or 0) * 1000, published.tx_hash,
    )  # fmt: skip
    assert post.token is not None
    assert (post.token.address, post.token.symbol, post.token.decimals) == (till.addresses["TOKEN"], "TOKEN", 6)
    till.claim(packet, ALICE, key=post.packet_key)
    till.step(2)
    assert till.shares(packet)[0].value == 333


def test_only_its_recipients_can_open_a_sealed_packet_and_a_hosted_one_finds_it_in_the_inbox(till: PacketTill) -> None:
    house, graph = till.house, FakeKeyGraph()
    reader = house.vault.create(persona_id="reader", tenant_id=house.tenant_id, source=KeySource())
    feed = house.feed(Platform.MASTODON, FeedKind.HOME)
    with till.store.write() as work:
        work.personas.add(Persona("reader", house.tenant_id, "reader", reader), now_ms=house.clock.ms)
        work.links.watch("reader", feed_id=feed.id)
    packet = till.order(publication=till.publication(reader))
    till.settle(packet, until="published")
    text = till.post(packet, graph)
    with pytest.raises(MaskbotError, match="none of our keys"):
        unseal(parse_payload(find_payloads(text)[0]), reader=Reader(private_keys=(b"\x07" * 32,)), records=[])
    house.collect(house.post(ALICE_ON_MASTODON, text, is_addressed=False), kind=FeedKind.HOME)
    for job in house.claim(JobKind.OPEN_POST):
        open_post(job, store=till.store, graph=graph, vault=house.vault, clock=house.clock, notice=house.notice)
    with till.store.read() as work:
        ((item, sealed),) = work.inbox.load(tenant_id=house.tenant_id, persona_id="reader")
    (content,) = house.vault.reveal([(Place("inbox", item.id, item.tenant_id, "content"), sealed)])
    post = read_packet_post(json.loads(content)["meta"][POST_KEY])
    till.claim(packet, ALICE, key=post.packet_key)


def test_the_key_is_in_no_payment_and_nowhere_in_clear(till: PacketTill, tmp_path: Path) -> None:
    packet = till.order()
    till.settle(packet, until="created")
    key = till.key_of(packet)
    blob = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert key not in blob
    assert key.hex().encode() not in blob
    assert key.hex() not in repr(till.packet(packet))


# --- when time and chain are against it


def test_a_second_early_nothing_is_taken_back_and_at_the_very_second_it_is(till: PacketTill) -> None:
    packet = till.order()
    expiry_s = till.settle(packet, until="created").expires_at_s
    assert expiry_s is not None
    till.house.clock.ms = expiry_s * 1000
    till.anvil.set_next_time(expiry_s - 1)
    till.anvil.mine()
    assert till.packet(packet).state == "created"
    till.anvil.set_next_time(expiry_s)  # the block that is pending, and the next one
    till.work_once()
    refund_id = till.packet(packet).refund_id
    assert refund_id is not None
    till.settle(packet, until="refunded")
    with till.store.read() as work:
        (mined,) = work.treasury.inclusions.canonical([one.tx_hash for one in till.attempts(refund_id)]).values()
    block = till.node.fetch_header(mined.block_number)
    assert block is not None
    assert block.time_s == expiry_s


def test_the_contract_says_not_yet_and_we_wait(till: PacketTill) -> None:
    packet = till.order()
    expiry_s = till.settle(packet, until="created").expires_at_s
    assert expiry_s is not None
    till.anvil.set_next_time(expiry_s - 30)
    till.anvil.mine()
    till.house.clock.ms = expiry_s * 1000  # our clock is ahead
    till.work_once()
    assert till.packet(packet).state == "created"
    assert till.payments() == [CREATE]


def test_a_claim_that_a_reorganisation_takes_back_is_forgotten(till: PacketTill) -> None:
    packet = till.order()
    till.settle(packet, until="created")
    till.step(3)
    till.claim(packet, ALICE)
    till.house.clock.move(2_000)
    till.work_once()
    assert [share.is_final for share in till.shares(packet)] == [False]
    till.anvil.reorg(1)
    till.house.clock.move(2_000)
    till.work_once()
    assert till.shares(packet) == ()
    assert till.books(packet).unexplained == 0
    till.claim(packet, BOB)
    till.step(4)
    assert [(share.recipient, share.is_final) for share in till.shares(packet)] == [(BOB.address, True)]


def test_a_refund_that_found_nothing_ends_as_all_taken(till: PacketTill) -> None:
    packet = till.order()
    till.settle(packet, until="created")
    for who in (ALICE, BOB, CAROL):
        till.claim(packet, who)
    expiry_s = till.packet(packet).expires_at_s
    assert expiry_s is not None
    till.anvil.set_next_time(expiry_s)
    till.anvil.mine()
    till.sync()  # the refund falls due before anybody has looked
    assert till.settle(packet, until="exhausted").refund_id is None


def test_a_last_share_that_a_reorganisation_takes_back_after_expiry_comes_back_to_the_wallet(till: PacketTill) -> None:
    packet = till.order()
    expiry_s = till.settle(packet, until="created").expires_at_s
    assert expiry_s is not None
    till.claim(packet, ALICE)
    till.claim(packet, BOB)
    till.step(3)
    till.anvil.set_next_time(expiry_s - 1)
    till.claim(packet, CAROL)
    till.anvil.set_next_time(expiry_s)  # the block that is pending
    till.house.clock.ms = expiry_s * 1000
    till.work_once()
    assert (till.packet(packet).state, till.packet(packet).refund_id) == ("created", None)
    till.anvil.reorg(1)
    till.anvil.set_next_time(expiry_s + 2)
    till.anvil.mine()
    till.sync()
    till.settle(packet, until="refunded")
    assert (till.books(packet).claimed, till.books(packet).refunded) == (600, 300)


def test_a_refund_that_people_reject_is_told_and_can_be_asked_for_again(till: PacketTill) -> None:
    packet = till.order()
    till.settle(packet, until="created")
    expire(till)
    till.house.clock.move(1_000)
    for _ in range(5):
        if till.packet(packet).refund_id is None:
            till.work_once()
    refund_id = till.packet(packet).refund_id
    assert refund_id is not None
    with till.store.write() as work:
        cancel_payment(refund_id, actor="operator:bob", work=work, now_ms=till.clock.now_ms())
    till.step(3)
    assert till.packet(packet).error_kind == "RefundCancelled"
    with till.store.write() as work:
        ask_for_refund(packet.id, work=work, now_ms=till.clock.now_ms())
    till.settle(packet, until="refunded")
    assert till.books(packet).refunded == 900


def test_what_is_final_is_what_the_chain_calls_finalized(till: PacketTill) -> None:
    till.node.close()
    finalizing = replace(CHAIN, has_finalized=True)  # anvil finalizes 64 blocks behind its newest
    till.node = EvmNode(finalizing, [Endpoint(till.anvil.url, chain_id=CHAIN.id)], quorum=1)
    packet = till.order(duration_s=90 * 86_400)
    till.step(5)
    assert till.packet(packet).state == "creating", "mined, and not final by depth"
    finalize(till)
    till.settle(packet, until="created")
    till.claim(packet, ALICE)
    till.step(2)
    assert [share.is_final for share in till.shares(packet)] == [False]
    finalize(till)
    till.step(2)
    assert [share.is_final for share in till.shares(packet)] == [True]
    till.anvil.advance(90 * 86_400)
    till.sync()
    till.step(4)
    assert till.packet(packet).state == "refunding"
    finalize(till)
    till.settle(packet, until="refunded")
    assert (till.books(packet).claimed, till.books(packet).refunded) == (300, 600)


def finalize(till: PacketTill) -> None:
    till.anvil.mine(65)
    till.sync()


class NarrowNode(EvmNode):
    """A node that gives the events of four blocks at once."""

    def fetch_logs(self, query: LogQuery) -> LogPage:
        return super().fetch_logs(replace(query, last_block=min(query.last_block, query.first_block + 3)))


@pytest.mark.parametrize(("pages", "first_seen"), [(2, 1), (400, 2)])
def test_events_that_need_more_than_one_page_are_all_read(till: PacketTill, pages: int, first_seen: int) -> None:
    packet = till.order()
    till.settle(packet, until="created")
    till.node.close()
    till.node = NarrowNode(CHAIN, [Endpoint(till.anvil.url, chain_id=CHAIN.id)], quorum=1)
    till.packet_rules = replace(till.packet_rules, pages=pages)
    till.claim(packet, ALICE)
    till.anvil.mine(12)
    till.claim(packet, BOB)
    till.sync()
    till.work_once()
    assert len(till.shares(packet)) == first_seen
    till.step(3)
    assert [share.recipient for share in till.shares(packet)] == [ALICE.address, BOB.address]
    assert (till.packet(packet).rest, till.books(packet).unexplained) == (300, 0)


def test_a_contract_that_looks_different_from_last_time_is_told(till: PacketTill) -> None:
    with capture_logs() as before:
        till.settle(till.order(), until="created")
        till.settle(till.order(key="second"), until="created")
    till.anvil.request(
        "anvil_setStorageAt", address_text(till.addresses["v4"]), "0x" + LOGIC_SLOT.hex(), "0x" + "00" * 12 + "22" * 20
    )  # a proxy runs something else now
    with capture_logs() as after:
        till.settle(till.order(key="third"), until="created")
        till.settle(till.order(key="fourth"), until="created")
    changed = {
        "event": "packet.contract_changed", "log_level": "warning",
        "chain_id": CHAIN.id, "contract": till.addresses["v4"].hex(),
    }  # fmt: skip
    assert changed not in before
    assert [entry for entry in after if entry["event"] == "packet.contract_changed"] == [changed]


# --- bad orders


def test_a_token_that_refuses_to_be_taken_fails_the_packet_before_anything_is_paid(till: PacketTill) -> None:
    packet = till.order(TokenShares(till.token("CLOSED"), total=1_000, shares=4))
    assert till.settle(packet, until="failed").error_kind == "CallReverted"
    assert held(till, "CLOSED", WALLET) == 10**30


def test_a_token_that_answers_false_fails_the_packet(till: PacketTill) -> None:
    packet = till.order(TokenShares(till.token("FALSE"), total=1_000, shares=4))
    assert till.settle(packet, until="failed").error_kind == "CallReverted"


def test_what_is_no_token_fails_the_packet(till: PacketTill) -> None:
    packet = till.order(TokenShares(Token(CHAIN.id, ALICE.address, "NONE", 18), total=1_000, shares=4))
    assert till.settle(packet, until="failed").error_kind == "InvalidTokenAnswer"
    assert till.states() == {}


def test_a_token_of_somebody_else_or_of_nobody_fails_the_packet(till: PacketTill) -> None:
    for key, token_id in (("burnt", 61), ("sold", 9)):
        if key == "sold":
            with till.store.write() as work:
                work.treasury.wallets.take_nonces("w1", first=till.wallet.next_nonce, count=1, now_ms=0)
            till.send(
                "NFT", "transferFrom(address,address,uint256)", address_text(WALLET), address_text(ALICE.address), 9
            )
        packet = till.order(collection(till, 3, token_id), key=key)
        assert till.settle(packet, until="failed").error_kind == "NotOwner"
    assert not is_approved(till)


def test_a_chain_without_a_trusted_contract_takes_no_order(till: PacketTill) -> None:
    with pytest.raises(UntrustedContract):
        till.order(TokenShares(Token(99, NATIVE, "X", 18), total=9, shares=3))


def test_a_forged_contract_is_found_before_anything_is_paid(till: PacketTill) -> None:
    till.addresses = {**till.addresses, "v4": ALICE.address}  # our table names an account without code
    packet = till.order()
    assert till.settle(packet, until="failed").error_kind == "NoPacketContract"
    till.addresses = {**till.addresses, "v4": till.addresses["TOKEN"]}  # and then another contract
    packet = till.order(key="second")
    assert till.settle(packet, until="failed").error_kind == "CallReverted"
    assert till.states() == {}


def test_a_table_that_names_another_contract_now_stops_an_older_order(till: PacketTill) -> None:
    packet = till.order()
    till.addresses = {**till.addresses, "v4": till.addresses["nft"]}
    assert till.settle(packet, until="failed").error_kind == "UntrustedContract"


def test_a_node_of_another_chain_gets_nothing(till: PacketTill, tmp_path: Path) -> None:
    packet = till.order()
    with Anvil(tmp_path / "other", chain_id=5, accounts=1) as other:
        right = till.node
        till.node = EvmNode(CHAIN, [Endpoint(other.url, chain_id=CHAIN.id)], quorum=1)
        till.work_once()
        assert till.packet(packet).state == "draft"
        till.node.close()
        till.node = right
    till.house.clock.move(2_000)
    till.settle(packet, until="created")


def test_too_little_money_waits_and_goes_on_when_it_comes(till: PacketTill) -> None:
    till.anvil.fund([WALLET], wei=100)
    packet = till.order()
    till.step(3)
    assert till.packet(packet).state == "creating"
    with till.store.read() as work:
        assert [one.error_kind for one in work.treasury.intents.in_states({"planned", "approved"})] == [
            "InsufficientFunds"
        ]
    till.anvil.fund([WALLET], wei=10**18)
    till.settle(packet, until="created")


def test_gas_money_alone_may_be_missing_too(till: PacketTill) -> None:
    till.anvil.fund([WALLET], wei=901)
    packet = till.order()
    till.step(3)
    assert till.packet(packet).state == "creating"
    till.anvil.fund([WALLET], wei=10**18)
    till.settle(packet, until="created")


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (lambda till: collection(till, 0, 1), "token id 0"),
        (lambda till: collection(till, 2, 2), "named twice"),
        (lambda till: collection(till), "1 to 256"),
        (lambda till: TokenShares(ETH, total=2, shares=3), "one base unit for each"),
        (lambda till: TokenShares(ETH, total=10**6, shares=256), "1 to 255"),
        (lambda till: TokenShares(ETH, total=2**96, shares=3), "2\\^96"),
    ],
)
def test_an_order_beyond_our_limits_is_refused(till: PacketTill, contents: object, words: str) -> None:
    with pytest.raises(PacketRefused, match=words):
        contents(till)  # type: ignore[operator]  # one of the above


@pytest.mark.parametrize(
    "change", [{"duration_s": 59}, {"duration_s": 90 * 86_400 + 1}, {"message": "x" * 101}, {"message": "a\nb"}]
)
def test_an_order_with_odd_words_or_times_is_refused(till: PacketTill, change: dict[str, object]) -> None:
    with pytest.raises(PacketRefused):
        till.order(**change)  # type: ignore[arg-type]  # one of the above


def test_a_claim_with_another_key_is_refused_by_the_contract(till: PacketTill) -> None:
    packet = till.order()
    till.settle(packet, until="created")
    with pytest.raises(ChainPartFailed):
        till.claim(packet, ALICE, key=b"\x09" * 32)


def test_a_policy_that_does_not_list_the_contract_fails_the_packet(till: PacketTill) -> None:
    with till.store.write() as work:
        policy = work.treasury.rules.load_policy("w1")
        assert policy is not None
        work.treasury.rules.set_policy("w1", replace(policy, methods=()), now_ms=0)
    packet = till.order()
    assert (till.settle(packet, until="failed").error_kind or "").startswith("SpendingRefused")


def test_a_packet_that_is_sealed_for_personas_hosted_here_becomes_their_claims(till: PacketTill) -> None:
    winner, other = till.host("winner"), till.host("other")
    for persona, wallet_id, address in ((winner, "w2", BOB.address), (till.host("payer"), "w1", WALLET)):
        with till.store.write() as work:
            if wallet_id != "w1":
                wallet = Wallet(wallet_id, till.house.tenant_id, CHAIN.id, address, "k2", wallet_id, 0)
                work.treasury.wallets.add(wallet, now_ms=till.clock.now_ms())
            work.claim_rules.link(PersonaWallet(persona.id, wallet_id, CHAIN.id))
    with till.store.read() as work:
        dao, payer = work.personas.load(tenant_id=till.house.tenant_id, ids=["dao", "payer"])
    keys = (winner.public_key, other.public_key, dao.public_key, payer.public_key)
    packet = till.order(publication=till.publication(*keys))
    till.settle(packet, until="published")
    with till.store.read() as work:
        (claim,) = work.claims.of_tenant(till.house.tenant_id)
    assert (claim.persona_id, claim.wallet_id, claim.packet_id) == ("winner", "w2", till.packet(packet).packet_id)
    assert claim.sealed_key is not None
    place = Place("packet_claim", claim.id, claim.tenant_id, "key")
    assert till.house.vault.reveal([(place, claim.sealed_key)]) == (till.key_of(packet),)
    public = till.order(key="public", publication=till.publication(is_public=True))
    till.settle(public, until="published")
    with till.store.read() as work:
        assert work.claims.of_tenant(till.house.tenant_id) == (claim,)
