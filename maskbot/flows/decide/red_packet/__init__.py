"""Red packets that we create, decided: ordered, prepared, noted when created, settled. The acts are in `act/red_packet`."""

from maskbot.flows.decide.red_packet.order import (
    OtherOrder,
    PacketMaker,
    draw_packet,
    order_packet,
    place_of,
    record_packet,
)
from maskbot.flows.decide.red_packet.payments import APPROVE, CREATE, REFUND, RESET, REVOKE, creation_call
from maskbot.flows.decide.red_packet.settle import (
    OPEN,
    NotRefundable,
    Sight,
    ask_for_refund,
    record_sight,
    refund_of,
    refund_packet_now,
)
from maskbot.flows.decide.red_packet.steps import Allowance, end_if_revoked, fail, note_creation, prepare, revoke, tell

__all__ = [
    "APPROVE",
    "CREATE",
    "OPEN",
    "REFUND",
    "RESET",
    "REVOKE",
    "Allowance",
    "NotRefundable",
    "OtherOrder",
    "PacketMaker",
    "Sight",
    "ask_for_refund",
    "creation_call",
    "draw_packet",
    "end_if_revoked",
    "fail",
    "note_creation",
    "order_packet",
    "place_of",
    "prepare",
    "record_packet",
    "record_sight",
    "refund_of",
    "refund_packet_now",
    "revoke",
    "tell",
]
