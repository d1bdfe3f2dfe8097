"""Tells everybody about a step of a giveaway: one post on each of its accounts, once for each step."""

from __future__ import annotations

from maskbot.domain.delivery import NewDelivery
from maskbot.domain.giveaway import Giveaway
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.post import Draft, Picture, Visibility
from maskbot.ports.store import Work

SHORTEST_POST = 270
"""Characters that fit into a post on every platform, whatever they are."""


def announce(
    giveaway: Giveaway, *, step: str, text: str, work: Work, now_ms: int, pictures: tuple[Picture, ...] = ()
) -> None:
    """Record one post for each account of the giveaway. Announcing the same step again records nothing."""
    draft = Draft(text=text, visibility=Visibility.PUBLIC, pictures=pictures)
    ids = work.deliveries.add(
        [
            NewDelivery(
                account_id=account_id,
                tenant_id=giveaway.tenant_id,
                cause_id=f"giveaway:{giveaway.id}:{step}",
                draft=draft,
            )
            for account_id in giveaway.account_ids
        ],
        now_ms=now_ms,
    )
    work.jobs.add([NewJob(JobKind.DELIVER_POST, each, giveaway.tenant_id, now_ms) for each in ids if each])


def lines_in_post(first: str, lines: list[str], *, last: str) -> str:
    """As many of the lines as one post holds, between a first and a last line; how many more there are is said."""
    shown = list(lines)
    while shown:
        hidden = len(lines) - len(shown)
        text = "\n".join([first, *shown, *([f"… and {hidden} more"] if hidden else []), last])
        if len(text) <= SHORTEST_POST:
            return text
        shown.pop()
    return f"{first}\n{last}"
