"""How proposals end: executed or replaced, as the chain says; cancelled only while nothing of them was signed."""

from __future__ import annotations

from dataclasses import replace

from maskbot.domain.audit import NewEntry
from maskbot.domain.errors import Refused
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.safe import Proposal, ProposalGone
from maskbot.ports.store import Work


def end_proposal(proposal: Proposal, *, before: str, actor: str, work: Work, now_ms: int) -> None:
    """Save a proposal in its last state, note it in the audit, and add the job that waits for it. Raises Refused (IllegalMove)."""
    work.treasury.proposals.save(proposal, before=before, now_ms=now_ms)
    if proposal.followup is not None:
        follow = proposal.followup
        work.jobs.add([NewJob(follow.kind, follow.target_id, proposal.tenant_id, now_ms)])
    entry = NewEntry(actor, f"proposal.{proposal.state}", proposal.id, proposal.tx_hash or proposal.hash)
    work.treasury.audit.append(entry, now_ms=now_ms)


def cancel_proposal(proposal_id: str, *, actor: str, work: Work, now_ms: int) -> Proposal:
    """Forget a proposal that nobody has a signature of.

    Raises:
        ProposalGone: it is signed, and a signature cannot be taken back. Refused (NoSuchRow): no such proposal.
    """
    proposal = locked(proposal_id, work=work)
    if proposal.state != "planned":
        raise ProposalGone(
            f"the proposal is {proposal.state}. A signature cannot be taken back: let the owners execute another transaction, such "
            f"as a rejection, with the Safe's nonce {proposal.tx.nonce}; it counts as replaced when that is final"
        )
    cancelled = replace(proposal, state="cancelled", error_kind="Cancelled")
    end_proposal(cancelled, before="planned", actor=actor, work=work, now_ms=now_ms)
    return cancelled


def retry_proposal(proposal_id: str, *, work: Work, now_ms: int) -> Proposal:
    """Try again what the vault or the queue service refused. Raises ProposalGone, Refused (NoSuchRow)."""
    proposal = locked(proposal_id, work=work)
    if not proposal.is_open:
        raise ProposalGone(f"the proposal is {proposal.state}: there is nothing to try again")
    again = replace(proposal, error_kind=None)
    work.treasury.proposals.save(again, before=proposal.state, now_ms=now_ms)
    work.jobs.add([NewJob(JobKind.SWEEP_SAFE, proposal.safe_id, proposal.tenant_id, now_ms)])
    return again


def locked(proposal_id: str, *, work: Work) -> Proposal:
    """The proposal as it is now, with its Safe locked until the end of the transaction. Raises Refused (NoSuchRow)."""
    found = work.treasury.proposals.load([proposal_id])
    if not found or work.treasury.safes.lock(found[0].safe_id) is None:
        raise Refused(f"no proposal {proposal_id}; see `maskbot safe proposals`", kind="NoSuchRow")
    return work.treasury.proposals.load([proposal_id])[0]
