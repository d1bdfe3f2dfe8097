"""Hand a signed proposal to the queue service where owners meet, and hear what they signed there.

The service is not trusted: it cannot change what is signed, and a signature counts when it recovers to an owner that the chain
names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import structlog

from maskbot.domain.chain import BlockName
from maskbot.domain.errors import Malformed, Misconfigured, Refused, Unavailable, Unconfirmed
from maskbot.domain.money import Address
from maskbot.domain.safe import Proposal, Safe
from maskbot.flows.act.fetch_safe import fetch_owners, fetch_threshold
from maskbot.flows.act.record_proposal import record_proposal
from maskbot.flows.act.safe_parts import SafeParts
from maskbot.ports.safes import QueueRefuses, SafeQueue
from maskbot.wire.safe import signer_of_hash

log = structlog.get_logger()


def post_proposal(proposal: Proposal, *, queue: SafeQueue, parts: SafeParts) -> bool:
    """Hand the proposal over unless it was; whether the service answers. It is always looked for first, so a lost answer or a crash
    makes no second one. What the service refuses waits for `retry`; one that is away is asked again by the next sweep."""
    if proposal.signature is None or proposal.posted_at_ms is not None or proposal.error_kind == QueueRefuses.kind:
        return True
    error_kind: str | None = None
    is_answering = True
    try:
        if queue.find(proposal.hash) is None:
            parts.reach("safe.post.before")
            queue.propose(proposal, sender=_sender(proposal, parts=parts))
            parts.reach("safe.post.after")
    except (Refused, Malformed, Unavailable, Unconfirmed, Misconfigured) as error:
        error_kind = error.kind
        is_answering = isinstance(error, Refused | Malformed)
        log.warning("proposal.not_posted", proposal_id=proposal.id, error=error.kind)
    posted_at_ms = parts.clock.now_ms() if error_kind is None else None
    record_proposal(
        proposal,
        lambda now: replace(now, posted_at_ms=posted_at_ms, error_kind=error_kind),
        actor="queue",
        parts=parts,
    )
    parts.reach("safe.post.recorded")
    return is_answering


def hear_owners(safe: Safe, proposals: Sequence[Proposal], *, queue: SafeQueue, parts: SafeParts) -> None:
    """Record whose signatures are there. A proposal that the service has lost is handed over again by the next sweep."""
    if not proposals:
        return
    chain = parts.chain_of(safe.chain_id)
    owners = frozenset(fetch_owners(safe.address, chain=chain, at=BlockName.LATEST))
    threshold = fetch_threshold(safe.address, chain=chain, at=BlockName.LATEST)
    for proposal in proposals:
        try:
            queued = queue.find(proposal.hash)
        except (Malformed, Unavailable, Misconfigured) as error:
            log.info("proposal.not_heard", proposal_id=proposal.id, error=error.kind)
            return  # a service that hangs must not hold up what the chain knows
        signatures = () if queued is None else queued.signatures
        confirmed = _confirmed(proposal.hash, (*signatures, *_own(proposal)), owners=owners)
        record_proposal(
            proposal,
            partial(_heard, confirmed=confirmed, is_there=queued is not None, threshold=threshold),
            actor="queue",
            parts=parts,
        )


def _heard(now: Proposal, *, confirmed: tuple[Address, ...], is_there: bool, threshold: int) -> Proposal:
    state = "confirmed" if len(confirmed) >= threshold else now.state
    return replace(
        now, confirmed_by=confirmed, state=state, posted_at_ms=now.posted_at_ms if is_there else None, error_kind=None
    )


def _confirmed(
    digest: bytes, signatures: Sequence[tuple[Address, bytes]], *, owners: frozenset[Address]
) -> tuple[Address, ...]:
    genuine = {who for who, signature in signatures if signer_of_hash(digest, signature=signature) == who}
    return tuple(sorted(genuine & owners))


def _own(proposal: Proposal) -> tuple[tuple[Address, bytes], ...]:
    signer = signer_of_hash(proposal.hash, signature=proposal.signature or b"")
    return () if signer is None or proposal.signature is None else ((signer, proposal.signature),)


def _sender(proposal: Proposal, *, parts: SafeParts) -> Address:
    with parts.store.read() as work:
        return work.treasury.wallets.load([proposal.wallet_id])[0].address
