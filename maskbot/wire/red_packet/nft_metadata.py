"""The entry `com.maskbook.red_packet_nft:1` of a post's metadata (red-packets.md 8.2): an ERC-721 packet as the extension knows it.

`contractAddress` is the collection, not the red packet contract, which comes from our own table as always.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from maskbot.domain.money import Address
from maskbot.domain.red_packet import PacketReference, PacketVersion
from maskbot.wire.crypto import address_text, is_private_key
from maskbot.wire.red_packet.errors import InvalidPacketPost
from maskbot.wire.red_packet.json_fields import Fields

KEY = "com.maskbook.red_packet_nft:1"
_LONGEST_READ = 4096
_LEAST_MS = 10**7
_KEY_TEXT = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NftPacketPost:
    """An ERC-721 packet in a post; `key_text` is its private key, 0x and 64 hexadecimal digits."""

    packet_id: bytes
    chain_id: int
    collection: Address
    collection_name: str
    icon_url: str
    sender_name: str
    message: str
    duration_s: int
    tx_hash: bytes | None = None
    key_text: str = field(default="", repr=False)

    @property
    def reference(self) -> PacketReference:
        """Where the packet is."""
        return PacketReference(self.chain_id, PacketVersion.NFT, self.packet_id)

    @property
    def packet_key(self) -> bytes:
        """The packet key (32 bytes). Raises InvalidPacketPost: it is no key."""
        if _KEY_TEXT.fullmatch(self.key_text) is None or not is_private_key(bytes.fromhex(self.key_text[2:])):
            raise InvalidPacketPost("privateKey: expected 0x and 64 hexadecimal digits")
        return bytes.fromhex(self.key_text[2:])

    def to_json(self) -> dict[str, object]:
        """The entry as the extension reads it."""
        return {
            "id": "0x" + self.packet_id.hex(),
            **({} if self.tx_hash is None else {"txid": "0x" + self.tx_hash.hex()}),
            "duration": self.duration_s,
            "message": self.message,
            "senderName": self.sender_name,
            "contractName": self.collection_name,
            "contractAddress": address_text(self.collection),
            "contractVersion": 1,
            "privateKey": self.key_text,
            "chainId": self.chain_id,
            "contractTokenURI": self.icon_url,
        }


def read_nft_packet_post(value: object) -> NftPacketPost:
    """Read the entry of a post.

    Raises:
        InvalidPacketPost: a required field is missing, or a field has another form than the schema's; it is named.
    """
    fields = Fields(value, where=KEY)
    duration = fields.whole("duration", most=2**53)
    return NftPacketPost(
        packet_id=fields.hex_bytes("id", size=32),
        chain_id=fields.whole("chainId", least=1, most=2**53),
        collection=fields.address("contractAddress"),
        collection_name=fields.text("contractName", longest=_LONGEST_READ),
        icon_url=fields.text("contractTokenURI", longest=_LONGEST_READ),
        sender_name=fields.text("senderName", longest=_LONGEST_READ),
        message=fields.text("message", longest=_LONGEST_READ),
        duration_s=duration // 1000 if duration >= _LEAST_MS else duration,
        tx_hash=fields.optional_hex("txid", size=32),
        key_text=fields.text("privateKey", longest=_LONGEST_READ),
    )
