"""R5 for red packets on a real chain: whatever dies where, one order makes one packet, one post and one refund.

The process dies by an exception that nothing catches, and at a few points by `os._exit`, which no clean-up survives.

`create_red_packet` has no idempotency of its own (reliability.md C.3 8), so a second creation would be a second packet.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.domain.hosted_packet import TokenShares
from maskbot.domain.money import Address
from maskbot.flows.decide.red_packet import APPROVE, CREATE, REFUND
from maskbot.sandbox.chain import Anvil
from maskbot.wire.crypto import address_text
from maskbot.wire.red_packet.abi import topic_of
from maskbot.wire.red_packet.answers import CREATED, REFUNDED
from tests.chaos.payment_faults import Died, dying_at
from tests.fakes.packet_till import CHAIN, ETH, HOUR_S, WALLET, PacketTill, close, deploy_all, packet_till

POINTS = (
    ("packet.advance", 1),
    ("packet.in_transaction", 1),
    ("packet.advanced", 1),
    ("check.judged", 1),
    ("vault.stored", 1),
    ("vault.committed", 1),
    ("send.before", 1),
    ("send.after", 1),
    ("confirm.in_transaction", 1),
    ("confirm.recorded", 1),
    ("packet.creation_seen", 1),
    ("packet.in_transaction", 2),
    ("packet.publish", 1),
    ("packet.in_transaction", 3),
    ("packet.published", 1),
    ("packet.track", 1),
    ("packet.tracked", 1),
    ("packet.refund", 1),
    ("vault.committed", 2),
    ("send.after", 2),
)
"""Every step of a packet of coins, from its order to its refund: where, and at which arrival."""

TOKEN_POINTS = (("packet.advanced", 2), ("vault.committed", 2), ("send.after", 2), ("packet.in_transaction", 2))
"""What a token adds: its allowance comes first."""


EXIT_POINTS = (("vault.stored", 1), ("send.after", 1), ("packet.in_transaction", 2))
"""Where the process really ends: in the vault's transaction, behind the creation's bytes, in the one that notes its event."""
KILLED = 137


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Anvil, dict[str, Address]]]:
    with Anvil(tmp_path_factory.mktemp("anvil")) as anvil:
        yield anvil, deploy_all(anvil, owner=WALLET)


@pytest.fixture
def till(ground: tuple[Anvil, dict[str, Address]], tmp_path: Path) -> Iterator[PacketTill]:
    mark = ground[0].snapshot()
    made = packet_till(tmp_path, *ground)
    made.lease_ms = 1
    made.host()
    yield made
    close(made)
    ground[0].revert(mark)


def die() -> None:
    raise Died


def live(till: PacketTill, order: TokenShares, *, until: str, rounds: int = 40) -> int:
    """Order, and work until the packet is in this state, as a process that dies and is started again; how often it died."""
    deaths = 0
    for _ in range(rounds):
        try:
            packet = till.order(order, publication=till.publication(is_public=True))
            if till.packet(packet).state == until:
                return deaths
            till.step()
        except Died:
            deaths += 1
            till.close()
            till.open()
            till.anvil.advance(1)
            till.sync()
    raise AssertionError(till.packet(till.order(order, publication=till.publication(is_public=True))))


def events(till: PacketTill, signature: str) -> int:
    """How often the contract has told of this."""
    asked = {
        "address": address_text(till.addresses["v4"]),
        "fromBlock": "0x0",
        "topics": ["0x" + topic_of(signature).hex()],
    }
    return len(till.anvil.request("eth_getLogs", asked))


def whole_life(till: PacketTill, order: TokenShares, point: str, count: int) -> int:
    """From the order to the refund, dying once; how often it died."""
    till.reach = till.vault_reach = dying_at(point, count, die=die)
    deaths = live(till, order, until="published")
    till.anvil.advance(HOUR_S)
    till.sync()
    return deaths + live(till, order, until="refunded")


@pytest.mark.parametrize(("point", "count"), POINTS)
def test_a_packet_that_dies_at_any_point_is_made_posted_and_taken_back_once(
    till: PacketTill, point: str, count: int
) -> None:
    deaths = whole_life(till, TokenShares(ETH, total=900, shares=3), point, count)
    assert (events(till, CREATED), events(till, REFUNDED)) == (1, 1)
    assert till.payments() == [CREATE, REFUND]
    assert len(till.house.admin.broadcasts(limit=10)) == 1
    assert deaths == 1


@pytest.mark.parametrize(("point", "count"), TOKEN_POINTS)
def test_a_packet_of_tokens_that_dies_is_allowed_and_made_once(till: PacketTill, point: str, count: int) -> None:
    deaths = whole_life(till, TokenShares(till.token("TOKEN"), total=900, shares=3), point, count)
    assert (events(till, CREATED), events(till, REFUNDED)) == (1, 1)
    assert till.payments() == [APPROVE, CREATE, REFUND]
    assert deaths == 1


def live_in_a_process(till: PacketTill, point: str = "", count: int = 1) -> int:
    """Work until the packet is published, in a process that ends at the point; its exit status. Connections are its own."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            till.node = EvmNode(CHAIN, [Endpoint(till.anvil.url, chain_id=CHAIN.id)], quorum=1)
            till.open()
            till.reach = till.vault_reach = dying_at(point, count, die=lambda: os._exit(KILLED))
            live(till, TokenShares(ETH, total=900, shares=3), until="published")
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(("point", "count"), EXIT_POINTS)
def test_a_packet_whose_process_ends_at_once_is_made_and_posted_once(till: PacketTill, point: str, count: int) -> None:
    till.close()
    assert [live_in_a_process(till, point, count), live_in_a_process(till)] == [KILLED, 0]
    till.open()
    assert events(till, CREATED) == 1
    assert till.payments() == [CREATE]
    assert len(till.house.admin.broadcasts(limit=10)) == 1
