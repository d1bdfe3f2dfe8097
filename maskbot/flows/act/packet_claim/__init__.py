"""Take shares of other people's packets: look at the packet, plan the payment, book what came."""

from maskbot.flows.act.packet_claim.book import book_claim
from maskbot.flows.act.packet_claim.check import check_claim
from maskbot.flows.act.packet_claim.look import Prospected, look_at
from maskbot.flows.act.packet_claim.parts import ClaimParts

__all__ = ["ClaimParts", "Prospected", "book_claim", "check_claim", "look_at"]
