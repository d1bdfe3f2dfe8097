"""Giveaways, decided: opened, closed, drawn, planned, paid, refunded. Each step is one transaction and safe to repeat."""

from maskbot.flows.decide.giveaway.close import close_giveaway
from maskbot.flows.decide.giveaway.draw import draw_giveaway, proof_of
from maskbot.flows.decide.giveaway.open import GiveawayOrder, open_giveaway

__all__ = ["GiveawayOrder", "close_giveaway", "draw_giveaway", "open_giveaway", "proof_of"]
