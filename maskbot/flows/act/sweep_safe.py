"""Sweep a Safe: the one place where its proposals are signed, handed to the queue, and looked for on the chain (applets.md 1.1 R4).

One job a Safe, under a lease. Each step is recorded at once and by itself, so a sweep may die on any line, and the next one goes
on from what is stored. Whatever the queue does, the chain alone ends a proposal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog

from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.job import Job
from maskbot.domain.safe import OPEN_STATES, Proposal, Safe
from maskbot.flows.act.post_proposal import hear_owners, post_proposal
from maskbot.flows.act.record_proposal import record_proposal
from maskbot.flows.act.safe_parts import SafeParts
from maskbot.flows.act.watch_safe import watch_safe

log = structlog.get_logger()


def sweep_safe(job: Job, *, parts: SafeParts) -> None:
    """Take the open proposals of the Safe `job.target_id` a step on.

    Raises: Unavailable (vault or nodes are away: later), Misconfigured (a node serves another chain).
    """
    found = _open(job.target_id, parts=parts)
    if found is None:
        _end(job, parts=parts)
        return
    safe, proposals = found
    parts.reach("safe.begun")
    for proposal in proposals:
        if proposal.state == "planned":
            _sign(proposal, parts=parts)
    queue = parts.queue_of(safe.chain_id)
    found = _open(safe.id, parts=parts)
    if queue is not None and found is not None:
        is_answering = all(post_proposal(proposal, queue=queue, parts=parts) for proposal in found[1])
        if is_answering:
            hear_owners(safe, _posted(safe.id, parts=parts), queue=queue, parts=parts)
    watch_safe(safe, parts=parts)
    parts.reach("safe.done")
    _end(job, parts=parts)


def _sign(proposal: Proposal, *, parts: SafeParts) -> None:
    """Have the vault sign, if a second implementation gives the same hash. What is refused stays, with the reason."""
    if parts.hasher.hash(proposal.tx) != proposal.hash:
        log.error("proposal.hashes_disagree", proposal_id=proposal.id)
        _note(proposal, "HashesDisagree", parts=parts)
        return
    parts.reach("safe.sign.before")
    try:
        parts.keys.sign_proposal(proposal_id=proposal.id)
    except (Refused, Malformed) as error:
        log.warning("proposal.waits", proposal_id=proposal.id, error=error.kind)
        _note(proposal, error.kind, parts=parts)
    parts.reach("safe.sign.after")


def _note(proposal: Proposal, error_kind: str, *, parts: SafeParts) -> None:
    """Remember what keeps a proposal from moving, unless it has moved."""

    def noted(now: Proposal) -> Proposal:
        return replace(now, error_kind=error_kind) if now.state == proposal.state else now

    record_proposal(proposal, noted, actor="vault", parts=parts)


def _open(safe_id: str, *, parts: SafeParts) -> tuple[Safe, tuple[Proposal, ...]] | None:
    with parts.store.read() as work:
        safes = work.treasury.safes.load([safe_id])
        proposals = work.treasury.proposals.in_states(OPEN_STATES, safe_id=safe_id)
    return (safes[0], proposals) if safes and proposals else None


def _posted(safe_id: str, *, parts: SafeParts) -> Sequence[Proposal]:
    found = _open(safe_id, parts=parts)
    return [] if found is None else [one for one in found[1] if one.posted_at_ms is not None]


def _end(job: Job, *, parts: SafeParts) -> None:
    """Come again while something is open. The Safe's lock keeps a proposal that is planned now from being overlooked."""
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        safe = work.treasury.safes.lock(job.target_id)
        if safe is None or not work.treasury.proposals.in_states(OPEN_STATES, safe_id=job.target_id):
            work.jobs.finish([job])
            return
        work.jobs.postpone(job, due_at_ms=now_ms + parts.poll_ms, error_kind="UnderWay")
