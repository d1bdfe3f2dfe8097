"""Giveaways, red packets and broadcasts from the same kit."""

from __future__ import annotations

from decimal import Decimal
from xml.etree import ElementTree

import pytest

from maskbot.domain.card import (
    BroadcastCardFacts,
    CardFacts,
    GiveawayCardFacts,
    Look,
    Place,
    RedPacketCardFacts,
    Theme,
)
from maskbot.wire.card import draw_card
from tests.unit.wire.card.card_facts import AS_OF_MS, METRICS

EVIL = '\u202e<image href="/etc/passwd"/>\x00' + "W" * 10_000
DRAWN = GiveawayCardFacts("Thanks!", "0.1 ETH", "@dao", 1204, ("@alice", "@bob", EVIL), 3, AS_OF_MS, "block 7", True)
PACKET = RedPacketCardFacts(
    "Wishes", "alice", "USDC", "Ethereum", Decimal(250), Decimal("74.31"), 50, 35, True, AS_OF_MS, "0xab"
)
SENT = BroadcastCardFacts("Vote", "dao", 214, (Place("@dao", True), Place("@x", False)), 2, 3, AS_OF_MS)


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (DRAWN, ("1,204", "@alice", "@bob", "3 winners", "block 7", "23 Nov 2026 01:37 UTC")),
        (GiveawayCardFacts("T", "1 ETH", "@dao", None, (), 5, AS_OF_MS), ("Open", "—", "5")),
        (PACKET, ("250 USDC", "35 of 50", "74.31 USDC", "70%", "0xab")),
        (SENT, ("1 of 2", "2 of 3", "214 people", "@x (failed)", "Partly delivered")),
    ],
)
def test_the_card_and_its_alt_text_say_the_same(facts: CardFacts, wanted: tuple[str, ...]) -> None:
    drawing = draw_card(facts, look=Look(Theme.LIGHT), metrics=METRICS)
    written = " ".join("".join(element.itertext()) for element in ElementTree.fromstring(drawing.svg).iter())
    for text in wanted:
        assert text in drawing.alt_text
        assert text.removesuffix(" (failed)") in written


@pytest.mark.parametrize(
    "facts",
    [
        GiveawayCardFacts(EVIL, EVIL, EVIL, 10**11, (EVIL,) * 500, 500, AS_OF_MS, EVIL, True),
        RedPacketCardFacts(EVIL, EVIL, EVIL, EVIL, Decimal("1e30"), None, 0, None, False, AS_OF_MS, EVIL),
        BroadcastCardFacts(EVIL, EVIL, None, (Place(EVIL, True),) * 500, 0, 0, AS_OF_MS, EVIL),
        BroadcastCardFacts("", "", 0, (), 0, 0, 0),
    ],
)
def test_hostile_texts_are_drawn_as_text(facts: CardFacts) -> None:
    drawing = draw_card(facts, look=Look(), metrics=METRICS)
    assert not any("href" in name for element in ElementTree.fromstring(drawing.svg).iter() for name in element.attrib)
    assert 0 < len(drawing.alt_text) <= 1500
    assert len(drawing.svg) < 30_000
