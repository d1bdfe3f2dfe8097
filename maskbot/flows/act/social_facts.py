"""What a platform shows of who enters a giveaway: whether they follow us, whether they boosted a post.

X charges for every user read, so looks end at half of the day's X budget: answers are worth more. What is not shown, or may not be
asked any more, is `unavailable`, and never a guess. Source: social-platforms.md 2.2 (prices), reliability.md G (anti-sybil).
"""

from __future__ import annotations

from collections.abc import Callable

from maskbot.domain.entry import BoostNeed, FollowNeed, StandingFact
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.identity import Platform
from maskbot.domain.request import NoFact
from maskbot.ports.inside import Clock
from maskbot.ports.outside import SocialGraph, Standing
from maskbot.ports.store import Store

USER_READ_MUSD = 10
LOOK = "look"
"""The action that the ledger knows these reads by."""
UNKNOWN = NoFact("unavailable")

GraphOf = Callable[[str], SocialGraph]
"""Who looks people up for an account, by its id."""


def fetch_standing(
    need: FollowNeed | BoostNeed, *, graph_of: GraphOf, store: Store, clock: Clock, x_budget_musd: int
) -> StandingFact | NoFact:
    """The fact, or `unavailable` when the platform does not show it or the budget is spent. `x_budget_musd` is the daily X budget
    in thousandths of a US dollar, 0 for none.

    Raises: Unavailable (the platform is down or limits us), Misconfigured (it refuses our token).
    """
    with store.read() as work:
        account = work.accounts.load([need.account_id]).get(need.account_id)
        spent_musd = work.ledger.spent_today(account_id=need.account_id, now_ms=clock.now_ms())
    if account is None:
        return UNKNOWN
    is_charged = account.profile.platform is Platform.X
    if is_charged and x_budget_musd and 2 * (spent_musd + USER_READ_MUSD) > x_budget_musd:
        return UNKNOWN
    try:
        standing = _look(need, graph_of(need.account_id))
    except (Refused, Malformed):
        return UNKNOWN
    if is_charged and standing.reads:
        with store.write() as work:
            cost_musd = standing.reads * USER_READ_MUSD
            work.ledger.spend(account_id=account.id, action=LOOK, cost_musd=cost_musd, now_ms=clock.now_ms())
    return UNKNOWN if standing.is_so is None else StandingFact(standing.is_so)


def _look(need: FollowNeed | BoostNeed, graph: SocialGraph) -> Standing:
    if isinstance(need, FollowNeed):
        return graph.is_followed_by(need.user_id)
    return graph.has_boosted(need.post_id, user_id=need.user_id)
