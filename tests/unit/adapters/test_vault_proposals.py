"""The vault signs a proposal that is exactly the stored one, for a Safe that the wallet's policy lists, and nothing else (E18)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from maskbot.adapters.store.upgrade import upgrade
from maskbot.domain.errors import MaskbotError
from maskbot.domain.money import Address, Amount, Token
from maskbot.domain.safe import SafeLook, SafeVersion
from maskbot.domain.spending import Method
from maskbot.domain.transaction import ContractCall
from maskbot.wire.safe import multi_send_of, signer_of_hash
from maskbot.wire.transaction import approve_call, transfer_call
from tests.fakes.chain import FakeChain
from tests.fakes.safes import BOT, SafeHouse, safe_house
from tests.fakes.till import BOB, CAROL, ONE, POLICY

SAFE = Address(b"\x5a" * 20)
LOOK = SafeLook(
    SafeVersion.V1_4_1, Address(b"\x51" * 20), (BOT, BOB), 2, 3, 100, multi_send_of(SafeVersion.V1_4_1)[0], 36, 0
)
COIN = Token(31337, Address(b"\x77" * 20), "TST", 6)
PAY = ContractCall(BOB, ONE)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "till.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def dao(tmp_path: Path, empty: Path) -> Iterator[SafeHouse]:
    made = safe_house(tmp_path, FakeChain(), queue=None, look=LOOK, address=SAFE, empty=empty)
    yield made
    made.close()


def refusal(dao: SafeHouse, proposal_id: str) -> str:
    """Why the vault does not sign; the row stays as it was."""
    before = dao.load(proposal_id)
    with pytest.raises(MaskbotError) as refused:
        dao.signer.sign_proposal(proposal_id=proposal_id)
    assert dao.load(proposal_id) == before
    return str(getattr(refused.value, "rule", refused.value.kind))


def tamper(dao: SafeHouse, **columns: object) -> None:
    """What a worker that was taken over can write."""
    names = ", ".join(f"{name} = ?" for name in columns)
    with dao.store.engines.writer.begin() as connection:
        connection.exec_driver_sql(f"UPDATE proposal SET {names}", tuple(columns.values()))


def test_what_is_planned_is_signed_once_by_the_wallet(dao: SafeHouse) -> None:
    proposal = dao.propose("a", PAY, ContractCall(CAROL, ONE), transfer_call(Amount(COIN, 5), to=BOB))
    signature = dao.signer.sign_proposal(proposal_id=proposal.id)
    assert signer_of_hash(proposal.hash, signature=signature) == BOT
    assert dao.signer.sign_proposal(proposal_id=proposal.id) == signature
    assert (dao.load(proposal.id).state, proposal.tx.nonce) == ("proposed", 3)
    with dao.store.read() as work:
        actions = [(one.what.action, one.what.digest) for one in work.treasury.audit.page(after_seq=0)]
    assert actions[-2:] == [("proposal.planned", proposal.hash), ("proposal.signed", proposal.hash)]


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"call_to": bytes(CAROL)}, "hash"),
        ({"call_value": str(2 * ONE)}, "hash"),
        ({"nonce": 9}, "hash"),
        ({"hash": bytes(32)}, "hash"),
        ({"safe_address": bytes(CAROL)}, "safe"),
        ({"chain_id": 1}, "safe"),
        ({"is_delegate": True, "call_value": "0"}, "InvalidBatch"),
        ({"call_to": bytes(SAFE)}, "safe"),
        ({"call_data": b"\x01\x02\x03\x04"}, "method"),
        ({"call_data": b"\x01"}, "InvalidCall"),
        ({"state": "cancelled"}, "ProposalGone"),
    ],
)
def test_a_row_that_was_changed_is_not_signed(dao: SafeHouse, columns: dict[str, object], rule: str) -> None:
    proposal = dao.propose("a", PAY)
    tamper(dao, **columns)
    assert refusal(dao, proposal.id) == rule


def test_a_delegate_call_goes_to_multi_send_only_and_holds_plain_payments_only(dao: SafeHouse) -> None:
    proposal = dao.propose("a", PAY, PAY)
    good = dao.load(proposal.id).tx.call
    tamper(dao, call_to=bytes(CAROL))
    assert refusal(dao, proposal.id) == "InvalidBatch"
    inner = bytearray(good.data)
    inner[68] = 1
    tamper(dao, call_to=bytes(good.to), call_data=bytes(inner))
    assert refusal(dao, proposal.id) == "InvalidBatch"
    assert good.to == multi_send_of(SafeVersion.V1_4_1)[0]


def test_the_policy_has_to_list_the_safe_and_the_switches_have_to_be_on(dao: SafeHouse) -> None:
    proposal = dao.propose("a", PAY)
    with dao.store.write() as work:
        work.treasury.rules.set_policy("w1", POLICY, now_ms=1)
    assert refusal(dao, proposal.id) == "safe"
    with dao.store.write() as work:
        work.treasury.rules.set_policy("w1", replace(POLICY, safes=(SAFE,)), now_ms=1)
        work.switches.flip("payments", is_on=False, reason="", who="x", now_ms=1)
    assert refusal(dao, proposal.id) == "Paused"
    with dao.store.write() as work:
        work.switches.flip("payments", is_on=True, reason="", who="x", now_ms=1)
        work.treasury.wallets.move("w1", after="quarantined", reason="", now_ms=1)
    assert refusal(dao, proposal.id) == "WalletNotActive"


@pytest.mark.parametrize(
    "call", [ContractCall(SAFE, 0), approve_call(Amount(COIN, 5), spender=BOB), ContractCall(CAROL, 0, b"\1\2\3\4")]
)
def test_what_we_would_not_propose_is_not_even_planned(dao: SafeHouse, call: ContractCall) -> None:
    for calls in ((call,), (PAY, call)):
        with pytest.raises(MaskbotError):
            dao.propose("a", *calls)
    with dao.store.write() as work:
        work.treasury.rules.set_policy(
            "w1", replace(POLICY, safes=(SAFE,), methods=(Method(CAROL, b"\1\2\3\4"),)), now_ms=1
        )
    if call.to == CAROL:
        assert dao.propose("a", call).state == "planned"


def test_a_second_opinion_that_differs_stops_the_signature(dao: SafeHouse) -> None:
    class Wrong:
        def hash(self, tx: object) -> bytes:
            return bytes(32)

    dao.hasher = Wrong()
    proposal = dao.propose("a", PAY)
    dao.sweep()
    assert (dao.load(proposal.id).state, dao.load(proposal.id).error_kind) == ("planned", "HashesDisagree")


def test_an_unknown_proposal_is_gone(dao: SafeHouse) -> None:
    with pytest.raises(MaskbotError, match="no such proposal"):
        dao.signer.sign_proposal(proposal_id="none")
