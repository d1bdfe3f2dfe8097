"""Where transactions are mined: receipts of many in one batch, each set against its transaction and its block, then against what
the other nodes say (reliability.md C.3 7, E12).

A block is read once for all receipts that name it. The blocks are asked for after the receipts: a node works on the members of a
batch in any order, so beside a receipt the rest might be of a moment before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maskbot.adapters.evm.answers import MinedBlock, read_header, read_mined_block, read_receipt
from maskbot.adapters.evm.endpoint import Endpoint, Problem, Result, value_of
from maskbot.adapters.evm.fields import Json, row, small, to_hex
from maskbot.adapters.evm.quorum import agreed, heard_of, vouched
from maskbot.domain.chain import Header, Inclusion, Receipt
from maskbot.domain.errors import MaskbotError
from maskbot.domain.money import Chain
from maskbot.ports.chain import NodeAnswerMalformed, NodesDisagree


def inclusions_at(node: Endpoint, tx_hashes: Sequence[bytes], *, chain: Chain) -> list[Inclusion | MaskbotError | None]:
    """What one node says of each transaction.

    Raises: WrongChain, Unavailable, NodeAnswerMalformed: the node does not answer the batch.
    """
    ends = ["latest", "finalized"] if chain.has_finalized else ["latest"]
    questions: list[tuple[str, list[Json]]] = [("eth_getTransactionReceipt", [to_hex(one)]) for one in tx_hashes]
    answers = node.ask_many([*questions, *(("eth_getBlockByNumber", [end, False]) for end in ends)])
    found = dict(zip(tx_hashes, map(_receipt_row, answers), strict=False))
    mined = {tx_hash: value for tx_hash, value in found.items() if isinstance(value, dict)}
    if not mined:
        return [value if isinstance(value, MaskbotError) else None for value in found.values()]
    newest, *finalized = (read_header(value_of(one)) for one in answers[len(tx_hashes) :])
    if newest is None:
        raise NodeAnswerMalformed("a chain without a newest block")
    final_number = finalized[0].number if finalized and finalized[0] is not None else -1
    transactions, blocks = _second_look(node, mined)
    for tx_hash, value in mined.items():
        try:
            receipt = read_receipt(value, value_of(transactions[tx_hash]), tx_hash=tx_hash)
            found[tx_hash] = _placed(receipt, blocks, newest=newest, final_number=final_number, chain=chain)
        except MaskbotError as error:
            found[tx_hash] = error
    return list(found.values())


def agreed_inclusion(
    said: Sequence[Inclusion | MaskbotError | None], *, quorum: int
) -> Inclusion | MaskbotError | None:
    """What the nodes say together of one transaction, or why they say nothing: NodesDisagree, or the first one's error."""
    try:
        return _agreed(said, quorum=quorum)
    except MaskbotError as error:
        return error


def _agreed(said: Sequence[Inclusion | MaskbotError | None], *, quorum: int) -> Inclusion | None:
    mined = [one for one in heard_of(said) if one is not None]
    if not mined:
        return agreed(said, quorum=quorum)
    if len(mined) < quorum:
        raise NodesDisagree(f"{len(mined)} of {len(said)} nodes have this transaction mined")
    receipt = agreed([one.receipt for one in mined], quorum=quorum)
    mined = [one for one in mined if one.receipt == receipt]
    finals = sum(1 for one in mined if one.is_final)
    return Inclusion(receipt, vouched([one.depth for one in mined], quorum=quorum), finals >= quorum)


def _receipt_row(answer: Result | Problem) -> Json | MaskbotError:
    """The receipt with a number of a block, None for null, or what is wrong with it."""
    try:
        value = value_of(answer)
        if value is not None:
            small(row(value, where="receipt").get("blockNumber"), where="blockNumber")
    except MaskbotError as error:
        return error
    return value


def _second_look(
    node: Endpoint, mined: Mapping[bytes, dict[str, Json]]
) -> tuple[Mapping[bytes, Result | Problem], Mapping[int, MinedBlock | MaskbotError | None]]:
    """The transactions themselves, and the blocks that their receipts name."""
    numbers = sorted({small(value["blockNumber"], where="blockNumber") for value in mined.values()})
    questions: list[tuple[str, list[Json]]] = [("eth_getTransactionByHash", [to_hex(one)]) for one in mined]
    answers = node.ask_many([*questions, *(("eth_getBlockByNumber", [to_hex(one), False]) for one in numbers)])
    blocks = dict(zip(numbers, map(_block, answers[len(mined) :]), strict=True))
    return dict(zip(mined, answers, strict=False)), blocks


def _block(answer: Result | Problem) -> MinedBlock | MaskbotError | None:
    try:
        return read_mined_block(value_of(answer))
    except MaskbotError as error:
        return error


def _placed(
    receipt: Receipt | None,
    blocks: Mapping[int, MinedBlock | MaskbotError | None],
    *,
    newest: Header,
    final_number: int,
    chain: Chain,
) -> Inclusion | None:
    """None for what is pending, and for a receipt of a block that has left the chain."""
    block = None if receipt is None else blocks[receipt.block_number]
    if isinstance(block, MaskbotError):
        raise block
    if receipt is None or block is None or block.hash != receipt.block_hash or receipt.tx_hash not in block.tx_hashes:
        return None
    depth = max(newest.number - receipt.block_number + 1, 1)
    is_final = final_number >= receipt.block_number if chain.has_finalized else depth >= chain.final_depth
    return Inclusion(receipt, depth, is_final)
