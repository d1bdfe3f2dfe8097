"""What a chain says about an entry: names, holdings, contracts that break their standard, nodes that are away."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from maskbot.domain.chain import At, Call
from maskbot.domain.entry import AddressFact, AddressNeed, HoldingFact, HoldingNeed
from maskbot.domain.errors import Unavailable
from maskbot.domain.money import Address
from maskbot.domain.request import NoFact
from maskbot.flows.act.chain_facts import fetch_chain_fact
from maskbot.ports.chain import CallReverted
from maskbot.wire.ens import REGISTRY
from tests.fakes.chain import FakeChain

RESOLVER, ALICE, TOKEN = (Address(bytes([number]) * 20) for number in (1, 2, 3))
NEED = HoldingNeed(31337, TOKEN, 7, ALICE)


@dataclass
class Answering(FakeChain):
    """Answers calls by contract; an exception is raised."""

    answers_of: dict[Address, bytes | Exception] = field(default_factory=dict)
    asked_at: list[At] = field(default_factory=list)

    def call(self, call: Call, *, at: At) -> bytes:
        self.asked_at.append(at)
        assert call.to is not None
        answer = self.answers_of.get(call.to, b"")
        if isinstance(answer, Exception):
            raise answer
        return answer


def word(address: Address) -> bytes:
    return bytes(12) + address


def test_a_name_leads_over_registry_and_resolver_to_an_address() -> None:
    chain = Answering(answers_of={REGISTRY: word(RESOLVER), RESOLVER: word(ALICE)})
    assert fetch_chain_fact(AddressNeed("alice.eth"), chain_of=lambda _: chain) == AddressFact(ALICE)


def test_a_name_nobody_owns_leads_nowhere() -> None:
    assert fetch_chain_fact(AddressNeed("alice.eth"), chain_of=lambda _: Answering()) == AddressFact(None)


def test_a_holding_is_asked_at_the_block_of_the_rules() -> None:
    chain = Answering(answers_of={TOKEN: (5).to_bytes(32, "big")})
    assert fetch_chain_fact(NEED, chain_of=lambda _: chain) == HoldingFact(5)
    assert chain.asked_at == [7]


@pytest.mark.parametrize("answer", [b"", bytes(31), CallReverted(reason="", data=b"")])
def test_a_contract_that_is_no_token_is_no_holding(answer: bytes | Exception) -> None:
    chain = Answering(answers_of={TOKEN: answer})
    assert fetch_chain_fact(NEED, chain_of=lambda _: chain) == NoFact("refused")


def test_nodes_that_are_away_are_asked_again_later() -> None:
    chain = Answering(answers_of={TOKEN: Unavailable("away")})
    with pytest.raises(Unavailable):
        fetch_chain_fact(NEED, chain_of=lambda _: chain)
