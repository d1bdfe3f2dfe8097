"""Entering a giveaway by mention, on both platforms with one set of entrants (issue "Money", 5; reliability.md C.5, R35)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskbot.domain.conditions import Holding
from maskbot.domain.entry import AddressFact, AddressNeed, HoldingFact, HoldingNeed
from maskbot.domain.giveaway import Mode
from maskbot.domain.identity import Platform
from maskbot.domain.job import JobKind
from maskbot.domain.money import Address
from maskbot.domain.request import Fact, Need, NoFact
from maskbot.wire.crypto.address_text import address_text
from tests.fakes.giveaways import HOUR_MS, address_of, close, decide, enter, opened, person, rules_of, say
from tests.fakes.house import House


def entrants(house: House) -> int:
    with house.store.read() as work:
        return len(work.entrants.load(rules_of(house).giveaway_id))


def answer_needs(house: House, facts: dict[Need, Fact]) -> tuple[Need, ...]:
    """What a worker does for FETCH_FACTS, with these facts."""
    asked: tuple[Need, ...] = ()
    for job in house.claim(JobKind.FETCH_FACTS):
        with house.store.write() as work:
            asked += work.facts.load_needs(job.target_id)
            work.facts.save(job.target_id, facts={need: facts[need] for need in work.facts.load_needs(job.target_id)})
            work.jobs.finish([job])
            from maskbot.domain.job import NewJob

            work.jobs.add([NewJob(JobKind.ANSWER_MENTION, job.target_id, job.tenant_id, house.clock.ms)])
    decide(house)
    return asked


def test_people_of_both_platforms_enter_one_set(house: House) -> None:
    opened(house)
    for number, platform in enumerate((Platform.X, Platform.MASTODON)):
        mention, words = enter(house, number, platform)
        assert mention.reason == "entered"
        assert words is not None
        assert "You are in: Spring" in words
    assert entrants(house) == 2


def test_one_entry_per_person(house: House) -> None:
    opened(house)
    enter(house, 1)
    mention, words = say(house, person(1), f"enter {address_text(address_of(77))}")
    assert mention.reason == "entry_entered_before"
    assert words is not None
    assert "one entry per person" in words
    assert entrants(house) == 1


def test_one_entry_per_address_over_both_platforms(house: House) -> None:
    opened(house)
    enter(house, 1)
    mention, words = enter(house, 1, Platform.MASTODON)
    assert mention.reason == "entry_address_taken"
    assert words is not None
    assert "one entry per address" in words
    assert entrants(house) == 1


def test_two_entries_of_one_person_in_one_batch_count_once(house: House) -> None:
    opened(house)
    text = f"enter {address_text(address_of(1))}"
    house.collect(house.post(person(1), text), house.post(person(1), text), house.post(person(2), text))
    decide(house)
    assert entrants(house) == 1


def test_a_post_after_the_end_is_too_late_though_the_giveaway_is_not_closed_yet(house: House) -> None:
    giveaway = opened(house)
    house.clock.ms = giveaway.rules.closes_at_ms
    mention, words = enter(house, 1)
    assert mention.reason == "entry_too_late"
    assert words is not None
    assert "later" in words


def test_a_post_written_in_time_counts_when_it_arrives_a_little_late(house: House) -> None:
    giveaway = opened(house)
    house.clock.ms = giveaway.rules.closes_at_ms + 60_000
    text = f"enter {address_text(address_of(1))}"
    mention, _ = say(house, person(1), text, created_at_ms=giveaway.rules.closes_at_ms - 1)
    assert mention.reason == "entered"


def test_no_server_can_date_a_post_back_by_hours(house: House) -> None:
    giveaway = opened(house)
    house.clock.ms = giveaway.rules.closes_at_ms + HOUR_MS
    text = f"enter {address_text(address_of(1))}"
    mention, _ = say(house, person(1), text, created_at_ms=giveaway.rules.opens_at_ms + 1)
    assert mention.reason == "entry_too_late"


def test_nobody_enters_a_closed_giveaway(house: House) -> None:
    giveaway = opened(house)
    close(house, giveaway)
    text = f"enter {address_text(address_of(1))}"
    mention, _ = say(house, person(1), text, created_at_ms=giveaway.rules.opens_at_ms + 1)
    assert mention.reason == "entry_too_late"
    assert entrants(house) == 0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("enter", "Where should a prize go"),
        ("enter 0x1234", "no address"),
        ("enter 0x52908400098527886E0F7030069857D2E4169Ee7", "no address"),
        (f"enter 0x{'00' * 20}", "belongs to nobody"),
        (f"enter 0x{'11' * 20} 0x{'22' * 20}", "more than one"),
        ("enter 0xa b.eth", "more than one"),
    ],
)
def test_a_bad_address_is_named_politely(house: House, words: str, expected: str) -> None:
    opened(house)
    mention, reply = say(house, person(1), words)
    assert mention.reason == "bad_address"
    assert reply is not None
    assert expected in reply
    assert entrants(house) == 0


def test_the_entry_word_is_asked_for(house: House) -> None:
    opened(house, entry_word="#gm")
    mention, words = enter(house, 1)
    assert mention.reason == "entry_no_entry_word"
    assert words is not None
    assert "#gm" in words
    assert enter(house, 1, words="#GM")[0].reason == "entered"


def test_the_age_of_an_account_counts_where_it_is_shown(house: House) -> None:
    giveaway = opened(house, least_account_age_days=30)
    day_ms = 86_400_000
    text = f"enter {address_text(address_of(1))}"
    assert say(house, person(1), text)[0].reason == "entry_age_unknown"
    young = giveaway.rules.opens_at_ms - 29 * day_ms
    assert say(house, person(1), text, author_born_ms=young)[0].reason == "entry_account_too_young"
    old = giveaway.rules.opens_at_ms - 31 * day_ms
    assert say(house, person(1), text, author_born_ms=old)[0].reason == "entered"


def test_a_name_is_looked_up_and_then_entered(house: House) -> None:
    opened(house)
    post = house.post(person(1), "enter alice.eth")
    house.collect(post)
    decide(house)
    assert house.outcome(post)[0].state == "waiting"
    need = AddressNeed("alice.eth")
    assert answer_needs(house, {need: AddressFact(address_of(1))}) == (need,)
    assert house.outcome(post)[0].reason == "entered"


@pytest.mark.parametrize("fact", [AddressFact(None), NoFact("unavailable")])
def test_a_name_that_leads_nowhere_is_no_entry(house: House, fact: Fact) -> None:
    opened(house)
    post = house.post(person(1), "enter alice.eth")
    house.collect(post)
    decide(house)
    answer_needs(house, {AddressNeed("alice.eth"): fact})
    mention, reply = house.outcome(post)
    assert mention.reason == "bad_address"
    assert reply is not None
    assert "alice.eth" in reply.draft.text


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (HoldingFact(5), "entered"),
        (HoldingFact(4), "entry_holds_too_little"),
        (NoFact("unavailable"), "entry_chain_unavailable"),
    ],
)
def test_what_an_address_held_at_a_block_decides(house: House, fact: Fact, reason: str) -> None:
    holding = Holding(Address(b"\x05" * 20), block=7, least=5)
    giveaway = opened(house, holding=holding)
    post = house.post(person(1), f"enter {address_text(address_of(1))}")
    house.collect(post)
    decide(house)
    need = HoldingNeed(giveaway.rules.token.chain_id, holding.contract, 7, address_of(1))
    answer_needs(house, {need: fact})
    assert house.outcome(post)[0].reason == reason


def test_a_name_whose_address_has_to_have_held_something_is_asked_for_twice_and_holds_up_nobody(house: House) -> None:
    holding = Holding(Address(b"\x05" * 20), block=7, least=5)
    giveaway = opened(house, holding=holding)
    post = house.post(person(1), "enter alice.eth")
    house.collect(post)
    decide(house)
    other = house.post(person(2), "giveaway")
    house.collect(other)  # decided in one batch with the second question
    answer_needs(house, {AddressNeed("alice.eth"): AddressFact(address_of(1))})
    assert house.outcome(post)[0].state == "waiting"
    assert house.outcome(other)[0].reason == "giveaway_told"
    need = HoldingNeed(giveaway.rules.token.chain_id, holding.contract, 7, address_of(1))
    assert answer_needs(house, {need: HoldingFact(5)}) == (need,)
    assert house.outcome(post)[0].reason == "entered"


def test_of_several_giveaways_one_has_to_be_named(house: House) -> None:
    opened(house)
    opened(house, giveaway_id="01900000-0000-7000-8000-000000000002", code="summer", title="Summer")
    mention, words = enter(house, 1)
    assert mention.reason == "which_giveaway"
    assert words is not None
    assert "summer, spring" in words
    assert enter(house, 1, words="spring")[0].reason == "entered"
    assert entrants(house) == 1


def test_an_accepted_entry_does_not_count_to_the_limit_and_refusals_are_counted_by_person(house: House) -> None:
    giveaway = opened(house)
    enter(house, 1)
    for _ in range(3):
        enter(house, 1)
    with house.store.read() as work:
        assert work.entrants.refusals(giveaway.id) == {"entered_before": 1}


def test_a_giveaway_is_told_and_nothing_is_told_where_there_is_none(house: House) -> None:
    assert say(house, person(1), "giveaway")[0].reason == "no_giveaway"
    opened(house)
    _, words = say(house, person(1), "giveaway")
    assert words is not None
    assert "0.000000000000001 ETH for 3" in words
    assert "enter 0x… spring" in words


def test_claim_and_balance_tell_where_somebody_stands(house: House) -> None:
    opened(house)
    assert say(house, person(1), "claim")[0].reason == "nothing_won"
    enter(house, 1)
    assert say(house, person(1), "balance")[0].reason == "not_drawn"


def test_the_same_handle_on_another_platform_is_another_person(house: House) -> None:
    opened(house)
    enter(house, 1)
    twin = replace(person(1, Platform.MASTODON), handle="person1@social.example")
    assert say(house, twin, f"enter {address_text(address_of(50))}")[0].reason == "entered"


def test_an_open_giveaway_is_found_behind_any_number_of_newer_ones(house: House) -> None:
    giveaway = opened(house)
    for number in range(2, 27):
        id_ = f"01900000-0000-7000-8000-0000000000{number:02}"
        newer = opened(house, giveaway_id=id_, code=f"c{number}", beacon="", draws_at_ms=0, mode=Mode.FIRST_COME)
        close(house, newer)
        house.clock.ms = giveaway.rules.opens_at_ms
    mention, words = enter(house, 1)
    assert (mention.reason, entrants(house)) == ("entered", 1), words
    mention, words = enter(house, 2, words="spring")
    assert (mention.reason, entrants(house)) == ("entered", 2), words
