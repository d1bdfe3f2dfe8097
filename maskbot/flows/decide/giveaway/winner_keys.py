"""Which public key a red packet can be sealed to for each winner: of a hosted persona, or of a contact never in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maskbot.domain.giveaway import Entrant, Giveaway, Prize
from maskbot.domain.identity import Platform, Profile, PublicKey
from maskbot.ports.store import Work


def winner_keys(giveaway: Giveaway, owed: Sequence[Prize], *, work: Work) -> Mapping[bytes, PublicKey]:
    """The key of each winner of these prizes who has one, by entrant id. A contact whose key has changed has none: it may be
    somebody else's."""
    entrants = {entrant.id: entrant for entrant in work.entrants.load(giveaway.id)}
    winners = [entrants[prize.entrant_id] for prize in owed if prize.entrant_id in entrants]
    hosted_ids = [winner.persona_id for winner in winners if winner.persona_id is not None]
    hosted = {one.id: one.public_key for one in work.personas.load(tenant_id=giveaway.tenant_id, ids=hosted_ids)}
    found: dict[bytes, PublicKey] = {}
    for winner in winners:
        key = hosted.get(winner.persona_id or "")
        if key is None:
            contact = work.contacts.find(tenant_id=giveaway.tenant_id, author=author_of(winner))
            key = None if contact is None or contact.is_changed else contact.public_key
        if key is not None:
            found[winner.id] = key
    return found


def author_of(entrant: Entrant) -> str:
    """The author text by which contacts know this person."""
    if entrant.platform is Platform.X:
        profile = Profile(Platform.X, "x.com", entrant.person, entrant.handle)
    else:
        profile = Profile(Platform.MASTODON, "", entrant.person, entrant.handle, actor_uri=entrant.person)
    return profile.wire_author
