"""Red packets by mention: `packet <link>`, or `packet` in a quote of a public post with one or in a reply to it, tells what the
chain says.

Only ids and numbers of a post are used, never its words: what a packet's creator wrote is not repeated, its key is never told, and
nothing is claimed here. Source: red-packets.md 3.4, 7, 8; applets.md 1.3 (public replies are the attack surface).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.money import NATIVE, Amount, Token
from maskbot.domain.packet_fact import PacketFact, PacketNeed
from maskbot.domain.post import ParentNeed
from maskbot.domain.red_packet import PacketState, PacketVersion
from maskbot.domain.request import Answer, Facts, Need, NoFact, Request
from maskbot.wire.crypto.address_text import address_text
from maskbot.wire.payload import PublicEncryption, Reader, find_payloads, parse_payload, unseal
from maskbot.wire.red_packet import PostedPacket, posted_packets

_SYMBOL = re.compile(r"[A-Za-z0-9]{1,12}", re.ASCII)
_HOW = "Which packet? Write: packet, and the mask.io link of a public post; or quote that post, or answer it."
_ENCRYPTED = "That post is encrypted. I tell of packets in public posts only."
_STATES = {
    PacketState.OPEN: "open",
    PacketState.EXHAUSTED: "all shares are taken",
    PacketState.EXPIRED: "expired",
    PacketState.REFUNDED: "the rest went back to its creator",
    PacketState.UNKNOWN: "the contract does not know it",
}


class PacketApplet:
    """Answers `packet`."""

    name = "packet"
    verbs: tuple[str, ...] = ("packet", "packets", "redpacket")

    def accepts(self, request: Request) -> bool:
        """Only by verb."""
        return False

    def needs(self, request: Request) -> tuple[Need, ...]:
        """The packet of the post, if it says on which chain; before that the post that is answered, if there is no other."""
        parent = request.post.in_reply_to_id
        if parent is not None and request.post.quoted is None and not _carried(request):
            return (ParentNeed(parent),)
        found = _posted(request)
        return (_need_of(found),) if isinstance(found, PostedPacket) and found.chain_id is not None else ()

    def decide(self, request: Request, facts: Facts) -> Answer:
        """One line of facts, and a warning where there is one."""
        found = _posted(request)
        if isinstance(found, str):
            return Answer(words=found, reason="no_packet")
        if found.chain_id is None:
            return Answer(words="The post does not say on which chain this packet is.", reason="no_packet")
        fact = facts.get(_need_of(found))
        if isinstance(fact, PacketFact):
            return Answer(words=_told(found, fact), reason="packet_told")
        if isinstance(fact, NoFact) and fact.reason == "refused":
            return Answer(
                words=f"I know no red packet contract of this version on chain {found.chain_id}. Please be careful.",
                reason="packet_untrusted",
            )
        return Answer(words=f"I cannot look at chain {found.chain_id} at the moment.", reason="packet_unavailable")


def _posted(request: Request) -> PostedPacket | str:
    """The packet in the asker's post or the quoted one; a text when there is none to tell of."""
    carried = _carried(request)
    if not carried:
        return _HOW
    try:
        payload = parse_payload(carried[0])
        if not isinstance(payload.encryption, PublicEncryption):
            return _ENCRYPTED
        message = unseal(payload, reader=Reader()).message
    except (Malformed, Refused):
        return _HOW
    packets, _ = posted_packets(getattr(message, "meta", None))
    return packets[0] if packets else "There is no red packet in this post that I can read."


def _carried(request: Request) -> tuple[str | bytes, ...]:
    post = request.post
    own = find_payloads(post.text, urls=post.links)
    return own if own or post.quoted is None else find_payloads(post.quoted.text, urls=post.quoted.links)


def _need_of(packet: PostedPacket) -> PacketNeed:
    assert packet.chain_id is not None
    return PacketNeed(packet.chain_id, packet.version, packet.packet_id, packet.tx_hash, packet.created_at_s)


def _told(packet: PostedPacket, fact: PacketFact) -> str:
    version = "NFT" if packet.version is PacketVersion.NFT else f"v{packet.version.value}"
    parts = [f"Red packet 0x{packet.packet_id.hex()[:8]}… on {fact.chain_name} ({version}): {_STATES[fact.state]}"]
    if fact.state is not PacketState.UNKNOWN:
        parts.append(f"{fact.left} of {fact.shares} shares left")
        parts.append(_amounts(packet, fact))
    if fact.is_random is not None:
        parts.append("random shares" if fact.is_random else "equal shares")
    if fact.expires_at_s is not None and fact.state is PacketState.OPEN:
        parts.append(f"until {datetime.fromtimestamp(fact.expires_at_s, UTC).strftime('%d %b %H:%M UTC')}")
    lines = [" · ".join(parts)]
    if packet.problem == "KeyOnServer":
        lines.append("Its key is held by a server, whose rules keep bots out.")
    if packet.version.warning is not None:
        lines.append(f"Careful, {packet.version.warning}.")
    return "\n".join(lines)


def _amounts(packet: PostedPacket, fact: PacketFact) -> str:
    if packet.version is PacketVersion.NFT:
        return f"tokens of {_short(fact)}"
    token = _token(packet, fact)
    if token is None:
        return f"{fact.rest} base units of {_short(fact)} left"
    of = "" if fact.total is None else f" of {Amount(token, fact.total)}"
    return f"{Amount(token, fact.rest)}{of} left"


def _token(packet: PostedPacket, fact: PacketFact) -> Token | None:
    """The token as it may be shown in public: a symbol that is more than letters and digits is not repeated."""
    chain_id = packet.chain_id or 0
    if fact.token == NATIVE:
        return Token(chain_id, NATIVE, fact.coin, 18)
    if fact.decimals is None:
        return None
    is_plain = fact.symbol is not None and _SYMBOL.fullmatch(fact.symbol) is not None
    return Token(chain_id, fact.token, fact.symbol if is_plain and fact.symbol else _short(fact), fact.decimals)


def _short(fact: PacketFact) -> str:
    text = address_text(fact.token)
    return f"{text[:6]}…{text[-4:]}"
