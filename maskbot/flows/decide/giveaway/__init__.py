"""Giveaways, decided: opened, closed, drawn, paid, booked, refunded. Each step is one transaction and safe to repeat."""

from maskbot.flows.decide.giveaway.book import book_giveaway
from maskbot.flows.decide.giveaway.close import close_giveaway
from maskbot.flows.decide.giveaway.draw import draw_giveaway, proof_of
from maskbot.flows.decide.giveaway.enter import EntryRefused, PersonaEntry, enter_persona
from maskbot.flows.decide.giveaway.open import GiveawayOrder, WaitsTooShort, open_giveaway
from maskbot.flows.decide.giveaway.pay import owed_of, pay_giveaway, personas_of
from maskbot.flows.decide.giveaway.payable import NotPayable, PacketWay, PayOrder, Payout, SafePayer
from maskbot.flows.decide.giveaway.plan_delivery import plan_delivery
from maskbot.flows.decide.giveaway.refund import refund_giveaway

__all__ = [
    "EntryRefused",
    "GiveawayOrder",
    "NotPayable",
    "PacketWay",
    "PayOrder",
    "Payout",
    "PersonaEntry",
    "SafePayer",
    "WaitsTooShort",
    "book_giveaway",
    "close_giveaway",
    "draw_giveaway",
    "enter_persona",
    "open_giveaway",
    "owed_of",
    "pay_giveaway",
    "personas_of",
    "plan_delivery",
    "proof_of",
    "refund_giveaway",
]
