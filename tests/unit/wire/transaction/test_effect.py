"""What a call does with money is read from its bytes; what cannot be read is refused."""

from __future__ import annotations

import contextlib

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.money import NATIVE, Address, Amount, Token
from maskbot.domain.spending import Allowance, Method, Spend
from maskbot.domain.transaction import ContractCall
from maskbot.wire.red_packet import ClaimCall
from maskbot.wire.transaction import InvalidCall, approve_call, disperse_call, effect_of, transfer_call

COIN = Token(1, Address(b"\x77" * 20), "TST", 6)
BOB, HUB = Address(b"\x0b" * 20), Address(b"\x0c" * 20)
PACKET = ["address", "uint256", "bool", "uint256", "bytes32", "string", "string", "uint256", "address", "uint256"]


def packet(token_type: int, token: Address, total: int, value: int = 0) -> ContractCall:
    arguments = [bytes(20), 5, True, 60, bytes(32), "gm", "bob", token_type, token, total]
    return ContractCall(HUB, value, bytes.fromhex("5db05aba") + encode(PACKET, arguments))


def test_coins_transfers_and_allowances_are_told_apart() -> None:
    assert effect_of(ContractCall(BOB, 5)).spends == (Spend(NATIVE, BOB, 5),)
    transfer = effect_of(transfer_call(Amount(COIN, 7), to=BOB))
    assert (transfer.spends, transfer.method) == ((Spend(COIN.address, BOB, 7),), None)
    allowance = effect_of(approve_call(Amount(COIN, 7), spender=HUB))
    assert (allowance.spends, allowance.allowance) == ((), Allowance(COIN.address, HUB, 7))


def test_a_packet_spends_its_total() -> None:
    method = Method(HUB, bytes.fromhex("5db05aba"))
    of_token = effect_of(packet(1, COIN.address, 9))
    assert (of_token.spends, of_token.method) == ((Spend(COIN.address, HUB, 9),), method)
    assert effect_of(packet(0, NATIVE, 9, value=9)).spends == (Spend(NATIVE, HUB, 9),)


@pytest.mark.parametrize(
    "wrong", [packet(0, NATIVE, 9, value=10), packet(1, COIN.address, 9, value=1), packet(2, NATIVE, 9)]
)
def test_a_packet_that_would_lose_coins_is_refused(wrong: ContractCall) -> None:
    with pytest.raises(InvalidCall):
        effect_of(wrong)


def test_a_disperse_call_spends_to_each_recipient() -> None:
    lists = encode(["address[]", "uint256[]"], [[BOB, HUB], [3, 4]])
    effect = effect_of(ContractCall(HUB, 7, bytes.fromhex("e63d38ed") + lists))
    assert effect.spends == (Spend(NATIVE, BOB, 3), Spend(NATIVE, HUB, 4))
    with pytest.raises(InvalidCall):
        effect_of(ContractCall(HUB, 8, bytes.fromhex("e63d38ed") + lists))
    tokens = encode(["address", "address[]", "uint256[]"], [COIN.address, [BOB], [3]])
    assert effect_of(ContractCall(HUB, 0, bytes.fromhex("c73a2d60") + tokens)).spends == (Spend(COIN.address, BOB, 3),)


def test_a_claim_says_for_whom_and_carries_no_coins() -> None:
    data = ClaimCall(bytes(32), bytes(65), BOB).encode()
    effect = effect_of(ContractCall(HUB, 0, data))
    assert (effect.spends, effect.method, effect.claims_for) == ((), Method(HUB, bytes.fromhex("7394ad93")), BOB)
    for wrong in (ContractCall(HUB, 1, data), ContractCall(HUB, 0, data[:90])):
        with pytest.raises(InvalidCall):
            effect_of(wrong)


@given(payments=st.lists(st.tuples(st.sampled_from([BOB, HUB]), st.integers(0, 2**90)), max_size=9))
def test_disperse_calls_are_written_as_the_abi_says_and_read_back(payments: list[tuple[Address, int]]) -> None:
    recipients, amounts = [one for one, _ in payments], [amount for _, amount in payments]
    of_coins = disperse_call(Token(1, NATIVE, "ETH", 18), payments, contract=HUB)
    assert of_coins.data == bytes.fromhex("e63d38ed") + encode(["address[]", "uint256[]"], [recipients, amounts])
    assert effect_of(of_coins).spends == tuple(Spend(NATIVE, one, amount) for one, amount in payments)
    of_tokens = disperse_call(COIN, payments, contract=HUB)
    written = encode(["address", "address[]", "uint256[]"], [COIN.address, recipients, amounts])
    assert (of_tokens.data, of_tokens.value_wei) == (bytes.fromhex("c73a2d60") + written, 0)
    assert effect_of(of_tokens).spends == tuple(Spend(COIN.address, one, amount) for one, amount in payments)


@given(
    data=st.binary(max_size=400),
    known=st.sampled_from(["", "a9059cbb", "095ea7b3", "5db05aba", "e63d38ed", "c73a2d60", "7394ad93"]),
)
def test_any_data_has_an_effect_or_is_refused_by_name(data: bytes, known: str) -> None:
    with contextlib.suppress(InvalidCall):
        effect_of(ContractCall(HUB, 3, bytes.fromhex(known) + data))
