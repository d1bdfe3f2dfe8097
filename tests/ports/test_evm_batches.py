"""Many questions in one batch: order kept, each answer matched to its question, and what is unknown stays unknown (E12, R9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from maskbot.adapters.evm import EvmNode
from maskbot.domain.chain import BlockName, Call, Inclusion, Simulated
from maskbot.domain.errors import MaskbotError
from maskbot.domain.money import Address
from maskbot.ports.chain import CallReverted, InsufficientFunds, NodesDisagree, NonceTooLow, SubmissionUnknown
from maskbot.sandbox.chain import Anvil, dev_account
from tests.ports.evm_parts import NOBODY, Signed, node_of, payment
from tests.ports.lying_rpc import Complain, Json, LyingRpc, Weather

A1, A2 = dev_account(1), dev_account(2)
REVERTER = Address(b"\xfe" * 20)
COUNT = 250


@dataclass
class Place:
    """A node alone behind a proxy, and two that have to agree."""

    anvil: Anvil
    rpc: LyingRpc
    one: EvmNode
    two: EvmNode


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("chain")) as started:
        started.set_automine(is_on=False)
        started.request("anvil_setCode", "0x" + REVERTER.hex(), "0x60006000fd")
        yield started


@pytest.fixture
def place(anvil: Anvil) -> Iterator[Place]:
    mark = anvil.snapshot()
    with LyingRpc(anvil.url) as rpc:
        one = node_of(rpc.url, timeout_s=5.0)
        two = node_of(rpc.url, anvil.url.replace("127.0.0.1", "localhost"), quorum=2, timeout_s=5.0)
        for node in (one, two):
            node.fetch_header(BlockName.LATEST)
        rpc.seen.clear()
        yield Place(anvil, rpc, one, two)
        for node in (one, two):
            node.close()
    anvil.request("anvil_dropAllTransactions")
    anvil.revert(mark)


def ready(count: int) -> list[Signed]:
    return [payment(A1, nonce=nonce) for nonce in range(count)]


def kinds(answers: tuple[object, ...]) -> set[str]:
    return {answer.kind if isinstance(answer, MaskbotError) else "" for answer in answers}


def test_hundreds_are_taken_in_order_and_found_again(place: Place) -> None:
    signed = ready(COUNT)
    assert place.one.submit_all([one.raw for one in signed]) == (None,) * COUNT
    place.anvil.mine(4)
    assert int(place.anvil.request("eth_getTransactionCount", "0x" + A1.address.hex(), "latest"), 16) == COUNT
    found = place.two.fetch_inclusions([*(one.hash for one in signed), bytes(32)])
    assert found[-1] is None
    inclusions = [one for one in found if isinstance(one, Inclusion)]
    assert [one.receipt.nonce for one in inclusions] == list(range(COUNT))
    assert {one.is_final for one in inclusions} == {True}
    assert inclusions[7] == place.one.fetch_inclusion(signed[7].hash)
    again = place.one.submit_all([one.raw for one in signed[:3]])
    assert [type(one) for one in again] == [NonceTooLow] * 3


def test_each_has_its_own_answer(place: Place) -> None:
    signed = ready(3)
    forged = bytes([*signed[1].raw[:-1], signed[1].raw[-1] ^ 1])

    def lie(params: list[Json], honest: Json) -> Json:
        if params == ["0x" + signed[2].raw.hex()]:
            return "0x" + bytes(32).hex()
        if params == ["0x" + forged.hex()]:
            raise Complain(-32000, "nonce too low")
        return honest

    place.rpc.lies["eth_sendRawTransaction"] = lie
    answers = place.one.submit_all([signed[0].raw, forged, signed[2].raw])
    assert [type(one) for one in answers] == [type(None), NonceTooLow, SubmissionUnknown]


@pytest.mark.parametrize("weather", [Weather(is_lost=True), Weather(body=b"", status=503), Weather(is_refused=True)])
def test_a_batch_without_an_answer_is_unknown_for_each(place: Place, weather: Weather) -> None:
    place.rpc.weather = weather
    assert kinds(place.one.submit_all([one.raw for one in ready(3)])) == {"SubmissionUnknown"}
    place.rpc.weather = None
    assert kinds(place.one.submit_all([one.raw for one in ready(3)])) == {""}


@pytest.mark.parametrize(
    "body",
    [
        b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batches are not supported"}}',
        b'[{"jsonrpc":"2.0","id":0,"result":"0x00"}]',
        b"[]",
    ],
)
def test_a_node_that_takes_no_batches_gets_them_one_by_one(place: Place, body: bytes) -> None:
    calls = []

    class Single(LyingRpc):
        def answer(self, handler, request):  # type: ignore[no-untyped-def]  # the handler's
            self.weather = Weather(body=body) if request.lstrip().startswith(b"[") else None
            calls.append(request[:1])
            super().answer(handler, request)

    with Single(place.anvil.url) as rpc:
        node = node_of(rpc.url)
        signed = ready(3)
        assert node.submit_all([one.raw for one in signed]) == (None,) * 3
        node.close()
    assert calls.count(b"[") == 1
    place.anvil.mine()
    assert int(place.anvil.request("eth_getTransactionCount", "0x" + A1.address.hex(), "latest"), 16) == 3


def test_a_simulation_that_reverts_says_nothing_about_the_others(place: Place) -> None:
    calls = [
        Call(NOBODY, b"", sender=A1.address, value_wei=1),
        Call(REVERTER, b"\1\2\3\4", sender=A1.address),
        Call(NOBODY, b"", sender=A1.address, value_wei=10**30),
        Call(NOBODY, b"\1\2\3\4", sender=A1.address),
    ]
    good, reverted, poor, other = place.one.simulate(calls)
    assert good == Simulated(b"", 21_000)
    assert isinstance(reverted, CallReverted)
    assert isinstance(poor, InsufficientFunds)
    assert isinstance(other, Simulated)


@pytest.mark.parametrize("field", ["from", "blockHash", "transactionHash", "status"])
def test_a_lie_about_one_receipt_is_a_doubt_about_that_one(place: Place, field: str) -> None:
    signed = ready(3)
    place.one.submit_all([one.raw for one in signed])
    place.anvil.mine(4)

    def lie(params: list[Json], honest: Json) -> Json:
        if params != ["0x" + signed[1].hash.hex()] or honest is None:
            return honest
        forged = {"from": "0x" + A2.address.hex(), "status": "0x0"}.get(field, "0x" + "ab" * 32)
        return {**honest, field: forged}

    place.rpc.lies["eth_getTransactionReceipt"] = lie
    found = place.two.fetch_inclusions([one.hash for one in signed])
    assert isinstance(found[0], Inclusion)
    assert isinstance(found[1], MaskbotError)
    assert isinstance(found[2], Inclusion)


def test_a_node_that_hides_one_transaction_makes_the_two_disagree(place: Place) -> None:
    signed = ready(2)
    place.one.submit_all([one.raw for one in signed])
    place.anvil.mine()
    hidden = "0x" + signed[0].hash.hex()
    place.rpc.lies["eth_getTransactionReceipt"] = lambda params, honest: None if params == [hidden] else honest
    found = place.two.fetch_inclusions([one.hash for one in signed])
    assert isinstance(found[0], NodesDisagree)
    assert isinstance(found[1], Inclusion)
