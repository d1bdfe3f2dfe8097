"""Tells everybody about a step of a giveaway: one post on each of its accounts, once for each step, with a card where one helps."""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.card import GiveawayCardFacts
from maskbot.domain.delivery import NewDelivery
from maskbot.domain.giveaway import Giveaway
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.post import Draft, Visibility
from maskbot.ports.store import Work
from maskbot.wire.post_text import X_LIMITS, fits

LONGEST_NAME_BYTES = 40


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card shows besides the rules: the winners by rank, and what makes the draw verifiable; neither before it."""

    winners: tuple[str, ...] = ()
    proof: str | None = None
    is_drawn: bool = False


def announce(giveaway: Giveaway, *, step: str, text: str, work: Work, now_ms: int, shown: Shown | None = None) -> None:
    """Record one post for each account of the giveaway, with a card if something is `shown`. Announcing the same step again records
    nothing."""
    accounts = work.accounts.load(giveaway.account_ids)
    hosts = {account_id: account.profile.handle for account_id, account in accounts.items()}
    ids = work.deliveries.add(
        [
            NewDelivery(
                account_id=account_id,
                tenant_id=giveaway.tenant_id,
                cause_id=f"giveaway:{giveaway.id}:{step}",
                draft=Draft(
                    text=text,
                    visibility=Visibility.PUBLIC,
                    cards=() if shown is None else (_card(giveaway, shown, host=hosts.get(account_id, "")),),
                ),
            )
            for account_id in giveaway.account_ids
        ],
        now_ms=now_ms,
    )
    work.jobs.add([NewJob(JobKind.DELIVER_POST, each, giveaway.tenant_id, now_ms) for each in ids if each])


def public_name(giveaway: Giveaway) -> str:
    """What a giveaway is called in posts: its title where that is short, else its code."""
    title = giveaway.rules.title
    return title if title and len(title.encode()) <= LONGEST_NAME_BYTES else giveaway.rules.code


def lines_in_post(first: str, lines: list[str], *, last: str) -> str:
    """As many of the lines as one post holds, between a first and a last line; how many more there are is said."""
    shown = list(lines)
    while shown:
        hidden = len(lines) - len(shown)
        text = "\n".join([first, *shown, *([f"… and {hidden} more"] if hidden else []), last])
        if fits(text, limits=X_LIMITS):
            return text
        shown.pop()
    return f"{first}\n{last}"


def _card(giveaway: Giveaway, shown: Shown, *, host: str) -> GiveawayCardFacts:
    rules = giveaway.rules
    return GiveawayCardFacts(
        title=rules.title or rules.code,
        prize=str(giveaway.amount(rules.total)),
        host=host,
        entrants=giveaway.entrant_count if shown.is_drawn else None,
        winners=shown.winners,
        places=len(rules.prizes),
        ends_at_ms=rules.closes_at_ms,
        proof=shown.proof,
        is_drawn=shown.is_drawn,
    )
