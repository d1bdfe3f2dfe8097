"""Blocks, logs and receipts of JSON-RPC as values of the domain, each checked against what was asked."""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.adapters.evm.errors import NodeUnavailable
from maskbot.adapters.evm.fields import Json, address, data, fixed, quantity, row, rows, small
from maskbot.domain.chain import MOST_TOPICS, Header, Log, Receipt
from maskbot.ports.chain import NodeAnswerMalformed

MOST_LOGS = 20_000
_LONGEST_INPUT = 256 * 1024
LONGEST_LOG = 16 * 1024 * 1024
"""A stranger's long message in one event must not hide the others: the bound of the whole answer is enough."""


def read_header(value: Json) -> Header | None:
    """A block without its transactions; None for null. Raises NodeAnswerMalformed."""
    if value is None:
        return None
    block = row(value, where="block")
    base_fee = block.get("baseFeePerGas")
    return Header(
        number=small(block.get("number"), where="number"),
        hash=fixed(block.get("hash"), where="hash"),
        parent_hash=fixed(block.get("parentHash"), where="parentHash"),
        time_s=small(block.get("timestamp"), where="timestamp"),
        base_fee_wei=None if base_fee is None else quantity(base_fee, where="baseFeePerGas"),
        gas_limit=small(block.get("gasLimit"), where="gasLimit"),
    )


def read_log(value: Json) -> Log:
    """One mined log. Raises NodeAnswerMalformed."""
    log = row(value, where="log")
    topics = rows(log.get("topics"), where="topics", most=MOST_TOPICS)
    if log.get("removed") is True:
        raise NodeAnswerMalformed("a log that was removed from the chain")
    return Log(
        address=address(log.get("address"), where="address"),
        topics=tuple(fixed(topic, where="topic") for topic in topics),
        data=data(log.get("data"), where="data", longest=LONGEST_LOG),
        block_number=small(log.get("blockNumber"), where="blockNumber"),
        block_hash=fixed(log.get("blockHash"), where="blockHash"),
        tx_hash=fixed(log.get("transactionHash"), where="transactionHash"),
        log_index=small(log.get("logIndex"), where="logIndex"),
    )


def read_receipt(receipt_value: Json, transaction_value: Json, *, tx_hash: bytes) -> Receipt | None:
    """The receipt of a transaction, with the transaction's own fields; None while the node still calls it pending (anvil does for a
    moment after it has the receipt).

    Raises:
        NodeAnswerMalformed: the two do not belong together, or to the hash that was asked for.
        NodeUnavailable: the transaction is in another block meanwhile.
    """
    receipt, transaction = row(receipt_value, where="receipt"), row(transaction_value, where="transaction")
    number, block_hash = small(receipt.get("blockNumber"), where="blockNumber"), receipt.get("blockHash")
    logs = tuple(read_log(log) for log in rows(receipt.get("logs"), where="logs", most=MOST_LOGS))
    found = Receipt(
        tx_hash=fixed(receipt.get("transactionHash"), where="transactionHash"),
        block_number=number,
        block_hash=fixed(block_hash, where="blockHash"),
        sender=address(receipt.get("from"), where="from"),
        nonce=small(transaction.get("nonce"), where="nonce"),
        to=None if receipt.get("to") is None else address(receipt["to"], where="to"),
        value_wei=quantity(transaction.get("value"), where="value"),
        data=data(transaction.get("input"), where="input", longest=_LONGEST_INPUT),
        has_succeeded=_succeeded(receipt.get("status")),
        gas_used=small(receipt.get("gasUsed"), where="gasUsed"),
        gas_price_wei=quantity(receipt.get("effectiveGasPrice"), where="effectiveGasPrice"),
        created=None
        if receipt.get("contractAddress") is None
        else address(receipt["contractAddress"], where="created"),
        logs=logs,
    )
    if transaction.get("blockHash") is None and "blockHash" in transaction:
        return None
    if transaction.get("blockHash") != block_hash:
        raise NodeUnavailable("the chain changed while it was read")
    is_consistent = (
        found.tx_hash == tx_hash
        and fixed(transaction.get("hash"), where="hash") == tx_hash
        and address(transaction.get("from"), where="from") == found.sender
        and transaction.get("to") == receipt.get("to")
        and all((log.tx_hash, log.block_hash, log.block_number) == (tx_hash, found.block_hash, number) for log in logs)
        and (found.has_succeeded or not logs)
    )
    if not is_consistent:
        raise NodeAnswerMalformed("the receipt does not belong to the transaction that was asked for")
    return found


@dataclass(frozen=True, slots=True)
class MinedBlock:
    """The hash of a block, and the hashes of its transactions."""

    hash: bytes
    tx_hashes: frozenset[bytes]


def read_mined_block(value: Json) -> MinedBlock | None:
    """A block with the hashes of its transactions; None for null. Raises NodeAnswerMalformed."""
    if value is None:
        return None
    block = row(value, where="block")
    hashes = rows(block.get("transactions"), where="transactions", most=100_000)
    return MinedBlock(
        fixed(block.get("hash"), where="hash"), frozenset(fixed(one, where="transactions") for one in hashes)
    )


def _succeeded(status: Json) -> bool:
    number = quantity(status, where="status", most=1)
    return number == 1
