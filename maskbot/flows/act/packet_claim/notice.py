"""What the owner of a persona is told of a share: an item in the persona's inbox, which its webhook sends on."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field

from maskbot.domain.inbox import InboxItem
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.money import NATIVE, Amount, Token
from maskbot.domain.packet_claim import PacketClaim
from maskbot.domain.red_packet import PacketVersion
from maskbot.flows.act.packet_claim.parts import ClaimParts
from maskbot.ports.inside import Place
from maskbot.ports.store import Work
from maskbot.wire.crypto import address_text

NOTICE_TYPE = "packet.claim_ended"
_NAMESPACE = uuid.UUID("6d61736b-626f-4000-8000-6e6f74696365")
_AUTHOR = "maskbot"


@dataclass(frozen=True, slots=True)
class Notice:
    """An inbox item and its sealed content."""

    item: InboxItem
    sealed: bytes = field(repr=False)


def seal_notice(claim: PacketClaim, state: str, *, parts: ClaimParts, now_ms: int) -> Notice | None:
    """The notice of a claim that ended in this state; None for a claim that no persona asked for."""
    if claim.persona_id is None:
        return None
    text = words_of(claim, state, parts=parts)
    meta = {
        "claim_id": claim.id,
        "state": state,
        "chain_id": claim.chain_id,
        "packet_id": "0x" + claim.packet_id.hex(),
        "token": None if claim.token is None else address_text(claim.token),
        "value": None if claim.value is None else str(claim.value),
        "received": None if claim.received is None else str(claim.received),
        "cost_wei": str(claim.cost_wei),
        "transaction": None if claim.claim_tx is None else "0x" + claim.claim_tx.hex(),
        "reason": claim.reason,
    }
    item = InboxItem(
        id=str(uuid.uuid5(_NAMESPACE, f"{claim.id}|{claim.tries}|{state}")),
        tenant_id=claim.tenant_id,
        persona_id=claim.persona_id,
        platform="chain",
        post_id=f"claim:{claim.id}:{claim.tries}",
        author=_AUTHOR,
        claimed_author=None,
        text=text,
        meta_json=None,
        received_at_ms=now_ms,
    )
    content = json.dumps({"type": NOTICE_TYPE, "text": text, "meta": meta}, ensure_ascii=False).encode()
    (sealed,) = parts.secrets.protect([(Place("inbox", item.id, item.tenant_id, "text"), content)])
    return Notice(item, sealed)


def deliver_notice(notice: Notice, *, work: Work, now_ms: int) -> None:
    """Put the notice into the inbox, and have the webhook told if there is one. A persona that left is told nothing."""
    item = notice.item
    if not work.personas.load(tenant_id=item.tenant_id, ids=[item.persona_id]):
        return
    if work.inbox.add(item, sealed=notice.sealed) and work.inbox.webhook(item.persona_id) is not None:
        work.jobs.add([NewJob(JobKind.DELIVER_WEBHOOK, item.id, item.tenant_id, now_ms)])


def words_of(claim: PacketClaim, state: str, *, parts: ClaimParts) -> str:
    """One or two sentences for a person."""
    if state != "claimed":
        return f"A share of a red packet could not be taken: {claim.reason}. Look at it with: maskbot redpacket claims"
    if claim.version is PacketVersion.NFT:
        collection = "" if claim.token is None else f" of {address_text(claim.token)}"
        return f"Taken from a red packet: token {claim.value}{collection} on chain {claim.chain_id}."
    shown = amount_text(claim, claim.value, parts=parts)
    if claim.received == claim.value:
        return f"Taken from a red packet: {shown} on chain {claim.chain_id}."
    arrived = "its token does not tell what arrived" if claim.received is None else (
        f"{amount_text(claim, claim.received, parts=parts)} arrived, as the token keeps a part"
    )  # fmt: skip
    return f"Taken from a red packet: {shown} on chain {claim.chain_id}; {arrived}."


def amount_text(claim: PacketClaim, base_units: int | None, *, parts: ClaimParts) -> str:
    """An amount of the claim's token, as far as it can be told."""
    if base_units is None or claim.token is None:
        return "an unknown amount"
    if claim.token == NATIVE:
        return str(Amount(parts.chain_of(claim.chain_id).chain.coin, base_units))
    if claim.decimals is None:
        return f"{base_units} base units of {address_text(claim.token)}"
    return str(Amount(Token(claim.chain_id, claim.token, _short(claim.token), claim.decimals), base_units))


def _short(token: bytes) -> str:
    return f"0x{token.hex()[:8]}…"
