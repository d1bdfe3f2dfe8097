"""Opening, closing and drawing: rules fixed, entrants fixed, winners a function of what is published (R34, R35, R36)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskbot.adapters.store.errors import IllegalMove
from maskbot.domain.card import GiveawayCardFacts
from maskbot.domain.errors import Malformed, Refused, Unavailable
from maskbot.domain.giveaway import Entrant, Giveaway, Mode, books_of
from maskbot.domain.identity import Platform
from maskbot.domain.job import JobKind
from maskbot.domain.money import NATIVE, Token
from maskbot.flows.act.fetch_beacon import fetch_beacon
from maskbot.flows.decide.giveaway import close_giveaway, draw_giveaway, proof_of
from maskbot.flows.decide.giveaway.draw import NotDrawable
from maskbot.flows.decide.giveaway.open import TooLittleFunds
from maskbot.ports.giveaways import EntrantsFixed
from maskbot.wire.draw import check_proof, entrant_id
from tests.fakes.giveaways import FakeBeacons, address_of, close, drawn, enter, opened, person, say
from tests.fakes.house import House


def announcements(house: House) -> list[str]:
    ids = [str(row["id"]) for row in house.admin.deliveries(limit=1000)]
    with house.store.read() as work:
        return [each.draft.text for each in work.deliveries.load(ids).values() if each.mention_id is None]


def outsider(giveaway: Giveaway) -> Entrant:
    someone = person(99)
    return Entrant(
        id=entrant_id(giveaway_id=giveaway.id, person=someone.person),
        person=someone.person,
        platform=someone.platform,
        handle=someone.handle,
        address=address_of(99),
        account_id=giveaway.account_ids[0],
        post_id="1",
        entered_at_ms=giveaway.rules.opens_at_ms,
    )


def test_opening_publishes_the_hash_of_the_rules_and_the_beacon_on_both_platforms(house: House) -> None:
    giveaway = opened(house)
    texts = announcements(house)
    assert len(texts) == 2
    assert all(giveaway.rules.hash.hex()[:32] in text and "block 1000" in text for text in texts)
    assert len(house.claim(JobKind.DELIVER_POST)) == 2


def test_a_wallet_cannot_promise_the_same_coins_twice(house: House) -> None:
    opened(house, available=1_500)
    with pytest.raises(TooLittleFunds, match="500"):
        opened(house, available=1_500, giveaway_id="01900000-0000-7000-8000-000000000002", code="summer")


def test_what_an_old_giveaway_promises_counts_behind_a_thousand_that_have_ended(house: House) -> None:
    first = opened(house, available=1_500)
    with house.store.write() as work:
        for number in range(1_000):
            id_ = f"01900000-0000-7000-8000-1{number:011}"
            rules = replace(first.rules, giveaway_id=id_, code=f"over-{number}")
            work.giveaways.add(replace(first, id=id_, rules=rules, state="closed_out"), now_ms=house.clock.ms)
    with pytest.raises(TooLittleFunds, match="500"):
        opened(house, available=1_500, giveaway_id="01900000-0000-7000-8000-200000000000", code="summer")


def test_a_giveaway_whose_announcement_fits_no_post_is_refused_before_anything_is_promised(house: House) -> None:
    with pytest.raises(Refused, match="would not fit a post"):
        opened(
            house, title="", code="a" * 31, entry_word="あ" * 24, follows=True, token=Token(1, NATIVE, "あ" * 32, 18)
        )
    assert announcements(house) == []


def test_a_code_is_used_once(house: House) -> None:
    opened(house)
    with pytest.raises(Refused, match="unique"):
        opened(house, giveaway_id="01900000-0000-7000-8000-000000000002")


def test_a_giveaway_is_not_closed_before_its_end(house: House) -> None:
    giveaway = opened(house)
    with pytest.raises(Refused, match="until its window ends"):
        close_giveaway(giveaway.id, store=house.store, now_ms=giveaway.rules.closes_at_ms - 1)


def test_closing_twice_publishes_one_root(house: House) -> None:
    giveaway = opened(house)
    enter(house, 1)
    assert close(house, giveaway) == close(house, giveaway)
    assert len([text for text in announcements(house) if "Root" in text]) == 2


def test_the_entrants_cannot_change_after_the_root_is_published(house: House) -> None:
    giveaway = opened(house)
    enter(house, 1)
    close(house, giveaway)
    with pytest.raises(EntrantsFixed), house.store.write() as work:
        work.entrants.add(giveaway.id, outsider(giveaway), now_ms=house.clock.ms)


def test_nothing_is_drawn_from_entrants_that_are_not_those_of_the_root(house: House) -> None:
    giveaway = opened(house)
    enter(house, 1)
    close(house, giveaway)
    with house.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE entrant SET address = x'" + "ab" * 20 + "'")
    fetch_beacon(giveaway.id, store=house.store, beacons=FakeBeacons(), clock=house.clock, notice=house.notice)
    with pytest.raises(NotDrawable, match="published root"):
        draw_giveaway(giveaway.id, store=house.store, now_ms=house.clock.ms)


def test_rules_that_were_changed_in_the_store_are_noticed(house: House) -> None:
    giveaway = opened(house)
    with house.store.transaction() as connection:
        connection.exec_driver_sql("""UPDATE giveaway SET rules = replace(rules, '500', '900')""")
    with pytest.raises(Malformed, match="rules"), house.store.read() as work:
        work.giveaways.load(giveaway.id)


def test_a_root_that_would_come_after_the_randomness_means_no_draw(house: House) -> None:
    giveaway = opened(house)
    enter(house, 1)
    late = close_giveaway(giveaway.id, store=house.store, now_ms=giveaway.rules.draws_at_ms)
    assert late.state == "refunding"
    with pytest.raises(IllegalMove), house.store.write() as work:
        work.giveaways.save_beacon(giveaway.id, value=bytes(32))


def test_a_draw_waits_for_its_beacon_and_takes_one_value_only(house: House) -> None:
    giveaway = opened(house)
    enter(house, 1)
    close(house, giveaway)
    with pytest.raises(NotDrawable):
        draw_giveaway(giveaway.id, store=house.store, now_ms=house.clock.ms)
    parts = {"store": house.store, "clock": house.clock, "notice": house.notice}
    with pytest.raises(Unavailable):
        fetch_beacon(giveaway.id, beacons=FakeBeacons(None), **parts)  # type: ignore[arg-type]  # keywords by name
    fetch_beacon(giveaway.id, beacons=FakeBeacons(), **parts)  # type: ignore[arg-type]  # keywords by name
    with pytest.raises(IllegalMove), house.store.write() as work:
        work.giveaways.save_beacon(giveaway.id, value=bytes(32))


def test_a_beacon_that_is_told_falsely_is_asked_again(house: House) -> None:
    class FalseBeacons(FakeBeacons):
        def fetch_value(self, promise: str, *, not_before_s: int) -> bytes:
            raise Malformed("not what the chain signed", kind="BeaconFalse")

    giveaway = opened(house)
    enter(house, 1)
    close(house, giveaway)
    parts = {"store": house.store, "clock": house.clock, "notice": house.notice}
    with pytest.raises(Unavailable) as failure:  # the worker gives up what is Malformed, and nobody would ask again
        fetch_beacon(giveaway.id, beacons=FalseBeacons(), **parts)  # type: ignore[arg-type]  # keywords by name
    assert failure.value.kind == "BeaconFalse"


def test_the_draw_is_recorded_once_with_a_proof_that_holds(house: House) -> None:
    giveaway = opened(house)
    for number in range(6):
        enter(house, number, (Platform.X, Platform.MASTODON)[number % 2])
    result = drawn(house, giveaway)
    again, prizes = draw_giveaway(giveaway.id, store=house.store, now_ms=house.clock.ms + 1)
    assert again == result
    assert [prize.base_units for prize in prizes] == [500, 300, 200]
    with house.store.read() as work:
        proof = check_proof(proof_of(giveaway.id, work=work))
    assert proof.rules == giveaway.rules.text
    assert [winner.address for winner in proof.winners] == [prize.address for prize in prizes]
    texts = [text for text in announcements(house) if "Proof sha256" in text]
    assert len(texts) == 2
    assert "3 of 6 entrants win" in texts[0]


def test_opening_and_result_carry_a_card(house: House) -> None:
    giveaway = opened(house)
    enter(house, 1)
    drawn(house, giveaway)
    ids = [str(row["id"]) for row in house.admin.deliveries(limit=1000)]
    with house.store.read() as work:
        cards = [card for each in work.deliveries.load(ids).values() for card in each.draft.cards]
    assert len(cards) == 4
    results = [card for card in cards if isinstance(card, GiveawayCardFacts) and card.is_drawn]
    assert [card.winners for card in results] == [("person1",)] * 2
    assert {card.host for card in results} == {"maskbot", "maskbot@social.example"}


def test_fewer_entrants_than_prizes_leave_a_rest(house: House) -> None:
    giveaway = opened(house)
    enter(house, 1)
    result = drawn(house, giveaway)
    with house.store.read() as work:
        books = books_of(result, work.prizes.load(giveaway.id))
    assert (books.funded, books.owed, books.refundable) == (1_000, 500, 500)


def test_a_giveaway_that_nobody_entered_is_drawn_with_nothing(house: House) -> None:
    giveaway = opened(house)
    close(house, giveaway)
    result, prizes = draw_giveaway(giveaway.id, store=house.store, now_ms=house.clock.ms)
    assert (result.state, prizes) == ("drawn", ())


def test_first_come_first_served_takes_the_first(house: House) -> None:
    giveaway = opened(house, mode=Mode.FIRST_COME, beacon="", draws_at_ms=0)
    for number in (4, 2, 3, 1):
        house.clock.move(1_000)
        enter(house, number)
    close(house, giveaway)
    _, prizes = draw_giveaway(giveaway.id, store=house.store, now_ms=house.clock.ms)
    assert [prize.address for prize in prizes] == [address_of(number) for number in (4, 2, 3)]


def test_a_winner_is_told_by_claim(house: House) -> None:
    giveaway = opened(house)
    enter(house, 1)
    drawn(house, giveaway)
    mention, words = say(house, person(1), "claim")
    assert mention.reason == "prize_told"
    assert words is not None
    assert "will be sent to" in words
