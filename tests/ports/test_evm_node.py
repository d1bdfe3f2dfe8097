"""The chain port on a real node: what it reads, what it sends, and how refusals look (ports/chain.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_abi.abi import encode as encode_values

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.domain.chain import BlockName, Call, Inclusion, LogPage, LogQuery
from maskbot.domain.errors import Misconfigured, Refused, Unavailable
from maskbot.domain.money import Address, Chain
from maskbot.ports.chain import (
    CallReverted,
    ChainNode,
    InsufficientFunds,
    NonceTooLow,
    TransactionRefused,
    Underpriced,
    WrongChain,
)
from maskbot.sandbox.chain import ETHER, Anvil, dev_account
from maskbot.wire.crypto import keccak256
from maskbot.wire.erc20 import decode_number, encode_balance_of, encode_transfer
from maskbot.wire.red_packet import encode_check, encode_refund
from tests.ports.evm_parts import CHAIN, GWEI, NOBODY, Offer, deployer, included, node_of, payment

A1 = dev_account(1)
TRANSFER = keccak256(b"Transfer(address,address,uint256)")


@pytest.fixture(scope="module")
def shared_anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("chain")) as anvil:
        yield anvil


@pytest.fixture
def anvil(shared_anvil: Anvil) -> Iterator[Anvil]:
    mark = shared_anvil.snapshot()
    yield shared_anvil
    shared_anvil.request("anvil_dropAllTransactions")
    shared_anvil.revert(mark)
    shared_anvil.set_automine(is_on=True)  # last: what was waiting must not be mined behind the mark


@pytest.fixture
def node(anvil: Anvil) -> Iterator[EvmNode]:
    with_two = node_of(anvil.url, anvil.url.replace("127.0.0.1", "localhost"), quorum=2)
    yield with_two
    with_two.close()


def test_the_adapter_is_the_port(node: EvmNode) -> None:
    port: ChainNode = node
    assert port.chain is CHAIN


def test_a_payment_is_mined_and_becomes_final(anvil: Anvil, node: EvmNode) -> None:
    signed = payment(A1, nonce=0, value=5)
    assert node.fetch_inclusion(signed.hash) is None
    assert node.submit(signed.raw) == signed.hash
    found: Inclusion | None = included(node, signed)
    assert found is not None
    assert (found.depth, found.is_final) == (1, False)
    receipt = found.receipt
    assert (receipt.sender, receipt.nonce, receipt.to, receipt.value_wei) == (A1.address, 0, NOBODY, 5)
    assert (receipt.has_succeeded, receipt.gas_used, receipt.created) == (True, 21_000, None)
    anvil.mine(2)
    found = node.fetch_inclusion(signed.hash)
    assert found is not None
    assert (found.depth, found.is_final) == (3, True)
    assert node.fetch_account(NOBODY).balance_wei == 5


def test_nonces_count_mined_and_waiting_transactions(anvil: Anvil, node: EvmNode) -> None:
    first = payment(A1, nonce=0)
    node.submit(first.raw)
    included(node, first)
    anvil.set_automine(is_on=False)
    node.submit(payment(A1, nonce=1).raw)
    account = node.fetch_account(A1.address)
    assert (account.next_nonce, account.next_pending_nonce) == (1, 2)
    assert account.balance_wei < 10_000 * ETHER


def test_sending_the_same_bytes_again_changes_nothing(anvil: Anvil, node: EvmNode) -> None:
    anvil.set_automine(is_on=False)
    signed = payment(A1, nonce=0, value=7)
    assert node.submit(signed.raw) == node.submit(signed.raw) == signed.hash
    anvil.mine()
    with pytest.raises(NonceTooLow):
        node.submit(signed.raw)
    assert node.fetch_account(NOBODY).balance_wei == 7


def test_a_reorg_unmines_and_the_stored_bytes_restore(anvil: Anvil, node: EvmNode) -> None:
    signed = [payment(A1, nonce=nonce, value=7) for nonce in range(3)]
    for one in signed:
        node.submit(one.raw)
        included(node, one)
    anvil.reorg(3)
    assert [node.fetch_inclusion(one.hash) for one in signed] == [None, None, None]
    for one in signed:
        node.submit(one.raw)
        included(node, one)
    assert node.fetch_account(NOBODY).balance_wei == 21


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"nonce": 0}, NonceTooLow),
        ({"nonce": 1, "offer": Offer(1, 0)}, Underpriced),
        ({"nonce": 1, "value": 10_000 * ETHER}, InsufficientFunds),
        ({"nonce": 1, "gas": 20_000}, TransactionRefused),
        ({"nonce": 1, "gas": 10**9}, TransactionRefused),
    ],
)
def test_refused_transactions_say_why(node: EvmNode, fault: dict[str, object], error: type[Refused]) -> None:
    first = payment(A1, nonce=0)
    node.submit(first.raw)
    included(node, first)
    with pytest.raises(error):
        node.submit(payment(A1, **fault).raw)  # type: ignore[arg-type]  # one fault by name


def test_a_replacement_needs_more(anvil: Anvil, node: EvmNode) -> None:
    anvil.set_automine(is_on=False)
    node.submit(payment(A1, nonce=0).raw)
    with pytest.raises(Underpriced):
        node.submit(payment(A1, nonce=0, value=2).raw)
    bumped = Offer(Offer().most * 9 // 8, GWEI * 9 // 8)
    node.submit(payment(A1, nonce=0, value=2, offer=bumped).raw)


def test_a_transaction_for_another_chain_is_refused(node: EvmNode) -> None:
    foreign = payment(A1, nonce=0, chain_id=1)
    with pytest.raises(TransactionRefused):
        node.submit(foreign.raw)


def test_a_node_of_another_chain_stops_everything(anvil: Anvil) -> None:
    other = Chain(id=1, name="mainnet", coin_symbol="ETH", final_depth=3, has_finalized=True)
    node = EvmNode(other, [Endpoint(anvil.url, chain_id=1)], quorum=1)
    signed = payment(A1, nonce=0)
    for ask in (
        lambda: node.fetch_account(NOBODY),
        lambda: node.submit(signed.raw),
        node.fetch_fees,
        lambda: node.fetch_inclusion(signed.hash),
        lambda: node.fetch_header(BlockName.LATEST),
        lambda: node.call(Call(NOBODY, b""), at=BlockName.LATEST),
    ):
        with pytest.raises(WrongChain, match="31337"):
            ask()
    node.close()


def test_blocks_are_chained(anvil: Anvil, node: EvmNode) -> None:
    anvil.mine(3, gap_s=12)
    newest = node.fetch_header(BlockName.LATEST)
    assert newest is not None
    before = node.fetch_header(newest.number - 1)
    assert before is not None
    assert newest.parent_hash == before.hash
    assert newest.time_s == before.time_s + 12
    assert node.fetch_header(newest.number + 1000) is None
    final = node.fetch_header(BlockName.FINALIZED)
    assert final is not None
    assert final.number <= newest.number


def test_calls_at_a_block_see_that_block(anvil: Anvil, node: EvmNode) -> None:
    works = deployer(anvil, node)
    token = works.deploy("PlainToken", encode_values(["string", "uint8", "uint256"], ["T", 6, 1000]))
    then = node.fetch_header(BlockName.LATEST)
    assert then is not None
    works.send(token, encode_transfer(to=NOBODY, amount=3))
    question = Call(token, encode_balance_of(NOBODY))
    assert decode_number(node.call(question, at=BlockName.LATEST)) == 3
    assert decode_number(node.call(question, at=then.number)) == 0


def test_refusals_of_contracts_carry_their_text(anvil: Anvil, node: EvmNode) -> None:
    packets = deployer(anvil, node).deploy("RedPacket", encode_values(["uint256", "address"], [255, bytes(20)]))
    refund = Call(packets, encode_refund(bytes(32)), sender=A1.address)
    newest = node.fetch_header(BlockName.LATEST)
    assert newest is not None
    for at in (BlockName.LATEST, BlockName.PENDING, newest.number):
        with pytest.raises(CallReverted) as caught:
            node.call(refund, at=at)
        assert caught.value.reason == "Creator Only"
        assert caught.value.data.hex().startswith("08c379a0")
    with pytest.raises(CallReverted, match="Creator Only"):
        node.estimate_gas(refund)
    with pytest.raises(CallReverted) as empty:
        node.call(Call(packets, b"\x17\x3e\x31\x39"), at=BlockName.LATEST)
    assert (empty.value.reason, empty.value.data) == ("", b"")
    assert len(node.call(Call(packets, encode_check(bytes(32))), at=BlockName.LATEST)) == 6 * 32


def test_what_lies_at_an_address_is_read(anvil: Anvil, node: EvmNode) -> None:
    slot, word = bytes(31) + b"\x05", bytes(30) + b"\x01\x02"
    anvil.request("anvil_setCode", "0x" + NOBODY.hex(), "0x6001")
    anvil.request("anvil_setStorageAt", "0x" + NOBODY.hex(), "0x" + slot.hex(), "0x" + word.hex())
    assert node.fetch_code(NOBODY) == b"\x60\x01"
    assert node.fetch_code(A1.address) == b""
    assert node.fetch_word(NOBODY, slot=slot) == word
    assert node.fetch_word(NOBODY, slot=bytes(32)) == bytes(32)


def test_gas_is_estimated_and_fees_are_known(node: EvmNode) -> None:
    assert node.estimate_gas(Call(NOBODY, b"", sender=A1.address, value_wei=1)) == 21_000
    fees = node.fetch_fees()
    assert fees.base_fee_wei is not None
    assert 0 < fees.base_fee_wei <= fees.gas_price_wei
    assert fees.priority_fee_wei <= 10 * GWEI


def test_logs_come_in_pages_in_order_each_with_its_last_block(anvil: Anvil, node: EvmNode) -> None:
    works = deployer(anvil, node)
    token = works.deploy("PlainToken", encode_values(["string", "uint8", "uint256"], ["T", 6, 1000]))
    for amount in range(1, 6):
        works.send(token, encode_transfer(to=NOBODY, amount=amount))
    newest = node.fetch_header(BlockName.LATEST)
    assert newest is not None
    query = LogQuery(token, 0, newest.number, (TRANSFER,))
    page = node.fetch_logs(query)
    assert [int.from_bytes(log.data, "big") for log in page.logs] == [1, 2, 3, 4, 5]
    assert page.end == newest
    topic1 = bytes(12) + NOBODY
    assert node.fetch_logs(LogQuery(token, 0, newest.number, (TRANSFER,), topic1)).logs == ()
    third = node.fetch_logs(LogQuery(token, 0, newest.number, (TRANSFER,), word=(3).to_bytes(32, "big")))
    assert third == LogPage((page.logs[2],), newest)
    with pytest.raises(Unavailable):
        node.fetch_logs(LogQuery(token, newest.number + 1, newest.number + 2, (TRANSFER,)))


def test_legacy_fees_are_taken_too(anvil: Anvil, node: EvmNode) -> None:
    signed = payment(A1, nonce=0, offer=Offer(100 * GWEI, tip=None))
    assert node.submit(signed.raw) == signed.hash
    found = included(node, signed)
    assert found.receipt.gas_price_wei == 100 * GWEI


def test_a_quorum_needs_its_nodes_on_several_hosts() -> None:
    url = "http://127.0.0.1:1/key"
    with pytest.raises(Misconfigured, match="quorum"):
        node_of(url, quorum=2)
    with pytest.raises(Misconfigured, match="independent"):
        node_of(url, url + "2", quorum=2)
    with pytest.raises(Misconfigured, match="http"):
        Endpoint("ftp://host", chain_id=1)


def test_without_any_node_nothing_has_happened() -> None:
    node = node_of("http://127.0.0.1:1/secret-access-key")
    with pytest.raises(Unavailable) as caught:
        node.submit(payment(A1, nonce=0).raw)
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1") as asked:
        node.fetch_account(Address(bytes(20)))
    assert "secret" not in str(caught.value) + str(asked.value)
    node.close()
