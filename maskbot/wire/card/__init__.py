"""Cards: facts -> SVG and alt text. Pure; the picture itself is drawn by `adapters/card_renderer`."""

from __future__ import annotations

from typing import assert_never

from maskbot.domain.card import (
    BroadcastCardFacts,
    CardFacts,
    GiveawayCardFacts,
    Look,
    PriceCardFacts,
    RedPacketCardFacts,
)
from maskbot.wire.card.drawing import HEIGHT, WIDTH, Drawing
from maskbot.wire.card.metrics import Metrics
from maskbot.wire.card.price_card import draw_price_card
from maskbot.wire.card.result_card import draw_result_card
from maskbot.wire.card.results import broadcast_result, giveaway_result, red_packet_result

__all__ = ["HEIGHT", "WIDTH", "Drawing", "Metrics", "draw_card"]


def draw_card(facts: CardFacts, *, look: Look, metrics: Metrics) -> Drawing:
    """The card for these facts: SVG of 1200 x 675 and its alt text. The same arguments give the same text."""
    match facts:
        case PriceCardFacts():
            return draw_price_card(facts, look=look, metrics=metrics)
        case GiveawayCardFacts():
            return draw_result_card(giveaway_result(facts), look=look, metrics=metrics)
        case RedPacketCardFacts():
            return draw_result_card(red_packet_result(facts), look=look, metrics=metrics)
        case BroadcastCardFacts():
            return draw_result_card(broadcast_result(facts), look=look, metrics=metrics)
    assert_never(facts)
