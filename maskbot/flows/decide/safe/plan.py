"""Plan a proposal: record what owners are asked to pay, once for ever, with its nonce (applets.md 1.1 R4)."""

from __future__ import annotations

from collections.abc import Sequence

from maskbot.domain.audit import NewEntry
from maskbot.domain.errors import Refused
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.safe import OPEN_STATES, OtherProposal, Proposal, ProposalOrder, Safe, SafeLook, SafeTx
from maskbot.domain.spending import SpendingRefused
from maskbot.domain.transaction import ContractCall
from maskbot.domain.wallet import Wallet
from maskbot.ports.store import Work
from maskbot.wire.safe import batch_call, check_content, safe_tx_hash


def safe_call(calls: Sequence[ContractCall], *, look: SafeLook) -> tuple[ContractCall, bool]:
    """One call as it is, several as a batch; and whether the Safe makes it as a delegate call.

    Raises:
        InvalidBatch: none or too many. Refused (NoMultiSend): this chain has no contract for batches.
    """
    if len(calls) == 1:
        return calls[0], False
    if look.multi_send is None:
        raise Refused(
            "this chain has no genuine MultiSendCallOnly: propose the payments one by one", kind="NoMultiSend"
        )
    return batch_call(calls, multi_send=look.multi_send), True


def plan_proposal(order: ProposalOrder, *, look: SafeLook, queued_nonce: int = 0, work: Work, now_ms: int) -> Proposal:
    """Record the proposal and the job that takes it on; one that was recorded for this purpose before comes back as it is. Its
    nonce is the first that neither the chain, nor the queue (`queued_nonce`), nor an open proposal of ours has.

    Raises:
        OtherProposal: there is a proposal of this purpose and id with another Safe or call.
        SpendingRefused: the wallet's policy does not allow it. Refused (NoSuchRow): no such Safe or wallet.
    """
    safe = work.treasury.safes.lock(order.safe_id)
    wallets = work.treasury.wallets.load([order.wallet_id])
    if safe is None or not wallets or wallets[0].tenant_id != safe.tenant_id:
        raise Refused("no such Safe, or no such wallet of the same tenant", kind="NoSuchRow")
    there = work.treasury.proposals.find(purpose=order.purpose, purpose_id=order.purpose_id)
    if there is not None:
        if (there.safe_id, there.tx.call, there.tx.is_delegate) != (safe.id, order.call, order.is_delegate):
            raise OtherProposal("there is another proposal for this purpose already: it is not changed")
        return there
    ours = work.treasury.proposals.in_states(OPEN_STATES, safe_id=safe.id)
    nonce = max(look.next_nonce, queued_nonce, *(one.tx.nonce + 1 for one in ours))
    tx = SafeTx(safe.chain_id, safe.address, order.call, order.is_delegate, nonce)
    _check(tx, safe, wallets[0], work=work)
    proposal = work.treasury.proposals.add(
        order,
        tx=tx,
        hash=safe_tx_hash(tx),
        tenant_id=safe.tenant_id,
        first_block=look.first_block,
        first_nonce=look.first_nonce,
        now_ms=now_ms,
    )
    work.jobs.add([NewJob(JobKind.SWEEP_SAFE, safe.id, safe.tenant_id, now_ms)])
    planned = NewEntry(order.requested_by, "proposal.planned", proposal.id, proposal.hash)
    work.treasury.audit.append(planned, now_ms=now_ms)
    return proposal


def _check(tx: SafeTx, safe: Safe, wallet: Wallet, *, work: Work) -> None:
    if wallet.chain_id != safe.chain_id:
        raise SpendingRefused("chain", f"the wallet is on chain {wallet.chain_id}, the Safe on {safe.chain_id}")
    policy = work.treasury.rules.load_policy(wallet.id)
    if policy is None:
        raise SpendingRefused("policy", "the wallet has no policy, so nothing may be proposed with it")
    check_content(tx, policy=policy)
