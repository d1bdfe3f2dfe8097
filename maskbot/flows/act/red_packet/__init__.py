"""Red packets that we create, done: each act looks at the chain or a platform once, and records what follows."""

from maskbot.flows.act.red_packet.advance_packet import advance_packet
from maskbot.flows.act.red_packet.parts import PacketParts, PacketRules
from maskbot.flows.act.red_packet.publish_packet import publish_packet
from maskbot.flows.act.red_packet.refund_packet import refund_packet
from maskbot.flows.act.red_packet.track_packet import track_packet

__all__ = ["PacketParts", "PacketRules", "advance_packet", "publish_packet", "refund_packet", "track_packet"]
