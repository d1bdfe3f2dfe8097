"""Our disperse contract on a real chain: pays all or nobody, keeps nothing; and a giveaway of tokens paid through it (issue "Money
that cannot be paid twice", 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from eth_abi.abi import encode

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.domain.chain import BlockName, Call
from maskbot.domain.delivery_plan import Means
from maskbot.domain.giveaway import Mode
from maskbot.domain.money import Address, Amount, Token
from maskbot.domain.spending import Method, TokenLimit
from maskbot.flows.decide.giveaway import PayOrder, draw_giveaway, pay_giveaway
from maskbot.ports.chain import CallReverted
from maskbot.sandbox.chain import Anvil, dev_account
from maskbot.sandbox.compiled import compile_contracts
from maskbot.wire.erc20 import encode_balance_of
from maskbot.wire.transaction import approve_call, disperse_call, disperse_selector, transfer_call
from tests.chaos.payment_faults import CHAIN, RULES, fund
from tests.fakes.bank import books, prizes_of, state_of
from tests.fakes.giveaways import address_of, close, enter, opened
from tests.fakes.house import build_house
from tests.fakes.till import POLICY, Till
from tests.journeys.test_giveaway import settle

SUPPLY = 10**12
ETHER = CHAIN.coin
PAYER = dev_account(0).address


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("anvil"), accounts=1) as started:
        yield started


@pytest.fixture(scope="module")
def node(anvil: Anvil) -> Iterator[EvmNode]:
    made = EvmNode(CHAIN, [Endpoint(anvil.url, chain_id=CHAIN.id)], quorum=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def hub(anvil: Anvil) -> Address:
    return anvil.deploy(compile_contracts()["Disperse"].code)


def token_of(anvil: Anvil, kind: str) -> Token:
    arguments = (
        encode(["string", "uint8", "uint256"], ["TST", 6, SUPPLY])
        if kind == "PlainToken"
        else encode(["uint256"], [SUPPLY])
    )
    return Token(CHAIN.id, anvil.deploy(compile_contracts()[kind].code + arguments), "TST", 6)


def owned(node: EvmNode, token: Token, owner: Address) -> int:
    if token.is_native:
        return node.fetch_account(owner).balance_wei
    return int.from_bytes(node.call(Call(token.address, encode_balance_of(owner)), at=BlockName.LATEST), "big")


def people(start: int, count: int) -> list[Address]:
    return [address_of(number) for number in range(start, start + count)]


def run(
    anvil: Anvil, token: Token, payments: Sequence[tuple[Address, int]], *, hub: Address, wei: int | None = None
) -> None:
    call = disperse_call(token, payments, contract=hub)
    anvil.send_as(PAYER, to=hub, data=call.data, wei=call.value_wei if wei is None else wei)


@pytest.mark.parametrize("kind", ["", "PlainToken", "VoidToken"])
def test_everybody_gets_their_amount_and_the_contract_keeps_nothing(
    anvil: Anvil, node: EvmNode, hub: Address, kind: str
) -> None:
    token = token_of(anvil, kind) if kind else ETHER
    payments = [(who, 100 + at) for at, who in enumerate(people(len(kind) * 1_000, 200))]
    total = sum(amount for _, amount in payments)
    if kind:
        anvil.send_as(PAYER, to=token.address, data=approve_call(Amount(token, total), spender=hub).data)
    run(anvil, token, payments, hub=hub)
    assert [owned(node, token, who) for who, _ in payments[::50]] == [amount for _, amount in payments[::50]]
    assert owned(node, token, hub) == 0
    if kind:
        assert owned(node, token, PAYER) == SUPPLY - total
        call = disperse_call(token, payments[:1], contract=hub)
        with pytest.raises(CallReverted):  # the allowance is used up
            node.call(Call(hub, call.data, sender=PAYER), at=BlockName.LATEST)


@pytest.mark.parametrize(
    "case", ["coins missing", "coins left", "token says false", "nobody there", "a recipient refuses"]
)
def test_one_failure_pays_nobody(anvil: Anvil, node: EvmNode, hub: Address, case: str) -> None:
    token = token_of(anvil, "FalseToken") if case == "token says false" else ETHER
    if case == "nobody there":
        token = Token(CHAIN.id, Address(b"\x99" * 20), "GONE", 6)
    refuser = hub if case == "a recipient refuses" else address_of(50_001)
    call = disperse_call(token, [(address_of(50_000), 5), (refuser, 6)], contract=hub)
    wei = call.value_wei + {"coins missing": -1, "coins left": 1}.get(case, 0)
    with pytest.raises(CallReverted):
        node.call(Call(hub, call.data, sender=PAYER, value_wei=max(wei, 0)), at=BlockName.LATEST)


def test_a_giveaway_of_tokens_is_dispersed_and_each_prize_names_the_transaction(
    anvil: Anvil, node: EvmNode, hub: Address, tmp_path: Path
) -> None:
    token = token_of(anvil, "PlainToken")
    house = build_house(tmp_path)
    bank = Till(folder=tmp_path, database="house.db", node=node, clock=house.clock, rules=RULES)
    bank.open()
    limit = TokenLimit(token.address, per_payment=600, per_day=600, per_recipient=300, approval_above=600)
    wallet = bank.set_up(
        policy=replace(POLICY, tokens=(limit,), methods=(Method(hub, disperse_selector(token)),)),
    )
    fund(anvil, wallet.address)
    anvil.send_as(PAYER, to=token.address, data=transfer_call(Amount(token, 600), to=wallet.address).data)
    giveaway = opened(
        house, token=token, prizes=(200, 100, 100, 100, 100), mode=Mode.FIRST_COME, beacon="", draws_at_ms=0
    )
    for number in range(5):
        enter(house, number)
    close(house, giveaway)
    draw_giveaway(giveaway.id, store=house.store, now_ms=house.clock.ms)
    payout = pay_giveaway(PayOrder(giveaway.id, "operator:alice", None, hub), store=house.store, now_ms=house.clock.ms)
    assert payout.means is Means.DISPERSE
    for _ in range(2):  # the allowance, and then the call
        settle(bank, house, anvil)
    assert state_of(house, giveaway).state == "paid"
    assert [owned(node, token, prize.address) for prize in prizes_of(house, giveaway)] == [200, 100, 100, 100, 100]
    (tx_hash,) = {prize.tx_hash for prize in prizes_of(house, giveaway)}
    receipt = anvil.request("eth_getTransactionReceipt", "0x" + (tx_hash or b"").hex())
    assert (receipt["status"], receipt["to"]) == ("0x1", "0x" + hub.hex())
    end = books(house, giveaway)
    assert (end.paid, end.owed, end.remainder, owned(node, token, wallet.address)) == (600, 0, 0, 0)
    bank.close()
    house.store.close()
