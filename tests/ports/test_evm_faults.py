"""Nodes that stall, break off and answer nonsense: a named error in bounded time, and nothing lost (reliability.md R9, R12)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from maskbot.adapters.evm import EvmNode
from maskbot.adapters.evm.errors import NodeUnavailable
from maskbot.domain.chain import BlockName, LogQuery
from maskbot.domain.errors import Unavailable, Unconfirmed
from maskbot.domain.money import Address
from maskbot.ports.chain import NodeAnswerMalformed, NonceTooLow, SubmissionUnknown
from maskbot.sandbox.chain import Anvil, dev_account
from maskbot.wire.crypto import keccak256
from tests.ports.evm_parts import NOBODY, included, node_of, payment
from tests.ports.lying_rpc import Complain, Json, LyingRpc, Weather

A1 = dev_account(1)
TIMEOUT_S = 0.4


@pytest.fixture(scope="module")
def shared_anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("chain")) as anvil:
        yield anvil


@pytest.fixture
def rpc(shared_anvil: Anvil) -> Iterator[LyingRpc]:
    mark = shared_anvil.snapshot()
    with LyingRpc(shared_anvil.url) as proxy:
        yield proxy
    shared_anvil.revert(mark)


@pytest.fixture
def node(rpc: LyingRpc) -> Iterator[EvmNode]:
    """One node behind the proxy, with its chain id already known."""
    built = node_of(rpc.url, timeout_s=TIMEOUT_S, largest_bytes=200_000)
    built.fetch_header(BlockName.LATEST)
    yield built
    built.close()


def answer(value: Json) -> bytes:
    return json.dumps(value).encode()


NONSENSE = {
    "nothing": b"",
    "no JSON": b"<html>down for maintenance</html>",
    "no UTF-8": b"\xff\xfe\x00",
    "cut JSON": b'{"jsonrpc":"2.0","id":1,"result":"0x',
    "a number": b"5",
    "null": b"null",
    "a list": b"[]",
    "a list of numbers": b"[1,2]",
    "an empty object": b"{}",
    "an error that is a text": b'{"jsonrpc":"2.0","id":1,"error":"no"}',
    "NaN": b'{"jsonrpc":"2.0","id":1,"result":NaN}',
    "too deep": b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a huge number": b'{"jsonrpc":"2.0","id":1,"result":' + b"9" * 50_000 + b"}",
    "a huge quantity": b'{"jsonrpc":"2.0","id":1,"result":"0x' + b"f" * 50_000 + b'"}',
    "too large": b'{"jsonrpc":"2.0","id":1,"result":"' + b"x" * 300_000 + b'"}',
    "lone surrogates": b'{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"\\ud800"}}',
}


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_nonsense_is_a_named_error(body: bytes, status: int, rpc: LyingRpc, node: EvmNode) -> None:
    rpc.weather = Weather(body=body, status=status)
    for ask in (
        lambda: node.fetch_header(BlockName.LATEST),
        lambda: node.fetch_account(A1.address),
        lambda: node.fetch_inclusion(bytes(32)),
    ):
        with pytest.raises((Unavailable, NodeAnswerMalformed)):
            ask()


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_after_sending_is_unconfirmed(body: bytes, rpc: LyingRpc, node: EvmNode) -> None:
    rpc.weather = Weather(method="eth_sendRawTransaction", body=body)
    with pytest.raises(SubmissionUnknown):
        node.submit(payment(A1, nonce=0).raw)


@pytest.mark.parametrize("weather", [Weather(stalls=True), Weather(drips=True)], ids=["stalls", "drips"])
def test_a_node_that_takes_its_time_is_given_up(weather: Weather, rpc: LyingRpc, node: EvmNode) -> None:
    rpc.weather = weather
    with pytest.raises(NodeUnavailable):
        node.fetch_header(BlockName.LATEST)


def test_a_lost_answer_is_unconfirmed_and_the_same_bytes_settle_it(rpc: LyingRpc, node: EvmNode) -> None:
    """R12: the payment happened once, however often its bytes are sent."""
    signed = payment(A1, nonce=0, value=9)
    rpc.weather = Weather(method="eth_sendRawTransaction", is_lost=True)
    with pytest.raises(Unconfirmed):
        node.submit(signed.raw)
    rpc.weather = None
    assert included(node, signed).receipt.value_wei == 9
    with pytest.raises(NonceTooLow):
        node.submit(signed.raw)
    assert node.fetch_account(NOBODY).balance_wei == 9


def test_a_connection_that_breaks_before_the_node_is_unconfirmed_too(rpc: LyingRpc, node: EvmNode) -> None:
    """Nobody can tell a request that was dropped from an answer that was lost."""
    rpc.weather = Weather(method="eth_sendRawTransaction", is_refused=True)
    with pytest.raises(Unconfirmed):
        node.submit(payment(A1, nonce=0).raw)
    assert node.fetch_account(A1.address).next_pending_nonce == 0


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_after_sending_is_unconfirmed(status: int, rpc: LyingRpc, node: EvmNode) -> None:
    rpc.weather = Weather(method="eth_sendRawTransaction", body=b"oops", status=status)
    with pytest.raises(Unconfirmed):
        node.submit(payment(A1, nonce=0).raw)


def test_a_limited_rate_says_how_long_to_wait(rpc: LyingRpc, node: EvmNode) -> None:
    rpc.weather = Weather(body=b"slow down", status=429, headers={"Retry-After": "7"})
    with pytest.raises(Unavailable) as caught:
        node.fetch_header(BlockName.LATEST)
    assert caught.value.retry_after_s == 7


def test_a_complaint_in_an_error_status_is_read(rpc: LyingRpc, node: EvmNode) -> None:
    body = answer({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "nonce too low"}})
    rpc.weather = Weather(method="eth_sendRawTransaction", body=body, status=400)
    with pytest.raises(NonceTooLow):
        node.submit(payment(A1, nonce=0).raw)


def test_redirects_are_not_followed(rpc: LyingRpc, node: EvmNode) -> None:
    rpc.weather = Weather(body=b"", status=307, headers={"Location": rpc.upstream})
    with pytest.raises((Unavailable, NodeAnswerMalformed)):
        node.fetch_header(BlockName.LATEST)


def test_the_next_node_answers_for_one_that_is_down(rpc: LyingRpc, shared_anvil: Anvil) -> None:
    rpc.weather = Weather(is_refused=True)
    both = node_of(rpc.url, shared_anvil.url, timeout_s=TIMEOUT_S)
    assert both.fetch_header(BlockName.LATEST) is not None
    signed = payment(A1, nonce=0, value=3)
    assert both.submit(signed.raw) == signed.hash
    assert included(both, signed).receipt.value_wei == 3
    both.close()


def test_a_quorum_is_not_reached_with_one_node_down(rpc: LyingRpc, shared_anvil: Anvil) -> None:
    rpc.weather = Weather(is_refused=True)
    both = node_of(rpc.url, shared_anvil.url, quorum=2, timeout_s=TIMEOUT_S)
    with pytest.raises(Unavailable):
        both.fetch_inclusion(bytes(32))
    both.close()


def test_a_range_that_is_too_wide_is_halved_until_it_fits(rpc: LyingRpc, shared_anvil: Anvil, node: EvmNode) -> None:
    shared_anvil.mine(40)
    newest = node.fetch_header(BlockName.LATEST)
    assert newest is not None
    widths = []

    def narrow(params: list[Json], honest: Json) -> Json:
        width = int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1
        widths.append(width)
        if width > 10:
            raise Complain(-32005 if width > 30 else -32602, "query returned more than 10000 results")
        return honest

    rpc.lies["eth_getLogs"] = narrow
    query = LogQuery(Address(b"\x01" * 20), newest.number - 39, newest.number, (keccak256(b"E()"),))
    page = node.fetch_logs(query)
    assert page.end.number == query.first_block + widths[-1] - 1
    assert widths == [40, 20, 10]


@pytest.mark.parametrize("data", [None, 5, [], "0x" + "zz" * 32, "0x" + "ab" * 33])
def test_an_odd_event_is_named_unless_it_is_passed_over(rpc: LyingRpc, node: EvmNode, data: Json) -> None:
    address, topic, word = Address(b"\x01" * 20), keccak256(b"E()"), b"\xab" * 32
    odd = {"address": "0x" + "01" * 20, "topics": ["0x" + topic.hex()], "data": data, "removed": True}
    ours = {**odd, "data": "0x" + word.hex().upper(), "removed": False, "blockNumber": "0x0", "logIndex": "0x0"}
    genesis = node.fetch_header(0)
    assert genesis is not None
    ours |= {"blockHash": "0x" + genesis.hash.hex(), "transactionHash": "0x" + "22" * 32}
    rpc.lies["eth_getLogs"] = lambda params, honest: [odd, ours]
    query = LogQuery(address, 0, 0, (topic,), word=word)
    if isinstance(data, str) and word.hex() not in data:
        assert [log.data for log in node.fetch_logs(query).logs] == [word]
    else:
        with pytest.raises(NodeAnswerMalformed):
            node.fetch_logs(query)


def test_secrets_in_an_address_are_never_told(rpc: LyingRpc, node: EvmNode) -> None:
    for weather in (Weather(is_refused=True), Weather(stalls=True), Weather(body=b"x"), Weather(body=b"", status=500)):
        rpc.weather = weather
        with pytest.raises((Unavailable, NodeAnswerMalformed)) as caught:
            node.fetch_header(BlockName.LATEST)
        assert "secret" not in str(caught.value)
