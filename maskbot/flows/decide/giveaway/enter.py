"""Enter a hosted persona into a giveaway: the operator's way, under the same rules as a mention's (issue "Money", 5)."""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.eligibility import Entry, EntryRefusal, judge_entry
from maskbot.domain.errors import Refused
from maskbot.domain.giveaway import Entrant
from maskbot.domain.identity import Persona, PersonId
from maskbot.domain.money import Address
from maskbot.flows.decide.giveaway.announce import public_name
from maskbot.ports.store import Store
from maskbot.wire.draw import entrant_id


class EntryRefused(Refused):
    """The giveaway's rules do not let this persona in. `reason` says which."""

    kind = "EntryRefused"

    def __init__(self, reason: EntryRefusal, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PersonaEntry:
    """Who enters what: `address` is the persona's, `words` what an entry's post would say, `held` what the address held at the
    block of the rules (None: not known)."""

    giveaway_id: str
    persona: Persona
    address: Address
    words: str
    held: int | None


def person_of(persona: Persona) -> PersonId:
    """The person a persona counts as: its owner, so that one person enters once, else itself."""
    return persona.owner if persona.owner is not None else PersonId(f"persona:{persona.id}")


def enter_persona(entry: PersonaEntry, *, store: Store, now_ms: int) -> Entrant:
    """Record the persona as an entrant. What only a platform can show (an account's age, a follow, a boost) it cannot show.

    Raises:
        EntryRefused: a rule says no.
        EntrantsFixed, Refused (AlreadyThere): another transaction was quicker; nothing is recorded then.
        Refused (NoSuchRow): no such giveaway.
    """
    with store.write() as work:
        giveaway = work.giveaways.load(entry.giveaway_id, is_locked=True)
        if giveaway is None:
            raise Refused(f"no giveaway {entry.giveaway_id}", kind="NoSuchRow")
        person = person_of(entry.persona)
        taken = work.entrants.find(giveaway.id, address=entry.address)
        known = Entry(
            at_ms=now_ms,
            words=entry.words,
            account_born_ms=None,
            held=entry.held,
            has_entered=work.entrants.find(giveaway.id, person=person) is not None,
            is_address_taken=taken is not None and taken.person != person,
        )
        refusal = judge_entry(giveaway.rules, state=giveaway.state, entry=known)
        if refusal is not None:
            raise EntryRefused(refusal, f"no entry in {public_name(giveaway)}: {refusal.value.replace('_', ' ')}")
        account_id = giveaway.account_ids[0]
        platform = work.accounts.load([account_id])[account_id].profile.platform
        entrant = Entrant(
            id=entrant_id(giveaway_id=giveaway.id, person=person),
            person=person,
            platform=platform,
            handle=entry.persona.name,
            address=entry.address,
            account_id=account_id,
            post_id=f"persona:{entry.persona.id}",
            entered_at_ms=now_ms,
            persona_id=entry.persona.id,
        )
        work.entrants.add(giveaway.id, entrant, now_ms=now_ms)
    return entrant
