"""The queue service as it misbehaves: every answer that is not its published shape is a named error, bounded in bytes and time
(E11)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from maskbot.adapters.safe_queue import SafeTransactionService
from maskbot.domain.errors import MaskbotError, Misconfigured
from maskbot.domain.money import Address
from maskbot.domain.safe import Proposal, SafeTx
from maskbot.domain.transaction import ContractCall
from maskbot.ports.safes import QueueMalformed, QueueRefuses, QueueUnavailable, QueueUnconfirmed
from maskbot.sandbox.fault_proxy import Fault, FaultProxy, canned
from maskbot.wire.safe import safe_tx_hash

A = Address(b"\xaa" * 20)
TX = SafeTx(1, A, ContractCall(A, 2**255), False, 0)
HASH = safe_tx_hash(TX)
NAME = f"0x{HASH.hex()}"
PROPOSAL = Proposal(
    "p1",
    "t",
    "s1",
    "w1",
    "test",
    "1",
    "operator:x",
    TX,
    HASH,
    "proposed",
    bytes(65),
    None,
    (),
    0,
    0,
    0,
    0,
    None,
    None,
    1,
    1,
)
GOOD = {"owner": "0xaAaAaAaaAaAaAaaAaAAAAAAAAaaaAaAaAaaAaaAa", "signature": "0x" + "11" * 65}


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    with FaultProxy(9) as made:  # nothing is behind it: it says everything itself
        yield made


@pytest.fixture
def service(proxy: FaultProxy) -> Iterator[SafeTransactionService]:
    made = SafeTransactionService(proxy.base_url, api_key="hunter2", timeout_s=2)
    yield made
    made.close()


def says(proxy: FaultProxy, document: object, *, status: str = "200 OK") -> None:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    proxy.add(Fault(answers=canned(body, status=status)))


def test_signatures_are_read_and_an_unknown_hash_is_none(proxy: FaultProxy, service: SafeTransactionService) -> None:
    says(proxy, {"safeTxHash": NAME, "confirmations": [GOOD]})
    found = service.find(HASH)
    assert found is not None
    assert found.signatures == ((A, b"\x11" * 65),)
    says(proxy, {"detail": "Not found."}, status="404 Not Found")
    assert service.find(HASH) is None


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>",
        b"[" * 100_000,
        [],
        {},
        {"safeTxHash": "0x00"},
        {"safeTxHash": NAME, "confirmations": {}},
        {"safeTxHash": NAME, "confirmations": [GOOD] * 201},
        {"safeTxHash": NAME, "confirmations": [5]},
        {"safeTxHash": NAME, "confirmations": [GOOD | {"owner": "0xaa"}]},
        {"safeTxHash": NAME, "confirmations": [GOOD | {"owner": None}]},
        {"safeTxHash": NAME, "confirmations": [GOOD | {"signature": "0xzz"}]},
        {"safeTxHash": NAME, "confirmations": [GOOD | {"signature": "0x" + "11" * 5000}]},
        b" " * 300_000,
    ],
)
def test_what_is_no_answer_about_this_transaction_is_malformed(
    proxy: FaultProxy, service: SafeTransactionService, document: object
) -> None:
    says(proxy, document)
    with pytest.raises(QueueMalformed):
        service.find(HASH)


@pytest.mark.parametrize(
    ("document", "nonce"),
    [({"results": []}, 0), ({"results": [{"nonce": 4}]}, 5), ({"results": [{"nonce": "41"}]}, 42)],
)
def test_the_next_nonce_is_one_above_the_highest(
    proxy: FaultProxy, service: SafeTransactionService, document: object, nonce: int
) -> None:
    says(proxy, document)
    assert service.fetch_next_nonce(A) == nonce


@pytest.mark.parametrize("nonce", [-1, 2**63, "9" * 30, "1e9", 1.5, True, None, [1]])
def test_a_nonce_that_is_none_is_malformed(proxy: FaultProxy, service: SafeTransactionService, nonce: object) -> None:
    says(proxy, {"results": [{"nonce": nonce}]})
    with pytest.raises(QueueMalformed):
        service.fetch_next_nonce(A)


STATUSES = {
    "400 Bad Request": (QueueRefuses, QueueUnavailable),
    "422 Unprocessable Entity": (QueueRefuses, QueueUnavailable),
    "401 Unauthorized": (Misconfigured, Misconfigured),
    "429 Too Many Requests": (QueueUnavailable, QueueUnavailable),
    "500 Internal Server Error": (QueueUnconfirmed, QueueUnavailable),
    "502 Bad Gateway": (QueueUnconfirmed, QueueUnavailable),
    "301 Moved Permanently": (QueueUnconfirmed, QueueUnavailable),
    "200 OK": (QueueUnconfirmed, QueueMalformed),
}


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_means_one_family(proxy: FaultProxy, service: SafeTransactionService, status: str) -> None:
    on_propose, on_find = STATUSES[status]
    says(proxy, {"nonFieldErrors": ["no\x1b[2J"]}, status=status)
    with pytest.raises(on_propose) as refused:
        service.propose(PROPOSAL, sender=A)
    assert "\x1b" not in str(refused.value)
    says(proxy, {}, status=status)
    with pytest.raises(on_find):
        service.find(HASH)


@pytest.mark.parametrize(
    ("fault", "on_propose"),
    [
        (Fault(hangs=True), QueueUnconfirmed),
        (Fault(refuses=True), QueueUnconfirmed),
        (Fault(answers=b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\nx"), QueueUnconfirmed),
        (Fault(answers=b"HTTP/1.1 201 Created\r\n\r\n" + b"x" * 300_000), QueueUnconfirmed),
        (Fault(answers=b"\x00\xff"), QueueUnconfirmed),
    ],
)
def test_a_proposal_without_a_whole_answer_may_have_arrived(
    proxy: FaultProxy, service: SafeTransactionService, fault: Fault, on_propose: type[MaskbotError]
) -> None:
    proxy.add(fault)
    with pytest.raises(on_propose):
        service.propose(PROPOSAL, sender=A)


def test_a_service_that_is_not_there_is_unavailable_and_its_key_is_told_nobody() -> None:
    service = SafeTransactionService("http://127.0.0.1:9", api_key="hunter2", timeout_s=0.5)
    with pytest.raises(QueueUnavailable) as refused:
        service.find(HASH)
    with pytest.raises(QueueUnavailable):
        service.propose(PROPOSAL, sender=A)
    assert "hunter2" not in str(refused.value) + repr(service)
    service.close()
