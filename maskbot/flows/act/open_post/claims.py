"""Red packets in a watched post that personas could read: which claims they make. Read-only; `record` records them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from maskbot.domain.identity import Persona
from maskbot.domain.mention import Mention
from maskbot.flows.decide.packet_claim import Found, claims_of_post
from maskbot.ports.store import Store
from maskbot.wire.red_packet import posted_packets

log = structlog.get_logger()


def claims_in(
    readers: Sequence[tuple[Persona, Mapping[str, object] | None]], mention: Mention, *, store: Store, now_ms: int
) -> tuple[Found, ...]:
    """The claims that the metadata, as each persona read them, make. What is broken is logged by its name, and hides nothing."""
    found: dict[str, Found] = {}
    for persona, meta in readers:
        packets, broken = posted_packets(meta)
        for error in broken:
            log.info("claim.malformed", mention_id=mention.id, persona_id=persona.id, error=error.kind)
        if packets:
            with store.read() as work:
                made = claims_of_post(packets, personas=[persona], mention=mention, work=work, now_ms=now_ms)
            found |= {each.claim.id: each for each in made if each.claim.id not in found}
    return tuple(found.values())
