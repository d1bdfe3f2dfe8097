"""Publish a packet that is created: as a public post, or sealed for its recipients, with the metadata that the extension knows.

Whoever can open the post can claim (red-packets.md 3.1, 6), so only its recipients' keys are sealed for. The broadcast and the
packet's new state are one transaction: a packet is posted once. Source: red-packets.md 8.1, 8.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import structlog

from maskbot.domain.account import Account
from maskbot.domain.errors import Refused
from maskbot.domain.hosted_packet import HostedPacket, NftShares, Publication
from maskbot.domain.identity import Persona
from maskbot.domain.job import Job
from maskbot.domain.money import Address
from maskbot.domain.packet_claim import PacketClaim
from maskbot.flows.act.red_packet.parts import PacketMoved, PacketParts, load_packet
from maskbot.flows.decide.broadcast import BroadcastPlan, plan_broadcast
from maskbot.flows.decide.packet_claim import claims_of_own, record_found, with_sealed_keys
from maskbot.flows.decide.red_packet import place_of, tell
from maskbot.ports.inside import Notice
from maskbot.ports.store import Work
from maskbot.wire.crypto import address_text
from maskbot.wire.payload import Sentence
from maskbot.wire.red_packet import NFT_POST_KEY, POST_KEY, NftPacketPost, PacketPost, PostedToken

log = structlog.get_logger()


class NobodyPublishes(Refused):
    """The persona or an account that should publish the packet is gone."""

    kind = "NobodyPublishes"


def publish_packet(job: Job, *, parts: PacketParts, notice: Notice) -> None:
    """Record the post of the packet `job.target_id`; the broadcast's own jobs take it to the platforms.

    Raises: Unavailable (a platform does not tell its limits: later), Refused (NobodyPublishes: tried again until expiry).
    """
    packet = load_packet(job, states=frozenset({"created"}), parts=parts)
    if packet is None:
        return
    publication = packet.order.publication
    assert publication is not None
    persona, accounts, creator = _writers(packet, publication, parts=parts)
    limits = {account.id: parts.limits_of(account.id) for account in accounts}
    plan = BroadcastPlan(
        text=publication.text,
        persona=persona,
        accounts=accounts,
        recipients=publication.recipients,
        slot_at_ms=parts.clock.now_ms(),
        title=f"red packet {packet.id}",
        visibility=publication.visibility,
        meta=_meta(packet, creator=creator, parts=parts),
        sentence=Sentence.RED_PACKET,
    )
    claims = _claims_for_hosted(packet, parts=parts)
    parts.reach("packet.publish")

    def also(broadcast_id: str, work: Work) -> None:
        found = work.packets.load(packet.id, is_locked=True)
        if found is None or found.state != "created":
            raise PacketMoved("the packet was published by somebody else, or has ended")
        posted = replace(found, broadcast_id=broadcast_id)
        now_ms = parts.clock.now_ms()
        tell(work.packets.move(posted, after="published", now_ms=now_ms), work=work, now_ms=now_ms)
        work.jobs.add(record_found(claims, work=work, now_ms=now_ms))
        work.jobs.finish([job])
        parts.reach("packet.in_transaction")

    plan_broadcast(
        plan,
        relays=parts.relays,
        limits=limits,
        store=parts.store,
        secrets=parts.maker.secrets,
        clock=parts.clock,
        entropy=parts.maker.entropy,
        notice=notice,
        also=also,
    )
    parts.reach("packet.published")
    log.info("packet.published", packet=packet.id)


def _writers(
    packet: HostedPacket, publication: Publication, *, parts: PacketParts
) -> tuple[Persona, list[Account], Address]:
    with parts.store.read() as work:
        personas = work.personas.load(tenant_id=packet.order.tenant_id, ids=[publication.persona_id])
        accounts = work.accounts.load(publication.account_ids)
        wallet = work.treasury.wallets.load([packet.order.wallet_id])[0]
    if not personas or len(accounts) != len(publication.account_ids):
        raise NobodyPublishes("the persona or an account of this packet is gone")
    return personas[0], [accounts[account_id] for account_id in publication.account_ids], wallet.address


def _claims_for_hosted(packet: HostedPacket, *, parts: PacketParts) -> list[PacketClaim]:
    """What personas that we host ourselves have to take of it, by the wallets linked to them."""
    packet_key, now_ms = _packet_key(packet, parts=parts), parts.clock.now_ms()
    with parts.store.read() as work:
        found = claims_of_own(packet, packet_key=packet_key, work=work, now_ms=now_ms)
    return with_sealed_keys(found, secrets=parts.maker.secrets)


def _packet_key(packet: HostedPacket, *, parts: PacketParts) -> bytes:
    (packet_key,) = parts.maker.secrets.reveal([(place_of(packet.id, packet.order.tenant_id), packet.sealed_key)])
    return packet_key


def _meta(packet: HostedPacket, *, creator: Address, parts: PacketParts) -> Mapping[str, object]:
    """The packet as the extension reads it. The key is opened here and goes nowhere but into the post."""
    key_text = "0x" + _packet_key(packet, parts=parts).hex()
    order, contents = packet.order, packet.order.contents
    assert packet.packet_id is not None
    assert packet.total is not None
    assert packet.created_at_s is not None
    if isinstance(contents, NftShares):
        nft = NftPacketPost(
            packet_id=packet.packet_id,
            chain_id=order.chain_id,
            collection=contents.collection,
            collection_name=contents.name,
            icon_url=contents.icon_url,
            sender_name=order.sender_name,
            message=order.message,
            duration_s=order.duration_s,
            tx_hash=packet.tx_hash,
            key_text=key_text,
        )
        return {NFT_POST_KEY: nft.to_json()}
    token = contents.token
    post = PacketPost(
        packet_id=packet.packet_id,
        version=contents.version,
        chain_id=order.chain_id,
        named_contract=address_text(packet.contract),
        sender=creator,
        sender_name=order.sender_name,
        message=order.message,
        is_random=contents.is_random,
        shares=contents.shares,
        total=packet.total,
        created_at_ms=packet.created_at_s * 1000,
        duration_s=order.duration_s,
        token=PostedToken(token.address, token.symbol, token.decimals),
        tx_hash=packet.tx_hash,
        password=key_text,
    )
    return {POST_KEY: post.to_json()}
