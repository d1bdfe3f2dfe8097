"""Red packets that we create, on a real chain: from the order to the refund, with every kind of token, and what goes wrong.

Claims are made by raw tickets, as a stranger's client makes them; the contract taking them is the second source.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.domain.hosted_packet import NftShares, PacketRefused, TokenShares
from maskbot.sandbox.chain import ETHER, Anvil, dev_account
from maskbot.wire.crypto import address_text
from tests.fakes.packet_till import ETH, HOUR_S, WALLET, PacketTill, close, deploy_all, packet_till

ALICE, BOB, CAROL = dev_account(1), dev_account(2), dev_account(3)
Ground = tuple[Anvil, dict[str, bytes]]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Anvil, dict]]:  # type: ignore[type-arg]
    with Anvil(tmp_path_factory.mktemp("anvil")) as anvil:
        yield anvil, deploy_all(anvil, owner=WALLET)


@pytest.fixture
def till(ground, tmp_path: Path) -> Iterator[PacketTill]:  # type: ignore[no-untyped-def]
    anvil, addresses = ground
    mark = anvil.snapshot()
    made = packet_till(tmp_path, anvil, addresses)
    yield made
    close(made)
    anvil.revert(mark)


def test_a_packet_of_coins_is_created_claimed_and_what_is_left_comes_back(till: PacketTill) -> None:
    till.host()
    packet = till.order(publication=till.publication(is_public=True))
    created = till.settle(packet, until="published")
    assert created.total == created.rest == 900
    till.claim(packet, ALICE)
    till.claim(packet, BOB)
    till.step(4)
    assert [(share.recipient, share.value) for share in till.shares(packet)] == [
        (ALICE.address, 300),
        (BOB.address, 300),
    ]
    till.anvil.advance(HOUR_S)
    till.sync()
    till.settle(packet, until="refunded")
    books = till.books(packet)
    assert (books.funded, books.claimed, books.refunded, books.rest) == (900, 600, 300, 0)
