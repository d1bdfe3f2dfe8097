"""Whether an entry counts: one pure decision, with the reason when it does not (issue "Money", 5; reliability.md G, anti-sybil)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from maskbot.domain.giveaway import Rules

_DAY_MS = 86_400_000


class EntryRefusal(StrEnum):
    """Why an entry is refused; the values are stored and counted."""

    NOT_OPEN = "not_open"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    ENTERED_BEFORE = "entered_before"
    ADDRESS_TAKEN = "address_taken"
    NO_ENTRY_WORD = "no_entry_word"
    ACCOUNT_TOO_YOUNG = "account_too_young"
    AGE_UNKNOWN = "age_unknown"
    HOLDS_TOO_LITTLE = "holds_too_little"
    CHAIN_UNAVAILABLE = "chain_unavailable"
    NOT_FOLLOWING = "not_following"
    FOLLOW_UNKNOWN = "follow_unknown"
    NOT_BOOSTED = "not_boosted"
    BOOST_UNKNOWN = "boost_unknown"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known when somebody wants to enter: the post's time and words, the account's birth (None: not shown), what the
    address held at the block of the rules, whether the account follows the host and has boosted the post that is asked for (None:
    not known), and who is in already."""

    at_ms: int
    words: str
    account_born_ms: int | None
    held: int | None
    has_entered: bool
    is_address_taken: bool
    is_following: bool | None = None
    has_boosted: bool | None = None


def judge_entry(rules: Rules, *, state: str, entry: Entry) -> EntryRefusal | None:
    """Why this entry is refused, None if it counts. Pure; the first reason that applies."""
    if entry.has_entered:
        return EntryRefusal.ENTERED_BEFORE
    if entry.at_ms >= rules.closes_at_ms or state not in ("draft", "funded", "open"):
        return EntryRefusal.TOO_LATE
    if state != "open":
        return EntryRefusal.NOT_OPEN
    if entry.at_ms < rules.opens_at_ms:
        return EntryRefusal.TOO_EARLY
    if rules.entry_word and rules.entry_word.casefold() not in entry.words.casefold().split():
        return EntryRefusal.NO_ENTRY_WORD
    if rules.least_account_age_days:
        if entry.account_born_ms is None:
            return EntryRefusal.AGE_UNKNOWN
        if entry.account_born_ms > rules.opens_at_ms - rules.least_account_age_days * _DAY_MS:
            return EntryRefusal.ACCOUNT_TOO_YOUNG
    if entry.is_address_taken:
        return EntryRefusal.ADDRESS_TAKEN
    if rules.holding is not None:
        if entry.held is None:
            return EntryRefusal.CHAIN_UNAVAILABLE
        if entry.held < rules.holding.least:
            return EntryRefusal.HOLDS_TOO_LITTLE
    return _judge_standing(rules, entry)


def _judge_standing(rules: Rules, entry: Entry) -> EntryRefusal | None:
    """What the platform shows; what it does not show is never guessed."""
    if rules.follows and not entry.is_following:
        return EntryRefusal.FOLLOW_UNKNOWN if entry.is_following is None else EntryRefusal.NOT_FOLLOWING
    if rules.boosted and not entry.has_boosted:
        return EntryRefusal.BOOST_UNKNOWN if entry.has_boosted is None else EntryRefusal.NOT_BOOSTED
    return None
