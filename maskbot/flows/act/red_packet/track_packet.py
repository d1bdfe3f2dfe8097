"""Follow a packet: read its events page by page, record who took what, and end it (red-packets.md 3.3, 3.4).

Everything above the last final block is read again each time, so what a reorganisation takes back is forgotten by the next look,
and what it brings is found. Recorded events never come from a block that is not on the chain for long.
"""

from __future__ import annotations

from dataclasses import replace

from maskbot.domain.chain import BlockName, Call, Header
from maskbot.domain.hosted_packet import HostedPacket, PacketShare
from maskbot.domain.job import Job
from maskbot.domain.red_packet import RestReturned, ShareTaken
from maskbot.flows.act.red_packet.parts import PacketMoved, PacketParts, load_packet
from maskbot.flows.decide.red_packet import OPEN, Sight, record_sight, refund_of
from maskbot.ports.chain import ChainNode, NodesDisagree
from maskbot.wire.red_packet import (
    PacketContract,
    decode_availability,
    encode_check,
    events_of_packet,
    events_query,
)


def track_packet(job: Job, *, parts: PacketParts) -> None:
    """Look at the packet `job.target_id`; come again while it is open.

    Raises: Unavailable (the nodes are away: later), Misconfigured (wrong chain).
    """
    packet = load_packet(job, states=OPEN, parts=parts)
    if packet is None:
        return
    parts.reach("packet.track")
    sight = _look(packet, chain=parts.chain_of(packet.order.chain_id), pages=parts.rules.pages)
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        found = work.packets.load(packet.id, is_locked=True)
        if found is None or found.read_to != packet.read_to or found.state not in OPEN:
            raise PacketMoved("somebody else has read on meanwhile")
        refund = refund_of(found, work=work)
        if refund is not None and refund.state in ("reverted", "rejected"):
            found = replace(found, error_kind=f"Refund{refund.error_kind or refund.state}")
        seen = record_sight(found, sight, work=work, now_ms=now_ms)
        if seen.state in OPEN:
            pause_ms = 0 if sight.rest is None else parts.rules.poll_ms
            work.jobs.postpone(job, due_at_ms=now_ms + pause_ms, error_kind="Open")
        else:
            work.jobs.finish([job])
        parts.reach("packet.in_transaction")
    parts.reach("packet.tracked")


def _look(packet: HostedPacket, *, chain: ChainNode, pages: int) -> Sight:
    """What is new above `packet.read_to`, at most so many pages of it."""
    assert packet.packet_id is not None
    assert packet.read_to is not None
    version = packet.order.contents.version
    contract = PacketContract(packet.order.chain_id, version, packet.contract)
    newest = _header(chain, BlockName.LATEST)
    final = _final_block(chain, newest)
    first, shares = packet.read_to + 1, []
    refund: tuple[int, int] | None = None
    for _ in range(pages):
        if first > newest.number:
            break
        page = chain.fetch_logs(events_query(contract, packet.packet_id, first_block=first, last_block=newest.number))
        for entry in page.logs:
            for event in events_of_packet([entry], contract=contract, packet_id=packet.packet_id):
                if isinstance(event, ShareTaken):
                    is_final = entry.block_number <= final
                    place = (entry.tx_hash, entry.log_index, entry.block_number)
                    shares.append(PacketShare(*place, event.recipient, event.value, is_final))
                elif isinstance(event, RestReturned):
                    refund = (event.value, entry.block_number)
        first = page.end.number + 1
    is_whole = first > newest.number
    rest = _rest(packet, newest, chain=chain) if is_whole else None
    return Sight(
        shares=tuple(shares),
        read_to=min(first - 1, final),
        rest=rest,
        refunded=None if refund is None else refund[0],
        is_refund_final=refund is not None and refund[1] <= final,
    )


def _rest(packet: HostedPacket, newest: Header, *, chain: ChainNode) -> int:
    assert packet.packet_id is not None
    answer = chain.call(Call(packet.contract, encode_check(packet.packet_id)), at=newest.number)
    return decode_availability(answer, version=packet.order.contents.version).rest


def _final_block(chain: ChainNode, newest: Header) -> int:
    if chain.chain.has_finalized:
        return min(_header(chain, BlockName.FINALIZED).number, newest.number)
    return newest.number - chain.chain.final_depth + 1


def _header(chain: ChainNode, name: BlockName) -> Header:
    found = chain.fetch_header(name)
    if found is None:
        raise NodesDisagree(f"the chain has no {name.value} block")
    return found
