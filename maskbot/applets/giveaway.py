"""Giveaways by mention: `giveaway` tells what is on, `enter 0x…` (or an ENS name) takes part, `claim` and `balance` tell of prizes.

Every refusal says its reason. Nothing here moves money: an entry is recorded, prizes are paid by the treasury. Source: the issue
"Money that cannot be paid twice" (5, 6); applets.md 1.3 (never act on more than the command), 1.4 (the asker names the address).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from maskbot.domain.eligibility import Entry, EntryRefusal, judge_entry
from maskbot.domain.entry import (
    AddressFact,
    AddressNeed,
    EnterGiveaway,
    GiveawayFact,
    GiveawayNeed,
    GiveawayView,
    RefuseEntry,
)
from maskbot.domain.giveaway import Giveaway, Mode, Rules
from maskbot.domain.identity import Platform
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.request import Answer, Facts, Need, Request
from maskbot.wire.crypto.address_text import InvalidAddress, address_text, parse_address
from maskbot.wire.ens import is_name

_ADDRESS = re.compile(r"(?<!\w)0[xX]\w{1,64}", re.ASCII)
_HOW = "Write: enter 0x… (your address), or a name such as alice.eth."
_REASONS = {
    EntryRefusal.NOT_OPEN: "it is not open yet",
    EntryRefusal.TOO_EARLY: "it has not begun; it opens {opens}",
    EntryRefusal.TOO_LATE: "it closed {closes}, and your post came later",
    EntryRefusal.ENTERED_BEFORE: "you are in already, with {own}; one entry per person",
    EntryRefusal.ADDRESS_TAKEN: "somebody entered with this address already; one entry per address",
    EntryRefusal.NO_ENTRY_WORD: "the entry word is missing; add {word} to your post",
    EntryRefusal.ACCOUNT_TOO_YOUNG: "your account has to be {age} days old at the opening",
    EntryRefusal.AGE_UNKNOWN: "your server does not show since when your account exists, and the rules ask for {age} days",
    EntryRefusal.HOLDS_TOO_LITTLE: "at block {block} this address held too little of {contract}",
    EntryRefusal.CHAIN_UNAVAILABLE: "I cannot look at the chain at the moment; please enter again later",
    EntryRefusal.NOT_FOLLOWING: "follow this account first, then enter again",
    EntryRefusal.FOLLOW_UNKNOWN: "I cannot see whether you follow this account; please enter again later",
    EntryRefusal.NOT_BOOSTED: "{boost} the announced post first, then enter again",
    EntryRefusal.BOOST_UNKNOWN: "I cannot see whether you {boost}ed the announced post; please enter again later",
}


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a prize should go, as written: an address, a name, or what is wrong with it. `is_unsaid` when nothing of it is
    there."""

    address: Address | None = None
    name: str | None = None
    problem: str | None = None
    is_unsaid: bool = False


class GiveawayApplet:
    """Answers `giveaway`, `enter`, `claim` and `balance`."""

    name = "giveaway"
    verbs: tuple[str, ...] = ("giveaway", "giveaways", "enter", "claim", "balance")

    def accepts(self, request: Request) -> bool:
        """Only by verb."""
        return False

    def needs(self, request: Request) -> tuple[Need, ...]:
        """The giveaways as the asker sees them, and the address behind a name."""
        if request.verb != "enter":
            return (GiveawayNeed(words=request.args),)
        target = _target(request)
        need = GiveawayNeed(words=request.args, address=target.address, name=target.name, by_persona=target.is_unsaid)
        return (need,) if target.name is None else (AddressNeed(target.name), need)

    def decide(self, request: Request, facts: Facts) -> Answer:
        """An entry or the reason why not; what is on; what was won."""
        fact = facts.get(self.needs(request)[-1])
        if not isinstance(fact, GiveawayFact) or not fact.views:
            return Answer(words="There is no giveaway here at the moment.", reason="no_giveaway")
        if request.verb == "enter":
            return _enter(request, fact, facts)
        if request.verb in ("claim", "balance"):
            return _won(fact)
        chosen = fact.chosen(request.args)
        shown = [chosen] if chosen is not None else [view for view in fact.views if view.giveaway.state == "open"]
        return Answer(words="\n".join(_described(request, view) for view in shown[:3]), reason="giveaway_told")


def _target(request: Request) -> _Target:
    """The one address or name in an `enter` request. Addresses are read from the text itself: their case is a checksum."""
    texts = _ADDRESS.findall(request.text[:2048])
    names = [word for word in request.args if is_name(word)]
    if len(texts) + len(names) > 1:
        return _Target(problem="I see more than one address. Please name only one.")
    if names:
        return _Target(name=names[0])
    if not texts:
        return _Target(problem=f"Where should a prize go? {_HOW}", is_unsaid=True)
    try:
        address = parse_address(texts[0])
    except InvalidAddress as error:
        return _Target(problem=f"That is no address: {str(error).removeprefix('the address ')}. Please check it.")
    return _Target(problem="That address belongs to nobody.") if address == NATIVE else _Target(address=address)


def _enter(request: Request, fact: GiveawayFact, facts: Facts) -> Answer:
    view = fact.chosen(request.args)
    if view is None:
        codes = ", ".join(each.giveaway.rules.code for each in fact.views if each.giveaway.state == "open")
        return Answer(words=f"Which giveaway? Add one of these words: {codes}.", reason="which_giveaway")
    target = _target(request)
    if view.giveaway.state == "open" and view.own is None:
        problem = target.problem or _name_problem(target, fact, facts)
        if problem is not None and fact.persona_id is None:
            return Answer(words=problem, reason="bad_address")
    refusal = judge_entry(view.giveaway.rules, state=view.giveaway.state, entry=_entry(request, view, fact))
    if refusal is not None:
        return _refused(request, view, refusal)
    if fact.address is None:
        return Answer(words=f"Where should a prize go? {_HOW}", reason="bad_address")
    rules = view.giveaway.rules
    whose = "" if fact.persona_id is None else " (your persona's wallet)"
    then = "Winners are drawn after" if rules.mode is Mode.DRAWN else "First come, first served, until"
    return Answer(
        words=f"You are in: {_name(view.giveaway)}, with {_short(fact.address)}{whose}. {then} {_time(rules.closes_at_ms)}.",
        reason="entered",
        effects=(EnterGiveaway(view.giveaway.id, fact.address, fact.persona_id),),
        is_counted=False,
    )


def _name_problem(target: _Target, fact: GiveawayFact, facts: Facts) -> str | None:
    if target.name is None or fact.address is not None:
        return None
    if isinstance(facts.get(AddressNeed(target.name)), AddressFact):
        return f"{target.name} leads to no address. Please enter with 0x…"
    return f"I cannot look {target.name} up at the moment. Please enter with 0x…"


def _entry(request: Request, view: GiveawayView, fact: GiveawayFact) -> Entry:
    return Entry(
        at_ms=fact.at_ms,
        words=request.post.text,
        account_born_ms=fact.account_born_ms,
        held=view.held,
        has_entered=view.own is not None,
        is_address_taken=view.is_address_taken,
        is_following=view.is_following,
        has_boosted=view.has_boosted,
    )


def _refused(request: Request, view: GiveawayView, refusal: EntryRefusal) -> Answer:
    rules = view.giveaway.rules
    boost = _boost_word(request)
    reason = _REASONS[refusal].format(
        opens=_time(rules.opens_at_ms),
        closes=_time(rules.closes_at_ms),
        own=_short(view.own.address) if view.own is not None else "",
        word=rules.entry_word,
        age=rules.least_account_age_days,
        block=rules.holding.block if rules.holding is not None else 0,
        contract=_short(rules.holding.contract) if rules.holding is not None else "",
        boost=boost,
    )
    return Answer(
        words=f"Sorry, no entry in {_name(view.giveaway)}: {reason}.",
        reason=f"entry_{refusal.value}",
        effects=(RefuseEntry(view.giveaway.id, refusal),),
    )


def _described(request: Request, view: GiveawayView) -> str:
    giveaway = view.giveaway
    rules = giveaway.rules
    parts = [f"{_name(giveaway)}: {giveaway.amount(rules.total)} for {len(rules.prizes)}"]
    if giveaway.state == "open":
        parts.append("drawn" if rules.mode is Mode.DRAWN else "first come, first served")
        parts.append(f"until {_time(rules.closes_at_ms)}")
        parts.append(f"enter 0x… {rules.code} {rules.entry_word}".rstrip())
        parts += [f"first: {' and '.join(first)}"] if (first := _conditions(request, rules)) else []
    elif giveaway.state == "closed":
        parts.append(f"closed with {giveaway.entrant_count} entrants; the draw is next")
    else:
        parts.append(f"drawn from {giveaway.entrant_count} entrants")
    if view.own is not None:
        parts.append(f"you are in with {_short(view.own.address)}")
    parts.append(f"rules {rules.hash.hex()[:12]}")
    return " · ".join(parts)


def _conditions(request: Request, rules: Rules) -> list[str]:
    """What has to be done on the platform before entering."""
    follow = ["follow this account"] if rules.follows else []
    return [*follow, f"{_boost_word(request)} the announced post"] if rules.boosted else follow


def _boost_word(request: Request) -> str:
    return "repost" if request.platform is Platform.X else "boost"


def _won(fact: GiveawayFact) -> Answer:
    """What the asker won, newest first."""
    lines = [line for view in fact.views if (line := _prize_line(view)) is not None]
    if lines:
        return Answer(words="\n".join(lines[:3]), reason="prize_told")
    if any(view.own is not None and view.giveaway.state in ("open", "closed") for view in fact.views):
        return Answer(words="You are in, and nothing is drawn yet.", reason="not_drawn")
    return Answer(words="You have won nothing here so far.", reason="nothing_won")


def _prize_line(view: GiveawayView) -> str | None:
    if view.prize is None:
        return None
    amount = view.giveaway.amount(view.prize.base_units)
    how = {
        "owed": f"will be sent to {_short(view.prize.address)}",
        "paying": f"is on its way to {_short(view.prize.address)}",
        "paid": f"was sent to {_short(view.prize.address)}",
        "forfeited": "was not claimed in time",
    }[view.prize.state]
    if view.packet_until_s is not None:
        until = _time(view.packet_until_s * 1000)
        how = f"waits in a red packet, in our post that only winners can open. Take it with the Mask extension until {until}"
    tx = f", transaction 0x{view.prize.tx_hash.hex()[:12]}…" if view.prize.tx_hash is not None else ""
    return f"{_name(view.giveaway)}: your {amount} {how}{tx}."


def _name(giveaway: Giveaway) -> str:
    return giveaway.rules.title or giveaway.rules.code


def _short(address: Address) -> str:
    text = address_text(address)
    return f"{text[:6]}…{text[-4:]}"


def _time(moment_ms: int) -> str:
    return datetime.fromtimestamp(moment_ms / 1000, UTC).strftime("%d %b %H:%M UTC")
