"""Giveaways, decided: opened, closed, drawn, paid, booked, refunded. Each step is one transaction and safe to repeat."""

from maskbot.flows.decide.giveaway.close import close_giveaway
from maskbot.flows.decide.giveaway.draw import draw_giveaway, proof_of
from maskbot.flows.decide.giveaway.open import GiveawayOrder, WaitsTooShort, open_giveaway
from maskbot.flows.decide.giveaway.pay import book_giveaway, pay_giveaway
from maskbot.flows.decide.giveaway.refund import refund_giveaway

__all__ = [
    "GiveawayOrder",
    "WaitsTooShort",
    "book_giveaway",
    "close_giveaway",
    "draw_giveaway",
    "open_giveaway",
    "pay_giveaway",
    "proof_of",
    "refund_giveaway",
]
