"""Deliver one draft: committed as `sending` before the call, recorded after it, looked for before any second try.

Source: reliability.md C.4, social-platforms.md 8. A worker that dies during the call leaves `sending`; whoever claims the job
next treats that as unknown and searches our own posts first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from maskbot.domain.account import Account
from maskbot.domain.card import Look
from maskbot.domain.delivery import Delivery
from maskbot.domain.errors import Malformed, MaskbotError, Misconfigured, Refused, Unavailable, Unconfirmed
from maskbot.domain.identity import Platform
from maskbot.domain.job import Job
from maskbot.domain.post import Draft, Picture
from maskbot.ports.inside import Clock
from maskbot.ports.outside import DUPLICATE_TEXT, CardRenderer, PictureRefused, Published, Publisher
from maskbot.ports.store import Store, Work

log = structlog.get_logger()
_DAY_MS = 86_400_000
_LINK = re.compile(r"https?://")
DELIVER = "deliver"
"""The action that throttles and the ledger know deliveries by."""


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """`looks` searches without a find, over at least `quiet_ms`, before an unknown delivery is sent again; `look_gap_ms` between
    them. `x_budget_musd` is the daily X budget in thousandths of a US dollar, `x_window_posts` how many posts an X account makes in
    any `x_window_ms`; 0 for no limit of our own. `look` is how the cards of these posts look."""

    looks: int = 3
    quiet_ms: int = 120_000
    look_gap_ms: int = 40_000
    x_budget_musd: int = 0
    x_window_posts: int = 0
    x_window_ms: int = 900_000
    look: Look = field(default_factory=Look)


def deliver_post(
    job: Job,
    *,
    store: Store,
    publisher_of: Callable[[str], Publisher],
    clock: Clock,
    rules: DeliveryRules,
    cards: CardRenderer | None = None,
) -> None:
    """Publish the delivery `job.target_id`, or find that it was published. Without `cards`, or when one cannot be drawn or
    the platform does not take it, the text goes out alone.

    Raises: Unavailable (nothing happened, or it could not be looked for: try later), Unconfirmed (look again later), Refused and
    Malformed (failed for good, and recorded so), Misconfigured (the account is marked broken for the operator).
    """
    now_ms = clock.now_ms()
    with store.write() as work:
        delivery = work.deliveries.load([job.target_id]).get(job.target_id)
        if delivery is None or delivery.state not in {"queued", "sending", "unknown"}:
            work.jobs.finish([job])
            return
        account = work.accounts.load([delivery.account_id])[delivery.account_id]
        if not _may_go(delivery, account, job, work=work, now_ms=now_ms, rules=rules):
            return
        if delivery.state == "sending":
            work.deliveries.move(delivery.id, before="sending", after="unknown", now_ms=now_ms, error_kind="WorkerDied")
        elif delivery.state == "queued":
            work.deliveries.move(delivery.id, before="queued", after="sending", now_ms=now_ms)
    if delivery.state == "queued":
        draft = _with_cards(delivery, cards=cards, look=rules.look)
        _send(delivery, draft, account, job, store=store, publisher_of=publisher_of, clock=clock)
    else:
        _look(delivery, account, job, store=store, publisher_of=publisher_of, clock=clock, rules=rules)


def _may_go(delivery: Delivery, account: Account, job: Job, *, work: Work, now_ms: int, rules: DeliveryRules) -> bool:
    """The gates before the call: expiry, switches, the platform's own pauses, what X may cost. Records what follows from them."""
    if delivery.state == "queued" and delivery.expires_at_ms is not None and now_ms > delivery.expires_at_ms:
        work.deliveries.move(delivery.id, before="queued", after="failed", now_ms=now_ms, error_kind="Expired")
        work.jobs.finish([job])
        return False
    off = work.switches.off() & {"global", "deliveries", f"tenant:{account.tenant_id}", f"account:{account.id}"}
    if off or account.state != "active":
        work.jobs.postpone(job, due_at_ms=now_ms + 3_000, error_kind="paused")
        return False
    blocked_until = work.throttles.blocked_until(account_id=account.id, action=DELIVER, now_ms=now_ms)
    if blocked_until is not None:
        work.jobs.postpone(job, due_at_ms=blocked_until, error_kind="throttled")
        return False
    if account.profile.platform is Platform.X and delivery.state == "queued":
        return _may_cost(delivery, account, job, work=work, now_ms=now_ms, rules=rules)
    return True


def _may_cost(delivery: Delivery, account: Account, job: Job, *, work: Work, now_ms: int, rules: DeliveryRules) -> bool:
    """Reserve the cost and a place in X's window, so that no number of workers together spends more than allowed (R24)."""
    cost_musd = x_cost_musd(delivery)
    work.ledger.spend(account_id=account.id, action=DELIVER, cost_musd=cost_musd, now_ms=now_ms)
    if rules.x_budget_musd and work.ledger.spent_today(account_id=account.id, now_ms=now_ms) > rules.x_budget_musd:
        held, until_ms = "XBudgetSpent", (now_ms // _DAY_MS + 1) * _DAY_MS
    elif not rules.x_window_posts:
        return True
    else:
        next_ms = work.throttles.take_slot(
            account_id=account.id,
            action=DELIVER,
            slots=rules.x_window_posts,
            window_ms=rules.x_window_ms,
            now_ms=now_ms,
        )
        if next_ms is None:
            return True
        held, until_ms = "XWindowUsedUp", next_ms
    _give_back(delivery, account, work=work, now_ms=now_ms)
    work.jobs.postpone(job, due_at_ms=until_ms, error_kind=held)
    return False


def _give_back(delivery: Delivery, account: Account, *, work: Work, now_ms: int) -> None:
    """Nothing was posted: what was reserved for it is free again (a place in the window is not: X may have counted the call)."""
    if account.profile.platform is Platform.X:
        work.ledger.spend(account_id=account.id, action=DELIVER, cost_musd=-x_cost_musd(delivery), now_ms=now_ms)


def _with_cards(delivery: Delivery, *, cards: CardRenderer | None, look: Look) -> Draft:
    """The draft with its cards as pictures."""
    draft = delivery.draft
    if cards is None:
        return draft
    pictures: list[Picture] = []
    for facts in draft.cards:
        try:
            pictures.append(cards.render(facts, look=look))
        except MaskbotError as error:
            log.warning("delivery.without_card", delivery_id=delivery.id, error=error.kind)
    return replace(draft, pictures=(*draft.pictures, *pictures)) if pictures else draft


def _send(
    delivery: Delivery,
    draft: Draft,
    account: Account,
    job: Job,
    *,
    store: Store,
    publisher_of: Callable[[str], Publisher],
    clock: Clock,
) -> None:
    publisher = publisher_of(delivery.account_id)
    try:
        try:
            published = publisher.deliver(draft, idempotency_key=delivery.key)
        except PictureRefused as error:
            if draft.pictures == delivery.draft.pictures:
                raise
            log.warning("delivery.without_card", delivery_id=delivery.id, error=error.kind)
            published = publisher.deliver(delivery.draft, idempotency_key=delivery.key)
    except MaskbotError as error:
        _record_failure(delivery, account, error, store=store, clock=clock)
        raise
    with store.write() as work:
        _record_sent(delivery, "sending", published, job, work=work, clock=clock)


def _record_failure(delivery: Delivery, account: Account, error: MaskbotError, *, store: Store, clock: Clock) -> None:
    now_ms = clock.now_ms()
    with store.write() as work:
        match error:
            case Unavailable():
                after = "queued"
                if error.pause_ms is not None:
                    until_ms = now_ms + error.pause_ms
                    work.throttles.block(account_id=delivery.account_id, action=DELIVER, until_ms=until_ms)
            case Unconfirmed():
                after = "unknown"
            case Misconfigured():
                after = "queued"
                work.accounts.set_state(delivery.account_id, state="broken", reason=str(error))
            case Refused() | Malformed():
                after = "failed"
            case _:
                after = "unknown"
        work.deliveries.move(delivery.id, before="sending", after=after, now_ms=now_ms, error_kind=error.kind)
        if after != "unknown":
            _give_back(delivery, account, work=work, now_ms=now_ms)
    log.warning("delivery.not_sent", delivery_id=delivery.id, state=after, error=error.kind)


def _look(
    delivery: Delivery,
    account: Account,
    job: Job,
    *,
    store: Store,
    publisher_of: Callable[[str], Publisher],
    clock: Clock,
    rules: DeliveryRules,
) -> None:
    """Search for an unknown delivery among our own posts; send again only after enough looks found nothing.

    Raises: Unavailable, also when the platform refuses to show our posts or shows them broken: the search is tried again.
    """
    since_ms = (delivery.sending_at_ms or job.created_at_ms) - 120_000
    try:
        published = publisher_of(delivery.account_id).find(delivery.draft, since_ms=since_ms)
    except (Refused, Malformed) as error:  # nothing is known: it is neither sent again nor given up
        raise Unavailable("the platform does not let us look for the post", kind=error.kind) from error
    now_ms = clock.now_ms()
    with store.write() as work:
        if published is not None:
            _record_sent(delivery, "unknown", published, job, work=work, clock=clock)
            return
        unknown_since_ms = delivery.unknown_since_ms or now_ms
        cause = delivery.error_kind or "StillUnknown"
        is_searched = delivery.looks + 1 >= rules.looks and now_ms - unknown_since_ms >= rules.quiet_ms
        if is_searched:
            _give_back(delivery, account, work=work, now_ms=delivery.sending_at_ms or now_ms)
        if is_searched and cause == DUPLICATE_TEXT:  # the text collides with another post: never varied to get through
            work.deliveries.move(delivery.id, before="unknown", after="failed", now_ms=now_ms, error_kind=cause)
            work.jobs.finish([job])
            log.error("delivery.text_collides", delivery_id=delivery.id)
            return
        if is_searched:
            work.deliveries.move(delivery.id, before="unknown", after="queued", now_ms=now_ms, error_kind="NotFound")
            work.jobs.postpone(job, due_at_ms=now_ms, error_kind="NotFound")
            return
        work.deliveries.move(delivery.id, before="unknown", after="unknown", now_ms=now_ms, error_kind=cause)
        work.jobs.postpone(job, due_at_ms=now_ms + rules.look_gap_ms, error_kind="StillUnknown")


def _record_sent(delivery: Delivery, before: str, published: Published, job: Job, *, work: Work, clock: Clock) -> None:
    now_ms = clock.now_ms()
    work.deliveries.move(delivery.id, before=before, after="sent", now_ms=now_ms, remote_id=published.post_id)
    if delivery.broadcast_id is not None:
        ids = work.broadcasts.deliveries(delivery.broadcast_id)
        states = {each.state for each in work.deliveries.load(ids).values() if each.id != delivery.id}
        if states <= {"sent", "failed", "deleted"}:
            work.broadcasts.move(delivery.broadcast_id, after="delivered")
    work.jobs.finish([job])


def x_cost_musd(delivery: Delivery) -> int:
    """What X charges for this post, in thousandths of a US dollar (social-platforms.md 2.2)."""
    if delivery.draft.in_reply_to_id is not None:
        return 10
    return 200 if _LINK.search(delivery.draft.text) else 15
