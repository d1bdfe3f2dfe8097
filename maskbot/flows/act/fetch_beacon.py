"""Fetch what the promised beacon of a closed giveaway said; the draw is due then (reliability.md C.6)."""

from __future__ import annotations

from maskbot.domain.errors import Malformed, Refused, Unavailable
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.ports.giveaways import Beacons
from maskbot.ports.inside import Clock, Notice
from maskbot.ports.store import Store


def fetch_beacon(
    giveaway_id: str, *, store: Store, beacons: Beacons, clock: Clock, notice: Notice, job: Job | None = None
) -> None:
    """Record the beacon's value, and the job of the draw; `job` is finished. A giveaway that has its value, or is past that, stays.

    Raises:
        Refused (StillOpen, NoSuchRow): not closed, or not there. Unavailable: the beacon has not spoken, or whoever was asked lies;
        try again later. Misconfigured, Refused: as in `Beacons.fetch_value`.
    """
    with store.read() as work:
        giveaway = work.giveaways.load(giveaway_id)
    if giveaway is None:
        raise Refused(f"no giveaway {giveaway_id}", kind="NoSuchRow")
    if giveaway.state in ("draft", "funded", "open"):
        raise Refused("a beacon is asked after the giveaway has closed", kind="StillOpen")
    is_wanted = giveaway.state == "closed" and giveaway.beacon_value is None and bool(giveaway.rules.beacon)
    not_before_s = giveaway.rules.draws_at_ms // 1000
    try:
        value = beacons.fetch_value(giveaway.rules.beacon, not_before_s=not_before_s) if is_wanted else None
    except Malformed as error:  # a false answer now says nothing about the next one
        raise Unavailable(str(error), kind=error.kind) from error
    with store.write() as work:
        if value is not None:
            work.giveaways.save_beacon(giveaway_id, value=value)
            work.jobs.add([NewJob(JobKind.DRAW_GIVEAWAY, giveaway_id, giveaway.tenant_id, clock.now_ms())])
        if job is not None:
            work.jobs.finish([job])
    notice.ring({JobKind.DRAW_GIVEAWAY.queue: 1})
