"""Nodes that lie: nothing they invent is believed, nothing they hide is given up (reliability.md E12).

Two nodes stand in front of one real chain, and the second one lies. With a quorum of two, every lie about what happened ends in a
named error of a family, never in another answer; a third, honest node outvotes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from eth_abi.abi import encode as encode_values

from maskbot.adapters.evm import EvmNode
from maskbot.domain.chain import BlockName, Call, LogQuery
from maskbot.domain.errors import MaskbotError, Misconfigured, Unavailable
from maskbot.domain.money import Address
from maskbot.ports.chain import NodeAnswerMalformed, NodesDisagree, SubmissionUnknown, WrongChain
from maskbot.sandbox.chain import ETHER, Anvil, dev_account
from maskbot.wire.crypto import keccak256
from maskbot.wire.erc20 import encode_balance_of, encode_transfer
from tests.ports.evm_parts import NOBODY, Signed, deployer, included, node_of, payment
from tests.ports.lying_rpc import Complain, Json, Lie, LyingRpc

A1, A2 = dev_account(1), dev_account(2)
TRANSFER = keccak256(b"Transfer(address,address,uint256)")
OTHER = "0x" + "ee" * 20
OTHER_HASH = "0x" + "ee" * 32


@dataclass(slots=True)
class Court:
    """A chain with one mined payment and one token transfer, an honest proxy and a liar in front of it."""

    anvil: Anvil
    honest: LyingRpc
    liar: LyingRpc
    mined: Signed
    token: Address
    logs: LogQuery
    two: EvmNode
    three: EvmNode


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    with (
        Anvil(tmp_path_factory.mktemp("chain")) as anvil,
        LyingRpc(anvil.url) as honest,
        LyingRpc(anvil.url) as liar,
    ):
        two = node_of(honest.url, liar.url, quorum=2)
        three = node_of(liar.url, honest.url, anvil.url, quorum=2)
        mined = payment(A1, nonce=0, value=5)
        two.submit(mined.raw)
        included(two, mined)
        works = deployer(anvil, two)
        token = works.deploy("PlainToken", encode_values(["string", "uint8", "uint256"], ["T", 6, 1000]))
        works.send(token, encode_transfer(to=NOBODY, amount=3))
        newest = two.fetch_header(BlockName.LATEST)
        assert newest is not None
        yield Court(anvil, honest, liar, mined, token, LogQuery(token, 0, newest.number, (TRANSFER,)), two, three)
        two.close()
        three.close()


@pytest.fixture
def court(built: Court) -> Iterator[Court]:
    yield built
    built.liar.lies.clear()
    built.liar.weather = None


def told(**changes: Json) -> Lie:
    """The honest object with some fields changed."""
    return lambda _params, honest: honest and {**honest, **changes}


def with_log(**changes: Json) -> Lie:
    """The honest list of logs with the first one changed."""
    return lambda _params, honest: [{**honest[0], **changes}, *honest[1:]]


RECEIPT_LIES: dict[str, dict[str, Lie]] = {
    "hides the receipt": {"eth_getTransactionReceipt": lambda _params, _honest: None},
    "says it failed": {"eth_getTransactionReceipt": told(status="0x0")},
    "another sender": {"eth_getTransactionReceipt": told(**{"from": OTHER})},
    "another target": {"eth_getTransactionReceipt": told(to=OTHER)},
    "another hash": {"eth_getTransactionReceipt": told(transactionHash=OTHER_HASH)},
    "another block": {"eth_getTransactionReceipt": told(blockHash=OTHER_HASH)},
    "another block number": {"eth_getTransactionReceipt": told(blockNumber="0x0")},
    "an invented contract": {"eth_getTransactionReceipt": told(contractAddress=OTHER)},
    "less gas": {"eth_getTransactionReceipt": told(gasUsed="0x1")},
    "another nonce": {"eth_getTransactionByHash": told(nonce="0x7")},
    "another value": {"eth_getTransactionByHash": told(value="0xffff")},
    "another transaction": {"eth_getTransactionByHash": told(hash=OTHER_HASH)},
    "another call": {"eth_getTransactionByHash": told(input="0xdeadbeef")},
    "still pending": {"eth_getTransactionByHash": told(blockHash=None)},
    "no transaction": {"eth_getTransactionByHash": lambda _params, _honest: None},
    "a block without it": {"eth_getBlockByNumber": told(transactions=[])},
    "another chain of blocks": {"eth_getBlockByNumber": told(hash=OTHER_HASH)},
    "no blocks": {"eth_getBlockByNumber": lambda _params, _honest: None},
    "negative quantities": {"eth_getTransactionReceipt": told(gasUsed="-0x1")},
    "a number for a quantity": {"eth_getTransactionReceipt": told(blockNumber=1)},
    "a list for a receipt": {"eth_getTransactionReceipt": lambda _params, _honest: [1]},
    "a status of 2": {"eth_getTransactionReceipt": told(status="0x2")},
}


@pytest.mark.parametrize("lie", RECEIPT_LIES.values(), ids=RECEIPT_LIES)
def test_no_lie_about_a_mined_payment_is_believed(lie: dict[str, Lie], court: Court) -> None:
    court.liar.lies.update(lie)
    with pytest.raises((Unavailable, NodeAnswerMalformed)):
        court.two.fetch_inclusion(court.mined.hash)
    found = court.three.fetch_inclusion(court.mined.hash)
    assert found is not None
    assert (found.receipt.sender, found.receipt.value_wei, found.receipt.has_succeeded) == (A1.address, 5, True)


def test_an_invented_receipt_is_not_believed(court: Court) -> None:
    never_sent = payment(A2, nonce=9)
    real = court.anvil.request("eth_getTransactionReceipt", "0x" + court.mined.hash.hex())
    transaction = court.anvil.request("eth_getTransactionByHash", "0x" + court.mined.hash.hex())
    name = "0x" + never_sent.hash.hex()
    court.liar.lies["eth_getTransactionReceipt"] = lambda _params, _honest: {**real, "transactionHash": name}
    court.liar.lies["eth_getTransactionByHash"] = lambda _params, _honest: {**transaction, "hash": name}
    court.liar.lies["eth_getBlockByNumber"] = lambda _params, honest: {**honest, "transactions": [name]}
    for node in (court.two, court.three):
        with pytest.raises(NodesDisagree):
            node.fetch_inclusion(never_sent.hash)


def test_an_invented_depth_makes_nothing_final(court: Court) -> None:
    court.liar.lies["eth_getBlockByNumber"] = lambda params, honest: (
        {**honest, "number": "0xffffff"} if params[0] == "latest" else honest
    )
    found = court.two.fetch_inclusion(court.mined.hash)
    assert found is not None
    assert found.depth < 100


LOG_LIES: dict[str, Lie] = {
    "another contract": with_log(address=OTHER),
    "another event": with_log(topics=[OTHER_HASH]),
    "another amount": with_log(data="0x" + "ff" * 32),
    "another block": with_log(blockNumber="0xffffff"),
    "a removed one": with_log(removed=True),
    "none": lambda _params, _honest: [],
    "each twice": lambda _params, honest: [*honest, *honest],
    "an endless topic list": with_log(topics=["0x" + TRANSFER.hex()] * 5),
    "no list": lambda _params, _honest: {},
}


@pytest.mark.parametrize("lie", LOG_LIES.values(), ids=LOG_LIES)
def test_no_lie_about_events_is_believed(lie: Lie, court: Court) -> None:
    court.liar.lies["eth_getLogs"] = lie
    with pytest.raises((Unavailable, NodeAnswerMalformed)):
        court.two.fetch_logs(court.logs)
    assert len(court.three.fetch_logs(court.logs).logs) == 1


def test_a_nonce_or_balance_counts_when_a_quorum_vouches_for_it(court: Court) -> None:
    court.liar.lies["eth_getTransactionCount"] = lambda _params, _honest: "0xffff"
    court.liar.lies["eth_getBalance"] = lambda _params, _honest: hex(2**200)
    for node in (court.two, court.three):
        account = node.fetch_account(A1.address)
        assert (account.next_nonce, account.next_pending_nonce) == (1, 1)
        assert account.balance_wei < 10_000 * ETHER


def test_dear_fees_of_one_node_are_not_taken(court: Court) -> None:
    honest = court.two.fetch_fees()
    court.liar.lies["eth_gasPrice"] = lambda _params, _honest: hex(10**27)
    court.liar.lies["eth_maxPriorityFeePerGas"] = lambda _params, _honest: hex(10**27)
    court.liar.lies["eth_getBlockByNumber"] = told(baseFeePerGas=hex(10**27))
    assert court.two.fetch_fees() == honest
    assert court.three.fetch_fees() == honest


def test_a_chain_id_that_changes_stops_the_next_signature(court: Court) -> None:
    court.two.fetch_fees()
    court.liar.lies["eth_chainId"] = lambda _params, _honest: "0x1"
    with pytest.raises(WrongChain) as caught:
        court.two.fetch_fees()
    assert isinstance(caught.value, Misconfigured)


def test_state_at_a_block_is_agreed_on(court: Court) -> None:
    court.liar.lies["eth_call"] = lambda _params, _honest: "0x" + "ff" * 32
    question = Call(court.token, encode_balance_of(NOBODY))
    with pytest.raises(NodesDisagree):
        court.two.call(question, at=court.logs.last_block)
    assert court.three.call(question, at=court.logs.last_block)[-1] == 3


def test_a_hash_that_is_not_ours_is_no_answer_to_sending(court: Court) -> None:
    court.liar.lies["eth_sendRawTransaction"] = lambda _params, _honest: OTHER_HASH
    alone = node_of(court.liar.url)
    with pytest.raises(SubmissionUnknown):
        alone.submit(payment(A2, nonce=5).raw)
    alone.close()


SEND_LIES: dict[str, Callable[[], Complain]] = {
    "nonce too low": lambda: Complain(-32000, "nonce too low: next nonce 9, tx nonce 1"),
    "underpriced": lambda: Complain(-32000, "replacement transaction underpriced"),
    "funds": lambda: Complain(-32000, "insufficient funds for gas * price + value"),
    "nonsense": lambda: Complain(-1, "no comment"),
}


@pytest.mark.parametrize("lie", SEND_LIES.values(), ids=SEND_LIES)
def test_one_node_that_took_it_is_enough(lie: Callable[[], Complain], court: Court) -> None:
    def refuse(_params: list[Json], _honest: Json) -> Json:
        raise lie()

    court.liar.lies["eth_sendRawTransaction"] = refuse
    signed = payment(A2, nonce=court.two.fetch_account(A2.address).next_nonce)
    court.anvil.set_automine(is_on=False)
    assert court.two.submit(signed.raw) == signed.hash
    court.anvil.mine()
    court.anvil.set_automine(is_on=True)
    assert included(court.two, signed).receipt.has_succeeded


@pytest.mark.parametrize(
    "message", ["already known", "transaction already imported", "AlreadyKnown", "known transaction"]
)
def test_nodes_say_in_many_words_that_they_have_it(message: str, court: Court) -> None:
    def repeat(_params: list[Json], _honest: Json) -> Json:
        raise Complain(-32000, message)

    court.liar.lies["eth_sendRawTransaction"] = repeat
    alone = node_of(court.liar.url)
    assert alone.submit(court.mined.raw) == court.mined.hash
    alone.close()


@pytest.mark.parametrize(
    "complaint",
    [
        Complain(3, "execution reverted: no", "0x08c379a0" + "ff" * 200),
        Complain(-32000, "execution reverted", "0x4e487b71" + "00" * 31 + "11"),
        Complain(-32015, "VM execution error.", {"data": "0x08c379a0"}),
        Complain(-32000, "execution reverted: \x1b[31m\u202e" + "x" * 10_000),
        Complain(-32005, "limit exceeded"),
        Complain(-32601, "the method does not exist"),
        Complain(-32000, "missing trie node"),
    ],
    ids=lambda complaint: str(complaint)[:20],
)
def test_every_complaint_is_a_named_error(complaint: Complain, court: Court) -> None:
    def complain(_params: list[Json], _honest: Json) -> Json:
        raise complaint

    court.liar.lies["eth_call"] = complain
    alone = node_of(court.liar.url)
    with pytest.raises(MaskbotError) as caught:
        alone.call(Call(court.token, b""), at=BlockName.LATEST)
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()
    alone.close()
