"""Refresh the largest coins ahead of the next question, every ten minutes for a day after a price was asked for.

One row for the whole deployment, so one host does it however many there are; the sources' budgets hold for it like for any call.
Nobody who never asks for prices costs a source anything. Source: price-cards.md 3 (batches).
"""

from __future__ import annotations

from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.ports.inside import Clock
from maskbot.ports.outside import MarketData
from maskbot.ports.store import Store

EACH_MS = 600_000
WANTED_MS = 24 * 3_600_000
BEAT = "market"
"""The loop's name in health and metrics; it beats when a refresh succeeded."""


def next_refresh(*, tenant_id: str, now_ms: int) -> NewJob:
    """The job; one that is pending already stays as it is."""
    return NewJob(JobKind.REFRESH_MARKET, "top", tenant_id, now_ms)


def refresh_market(job: Job, *, store: Store, market: MarketData, clock: Clock) -> None:
    """Refresh, and come again in ten minutes; a day after the job was made it ends, and the next price makes it anew.

    Raises: Refused (StaleLease) if the job was taken over.
    """
    if clock.now_ms() - job.created_at_ms >= WANTED_MS:
        with store.write() as work:
            work.jobs.finish([job])
        return
    with store.read() as work:
        is_paused = "verb:price" in work.switches.off()
    is_fresh = not is_paused and market.refresh_ahead()
    now_ms = clock.now_ms()
    with store.write() as work:
        if is_fresh:
            work.bells.beat(name=BEAT, now_ms=now_ms)
        work.jobs.postpone(job, due_at_ms=now_ms + EACH_MS, error_kind="paused" if is_paused else "")
