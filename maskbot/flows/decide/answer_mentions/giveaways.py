"""What the store knows of giveaways when somebody asks, and how an entry is recorded. Called inside the write transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maskbot.domain.eligibility import Entry, judge_entry
from maskbot.domain.entry import (
    AddressFact,
    AddressNeed,
    BoostNeed,
    EnterGiveaway,
    EntryNeed,
    FollowNeed,
    GiveawayFact,
    GiveawayNeed,
    GiveawayView,
    HoldingFact,
    HoldingNeed,
    RefuseEntry,
    StandingFact,
    chosen_giveaway,
)
from maskbot.domain.giveaway import Entrant, Giveaway, Prize
from maskbot.domain.identity import Persona
from maskbot.domain.mention import Mention
from maskbot.domain.money import MOST_BASE_UNITS, Address
from maskbot.domain.request import Fact, Need
from maskbot.flows.decide.packet_claim import wallet_of_persona
from maskbot.ports.store import Work
from maskbot.wire.draw import entrant_id

LATENESS_MS = 120_000
"""How much older than its arrival a post may say it is: what closes a giveaway waits as long, and no server can date posts back."""

_SHOWN_STATES = ("open", "closed", "drawn", "paying", "paid", "refunding", "closed_out")
_MOST_SHOWN = 20
_MOST_WORDS = 100


def giveaway_fact(
    need: GiveawayNeed, mention: Mention, *, facts: Mapping[Need, Fact], work: Work
) -> tuple[GiveawayFact, tuple[EntryNeed, ...]]:
    """What the asker may know of the account's giveaways, and what has to be looked up outside before an entry is judged."""
    address = need.address
    if need.name is not None:
        resolved = facts.get(AddressNeed(need.name))
        address = resolved.address if isinstance(resolved, AddressFact) else None
    shown = _shown(need.words, mention, work=work)
    chosen_one = chosen_giveaway(shown, need.words) if need.by_persona else None
    entering = None if chosen_one is None else persona_entering(chosen_one, mention, work=work)
    if entering is not None:
        address = entering[1]
    fact = GiveawayFact(
        views=tuple(_view(giveaway, mention, address=address, facts=facts, work=work) for giveaway in shown),
        address=address,
        at_ms=max(mention.post.created_at_ms, mention.received_at_ms - LATENESS_MS),
        account_born_ms=mention.post.author_born_ms,
        persona_id=None if entering is None else entering[0].id,
    )
    chosen = fact.chosen(need.words)
    if chosen is None or not _may_enter(chosen, fact):
        return fact, ()
    wanted = [need for need in entry_needs(chosen.giveaway, mention, address=address) if need not in facts]
    first = [
        need for need in wanted if isinstance(need, HoldingNeed)
    ]  # chains are asked before X, where a look costs money
    return fact, tuple(first or wanted)


def _shown(words: Sequence[str], mention: Mention, *, work: Work) -> list[Giveaway]:
    """The account's giveaways that may be meant, newest first: those named, then those open, then the newest of the others."""
    tenant_id = mention.tenant_id
    found = (
        *work.giveaways.of_tenant(tenant_id, states=_SHOWN_STATES, codes=words[:_MOST_WORDS]),
        *work.giveaways.of_tenant(tenant_id, states={"open"}),
        *work.giveaways.of_tenant(tenant_id, states=_SHOWN_STATES),
    )
    ours = {giveaway.id: giveaway for giveaway in found if mention.account_id in giveaway.account_ids}
    return sorted([*ours.values()][:_MOST_SHOWN], key=lambda giveaway: giveaway.id, reverse=True)


def persona_entering(giveaway: Giveaway, mention: Mention, *, work: Work) -> tuple[Persona, Address] | None:
    """The asker's hosted persona with a wallet on the giveaway's chain, and where its shares and prizes go; their own persona comes
    before one they are linked to."""
    person = mention.post.author.person
    personas = work.personas.linked_to(tenant_id=mention.tenant_id, person=person)
    for persona in sorted(personas, key=lambda one: one.owner != person):
        found = wallet_of_persona(persona.id, chain_id=giveaway.rules.token.chain_id, work=work)
        if found is not None:
            return persona, found
    return None


def _may_enter(view: GiveawayView, fact: GiveawayFact) -> bool:
    """Whether all that is left to know lies outside: what is refused anyhow costs no call (a look at X costs money)."""
    rules = view.giveaway.rules
    entry = Entry(
        at_ms=fact.at_ms,
        words=rules.entry_word,
        account_born_ms=fact.account_born_ms,
        held=MOST_BASE_UNITS if view.held is None else view.held,
        has_entered=view.own is not None,
        is_address_taken=view.is_address_taken,
        is_following=True,
        has_boosted=True,
    )
    return fact.address is not None and judge_entry(rules, state=view.giveaway.state, entry=entry) is None


def entry_needs(giveaway: Giveaway, mention: Mention, *, address: Address | None) -> tuple[EntryNeed, ...]:
    """What chains and the platform have to say of an entry by this mention."""
    author = mention.post.author
    holding = holding_need(giveaway, address)
    post = giveaway.rules.boosted_on(author.instance)
    needs: list[EntryNeed] = [] if holding is None else [holding]
    if giveaway.rules.follows:
        needs.append(FollowNeed(mention.account_id, author.user_id))
    if post is not None:
        needs.append(BoostNeed(mention.account_id, author.user_id, post.post_id))
    return tuple(needs)


def holding_need(giveaway: Giveaway, address: Address | None) -> HoldingNeed | None:
    """What has to be known of this address, None for nothing."""
    holding = giveaway.rules.holding
    if holding is None or address is None:
        return None
    return HoldingNeed(giveaway.rules.token.chain_id, holding.contract, holding.block, address)


def record_entry(effect: EnterGiveaway | RefuseEntry, mention: Mention, *, work: Work, now_ms: int) -> None:
    """Record the asker as an entrant, or count the refusal.

    Raises: EntrantsFixed, or Refused (AlreadyThere), when another transaction was quicker; nothing is recorded then.
    """
    author = mention.post.author
    number = entrant_id(giveaway_id=effect.giveaway_id, person=author.person)
    if isinstance(effect, RefuseEntry):
        work.entrants.refuse(effect.giveaway_id, entrant_id=number, reason=effect.reason, now_ms=now_ms)
        return
    personas = [
        persona
        for persona in work.personas.linked_to(tenant_id=mention.tenant_id, person=author.person)
        if persona.owner == author.person
    ]
    entrant = Entrant(
        id=number,
        person=author.person,
        platform=author.platform,
        handle=author.handle,
        address=effect.address,
        account_id=mention.account_id,
        post_id=mention.post.post_id,
        entered_at_ms=max(mention.post.created_at_ms, mention.received_at_ms - LATENESS_MS),
        persona_id=effect.persona_id or (personas[0].id if personas else None),
    )
    work.entrants.add(effect.giveaway_id, entrant, now_ms=now_ms)


def _view(
    giveaway: Giveaway, mention: Mention, *, address: Address | None, facts: Mapping[Need, Fact], work: Work
) -> GiveawayView:
    own = work.entrants.find(giveaway.id, person=mention.post.author.person)
    taken = None if address is None else work.entrants.find(giveaway.id, address=address)
    prizes = () if own is None or giveaway.state in ("open", "closed") else work.prizes.load(giveaway.id)
    held = following = boosted = None
    for each in entry_needs(giveaway, mention, address=address):
        match each, facts.get(each):
            case HoldingNeed(), HoldingFact(found):
                held = found
            case FollowNeed(), StandingFact(is_so):
                following = is_so
            case BoostNeed(), StandingFact(is_so):
                boosted = is_so
    prize = next((prize for prize in prizes if own is not None and prize.entrant_id == own.id), None)
    return GiveawayView(
        giveaway=giveaway,
        own=own,
        prize=prize,
        packet_until_s=None if prize is None else _packet_until_s(prize, work=work),
        is_address_taken=taken is not None and taken.person != mention.post.author.person,
        held=held,
        is_following=following,
        has_boosted=boosted,
    )


def _packet_until_s(prize: Prize, *, work: Work) -> int | None:
    """Until when the prize can be taken from a red packet that was published."""
    packet = None if prize.state != "paying" or prize.payment_id is None else work.packets.load(prize.payment_id)
    return None if packet is None or packet.state != "published" else packet.expires_at_s
