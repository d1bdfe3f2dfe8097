"""One job, one flow; one error family, one verb. The only table that maps failures to what the worker does next.

Source: ARCHITECTURE.md 5. A flow finishes its own job in the transaction that records its effect; this module ends the jobs
whose flow raised.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

import structlog

from maskbot.assembly import App
from maskbot.domain.errors import Malformed, MaskbotError, Misconfigured, Refused, Unavailable, Unconfirmed
from maskbot.domain.job import Job, JobKind
from maskbot.flows.act.check_payment import check_payments
from maskbot.flows.act.delete_post import delete_post
from maskbot.flows.act.deliver_post import deliver_post
from maskbot.flows.act.deliver_webhook import deliver_webhook
from maskbot.flows.act.erase_key import erase_key
from maskbot.flows.act.fetch_beacon import fetch_beacon
from maskbot.flows.act.fetch_facts import FactSources, fetch_facts
from maskbot.flows.act.fetch_picture import fetch_picture
from maskbot.flows.act.open_post import open_post
from maskbot.flows.act.packet_claim import book_claim, check_claim
from maskbot.flows.act.packet_claim.price import price_claim
from maskbot.flows.act.publish_keys import publish_keys
from maskbot.flows.act.red_packet import advance_packet, publish_packet, refund_packet, track_packet
from maskbot.flows.act.refresh_market import refresh_market
from maskbot.flows.act.sweep_safe import sweep_safe
from maskbot.flows.act.sweep_wallet import sweep_wallet
from maskbot.flows.decide.answer_mentions import answer_mentions
from maskbot.flows.decide.giveaway import book_giveaway, close_giveaway, draw_giveaway
from maskbot.ports.inside import Notice
from workers.solitude import Room

log = structlog.get_logger()

BATCHES: Mapping[str, int] = {
    "mentions": 200,
    "facts": 4,
    "keys": 4,
    "pictures": 1,
    "deliveries": 2,
    "webhooks": 4,
    "payments": 100,
}
"""How many jobs one claim takes: many where they are decided together, few where each waits for the outside."""

GIVE_UP_AFTER_MS = 24 * 3_600_000
_FIRST_RETRY_MS = 1_000
_LAST_RETRY_MS = 600_000
_MOST_BUGS = 5
_ROOM = Room()

Flow = Callable[[Job, App, Notice], object]
Batch = Callable[[Sequence[Job], App, Notice], object]

_BATCHED: Mapping[JobKind, Batch] = {
    JobKind.ANSWER_MENTION: lambda jobs, app, notice: answer_mentions(
        jobs,
        store=app.store,
        keys=app.vault,
        clock=app.clock,
        notice=notice,
        applets=app.applets,
        policies=app.policies,
    ),
    JobKind.CHECK_PAYMENT: lambda jobs, app, _: check_payments(jobs, parts=app.payments),
}
"""The kinds whose jobs are done together; one whose worker died, or that failed before, is done by itself."""

_FLOWS: Mapping[JobKind, Flow] = {
    JobKind.FETCH_FACTS: lambda job, app, notice: fetch_facts(
        job, store=app.store, sources=_sources(app), clock=app.clock, notice=notice
    ),
    JobKind.REFRESH_MARKET: lambda job, app, _: refresh_market(
        job, store=app.store, market=app.market, clock=app.clock
    ),
    JobKind.OPEN_POST: lambda job, app, notice: open_post(
        job, store=app.store, graph=app.key_graph, vault=app.vault, clock=app.clock, notice=notice
    ),
    JobKind.FETCH_PICTURE: lambda job, app, notice: fetch_picture(
        job, store=app.store, pictures=app.pictures, clock=app.clock, notice=notice
    ),
    JobKind.PUBLISH_KEYS: lambda job, app, notice: publish_keys(
        job, store=app.store, graph=app.key_graph, clock=app.clock, notice=notice, grace_ms=app.keys_grace_ms
    ),
    JobKind.DELIVER_POST: lambda job, app, _: deliver_post(
        job,
        store=app.store,
        publisher_of=app.publisher_of,
        clock=app.clock,
        rules=app.delivery_rules,
        cards=app.cards,
    ),
    JobKind.DELETE_POST: lambda job, app, _: delete_post(job, store=app.store, publisher_of=app.publisher_of),
    JobKind.DELIVER_WEBHOOK: lambda job, app, _: deliver_webhook(
        job, store=app.store, secrets=app.vault, sender=app.webhooks, clock=app.clock
    ),
    JobKind.ERASE_KEY: lambda job, app, _: erase_key(job, store=app.store, keys=app.vault),
    JobKind.SWEEP_WALLET: lambda job, app, _: sweep_wallet(job, parts=app.payments),
    JobKind.ADVANCE_PACKET: lambda job, app, _: advance_packet(job, parts=app.packets),
    JobKind.PUBLISH_PACKET: lambda job, app, notice: publish_packet(job, parts=app.packets, notice=notice),
    JobKind.TRACK_PACKET: lambda job, app, _: track_packet(job, parts=app.packets),
    JobKind.REFUND_PACKET: lambda job, app, _: refund_packet(job, parts=app.packets),
    JobKind.SWEEP_SAFE: lambda job, app, _: sweep_safe(job, parts=app.safes),
    JobKind.CLOSE_GIVEAWAY: lambda job, app, _: close_giveaway(
        job.target_id, store=app.store, now_ms=app.clock.now_ms(), job=job
    ),
    JobKind.FETCH_BEACON: lambda job, app, notice: fetch_beacon(
        job.target_id, store=app.store, beacons=app.beacons, clock=app.clock, notice=notice, job=job
    ),
    JobKind.DRAW_GIVEAWAY: lambda job, app, _: draw_giveaway(
        job.target_id, store=app.store, now_ms=app.clock.now_ms(), job=job
    ),
    JobKind.BOOK_GIVEAWAY: lambda job, app, _: book_giveaway(
        job.target_id, store=app.store, now_ms=app.clock.now_ms(), job=job
    ),
    JobKind.CHECK_CLAIM: lambda job, app, _: check_claim(job, parts=app.claims),
    JobKind.PRICE_CLAIM: lambda job, app, _: price_claim(job, store=app.store, market=app.market, clock=app.clock),
    JobKind.BOOK_CLAIM: lambda job, app, _: book_claim(job, parts=app.claims),
}


def _sources(app: App) -> FactSources:
    """Whom facts are asked of."""
    return FactSources(
        market=app.market,
        chain_of=app.chain_of,
        graph_of=app.graph_of,
        feed_of=app.feed_of,
        node_of=app.chain_of,
        contracts=app.packet_contracts,
        x_budget_musd=app.settings.x_daily_budget_musd,
    )


def drain(queue: str, *, app: App, notice: Notice, owner: str, is_stopping: Callable[[], bool]) -> int:
    """Claim and do due jobs of one queue until none is left, it is paused, or the worker stops; how many were done."""
    done = 0
    while not is_stopping():
        with app.store.write() as work:
            if work.switches.off() & {"global", queue}:  # left as they are: the ticker rings again
                break
            jobs = work.jobs.claim(
                queue=queue,
                owner=owner,
                limit=BATCHES.get(queue, 1),
                now_ms=app.clock.now_ms(),
                lease_ms=app.lease_ms,
            )
        if not jobs:
            break
        done += run_jobs(jobs, app=app, notice=notice, is_stopping=is_stopping)
    return done


def run_jobs(jobs: Sequence[Job], *, app: App, notice: Notice, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Do claimed jobs: those of a kind that is done in batches together, the others one by one; how many were done.

    Jobs that a worker died with come after the clean ones, each by itself; of those that two workers died with, only the first,
    and the others are handed back, so that what waits behind a poison job does not share its fate (R10). What was not begun when
    the worker is told to stop is handed back too (R27).
    """
    suspects = sorted((job for job in jobs if job.crashes > 1), key=lambda job: job.crashes)
    _hand_back(suspects[1:], app=app)
    clean = [job for job in jobs if job.crashes == 0]
    batches = [[job for job in clean if job.kind is kind and _is_batched(job)] for kind in _BATCHED]
    others = [job for job in clean if not _is_batched(job)]
    shaken = [job for job in jobs if job.crashes == 1]
    steps = [*filter(None, batches), *([job] for job in others + shaken + suspects[:1])]
    done = 0
    for index, step in enumerate(steps):
        if is_stopping():
            _hand_back([job for each in steps[index:] for job in each], app=app)
            break
        _run(step, app=app, notice=notice)
        done += len(step)
    return done


def _hand_back(jobs: Sequence[Job], *, app: App) -> None:
    if not jobs:
        return
    try:
        with app.store.write() as work:
            work.jobs.give_back(jobs, now_ms=app.clock.now_ms())
    except MaskbotError as error:  # their leases lapse by themselves
        log.warning("job.not_handed_back", jobs=len(jobs), error=error.kind)


def _is_batched(job: Job) -> bool:
    """A payment that was tried before is checked by itself: whatever is wrong with it, the others do not wait for it again."""
    return job.kind is JobKind.ANSWER_MENTION or (job.kind in _BATCHED and job.tries == 1)


def _run(jobs: Sequence[Job], *, app: App, notice: Notice) -> None:
    """Do one step: one job, or a batch that is done together."""
    kind = jobs[0].kind
    try:
        with _ROOM.alone() if jobs[0].crashes > 1 else _ROOM.shared():
            if kind in _BATCHED:
                _BATCHED[kind](jobs, app, notice)
            else:
                _FLOWS[kind](jobs[0], app, notice)
    except MaskbotError as error:
        if error.kind == "StaleLease":
            log.info("job.taken_over", kind=jobs[0].kind.value, jobs=len(jobs))
            return
        for job in jobs:
            _end(job, error, app=app)
    except Exception as error:  # a bug: counted, parked, and named
        log.exception("job.bug", kind=jobs[0].kind.value, error=type(error).__name__)
        for job in jobs:
            _end(job, error, app=app)


def _end(job: Job, error: Exception, *, app: App) -> None:
    """The table: what each family means for the job whose flow raised it."""
    now_ms = app.clock.now_ms()
    kind = error.kind if isinstance(error, MaskbotError) else type(error).__name__
    is_bug = not isinstance(error, MaskbotError) or (
        isinstance(error, Malformed | Refused) and job.kind is JobKind.ANSWER_MENTION
    )  # one mention may be refused, never the batch that it is decided in
    try:
        with app.store.write() as work:
            match error:
                case _ if job.kind.queue == "payments":  # never given up: people's money is on its way
                    work.jobs.postpone(job, due_at_ms=now_ms + min(backoff_ms(job.tries), 30_000), error_kind=kind)
                case _ if is_bug and job.tries < _MOST_BUGS:
                    work.jobs.postpone(job, due_at_ms=now_ms + backoff_ms(job.tries), error_kind=kind)
                case Malformed() | Refused() if not is_bug:
                    work.jobs.finish([job])
                case Unavailable() if now_ms - job.created_at_ms < GIVE_UP_AFTER_MS:
                    pause_ms = max(error.pause_ms or 0, backoff_ms(job.tries))
                    work.jobs.postpone(job, due_at_ms=now_ms + pause_ms, error_kind=kind)
                case Unconfirmed():
                    work.jobs.postpone(job, due_at_ms=now_ms + app.delivery_rules.look_gap_ms, error_kind=kind)
                case Misconfigured():
                    work.jobs.postpone(job, due_at_ms=now_ms + 60_000, error_kind=kind)
                case _:
                    work.jobs.park(job, error_kind=kind)
    except Refused:
        log.info("job.taken_over", kind=job.kind.value, jobs=1)
        return
    log.warning("job.ended", job_id=job.id, kind=job.kind.value, error=kind, tries=job.tries)


def backoff_ms(tries: int) -> int:
    """The pause before the next try: doubling from 1 s to 10 min, with a quarter of jitter."""
    pause = min(_LAST_RETRY_MS, _FIRST_RETRY_MS * 2 ** min(max(tries - 1, 0), 20))
    return int(pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, no secret
