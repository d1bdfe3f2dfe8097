"""drand rounds: a real round of quicknet, our own chain over HTTP, servers that lie, are away or too early; blocks as beacons."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from hashlib import sha256

import pytest

from maskbot.adapters.drand import BeaconFalse, ChainBeacons, DrandClient, is_genuine
from maskbot.domain.errors import Misconfigured, Refused, Unavailable
from maskbot.sandbox.drand_server import DrandServer, sandbox_chain
from maskbot.wire.draw import QUICKNET, BlockPromise, DrandPromise
from tests.fakes.chain import FakeChain

ROUND, SIGNATURE = (
    657413,
    bytes.fromhex("b713718a38ae728dfd477991af2822e08d2f305e47718cef9f7848ce4050e7be41076862b98fad56e91a6b85b89cd97b"),
)
"""A published round of quicknet (README of the Python package drand-verify)."""
CHAIN = sandbox_chain(genesis_s=1_000, period_s=3)
NOW_S = 1_000 + 3 * 9


@pytest.fixture
def server() -> Iterator[DrandServer]:
    made = DrandServer(CHAIN, now_s=lambda: NOW_S)
    yield made
    made.close()


def test_a_real_round_of_quicknet_is_genuine_and_its_randomness_is_the_published_one() -> None:
    assert is_genuine(SIGNATURE, round_number=ROUND, public_key=QUICKNET.public_key)
    assert sha256(SIGNATURE).hexdigest() == "fc1873a13f3545aeade8401532ef5519920652eee6b0d2b19ca12643b87b3587"


@pytest.mark.parametrize(
    ("signature", "number"),
    [
        (SIGNATURE, ROUND + 1),
        (SIGNATURE[:-1] + b"\0", ROUND),
        (b"", ROUND),
        (b"\xc0" + bytes(47), ROUND),
        (b"\xff" * 48, 1),
    ],
)
def test_another_round_or_other_bytes_are_not(signature: bytes, number: int) -> None:
    assert not is_genuine(signature, round_number=number, public_key=QUICKNET.public_key)


def test_a_round_of_our_own_chain_is_fetched_and_checked(server: DrandServer) -> None:
    client = DrandClient([server.url], chain=CHAIN)
    signature = client.fetch_signature(10)
    assert is_genuine(signature, round_number=10, public_key=CHAIN.public_key)


def test_a_round_of_the_future_is_unavailable(server: DrandServer) -> None:
    with pytest.raises(Unavailable):
        DrandClient([server.url], chain=CHAIN).fetch_signature(11)


def test_a_server_that_lies_is_not_believed_and_the_next_one_is_asked(server: DrandServer) -> None:
    liar = DrandServer(CHAIN, now_s=lambda: NOW_S, answer=lambda number: SIGNATURE)
    try:
        assert DrandClient([liar.url, server.url], chain=CHAIN).fetch_signature(5)
        with pytest.raises(BeaconFalse):
            DrandClient([liar.url], chain=CHAIN).fetch_signature(5)
    finally:
        liar.close()


def test_a_server_that_is_away_is_unavailable() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(Unavailable):
        DrandClient([url], chain=CHAIN).fetch_signature(1)


def test_a_block_counts_when_it_is_final(server: DrandServer) -> None:
    node = FakeChain()
    beacons = ChainBeacons(DrandClient([server.url], chain=CHAIN), chain_of=lambda _: node)
    promise = BlockPromise(31337, 2)
    node.mine(4)
    with pytest.raises(Unavailable):
        beacons.fetch_value(promise.text, not_before_s=0)
    node.mine(1)
    header = node.fetch_header(2)
    assert header is not None
    assert beacons.fetch_value(promise.text, not_before_s=0) == header.hash


def test_randomness_that_was_known_too_early_draws_nothing(server: DrandServer) -> None:
    node = FakeChain()
    node.mine(9)
    beacons = ChainBeacons(DrandClient([server.url], chain=CHAIN), chain_of=lambda _: node)
    for text in (DrandPromise(CHAIN.hash, 3).text, BlockPromise(31337, 2).text):
        with pytest.raises(Refused, match="too early"):
            beacons.fetch_value(text, not_before_s=CHAIN.time_of(3) + 1)


def test_another_drand_chain_is_a_matter_of_settings(server: DrandServer) -> None:
    beacons = ChainBeacons(DrandClient([server.url], chain=CHAIN), chain_of=lambda _: FakeChain())
    assert len(beacons.fetch_value(DrandPromise(CHAIN.hash, 3).text, not_before_s=0)) == 48
    with pytest.raises(Misconfigured):
        beacons.fetch_value(DrandPromise(QUICKNET.hash, 3).text, not_before_s=0)
