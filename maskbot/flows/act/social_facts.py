"""What a platform shows: whether who enters a giveaway follows us or boosted a post; what a post carries that somebody answers.

X charges for every user and post read, so looks end at half of the day's X budget: answers are worth more. What is not shown, or
may not be asked any more, is `unavailable`, and never a guess. Source: social-platforms.md 2.2 (prices), reliability.md G.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from maskbot.domain.entry import BoostNeed, FollowNeed, StandingFact
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.identity import Platform
from maskbot.domain.post import ParentFact, ParentNeed
from maskbot.domain.request import NoFact
from maskbot.ports.inside import Clock
from maskbot.ports.outside import MentionFeed, SocialGraph, Standing
from maskbot.ports.store import Store
from maskbot.wire.payload import find_payloads

USER_READ_MUSD = 10
POST_READ_MUSD = 5
LOOK = "look"
"""The action that the ledger knows these reads by."""
UNKNOWN = NoFact("unavailable")

GraphOf = Callable[[str], SocialGraph]
"""Who looks people up for an account, by its id."""
FeedOf = Callable[[str], MentionFeed]
"""Who reads posts for an account, by its id."""


@dataclass(frozen=True, slots=True)
class Purse:
    """What looks may cost: the ledger, and the daily X budget in thousandths of a US dollar, 0 for none."""

    store: Store
    clock: Clock
    x_budget_musd: int

    def allows(self, account_id: str, *, cost_musd: int) -> bool:
        """Whether the account is there, and a look through it is free or within half of the budget."""
        with self.store.read() as work:
            account = work.accounts.load([account_id]).get(account_id)
            spent_musd = work.ledger.spent_today(account_id=account_id, now_ms=self.clock.now_ms())
        if account is None or account.profile.platform is not Platform.X or not self.x_budget_musd:
            return account is not None
        return 2 * (spent_musd + cost_musd) <= self.x_budget_musd

    def pay(self, account_id: str, *, cost_musd: int) -> None:
        """Note what a look on X has cost."""
        with self.store.write() as work:
            account = work.accounts.load([account_id]).get(account_id)
            if account is not None and account.profile.platform is Platform.X and cost_musd:
                now_ms = self.clock.now_ms()
                work.ledger.spend(account_id=account_id, action=LOOK, cost_musd=cost_musd, now_ms=now_ms)


def fetch_standing(need: FollowNeed | BoostNeed, *, graph_of: GraphOf, purse: Purse) -> StandingFact | NoFact:
    """The fact, or `unavailable` when the platform does not show it or the budget is spent.

    Raises: Unavailable (the platform is down or limits us), Misconfigured (it refuses our token).
    """
    if not purse.allows(need.account_id, cost_musd=USER_READ_MUSD):
        return UNKNOWN
    try:
        standing = _look(need, graph_of(need.account_id))
    except (Refused, Malformed):
        return UNKNOWN
    purse.pay(need.account_id, cost_musd=standing.reads * USER_READ_MUSD)
    return UNKNOWN if standing.is_so is None else StandingFact(standing.is_so)


def fetch_parent(need: ParentNeed, *, account_id: str, feed_of: FeedOf, purse: Purse) -> ParentFact | NoFact:
    """What of the post carries a payload, and nothing else of it; `unavailable` when it is not public or the budget is spent.

    Raises: Unavailable (the platform is down or limits us), Misconfigured (it refuses our token).
    """
    if not purse.allows(account_id, cost_musd=POST_READ_MUSD):
        return UNKNOWN
    post = feed_of(account_id).fetch_public(need.post_id)
    purse.pay(account_id, cost_musd=POST_READ_MUSD)
    if post is None:
        return UNKNOWN
    return ParentFact(next((part for part in (*post.links, post.text) if find_payloads(part)), ""))


def _look(need: FollowNeed | BoostNeed, graph: SocialGraph) -> Standing:
    if isinstance(need, FollowNeed):
        return graph.is_followed_by(need.user_id)
    return graph.has_boosted(need.post_id, user_id=need.user_id)
