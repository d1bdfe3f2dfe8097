"""What a mention learns of a packet on a real chain, within bounds (red-packets.md 3.4)."""

from __future__ import annotations

import pytest

from maskbot.domain.errors import Unavailable
from maskbot.domain.packet_fact import PacketFact, PacketNeed
from maskbot.domain.red_packet import PacketState, PacketVersion
from maskbot.domain.request import NoFact
from maskbot.flows.act.packet_facts import fetch_packet_fact
from maskbot.sandbox.chain import ETHER, dev_account
from tests.journeys.claim_world import Ground
from tests.ports.evm_parts import CHAIN, node_of


def test_a_packet_is_told_as_it_stands(claim_ground: Ground) -> None:
    packet_id = claim_ground.create()
    claim_ground.claim_as(dev_account(5), packet_id)
    need = PacketNeed(CHAIN.id, PacketVersion.V4, packet_id, tx_hash=b"\1" * 32, created_at_s=1)
    fact = fetch_packet_fact(need, node_of=lambda _: claim_ground.node, contracts=claim_ground.contracts)
    assert isinstance(fact, PacketFact)
    assert (fact.state, fact.left, fact.shares, fact.rest) == (PacketState.OPEN, 2, 3, 2 * ETHER)
    assert (fact.total, fact.is_random, fact.coin) == (3 * ETHER, False, "ETH")


def test_a_token_says_its_name_and_an_unknown_packet_is_unknown(claim_ground: Ground) -> None:
    packet_id = claim_ground.create(token=claim_ground.at["PLAIN"], total=900)
    need = PacketNeed(CHAIN.id, PacketVersion.V4, packet_id)
    fact = fetch_packet_fact(need, node_of=lambda _: claim_ground.node, contracts=claim_ground.contracts)
    assert isinstance(fact, PacketFact)
    assert (fact.symbol, fact.decimals, fact.rest) == ("TOK", 6, 900)
    nobody = fetch_packet_fact(
        PacketNeed(CHAIN.id, PacketVersion.V4, b"\7" * 32),
        node_of=lambda _: claim_ground.node,
        contracts=claim_ground.contracts,
    )
    assert isinstance(nobody, PacketFact)
    assert nobody.state is PacketState.UNKNOWN


def test_a_chain_without_a_trusted_contract_is_asked_nothing(claim_ground: Ground) -> None:
    need = PacketNeed(424_242, PacketVersion.V4, b"\7" * 32)

    def nobody(_: int) -> None:
        raise AssertionError("no node is asked")

    assert fetch_packet_fact(need, node_of=nobody, contracts=claim_ground.contracts) == NoFact("refused")  # type: ignore[arg-type]  # test data


def test_a_chain_that_does_not_answer_is_asked_again_later(claim_ground: Ground) -> None:
    away = node_of("http://127.0.0.1:9", timeout_s=0.2)
    with pytest.raises(Unavailable):
        fetch_packet_fact(
            PacketNeed(CHAIN.id, PacketVersion.V4, b"\7" * 32), node_of=lambda _: away, contracts=claim_ground.contracts
        )
    away.close()
