"""Close a giveaway: from here on its entrants are fixed, and the root that fixes them is published (C.5, C.6 (2), R35).

Source: reliability.md.
"""

from __future__ import annotations

from dataclasses import replace

from maskbot.domain.errors import Refused
from maskbot.domain.giveaway import Entrant, Giveaway, Mode
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.flows.decide.giveaway.announce import announce, public_name
from maskbot.ports.store import Store
from maskbot.wire.draw import DrawEntrant, merkle_root, normalise


def close_giveaway(giveaway_id: str, *, store: Store, now_ms: int, job: Job | None = None) -> Giveaway:
    """Close the giveaway when its window is over, and publish the root of its entrants. One that is closed stays as it is.

    A giveaway that could not be closed before its beacon spoke is never drawn, since somebody could have chosen the entrants with
    the result in hand: it is `refunding` then. `job` is finished with it.

    Raises:
        Refused (StillOpen): the window is not over. Refused (NoSuchRow): no such giveaway.
    """
    with store.write() as work:
        giveaway = work.giveaways.load(giveaway_id, is_locked=True)
        if giveaway is None:
            raise Refused(f"no giveaway {giveaway_id}", kind="NoSuchRow")
        if job is not None:
            work.jobs.finish([job])
        if giveaway.state != "open":
            return giveaway
        if now_ms < giveaway.rules.closes_at_ms:
            raise Refused(f"the giveaway {giveaway.rules.code} is open until its window ends", kind="StillOpen")
        entrants = work.entrants.load(giveaway.id)
        if giveaway.rules.mode is Mode.DRAWN and entrants and now_ms >= giveaway.rules.draws_at_ms:
            late = work.giveaways.move(giveaway, after="refunding", now_ms=now_ms)
            announce(late, step="closed", text=late_text(late), work=work, now_ms=now_ms)
            return late
        lines = [entrant.line for entrant in normalise(map(draw_entrant, entrants))]
        root = merkle_root(lines)
        closed = work.giveaways.move(
            replace(giveaway, root=root, entrant_count=len(entrants)), after="closed", now_ms=now_ms
        )
        announce(closed, step="closed", text=closing_text(closed), work=work, now_ms=now_ms)
        if closed.rules.mode is Mode.FIRST_COME or not entrants:
            work.jobs.add([NewJob(JobKind.DRAW_GIVEAWAY, closed.id, closed.tenant_id, now_ms)])
        else:
            work.jobs.add([NewJob(JobKind.FETCH_BEACON, closed.id, closed.tenant_id, giveaway.rules.draws_at_ms)])
    return closed


def draw_entrant(entrant: Entrant) -> DrawEntrant:
    """The entrant as the draw knows it."""
    return DrawEntrant(entrant.id, entrant.address)


def closing_text(giveaway: Giveaway) -> str:
    """What is published at closing."""
    name = public_name(giveaway)
    root = (giveaway.root or b"").hex()
    return f"Giveaway {name} is closed with {giveaway.entrant_count} entrants.\nRoot {root}"


def late_text(giveaway: Giveaway) -> str:
    """What is published when the root would have come too late."""
    name = public_name(giveaway)
    return f"Giveaway {name} could not be closed before its randomness was known, so nobody is drawn and everything goes back."
