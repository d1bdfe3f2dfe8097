"""Record what the outside said about a proposal, in a transaction of its own, on the row as it is then."""

from __future__ import annotations

from collections.abc import Callable

from maskbot.domain.safe import Proposal
from maskbot.flows.act.safe_parts import SafeParts
from maskbot.flows.decide.safe import end_proposal


def record_proposal(
    proposal: Proposal, change: Callable[[Proposal], Proposal], *, actor: str, parts: SafeParts
) -> None:
    """Save what `change` makes of the proposal, unless it has ended meanwhile; one that ends by it gets its followup."""
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        work.treasury.safes.lock(proposal.safe_id)
        (now,) = work.treasury.proposals.load([proposal.id])
        if not now.is_open:
            return
        changed = change(now)
        if not changed.is_open:
            end_proposal(changed, before=now.state, actor=actor, work=work, now_ms=now_ms)
        elif changed != now:
            work.treasury.proposals.save(changed, before=now.state, now_ms=now_ms)
        parts.reach("safe.in_transaction")
