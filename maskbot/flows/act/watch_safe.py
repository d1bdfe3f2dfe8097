"""Look on the chain what became of proposals: executed, or their nonce used by another transaction. Final blocks only, so it is
final.

Events are read only once the Safe's nonce says that a proposal's place is taken. That they do not tell of the proposal says that
another transaction took it only if they tell of as many others as nonces were used since the search began: a node that gives no
events, or not all, must not let anybody pay again what the Safe has paid.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from maskbot.domain.chain import BlockName, LogQuery
from maskbot.domain.errors import Malformed
from maskbot.domain.safe import OPEN_STATES, Proposal, Safe
from maskbot.flows.act.fetch_safe import fetch_nonce
from maskbot.flows.act.record_proposal import record_proposal
from maskbot.flows.act.safe_parts import SafeParts
from maskbot.ports.chain import ChainNode
from maskbot.wire.safe import EXECUTION_FAILURE, EXECUTION_SUCCESS, executed_hash

log = structlog.get_logger()


def watch_safe(safe: Safe, *, parts: SafeParts) -> None:
    """End those of the Safe's open proposals whose end is final. Raises Unavailable, NodesDisagree."""
    with parts.store.read() as work:
        proposals = work.treasury.proposals.in_states(OPEN_STATES, safe_id=safe.id)
    chain = parts.chain_of(safe.chain_id)
    last_block = _final_block(chain)
    if not proposals or last_block is None:
        return
    try:
        next_nonce = fetch_nonce(safe.address, chain=chain, at=last_block)
    except Malformed:
        log.info(
            "safe.not_final", safe_id=safe.id, block=last_block
        )  # the Safe itself is younger than the last final block
        return
    for proposal in proposals:
        if proposal.tx.nonce < next_nonce:
            _search(proposal, next_nonce, chain=chain, last_block=last_block, parts=parts)


def _final_block(chain: ChainNode) -> int | None:
    """The newest block that stays, None if there is none yet."""
    if chain.chain.has_finalized:
        finalized = chain.fetch_header(BlockName.FINALIZED)
        return None if finalized is None else finalized.number
    newest = chain.fetch_header(BlockName.LATEST)
    number = -1 if newest is None else newest.number - chain.chain.final_depth + 1
    return number if number >= 0 else None


def _search(proposal: Proposal, next_nonce: int, *, chain: ChainNode, last_block: int, parts: SafeParts) -> None:
    """Read the Safe's events up to the last block, or as far as one sweep goes, and record what they say of the proposal."""
    block, after, error_kind, tx_hash = proposal.next_block, proposal.state, proposal.error_kind, None
    executions = proposal.executions
    for _ in range(parts.most_pages):
        query = LogQuery(proposal.tx.safe, block, last_block, topic0=(EXECUTION_SUCCESS, EXECUTION_FAILURE))
        page = chain.fetch_logs(query)
        mine = [one for one in page.logs if executed_hash(one) == proposal.hash]
        executions += len(page.logs)
        block = page.end.number + 1
        if mine:
            has_succeeded = mine[0].topics[0] == EXECUTION_SUCCESS
            after, tx_hash = ("executed" if has_succeeded else "replaced"), mine[0].tx_hash
            error_kind = None if has_succeeded else "ExecutionFailed"
            break
        if block > last_block and executions >= next_nonce - proposal.first_nonce:
            after, error_kind = "replaced", "NonceUsedByAnother"
            break
        if block > last_block:
            log.warning("proposal.executions_missing", proposal_id=proposal.id, seen=executions, next_nonce=next_nonce)
            error_kind, block, executions = "ExecutionsMissing", proposal.first_block, 0
            break
    parts.reach("safe.found")
    record_proposal(
        proposal,
        lambda now: replace(
            now, state=after, next_block=block, executions=executions, error_kind=error_kind, tx_hash=tx_hash
        ),
        actor="chain",
        parts=parts,
    )
    log.info("proposal.seen", proposal_id=proposal.id, state=after, nonce=proposal.tx.nonce)
