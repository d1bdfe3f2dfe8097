"""Payments from real Safe 1.4.1 contracts: proposed by us, signed by a person, executed by a stranger (applets.md 1.1 R4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from eth_abi.abi import encode as encode_values

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.adapters.safe_hash import SafeEthHasher
from maskbot.adapters.safe_queue import SafeTransactionService
from maskbot.adapters.store.upgrade import upgrade
from maskbot.domain.chain import BlockName
from maskbot.domain.errors import Refused
from maskbot.domain.money import Address, Amount, Chain
from maskbot.domain.safe import Proposal, ProposalGone, SafeTx, SafeVersion
from maskbot.domain.transaction import ContractCall
from maskbot.flows.act.fetch_safe import NotASafe, fetch_safe
from maskbot.flows.act.simulate_safe import simulate_calls
from maskbot.flows.decide.safe import cancel_proposal, safe_call
from maskbot.sandbox.chain import Anvil, dev_account
from maskbot.sandbox.compiled import compile_contracts
from maskbot.sandbox.fault_proxy import Fault, FaultProxy
from maskbot.sandbox.red_packets import deploy_red_packets
from maskbot.sandbox.safe_service import SafeService
from maskbot.sandbox.safes import (
    canonical_address,
    create_safe,
    deploy_safe_contracts,
    execute,
    safe_artifact,
    sign_as,
    transaction_hash_of,
)
from maskbot.wire.crypto import keccak256
from maskbot.wire.safe import (
    MULTI_SEND_CODE_HASHES,
    MULTI_SENDS,
    PROXY_CODE_HASHES,
    SINGLETONS,
    batch_call,
    multi_send_of,
    safe_tx_hash,
)
from maskbot.wire.transaction import transfer_call
from tests.fakes.safes import BOT, SafeHouse, safe_house
from tests.fakes.till import POLICY
from tests.ports.lying_rpc import LyingRpc

CHAIN = Chain(31337, "anvil", "ETH", final_depth=2, has_finalized=False)
PERSON, STRANGER = dev_account(1), dev_account(2)
BOB, CAROL = Address(b"\x0b" * 20), Address(b"\x0c" * 20)
ONE = 10**15


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("anvil")) as started:
        deploy_safe_contracts(started)
        yield started


@pytest.fixture(scope="module")
def node(anvil: Anvil) -> Iterator[EvmNode]:
    made = EvmNode(CHAIN, [Endpoint(anvil.url, chain_id=CHAIN.id)], quorum=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with our schema and nothing in it."""
    path = tmp_path_factory.mktemp("empty") / "till.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def address(anvil: Anvil, request: pytest.FixtureRequest) -> Address:
    """A funded 2-of-2 Safe of the bot and a person."""
    salt = int.from_bytes(keccak256(request.node.name.encode())[:8], "big")
    made = create_safe(anvil, [BOT, PERSON.address], threshold=2, salt=salt)
    anvil.fund([made], wei=100 * ONE)
    anvil.mine(2)
    return made


@pytest.fixture
def service(node: EvmNode) -> Iterator[SafeService]:
    made = SafeService(node, chain_id=CHAIN.id)
    yield made
    made.close()


@pytest.fixture
def proxy(service: SafeService) -> Iterator[FaultProxy]:
    with FaultProxy(int(service.url.rsplit(":", 1)[1])) as made:
        yield made


@pytest.fixture
def dao(tmp_path: Path, empty: Path, node: EvmNode, proxy: FaultProxy, address: Address) -> Iterator[SafeHouse]:
    queue = SafeTransactionService(proxy.base_url, timeout_s=2.0)
    made = safe_house(tmp_path, node, queue=queue, look=fetch_safe(address, chain=node), address=address, empty=empty)
    yield made
    queue.close()
    made.close()


def balance(anvil: Anvil, of: Address) -> int:
    return int(anvil.request("eth_getBalance", "0x" + of.hex(), "latest"), 16)


def finish(dao: SafeHouse, anvil: Anvil, proposal: Proposal) -> Proposal:
    """The person signs, a stranger executes, and it becomes final."""
    signatures = [(BOT, dao.load(proposal.id).signature or b""), (PERSON.address, sign_as(PERSON, proposal.tx))]
    execute(anvil, proposal.tx, signatures, by=STRANGER.address)
    anvil.mine(3)
    dao.sweep()
    return dao.load(proposal.id)


def test_the_table_of_genuine_contracts_follows_from_the_published_code() -> None:
    for name in ("Safe", "SafeL2"):
        assert SINGLETONS[canonical_address(name)] is SafeVersion.V1_4_1
    assert multi_send_of(SafeVersion.V1_4_1) == (canonical_address("MultiSendCallOnly"),)
    assert MULTI_SEND_CODE_HASHES[SafeVersion.V1_4_1] == keccak256(safe_artifact("MultiSendCallOnly")[1])
    code, deployed = safe_artifact("SafeProxy")
    assert PROXY_CODE_HASHES[keccak256(deployed)] is SafeVersion.V1_4_1
    assert code in safe_artifact("SafeProxyFactory")[1], "the factory makes exactly this proxy"


def test_a_safe_is_recognised_with_owners_threshold_and_nonce(node: EvmNode, address: Address) -> None:
    look = fetch_safe(address, chain=node)
    assert (look.version, look.singleton) == (SafeVersion.V1_4_1, canonical_address("Safe"))
    assert (set(look.owners), look.threshold, look.next_nonce) == ({BOT, PERSON.address}, 2, 0)


def test_a_chain_without_the_batch_contract_gets_no_batches(anvil: Anvil, node: EvmNode, address: Address) -> None:
    """A delegate call to an address without code succeeds and pays nobody."""
    multi_send = canonical_address("MultiSendCallOnly")
    assert fetch_safe(address, chain=node).multi_send == multi_send
    there = anvil.request("eth_getCode", "0x" + multi_send.hex(), "latest")
    for code in ("0x", "0x00"):
        anvil.request("anvil_setCode", "0x" + multi_send.hex(), code)
        anvil.mine(3)
        look = fetch_safe(address, chain=node)
        assert look.multi_send is None
        with pytest.raises(Refused) as refused:
            safe_call([ContractCall(BOB, 1), ContractCall(CAROL, 1)], look=look)
        assert refused.value.kind == "NoMultiSend"
    anvil.request("anvil_setCode", "0x" + multi_send.hex(), there)
    anvil.mine(3)


def test_what_the_safe_could_not_pay_is_refused_before_owners_are_asked(
    anvil: Anvil, node: EvmNode, address: Address
) -> None:
    packets = deploy_red_packets(anvil)
    contracts = compile_contracts()
    refuses = anvil.deploy(contracts["PlainToken"].code + encode_values(["string", "uint8", "uint256"], ["X", 6, 9]))
    coin = Amount(packets.token, 5)
    anvil.send_as(dev_account(0).address, to=packets.token.address, data=transfer_call(coin, to=address).data)

    def outcome(*calls: ContractCall) -> str:
        try:
            simulate_calls(calls, safe=address, chain=node, at=BlockName.LATEST)
        except Refused as refused:
            return refused.kind
        return ""

    assert outcome(ContractCall(BOB, 99 * ONE), transfer_call(coin, to=BOB)) == ""
    assert outcome(ContractCall(BOB, 60 * ONE), ContractCall(CAROL, 60 * ONE)) == "InsufficientFunds"
    assert outcome(transfer_call(coin, to=BOB), transfer_call(coin, to=CAROL)) == "InsufficientFunds"
    nowhere = replace(packets.token, address=Address(b"\x99" * 20))
    assert outcome(transfer_call(Amount(nowhere, 5), to=BOB)) == "NoToken"
    assert outcome(ContractCall(refuses, 1)) == "CallReverted", "a contract that takes no coins"


def test_what_is_no_safe_of_a_known_code_is_refused(anvil: Anvil, node: EvmNode, address: Address) -> None:
    proxy_code = safe_artifact("SafeProxy")[0]
    impostor = anvil.deploy(proxy_code + bytes(12) + canonical_address("CompatibilityFallbackHandler"))
    own_singleton = anvil.deploy(safe_artifact("Safe")[0])
    renamed = create_safe(anvil, [BOT], threshold=1, singleton=own_singleton)
    changed = Address(b"\x5a" * 20)  # a proxy that is a byte away from the published one
    anvil.request("anvil_setCode", "0x" + changed.hex(), "0x" + safe_artifact("SafeProxy")[1].hex() + "00")
    anvil.mine(3)
    for what in (BOB, canonical_address("Safe"), impostor, renamed, changed):
        with pytest.raises(NotASafe):
            fetch_safe(what, chain=node)
    assert fetch_safe(renamed, chain=node, singleton=own_singleton).next_nonce == 0, "unless the operator names it"


@pytest.mark.parametrize("nonce", [0, 7])
def test_three_implementations_and_the_contract_agree_on_the_hash(anvil: Anvil, address: Address, nonce: int) -> None:
    calls = [ContractCall(BOB, 1), ContractCall(CAROL, 0, b"\xa9\x05\x9c\xbb" + bytes(63)), ContractCall(BOB, 2**96)]
    for call, is_delegate in [(calls[1], False), (calls[2], False)] + [
        (batch_call(calls, multi_send=multi), True) for multi in MULTI_SENDS
    ]:
        tx = SafeTx(31337, address, call, is_delegate, nonce)
        assert safe_tx_hash(tx) == transaction_hash_of(anvil, tx) == SafeEthHasher().hash(tx)


def test_a_payment_is_proposed_signed_by_a_person_and_executed_by_a_stranger(
    anvil: Anvil, dao: SafeHouse, service: SafeService
) -> None:
    before = balance(anvil, BOB)
    proposal = dao.propose("rent", ContractCall(BOB, 5 * ONE))
    dao.sweep()
    now = dao.load(proposal.id)
    assert (now.state, now.posted_at_ms is not None, now.confirmed_by) == ("proposed", True, (BOT,))
    assert service.queued() == ["0x" + proposal.hash.hex()]
    assert service.confirm(proposal.hash, sign_as(STRANGER, proposal.tx)) == 422
    assert service.confirm(proposal.hash, sign_as(PERSON, proposal.tx)) == 201
    dao.sweep()
    assert (dao.load(proposal.id).state, set(dao.load(proposal.id).confirmed_by)) == (
        "confirmed",
        {BOT, PERSON.address},
    )
    ended = finish(dao, anvil, proposal)
    assert (ended.state, balance(anvil, BOB) - before) == ("executed", 5 * ONE)
    assert ended.tx_hash is not None
    assert anvil.request("eth_getTransactionReceipt", "0x" + ended.tx_hash.hex())["status"] == "0x1"
    assert dao.sweep() == 0, "nothing is open any more"


def test_a_batch_pays_all_or_nobody(anvil: Anvil, dao: SafeHouse) -> None:
    before = balance(anvil, BOB), balance(anvil, CAROL)
    proposal = dao.propose("prizes", ContractCall(BOB, ONE), ContractCall(CAROL, 2 * ONE))
    dao.sweep()
    assert finish(dao, anvil, proposal).state == "executed"
    assert (balance(anvil, BOB) - before[0], balance(anvil, CAROL) - before[1]) == (ONE, 2 * ONE)


def test_an_execution_counts_only_when_it_is_final(anvil: Anvil, dao: SafeHouse) -> None:
    proposal = dao.propose("a", ContractCall(BOB, ONE))
    dao.sweep()
    own = dao.load(proposal.id).signature or b""
    mark = anvil.snapshot()
    execute(anvil, proposal.tx, [(BOT, own), (PERSON.address, sign_as(PERSON, proposal.tx))], by=STRANGER.address)
    dao.sweep()
    assert dao.load(proposal.id).state == "proposed"
    anvil.revert(mark)
    anvil.mine(5)
    dao.sweep()
    assert dao.load(proposal.id).state == "proposed"
    assert finish(dao, anvil, proposal).state == "executed"


def test_a_nonce_that_another_transaction_used_replaces_the_proposal(anvil: Anvil, dao: SafeHouse) -> None:
    proposal = dao.propose("a", ContractCall(BOB, ONE))
    dao.sweep()
    other = replace(proposal.tx, call=ContractCall(proposal.tx.safe, 0))  # what a rejection is
    key = dao.sign_elsewhere(other)
    execute(anvil, other, [(BOT, key), (PERSON.address, sign_as(PERSON, other))], by=STRANGER.address)
    anvil.mine(3)
    dao.sweep()
    ended = dao.load(proposal.id)
    assert (ended.state, ended.error_kind, ended.tx_hash) == ("replaced", "NonceUsedByAnother", None)


def test_a_proposal_that_the_vault_refuses_ends_as_well_when_its_nonce_is_used_and_holds_up_no_other(
    anvil: Anvil, dao: SafeHouse
) -> None:
    refused = dao.propose("a", ContractCall(BOB, ONE))
    with dao.store.write() as work:
        work.treasury.rules.set_policy("w1", POLICY, now_ms=dao.clock.ms)
    dao.sweep()
    assert (dao.load(refused.id).state, dao.load(refused.id).error_kind) == ("planned", "SpendingRefused")
    other = replace(refused.tx, call=ContractCall(refused.tx.safe, 0))
    execute(
        anvil, other, [(BOT, dao.sign_elsewhere(other)), (PERSON.address, sign_as(PERSON, other))], by=STRANGER.address
    )
    anvil.mine(3)
    dao.sweep()
    assert (dao.load(refused.id).state, dao.load(refused.id).error_kind) == ("replaced", "NonceUsedByAnother")
    assert dao.sweep() == 0, "nothing is open any more"


def test_a_proposal_that_the_owners_executed_without_our_signature_is_executed(anvil: Anvil, dao: SafeHouse) -> None:
    refused = dao.propose("a", ContractCall(BOB, ONE))
    with dao.store.write() as work:
        work.treasury.rules.set_policy("w1", POLICY, now_ms=dao.clock.ms)
    keys = [(BOT, dao.sign_elsewhere(refused.tx)), (PERSON.address, sign_as(PERSON, refused.tx))]
    execute(anvil, refused.tx, keys, by=STRANGER.address)
    anvil.mine(3)
    dao.sweep()
    assert (dao.load(refused.id).state, dao.load(refused.id).signature) == ("executed", None)


def test_a_node_that_hides_events_does_not_make_a_paid_proposal_payable_again(anvil: Anvil, dao: SafeHouse) -> None:
    proposal = dao.propose("a", ContractCall(BOB, ONE))
    dao.sweep()
    own = dao.load(proposal.id).signature or b""
    execute(anvil, proposal.tx, [(BOT, own), (PERSON.address, sign_as(PERSON, proposal.tx))], by=STRANGER.address)
    anvil.mine(3)
    honest = dao.node
    with LyingRpc(anvil.url) as rpc:
        rpc.lies["eth_getLogs"] = lambda params, truth: []
        dao.node = EvmNode(CHAIN, [Endpoint(rpc.url, chain_id=CHAIN.id)], quorum=1)
        dao.sweep()
        assert "eth_getLogs" in rpc.seen
        dao.node.close()
    waiting = dao.load(proposal.id)
    assert (waiting.state, waiting.error_kind) == ("proposed", "ExecutionsMissing")
    assert waiting.next_block == waiting.first_block
    dao.node = honest
    dao.sweep()
    assert (dao.load(proposal.id).state, dao.load(proposal.id).error_kind) == ("executed", None)


def test_executions_before_its_own_place_do_not_stand_in_for_the_one_that_paid_a_proposal(
    anvil: Anvil, dao: SafeHouse
) -> None:
    earlier, proposal = dao.propose("a", ContractCall(CAROL, ONE)), dao.propose("b", ContractCall(BOB, ONE))
    dao.sweep()
    for one in (earlier, proposal):
        own = dao.load(one.id).signature or b""
        execute(anvil, one.tx, [(BOT, own), (PERSON.address, sign_as(PERSON, one.tx))], by=STRANGER.address)
    anvil.mine(3)
    honest = dao.node
    with LyingRpc(anvil.url) as rpc:
        rpc.lies["eth_getLogs"] = lambda params, truth: [log for log in truth if proposal.hash.hex() not in str(log)]
        dao.node = EvmNode(CHAIN, [Endpoint(rpc.url, chain_id=CHAIN.id)], quorum=1)
        dao.sweep()
        dao.node.close()
    assert dao.load(earlier.id).state == "executed"
    assert (dao.load(proposal.id).state, dao.load(proposal.id).error_kind) == ("proposed", "ExecutionsMissing")
    dao.node = honest
    dao.sweep()
    assert dao.load(proposal.id).state == "executed"


def test_proposals_get_nonces_behind_one_another_and_behind_the_queue(
    anvil: Anvil, dao: SafeHouse, service: SafeService
) -> None:
    foreign = SafeTx(31337, dao.safe.address, ContractCall(CAROL, 1), False, 4)
    queue = dao.queue
    assert queue is not None
    stranger_proposal = replace(
        dao.propose("x", ContractCall(BOB, 1)),
        tx=foreign,
        hash=safe_tx_hash(foreign),
        signature=sign_as(PERSON, foreign),
    )
    queue.propose(stranger_proposal, sender=PERSON.address)
    queued = queue.fetch_next_nonce(dao.safe.address)
    assert queued == 5
    assert dao.propose("y", ContractCall(BOB, 2), queued_nonce=queued).tx.nonce == 5
    assert dao.propose("z", ContractCall(BOB, 3)).tx.nonce == 6


def test_the_same_purpose_is_one_proposal_and_a_signed_one_cannot_be_cancelled(dao: SafeHouse) -> None:
    proposal = dao.propose("a", ContractCall(BOB, ONE))
    assert dao.propose("a", ContractCall(BOB, ONE)).id == proposal.id
    with pytest.raises(Refused) as refusal:
        dao.propose("a", ContractCall(BOB, 2 * ONE))
    assert refusal.value.kind == "OtherProposal"
    dao.sweep()
    with dao.store.write() as work, pytest.raises(ProposalGone, match="cannot be taken back"):
        cancel_proposal(proposal.id, actor="operator:x", work=work, now_ms=1)


LOST = {
    "the answer": [Fault(method="POST", loses_answer=True)],
    "the request": [Fault(method="POST", refuses=True)],
    "the answer and the first look": [Fault(method="POST", loses_answer=True), Fault(method="GET", refuses=True)],
    "half of the answer": [Fault(method="POST", cuts_after=20)],
    "too much is asked": [
        Fault(method="POST", answers=b"HTTP/1.1 429 No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")
    ],
    "the service fails": [Fault(method="POST", answers=b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", count=2)],
}


@pytest.mark.parametrize("what", LOST)
def test_the_queue_gets_one_proposal_whatever_is_lost(
    dao: SafeHouse, service: SafeService, proxy: FaultProxy, what: str
) -> None:
    proposal = dao.propose("a", ContractCall(BOB, ONE))
    for fault in LOST[what]:
        proxy.add(replace(fault))
    for _ in range(4):
        dao.sweep()
    assert service.queued() == ["0x" + proposal.hash.hex()]
    assert dao.load(proposal.id).posted_at_ms is not None
    assert len(service.posts) == 1, "what may have arrived was looked for, and not sent again"


def test_what_the_queue_refuses_waits_for_the_operator(dao: SafeHouse, service: SafeService) -> None:
    service.answers = [(422, b'{"nonFieldErrors":["Sender is not an owner"]}', {})]
    proposal = dao.propose("a", ContractCall(BOB, ONE))
    for _ in range(3):
        dao.sweep()
    now = dao.load(proposal.id)
    assert (now.state, now.error_kind, now.posted_at_ms, service.posts) == ("proposed", "QueueRefuses", None, [])
    dao.retry(proposal.id)
    dao.sweep()
    assert dao.load(proposal.id).posted_at_ms is not None


def test_a_queue_that_forgets_is_told_again_and_one_that_lies_is_not_believed(
    dao: SafeHouse, service: SafeService
) -> None:
    proposal = dao.propose("a", ContractCall(BOB, ONE))
    dao.sweep()
    service.forget()
    dao.sweep()
    dao.sweep()
    assert service.queued() == ["0x" + proposal.hash.hex()]
    forged = service._queued["0x" + proposal.hash.hex()].signatures
    forged[sorted(["0x" + PERSON.address.hex()])[0]] = "0x" + sign_as(STRANGER, proposal.tx).hex()
    dao.sweep()
    assert dao.load(proposal.id).confirmed_by == (BOT,)


def test_without_a_queue_the_proposal_is_signed_for_export_and_ends_the_same(
    tmp_path: Path, empty: Path, anvil: Anvil, node: EvmNode, address: Address
) -> None:
    dao = safe_house(tmp_path, node, queue=None, look=fetch_safe(address, chain=node), address=address, empty=empty)
    proposal = dao.propose("a", ContractCall(BOB, ONE))
    dao.sweep()
    assert (dao.load(proposal.id).state, dao.load(proposal.id).posted_at_ms) == ("proposed", None)
    assert finish(dao, anvil, proposal).state == "executed"
    dao.close()


POINTS = (
    "safe.begun",
    "safe.sign.before",
    "vault.proposal_signed",
    "vault.proposal_stored",
    "safe.sign.after",
    "safe.post.before",
    "safe.post.after",
    "safe.in_transaction",
    "safe.post.recorded",
    "safe.done",
)


@pytest.mark.parametrize("point", POINTS)
def test_a_death_at_any_point_makes_one_proposal(dao: SafeHouse, service: SafeService, point: str) -> None:
    proposal = dao.propose("a", ContractCall(BOB, ONE))
    assert dao.sweep(dying_at=point) is None, "this point is on the way"
    dao.reopen()
    dao.sweep()
    now = dao.load(proposal.id)
    assert (now.state, now.posted_at_ms is not None) == ("proposed", True)
    assert service.queued() == ["0x" + proposal.hash.hex()]
    assert {post["signature"] for post in service.posts} == {"0x" + (now.signature or b"").hex()}
