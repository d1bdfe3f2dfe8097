"""Whether a mention gets an answer at all: the bot's manners as one pure decision.

Source: social-platforms.md 2.8 and 7, reliability.md E4. The reasons are stable words, stored with the mention.
"""

from __future__ import annotations

from maskbot.domain.account import Account
from maskbot.domain.policy import AccountPolicy
from maskbot.domain.post import Post
from maskbot.domain.request import Answer, Request
from maskbot.ports.store import Allowance

_DAY_MS = 86_400_000
_ALWAYS = frozenset({"stop", "start"})


def reason_to_ignore(post: Post) -> str | None:
    """Why this post is nobody's question to us, None if it is one."""
    if post.is_own:
        return "own_post"
    if post.is_repost:
        return "repost"
    if post.author.is_bot:
        return "author_is_bot"
    if not post.is_addressed:
        return "not_addressed"
    return None


def reason_to_reject(
    request: Request, *, account: Account, policy: AccountPolicy, allowance: Allowance, off: frozenset[str]
) -> str | None:
    """Why a question to us gets no answer here, None if it may get one."""
    verb = request.verb or ""
    if request.post.author_refuses_bots and verb != "start":
        return "author_refuses_bots"
    if policy.blocks(request.post.author.domain):
        return "blocked_domain"
    if allowance.is_opted_out and verb not in _ALWAYS:
        return "opted_out"
    if verb and not policy.allows(verb):
        return "command_not_allowed"
    if f"verb:{verb}" in off or f"account:{account.id}" in off:
        return "paused"
    return None


def reason_to_hold_back(
    request: Request, *, answer: Answer, policy: AccountPolicy, allowance: Allowance, now_ms: int
) -> str | None:
    """Why an answer that was decided is not given: the limits. Commands with effect are never held back."""
    if not answer.is_counted:
        return None
    is_bare = request.verb is None and answer.reason == "helped"
    if is_bare and allowance.last_help_ms is not None and now_ms - allowance.last_help_ms < _DAY_MS:
        return "helped_today"
    if allowance.answers < 1:
        return "limited"
    if allowance.in_thread >= policy.thread_cap:
        return "thread_limit"
    return None
