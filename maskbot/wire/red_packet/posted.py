"""The packets that a message's metadata carries, as somebody who may claim sees them (red-packets.md 3.2, 8).

Everything here is a stranger's word: the contract a post names is not even kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.red_packet import PacketVersion
from maskbot.wire.red_packet.errors import InvalidPacketPost
from maskbot.wire.red_packet.metadata import KEY, read_packet_post
from maskbot.wire.red_packet.nft_metadata import KEY as NFT_KEY
from maskbot.wire.red_packet.nft_metadata import read_nft_packet_post

OLD_VERSION = "OldVersion"
_LATEST_S = 2**40
"""Later than any block's time: the post is not believed."""


@dataclass(frozen=True, slots=True)
class PostedPacket:
    """A packet in a post. `chain_id` is None where the post does not say. Without `packet_key` (32 bytes) `problem` is the name of
    what keeps it from being claimed: `KeyOnServer`, `OldVersion` (1 to 3 give their password away), `InvalidPacketPost`."""

    packet_id: bytes
    version: PacketVersion
    chain_id: int | None
    tx_hash: bytes | None = None
    created_at_s: int | None = None
    problem: str | None = None
    packet_key: bytes | None = field(default=None, repr=False)


def posted_packets(meta: Mapping[str, object] | None) -> tuple[tuple[PostedPacket, ...], tuple[InvalidPacketPost, ...]]:
    """The packets in a message's metadata (a fungible and an ERC-721 one at most), and what is wrong with those that cannot be
    read: one that is broken does not hide the other."""
    found: list[PostedPacket] = []
    broken: list[InvalidPacketPost] = []
    for key, read in ((KEY, _fungible), (NFT_KEY, _nft)):
        if meta is None or key not in meta:
            continue
        try:
            found.append(read(meta[key]))
        except InvalidPacketPost as error:
            broken.append(error)
    return tuple(found), tuple(broken)


def _fungible(value: object) -> PostedPacket:
    post = read_packet_post(value)
    packet_key, problem = None, None
    if post.version is PacketVersion.V4:
        try:
            packet_key = post.packet_key
        except (Malformed, Refused) as error:
            problem = error.kind
    else:
        problem = OLD_VERSION
    created_at_s = post.created_at_ms // 1000
    return PostedPacket(
        packet_id=post.packet_id,
        version=post.version,
        chain_id=post.chain_id,
        tx_hash=post.tx_hash,
        created_at_s=created_at_s if 0 < created_at_s < _LATEST_S else None,
        problem=problem,
        packet_key=packet_key,
    )


def _nft(value: object) -> PostedPacket:
    post = read_nft_packet_post(value)
    packet_key, problem = None, None
    try:
        packet_key = post.packet_key
    except InvalidPacketPost as error:
        problem = error.kind if post.key_text else "KeyOnServer"
    return PostedPacket(
        post.packet_id, PacketVersion.NFT, post.chain_id, post.tx_hash, problem=problem, packet_key=packet_key
    )
