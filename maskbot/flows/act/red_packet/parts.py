"""What the acts of a red packet work with, and when they do what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from maskbot.domain.errors import Unavailable
from maskbot.domain.hosted_packet import HostedPacket
from maskbot.domain.job import Job
from maskbot.domain.post import PostLimits
from maskbot.flows.act.payment_parts import go_on
from maskbot.flows.decide.red_packet import PacketMaker
from maskbot.ports.chain import ChainNode
from maskbot.ports.inside import Clock
from maskbot.ports.store import Store
from maskbot.wire.red_packet import ContractBook


@dataclass(frozen=True, slots=True)
class PacketRules:
    """A packet is looked at every `poll_ms` while shares can be taken, and an expired one every `expiry_ms` until the chain's clock
    agrees. One look reads at most `pages` pages of events."""

    poll_ms: int = 15_000
    expiry_ms: int = 3_000
    pages: int = 400


@dataclass(frozen=True, slots=True)
class PacketParts:
    """The store, chains by id, what makes packets, post limits by account id, the relays. `reach` is called at named points."""

    store: Store
    chain_of: Callable[[int], ChainNode]
    maker: PacketMaker
    limits_of: Callable[[str], PostLimits]
    relays: Sequence[str]
    clock: Clock
    rules: PacketRules = PacketRules()
    reach: Callable[[str], None] = go_on

    @property
    def contracts(self) -> ContractBook:
        """The contracts we trust."""
        return self.maker.contracts


def load_packet(job: Job, *, states: frozenset[str], parts: PacketParts) -> HostedPacket | None:
    """The packet of a job if it is in one of these states; otherwise the job is done, and there is none."""
    with parts.store.read() as work:
        packet = work.packets.load(job.target_id)
    if packet is not None and packet.state in states:
        return packet
    with parts.store.write() as work:
        work.jobs.finish([job])
    return None


class PacketMoved(Unavailable):
    """Somebody else took the packet a step on meanwhile: looked at again."""

    kind = "PacketMoved"
