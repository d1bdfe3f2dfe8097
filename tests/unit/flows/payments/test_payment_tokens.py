"""Payments of tokens on a real chain: plain ones, one without return values, one that answers false, one that refuses, one that
takes a fee, and what happens when one is closed under way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from eth_abi.abi import encode

from maskbot.domain.money import Address, Amount, Token
from maskbot.domain.spending import TokenLimit
from maskbot.domain.transaction import Intent
from maskbot.sandbox.chain import Anvil, dev_account
from maskbot.sandbox.compiled import compile_contracts
from maskbot.wire.crypto import keccak256
from maskbot.wire.transaction import transfer_call
from tests.chaos.payment_faults import chain_till, fund
from tests.fakes.inside import FakeClock
from tests.fakes.till import BOB, POLICY, Till

SUPPLY = 10**20
_PLAIN = encode(["string", "uint8", "uint256"], ["TST", 6, SUPPLY])
_OTHER = encode(["uint256"], [SUPPLY])


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("anvil"), accounts=1) as started:
        yield started


@pytest.fixture
def till(anvil: Anvil, tmp_path: Path) -> Iterator[Till]:
    mark = anvil.snapshot()
    made = chain_till(tmp_path, anvil, clock=FakeClock())
    fund(anvil, made.wallet.address)
    yield made
    made.close()
    anvil.set_automine(is_on=True)
    anvil.revert(mark)


def token_of(kind: str, anvil: Anvil, till: Till) -> Token:
    """A token of this kind, of which the till owns a thousand units and may spend them."""
    code = compile_contracts()[kind].code + (_PLAIN if kind == "PlainToken" else _OTHER)
    address = anvil.deploy(code)
    if kind == "ClosedToken":
        _open(anvil, Token(31337, address, "T", 6), is_open=True)
    if kind != "FalseToken":
        give = transfer_call(Amount(Token(31337, address, "T", 6), 1000), to=till.wallet.address)
        anvil.send_as(dev_account(0).address, to=address, data=give.data)
    with till.store.write() as work:
        limit = TokenLimit(address, 1000, 1000, 1000, 1000)
        rules = replace(POLICY, tokens=(*POLICY.tokens, limit))
        work.treasury.rules.set_policy("w1", rules, now_ms=till.clock.now_ms())
    return Token(31337, address, "T", 6)


def owned(anvil: Anvil, token: Token, address: Address) -> int:
    """How many units somebody owns."""
    call = {"to": "0x" + token.address.hex(), "data": "0x70a08231" + bytes(12).hex() + address.hex()}
    return int(anvil.request("eth_call", call, "latest"), 16)


def pay(till: Till, anvil: Anvil, token: Token, units: int, name: str = "a") -> Intent:
    intent = till.plan(name, call=transfer_call(Amount(token, units), to=BOB))
    for _ in range(6):
        _wait(till)
        anvil.mine()
    return till.intent(intent.id)


def _wait(till: Till) -> None:
    assert isinstance(till.clock, FakeClock)
    till.clock.move(1_000)
    till.work_once()


@pytest.mark.parametrize("kind", ["PlainToken", "VoidToken"])
def test_a_token_arrives_with_and_without_a_return_value(till: Till, anvil: Anvil, kind: str) -> None:
    token = token_of(kind, anvil, till)
    assert pay(till, anvil, token, 400).state == "final"
    assert (owned(anvil, token, BOB), owned(anvil, token, till.wallet.address)) == (400, 600)


def test_more_than_the_wallet_owns_waits_and_then_goes(till: Till, anvil: Anvil) -> None:
    token = token_of("PlainToken", anvil, till)
    assert pay(till, anvil, token, 600).state == "final"
    with till.store.write() as work:
        limit = TokenLimit(token.address, 9999, 9999, 9999, 9999)
        work.treasury.rules.set_policy("w1", replace(POLICY, tokens=(limit,)), now_ms=till.clock.now_ms())
    waiting = pay(till, anvil, token, 500, "b")
    assert (waiting.state, waiting.error_kind) == ("planned", "InsufficientFunds")


@pytest.mark.parametrize(("kind", "error"), [("FalseToken", "TokenRefuses"), ("ClosedToken", "CallReverted")])
def test_a_token_that_refuses_gets_no_transaction(till: Till, anvil: Anvil, kind: str, error: str) -> None:
    token = token_of(kind, anvil, till)
    if kind == "ClosedToken":
        _open(anvil, token, is_open=False)
    intent = pay(till, anvil, token, 0 if kind == "FalseToken" else 400)
    assert (intent.state, intent.error_kind) == ("rejected", error)
    assert till.attempts(intent.id) == ()


def test_a_token_that_is_closed_under_way_reverts_and_is_not_tried_again(till: Till, anvil: Anvil) -> None:
    token = token_of("ClosedToken", anvil, till)
    anvil.set_automine(is_on=False)
    intent = till.plan("a", call=transfer_call(Amount(token, 400), to=BOB))
    for _ in range(2):
        _wait(till)
    assert till.intent(intent.id).state == "broadcast"
    raw = till.attempts(intent.id)[0].raw
    anvil.request("anvil_dropAllTransactions")
    anvil.set_automine(is_on=True)
    _open(anvil, token, is_open=False)
    anvil.request("eth_sendRawTransaction", "0x" + raw.hex())
    for _ in range(4):
        _wait(till)
        anvil.mine()
    assert till.intent(intent.id).state == "reverted"
    assert len(till.attempts(intent.id)) == 1
    assert owned(anvil, token, BOB) == 0


def test_a_fee_token_is_paid_once_and_arrives_with_less(till: Till, anvil: Anvil) -> None:
    token = token_of("FeeToken", anvil, till)
    before = owned(anvil, token, till.wallet.address)
    assert pay(till, anvil, token, 400).state == "final"
    assert before - owned(anvil, token, till.wallet.address) == 400
    assert 0 < owned(anvil, token, BOB) < 400


def _open(anvil: Anvil, token: Token, *, is_open: bool) -> None:
    data = keccak256(b"open(bool)")[:4] + int(is_open).to_bytes(32, "big")
    anvil.send_as(dev_account(0).address, to=token.address, data=data)
