"""Write one batch of key records to one relay; when the relays hold them all, the broadcast may be posted.

Keys before post: deliveries fall due only when every relay holds every batch, or, once the slot and a grace time are over, when
at least one relay does (a dead relay must not silence a DAO; its batches go on being tried). Writing a batch again changes
nothing, because souls and states were fixed when it was sealed.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from maskbot.domain.errors import Unavailable, Unconfirmed
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.ports.inside import Clock, Notice
from maskbot.ports.outside import KeyGraph
from maskbot.ports.store import Store, Work

log = structlog.get_logger()


def publish_keys(job: Job, *, store: Store, graph: KeyGraph, clock: Clock, notice: Notice, grace_ms: int) -> None:
    """Publish the batch `job.target_id`.

    Raises: Unavailable or Unconfirmed if the relay does not hold it yet (tried again); Refused (StaleLease).
    """
    with store.read() as work:
        publication = work.publications.load(job.target_id)
    if publication is None or publication.is_done:
        with store.write() as work:
            work.jobs.finish([job])
        return
    try:
        graph.put_items(publication.items, relay=publication.relay)
    except (Unavailable, Unconfirmed) as error:
        log.warning("keys.not_published", publication_id=publication.id, relay=publication.relay, error=error.kind)
        with store.write() as work:
            due = _release(publication.broadcast_id, work=work, now_ms=clock.now_ms(), grace_ms=grace_ms)
        notice.ring(due)
        raise
    now_ms = clock.now_ms()
    with store.write() as work:
        work.publications.finish(publication.id, now_ms=now_ms)
        due = _release(publication.broadcast_id, work=work, now_ms=now_ms, grace_ms=grace_ms)
        work.jobs.finish([job])
    notice.ring(due)


def _release(broadcast_id: str, *, work: Work, now_ms: int, grace_ms: int) -> Mapping[str, int]:
    """Make the deliveries due if the relays allow it."""
    found = work.broadcasts.load(broadcast_id)
    if found is None or found[0].state != "sealed":
        return {}
    broadcast = found[0]
    whole = [done == total for done, total in work.publications.progress(broadcast_id).values()]
    if not (all(whole) or (any(whole) and now_ms >= broadcast.slot_at_ms + grace_ms)):
        return {}
    work.broadcasts.move(broadcast_id, after="published")
    due_at_ms = max(broadcast.slot_at_ms, now_ms)
    work.jobs.add(
        [
            NewJob(JobKind.DELIVER_POST, delivery_id, broadcast.tenant_id, due_at_ms)
            for delivery_id in work.broadcasts.deliveries(broadcast_id)
        ]
    )
    return {JobKind.DELIVER_POST.queue: 1} if due_at_ms <= now_ms else {}
