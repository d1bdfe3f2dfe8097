"""A post that a hosted persona could read carries a packet: which claims that makes, and how they are recorded.

Only personas whose owner has linked a wallet and left claiming on take anything. What cannot be taken is recorded with its reason,
so that the operator sees it, and is left alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from maskbot.domain.hosted_packet import HostedPacket
from maskbot.domain.identity import Persona
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.mention import Mention
from maskbot.domain.money import Address
from maskbot.domain.packet_claim import PacketClaim, PersonaWallet
from maskbot.domain.red_packet import PacketVersion
from maskbot.ports.inside import Place, SecretBox
from maskbot.ports.store import Work
from maskbot.wire.red_packet import PostedPacket

UNKNOWN_CHAIN, NO_WALLET = "UnknownChain", "NoWalletOnChain"
_NAMESPACE = uuid.UUID("6d61736b-626f-4000-8000-00636c61696d")
_KEYLESS = frozenset({"KeyOnServer", "InvalidPacketPost", "OtherKey"})
"""Reasons that another post of the same packet may mend: the first one may have been a forgery."""


@dataclass(frozen=True, slots=True)
class Found:
    """A claim to record, and the packet key (32 bytes) to seal for it; None where there is none or nothing to do with it."""

    claim: PacketClaim
    packet_key: bytes | None = field(repr=False)

    @property
    def place(self) -> Place:
        """Where the vault binds the sealed key to."""
        return key_place(self.claim)


def key_place(claim: PacketClaim) -> Place:
    """Where a claim's packet key lies."""
    return Place("packet_claim", claim.id, claim.tenant_id, "key")


def claim_id_of(*, chain_id: int, version: PacketVersion, packet_id: bytes, wallet_id: str) -> str:
    """The id of the one claim there may be of a packet with a wallet."""
    return str(uuid.uuid5(_NAMESPACE, f"{chain_id}|{version.value}|{packet_id.hex()}|{wallet_id}"))


def wallet_of_persona(persona_id: str, *, chain_id: int, work: Work) -> Address | None:
    """Where shares and prizes of a persona go on a chain; None without a wallet there."""
    link = next((one for one in work.claim_rules.wallets_of([persona_id]) if one.chain_id == chain_id), None)
    if link is None:
        return None
    return link.recipient or work.treasury.wallets.load([link.wallet_id])[0].address


def claims_of_post(
    packets: Sequence[PostedPacket], *, personas: Sequence[Persona], mention: Mention, work: Work, now_ms: int
) -> tuple[Found, ...]:
    """The claims that these packets make for personas that read the post; none for personas without a wallet that claims."""
    if not packets or not personas:
        return ()
    found: dict[str, Found] = {}
    for persona in personas:
        links = [link for link in work.claim_rules.wallets_of([persona.id]) if link.is_claiming]
        for packet in packets if links else ():
            made = _found(packet, persona, links, mention_id=mention.id, now_ms=now_ms)
            found.setdefault(made.claim.id, made)
    return tuple(found.values())


def claims_of_own(packet: HostedPacket, *, packet_key: bytes, work: Work, now_ms: int) -> tuple[Found, ...]:
    """The claims that a packet of ours makes for personas hosted here that it is sealed for: posts of our own accounts are not
    collected, so nobody else would tell them. Never for who posts it, nor with the wallet that pays for it."""
    order, publication = packet.order, packet.order.publication
    if publication is None or publication.recipients is None or packet.packet_id is None:
        return ()
    posted = PostedPacket(
        packet_id=packet.packet_id,
        version=order.contents.version,
        chain_id=order.chain_id,
        tx_hash=packet.tx_hash,
        created_at_s=packet.created_at_s,
        packet_key=packet_key,
    )
    found: dict[str, Found] = {}
    for persona in work.personas.load(tenant_id=order.tenant_id):
        if persona.id == publication.persona_id or persona.public_key not in publication.recipients:
            continue
        for link in work.claim_rules.wallets_of([persona.id]):
            if link.is_claiming and link.chain_id == order.chain_id and link.wallet_id != order.wallet_id:
                made = _found(posted, persona, [link], mention_id=None, now_ms=now_ms)
                found.setdefault(made.claim.id, made)
    return tuple(found.values())


def with_sealed_keys(found: Sequence[Found], *, secrets: SecretBox) -> list[PacketClaim]:
    """The claims with their keys sealed by the vault, to be recorded. Raises: Unavailable if the vault is away."""
    keyed = [(each.place, each.packet_key) for each in found if each.packet_key is not None]
    sealed = iter(secrets.protect(keyed) if keyed else ())
    return [each.claim if each.packet_key is None else replace(each.claim, sealed_key=next(sealed)) for each in found]


def record_found(claims: Iterable[PacketClaim], *, work: Work, now_ms: int) -> list[NewJob]:
    """Record claims, with their keys sealed; the jobs that look at them. A packet that is recorded already stays as it is, save
    that a key takes the place of one that was missing or wrong."""
    jobs = []
    for claim in claims:
        is_live = claim.state == "found"
        if not work.claims.add(claim, now_ms=now_ms):
            there = work.claims.load(claim.id, is_locked=True)
            if not is_live or there is None or there.state != "left" or there.reason not in _KEYLESS:
                continue
            ask_again(replace(there, sealed_key=claim.sealed_key), work=work, now_ms=now_ms)
        if is_live:
            jobs.append(NewJob(JobKind.CHECK_CLAIM, claim.id, claim.tenant_id, now_ms))
    return jobs


def ask_again(claim: PacketClaim, *, work: Work, now_ms: int) -> PacketClaim:
    """Look at a claim again that was left or has failed; the claim as it is then. Raises Refused (IllegalMove)."""
    return work.claims.move(replace(claim, reason=None), after="found", now_ms=now_ms)


def _found(
    packet: PostedPacket, persona: Persona, links: Sequence[PersonaWallet], *, mention_id: str | None, now_ms: int
) -> Found:
    link = _link_for(packet, links)
    chain_id = packet.chain_id or (0 if link is None else link.chain_id)
    wallet_id = "" if link is None else link.wallet_id
    problem = packet.problem
    if link is None and problem is None:
        problem = UNKNOWN_CHAIN if packet.chain_id is None else NO_WALLET
    claim = PacketClaim(
        id=claim_id_of(chain_id=chain_id, version=packet.version, packet_id=packet.packet_id, wallet_id=wallet_id),
        tenant_id=persona.tenant_id,
        wallet_id=wallet_id,
        chain_id=chain_id,
        version=packet.version,
        packet_id=packet.packet_id,
        requested_by=f"persona:{persona.id}",
        found_at_ms=now_ms,
        persona_id=persona.id,
        recipient=None if link is None else link.recipient,
        mention_id=mention_id,
        state="found" if problem is None else "left",
        reason=problem,
        tx_hash=packet.tx_hash,
        created_at_s=packet.created_at_s,
    )
    return Found(claim, packet.packet_key if problem is None else None)


def _link_for(packet: PostedPacket, links: Sequence[PersonaWallet]) -> PersonaWallet | None:
    """The wallet on the packet's chain. Where the post names no chain, the reader's own is meant, if there is but one (8.1)."""
    if packet.chain_id is None:
        return links[0] if len(links) == 1 else None
    return next((link for link in links if link.chain_id == packet.chain_id), None)
