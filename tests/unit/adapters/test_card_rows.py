"""Drafts keep the facts of their cards in the store, whatever kind of card it is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from maskbot.adapters.store.post_json import dump_draft, load_draft
from maskbot.domain.card import (
    BroadcastCardFacts,
    Candle,
    CardFacts,
    GiveawayCardFacts,
    Place,
    RedPacketCardFacts,
)
from maskbot.domain.post import Draft, Visibility
from tests.unit.wire.card.card_facts import AS_OF_MS, BARE, ETHER


@pytest.mark.parametrize(
    "facts",
    [
        ETHER,
        BARE,
        GiveawayCardFacts("T", "1 ETH", "@dao", None, ("@a",), 5, AS_OF_MS, "proof", True),
        RedPacketCardFacts("M", "s", "USDC", "Ethereum", Decimal("1e-18"), None, 5, None, True, AS_OF_MS),
        BroadcastCardFacts("T", "s", None, (Place("@a", True),), 1, 2, AS_OF_MS),
    ],
)
def test_a_card_comes_back_as_it_was(facts: CardFacts) -> None:
    draft = Draft("text", Visibility.PUBLIC, cards=(facts, facts))
    assert load_draft(dump_draft(draft), pictures=()) == draft


def test_a_draft_of_an_older_version_has_no_cards() -> None:
    assert load_draft('{"text":"t","visibility":"public"}', pictures=()).cards == ()


def test_a_candle_is_in_order() -> None:
    with pytest.raises(ValueError, match="lowest"):
        Candle(0, Decimal(1), Decimal(2), Decimal("1.5"), Decimal(1))
