"""Cards are drawn just before a post goes out; one that cannot be drawn keeps no post back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from maskbot.applets.price import Price
from maskbot.domain.card import CardFacts, Look, Theme
from maskbot.domain.errors import MaskbotError, Misconfigured, Unavailable
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.post import Picture
from maskbot.domain.request import PriceFact, PriceNeed, Request
from maskbot.flows.act.deliver_post import DeliveryRules, deliver_post
from maskbot.ports.outside import PictureRefused
from tests.fakes.house import ALICE, House
from tests.unit.wire.card.card_facts import ETHER

FACT = PriceFact(
    symbol="ETH",
    name="Ethereum",
    vs="USD",
    price=ETHER.price,
    change_24h_percent=Decimal("-5.8"),
    change_7d_percent=None,
    market_cap=None,
    source="CoinGecko",
    as_of_ms=ETHER.as_of_ms,
    series=ETHER.series,
    quote=ETHER.quote,
)


@dataclass
class FakeCards:
    """Draws nothing, and remembers what it was asked for."""

    failure: MaskbotError | None = None
    asked: list[tuple[CardFacts, Look]] = field(default_factory=list)

    def render(self, facts: CardFacts, *, look: Look) -> Picture:
        """A picture of one byte."""
        self.asked.append((facts, look))
        if self.failure is not None:
            raise self.failure
        return Picture(b"P", "a card")


def ask_for_a_price(house: House) -> None:
    """A price was asked for and its facts are there: the answer is decided."""
    mention, reply = house.ask(ALICE, "price ETH")
    assert reply is None
    with house.store.read() as work:
        (need,) = work.facts.load_needs(mention.id)
    assert isinstance(need, PriceNeed)
    with house.store.write() as work:
        work.facts.save(mention.id, facts={need: FACT})
        (job,) = work.jobs.claim(queue="facts", owner="t", limit=9, now_ms=house.clock.ms, lease_ms=9)
        work.jobs.finish([job])
        work.jobs.add([NewJob(JobKind.ANSWER_MENTION, mention.id, mention.tenant_id, house.clock.ms)])
    assert house.answer() == 1


def deliver(house: House, cards: FakeCards | None) -> list[tuple[str, int]]:
    """Deliver what is queued; the text and number of pictures of each post."""
    (job,) = house.claim(JobKind.DELIVER_POST)
    deliver_post(
        job,
        store=house.store,
        publisher_of=house.publisher,
        clock=house.clock,
        rules=DeliveryRules(look=Look(Theme.LIGHT)),
        cards=cards,
    )
    return [(draft.text, len(draft.pictures)) for each in house.publishers.values() for draft in each.posts.values()]


def refuse_pictures(house: House) -> None:
    """The platform takes no picture, of whichever account."""
    with house.store.read() as work:
        for account in work.accounts.load():
            house.publisher(account).failures.append(PictureRefused("too large"))


def test_a_price_is_answered_with_its_card(house: House) -> None:
    ask_for_a_price(house)
    cards = FakeCards()
    ((text, pictures),) = deliver(house, cards)
    assert "$3,425.02" in text
    assert pictures == 1
    assert cards.asked == [(FACT.card, Look(Theme.LIGHT))]


@pytest.mark.parametrize("failure", [Unavailable("a drawing process died"), Misconfigured("no fonts")])
def test_a_card_that_cannot_be_drawn_keeps_no_post_back(house: House, failure: MaskbotError) -> None:
    ask_for_a_price(house)
    ((text, pictures),) = deliver(house, FakeCards(failure))
    assert "$3,425.02" in text
    assert pictures == 0


def test_a_card_that_the_platform_does_not_take_keeps_no_post_back(house: House) -> None:
    ask_for_a_price(house)
    refuse_pictures(house)
    ((text, pictures),) = deliver(house, FakeCards())
    assert "$3,425.02" in text
    assert pictures == 0


def test_a_picture_that_is_the_post_itself_is_not_left_out(house: House) -> None:
    ask_for_a_price(house)
    refuse_pictures(house)
    with pytest.raises(PictureRefused):
        deliver(house, None)


def test_without_a_renderer_the_text_goes_out_alone(house: House) -> None:
    ask_for_a_price(house)
    assert [pictures for _, pictures in deliver(house, None)] == [0]


@pytest.mark.parametrize(("change", "cards"), [({}, 1), ({"rank": 0}, 0)])
def test_facts_that_no_card_can_hold_give_text_alone(house: House, change: dict[str, object], cards: int) -> None:
    request = Request("price", ("eth",), "price ETH", house.post(ALICE, "price ETH"), "maskbot")
    fact = replace(FACT, **change)  # type: ignore[arg-type]  # a rank
    answer = Price().decide(request, dict.fromkeys(Price().needs(request), fact))
    assert answer.words is not None
    assert len(answer.cards) == cards
