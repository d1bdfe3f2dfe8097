"""What an operator names as a red packet: an id, a link, a post's text, or its metadata as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from maskbot.cli.conformance.message_json import unwrapped
from maskbot.cli.local_file import read_input
from maskbot.domain.errors import Malformed
from maskbot.domain.red_packet import PacketReference, PacketVersion, RedPacket
from maskbot.wire.crypto import InvalidAddress, address_text, parse_address
from maskbot.wire.payload import Reader, find_payloads, parse_payload, unseal
from maskbot.wire.red_packet import NftPacketPost, PacketPost, read_nft_packet_post, read_packet_post
from maskbot.wire.red_packet.metadata import KEY
from maskbot.wire.red_packet.nft_metadata import KEY as NFT_KEY

MOST_BYTES = 256 * 1024
_ID = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Named:
    """A packet that somebody named, with the post it was named in, if any."""

    packet_id: bytes
    chain_id: int | None
    version: PacketVersion
    post: PacketPost | None = None
    nft_post: NftPacketPost | None = None

    @property
    def reference(self) -> PacketReference | None:
        """Where it is, if the chain is known."""
        return None if self.chain_id is None else PacketReference(self.chain_id, self.version, self.packet_id)

    @property
    def tx_hash(self) -> bytes | None:
        """The creation, as the post says."""
        found = self.post or self.nft_post
        return None if found is None else found.tx_hash

    @property
    def created_at_s(self) -> int | None:
        """The time of creation, as the post says."""
        return None if self.post is None else self.post.created_at_ms // 1000

    def fields(self) -> dict[str, object]:
        """What to show of the post. The key is never shown, only whether there is one."""
        fields: dict[str, object] = {
            "packet": "0x" + self.packet_id.hex(),
            "version": self.version.value,
            "chain": self.chain_id,
        }
        if self.post is not None:
            fields |= {
                "post_from": self.post.sender_name,
                "post_message": self.post.message,
                "post_total": str(self.post.total),
                "post_shares": self.post.shares,
                "post_token": None if self.post.token is None else address_text(self.post.token.address),
                "has_key": bool(self.post.password),
            }
        if self.nft_post is not None:
            fields |= {
                "post_from": self.nft_post.sender_name,
                "post_message": self.nft_post.message,
                "post_collection": address_text(self.nft_post.collection),
                "has_key": bool(self.nft_post.key_text),
            }
        return fields

    def warnings(self, packet: RedPacket) -> list[str]:
        """What the post says and the chain does not."""
        if self.post is None:
            return []
        found = []
        if not _is_same_address(self.post.named_contract, packet):
            found.append("the post names another contract than the published one; it was not used")
        if packet.availability.shares not in (0, self.post.shares):
            found.append("the post tells of another number of shares than the chain")
        if packet.creation is not None and packet.creation.total != self.post.total:
            found.append("the post tells of another total than the chain")
        if not self.post.password:
            found.append("the key of this packet is held by a server; bots leave it alone")
        return found


def read_source(source: str, *, chain_id: int | None, version: PacketVersion | None) -> Named:
    """The packet that a text names: an id, a link, or a file (`-`: standard input) with a post, a message or metadata as JSON.

    Raises:
        Malformed: it names none, or a post that is encrypted for others.
        Misconfigured: the file cannot be read.
    """
    if _ID.fullmatch(source):
        return Named(bytes.fromhex(source[2:]), chain_id, version or PacketVersion.V4)
    if source.startswith(("https://", "http://")):
        return _named(_meta_of_post(source), chain_id)
    content = read_input(Path(source), limit_bytes=MOST_BYTES)
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise Malformed(f"{source} is no text") from error
    return _named(_meta_of_json(text) if text.startswith("{") else _meta_of_post(text), chain_id)


def _named(meta: Mapping[str, object], chain_id: int | None) -> Named:
    if KEY in meta:
        post = read_packet_post(meta[KEY])
        return Named(post.packet_id, chain_id or post.chain_id, post.version, post=post)
    if NFT_KEY in meta:
        nft = read_nft_packet_post(meta[NFT_KEY])
        return Named(nft.packet_id, chain_id or nft.chain_id, PacketVersion.NFT, nft_post=nft)
    raise Malformed("this message carries no red packet")


def _meta_of_post(text: str) -> Mapping[str, object]:
    """The metadata of a public post. Raises Malformed."""
    found = find_payloads(text)
    if not found:
        raise Malformed("there is no mask.io link and no packet in this text")
    message = unseal(parse_payload(found[0]), reader=Reader(), records=[]).message
    return message.meta or {}


def _meta_of_json(text: str) -> Mapping[str, object]:
    """The metadata in a JSON text: the metadata itself, one entry of it, a message, or what `payload read --json` prints."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("this is no JSON") from error
    for name in ("message", "meta"):
        if isinstance(value, dict) and isinstance(value.get(name), dict):
            value = value[name]
    if not isinstance(value, dict):
        raise Malformed("expected a JSON object")
    if "rpid" in value:
        return {KEY: value}
    meta = unwrapped(value)
    return meta if isinstance(meta, dict) else {}


def _is_same_address(text: str, packet: RedPacket) -> bool:
    try:
        return parse_address(text) == packet.contract
    except InvalidAddress:
        return False
