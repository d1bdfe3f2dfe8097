"""Red packets as bytes: call data, events, metadata schemas, claim tickets (red-packets.md). Pure; no chain access.

`addresses` says which contracts are trusted, `calls` and `answers` translate what goes to them and comes back, `metadata` and
`nft_metadata` what posts say, `ticket` lets one account claim, `amounts` says what a share may be worth.
"""

from __future__ import annotations

from maskbot.wire.red_packet.addresses import ContractBook, PacketContract, chain_of_name, name_of_chain
from maskbot.wire.red_packet.answers import decode_availability, decode_event, event_topics
from maskbot.wire.red_packet.calls import (
    ClaimCall,
    CreateCall,
    CreateNftCall,
    creation_selector,
    decode_claim,
    decode_create,
    decode_refund,
    encode_check,
    encode_check_ownership,
    encode_gas_payer,
    encode_refund,
    refund_selector,
)
from maskbot.wire.red_packet.claimed import Share, meaning_of, share_in
from maskbot.wire.red_packet.errors import InvalidAbi, InvalidPacketPost, KeyOnServer, UntrustedContract
from maskbot.wire.red_packet.facts import events_of_packet, events_query, packet_facts
from maskbot.wire.red_packet.metadata import KEY as POST_KEY
from maskbot.wire.red_packet.metadata import PacketPost, PostedToken, read_packet_post
from maskbot.wire.red_packet.nft_metadata import KEY as NFT_POST_KEY
from maskbot.wire.red_packet.nft_metadata import NftPacketPost, read_nft_packet_post
from maskbot.wire.red_packet.posted import PostedPacket, posted_packets
from maskbot.wire.red_packet.ticket import Ticket, sign_ticket

__all__ = [
    "NFT_POST_KEY",
    "POST_KEY",
    "ClaimCall",
    "ContractBook",
    "CreateCall",
    "CreateNftCall",
    "InvalidAbi",
    "InvalidPacketPost",
    "KeyOnServer",
    "NftPacketPost",
    "PacketContract",
    "PacketPost",
    "PostedPacket",
    "PostedToken",
    "Share",
    "Ticket",
    "UntrustedContract",
    "chain_of_name",
    "creation_selector",
    "decode_availability",
    "decode_claim",
    "decode_create",
    "decode_event",
    "decode_refund",
    "encode_check",
    "encode_check_ownership",
    "encode_gas_payer",
    "encode_refund",
    "event_topics",
    "events_of_packet",
    "events_query",
    "meaning_of",
    "name_of_chain",
    "packet_facts",
    "posted_packets",
    "read_nft_packet_post",
    "read_packet_post",
    "refund_selector",
    "share_in",
    "sign_ticket",
]
