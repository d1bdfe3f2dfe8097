"""Entering a giveaway with the wallet of a hosted persona, by mention and by the operator (issue "Money", 5)."""

from __future__ import annotations

import pytest

from maskbot.applets.giveaway import GiveawayApplet
from maskbot.domain.conditions import Holding
from maskbot.domain.eligibility import EntryRefusal
from maskbot.domain.entry import GiveawayFact, GiveawayView
from maskbot.domain.errors import Refused
from maskbot.domain.giveaway import Entrant, Giveaway, Prize
from maskbot.domain.identity import Persona, PersonId
from maskbot.domain.money import Address
from maskbot.domain.packet_claim import PersonaWallet
from maskbot.domain.wallet import Wallet
from maskbot.flows.decide.answer_mentions.reading import request_of
from maskbot.flows.decide.giveaway import EntryRefused, PersonaEntry, enter_persona
from maskbot.ports.giveaways import EntrantsFixed
from maskbot.ports.inside import KeySource
from tests.fakes.giveaways import address_of, close, enter, opened, person, rules_of, say
from tests.fakes.house import House

WALLET = address_of(500)


def persona_with_wallet(
    house: House, name: str, *, owner: PersonId | None = None, address: Address = WALLET, chain_id: int = 31337
) -> Persona:
    key = house.vault.create(persona_id=name, tenant_id=house.tenant_id, source=KeySource())
    persona = Persona(name, house.tenant_id, name, key, owner)
    wallet = Wallet(f"wallet {name}", house.tenant_id, chain_id, address, "k", f"wallet {name}", 0)
    with house.store.write() as work:
        work.personas.add(persona, now_ms=house.clock.ms)
        work.treasury.wallets.add(wallet, now_ms=house.clock.ms)
        work.claim_rules.link(PersonaWallet(persona.id, wallet.id, chain_id))
    return persona


def entrants(house: House) -> tuple[Entrant, ...]:
    with house.store.read() as work:
        return work.entrants.load(rules_of(house).giveaway_id)


def entry_of(giveaway: Giveaway, persona: Persona, **changes: object) -> PersonaEntry:
    fields = {"giveaway_id": giveaway.id, "persona": persona, "address": WALLET, "words": "", "held": None}
    return PersonaEntry(**{**fields, **changes})  # type: ignore[arg-type]  # whatever the test says


def test_a_person_with_a_hosted_persona_enters_without_an_address(house: House) -> None:
    opened(house)
    persona = persona_with_wallet(house, "mine", owner=person(1).person)
    mention, words = say(house, person(1), "enter")
    assert mention.reason == "entered"
    assert words is not None
    assert "(your persona's wallet)" in words
    (entrant,) = entrants(house)
    assert (entrant.address, entrant.persona_id, entrant.person) == (WALLET, persona.id, person(1).person)


def test_a_person_who_is_linked_to_a_persona_enters_with_it(house: House) -> None:
    opened(house)
    persona = persona_with_wallet(house, "ours")
    with house.store.write() as work:
        work.links.link(persona.id, person=person(1).person)
    assert say(house, person(1), "enter spring")[0].reason == "entered"
    assert entrants(house)[0].persona_id == persona.id


def test_without_a_persona_or_a_wallet_on_the_chain_the_address_is_asked_for(house: House) -> None:
    opened(house)
    persona_with_wallet(house, "elsewhere", owner=person(1).person, chain_id=1)
    for who in (person(1), person(2)):
        mention, words = say(house, who, "enter")
        assert mention.reason == "bad_address"
        assert words is not None
        assert "Where should a prize go?" in words
    assert entrants(house) == ()


def test_an_address_that_was_written_wrong_is_never_replaced_by_the_personas(house: House) -> None:
    opened(house)
    persona_with_wallet(house, "mine", owner=person(1).person)
    for text in ("enter 0x1234", f"enter 0x{address_of(3).hex()} 0x{address_of(4).hex()}", "enter 0x" + "00" * 20):
        assert say(house, person(1), text)[0].reason == "bad_address"
    assert entrants(house) == ()


def test_an_address_that_was_written_counts_before_the_personas(house: House) -> None:
    opened(house)
    persona_with_wallet(house, "mine", owner=person(1).person)
    enter(house, 1)
    assert entrants(house)[0].address == address_of(1)


def test_one_wallet_for_two_people_enters_once(house: House) -> None:
    opened(house)
    persona = persona_with_wallet(house, "ours")
    with house.store.write() as work:
        for number in (1, 2):
            work.links.link(persona.id, person=person(number).person)
    assert say(house, person(1), "enter")[0].reason == "entered"
    assert say(house, person(2), "enter")[0].reason == "entry_address_taken"


def test_the_operator_enters_a_persona_once_and_it_counts_as_its_owner(house: House) -> None:
    giveaway = opened(house)
    persona = persona_with_wallet(house, "mine", owner=person(1).person)
    enter_persona(entry_of(giveaway, persona), store=house.store, now_ms=house.clock.ms)
    with pytest.raises(EntryRefused) as refusal:
        enter_persona(entry_of(giveaway, persona, address=address_of(9)), store=house.store, now_ms=house.clock.ms)
    assert refusal.value.reason is EntryRefusal.ENTERED_BEFORE
    assert say(house, person(1), "enter")[0].reason == "entry_entered_before"
    assert [entrant.persona_id for entrant in entrants(house)] == ["mine"]


def test_an_address_that_is_in_is_refused_to_the_operator_too(house: House) -> None:
    giveaway = opened(house)
    enter(house, 1)
    ours = persona_with_wallet(house, "ours", address=address_of(1))
    with pytest.raises(EntryRefused) as refusal:
        enter_persona(entry_of(giveaway, ours, address=address_of(1)), store=house.store, now_ms=house.clock.ms)
    assert refusal.value.reason is EntryRefusal.ADDRESS_TAKEN


@pytest.mark.parametrize(
    ("rules", "changes", "reason"),
    [
        ({"entry_word": "tulip"}, {}, EntryRefusal.NO_ENTRY_WORD),
        ({"entry_word": "tulip"}, {"words": "Tulip"}, None),
        ({"least_account_age_days": 3}, {}, EntryRefusal.AGE_UNKNOWN),
        ({"holding": Holding(address_of(8), 5, 10)}, {}, EntryRefusal.CHAIN_UNAVAILABLE),
        ({"holding": Holding(address_of(8), 5, 10)}, {"held": 9}, EntryRefusal.HOLDS_TOO_LITTLE),
        ({"holding": Holding(address_of(8), 5, 10)}, {"held": 10}, None),
    ],
)
def test_every_rule_holds_for_the_operator(
    house: House, rules: dict[str, object], changes: dict[str, object], reason: EntryRefusal | None
) -> None:
    giveaway = opened(house, **rules)  # type: ignore[arg-type]  # whatever the test says
    persona = persona_with_wallet(house, "ours")
    entry = entry_of(giveaway, persona, **changes)
    if reason is None:
        enter_persona(entry, store=house.store, now_ms=house.clock.ms)
        return
    with pytest.raises(EntryRefused) as refusal:
        enter_persona(entry, store=house.store, now_ms=house.clock.ms)
    assert refusal.value.reason is reason


def test_nobody_enters_after_the_end_or_what_is_not_there(house: House) -> None:
    giveaway = opened(house)
    persona = persona_with_wallet(house, "ours")
    enter(house, 1)
    closed = close(house, giveaway)
    with pytest.raises((EntryRefused, EntrantsFixed)):
        enter_persona(entry_of(closed, persona), store=house.store, now_ms=giveaway.rules.closes_at_ms - 1)
    with pytest.raises(Refused):
        enter_persona(entry_of(closed, persona, giveaway_id="none"), store=house.store, now_ms=house.clock.ms)
    assert len(entrants(house)) == 1


def test_a_winner_whose_prize_waits_in_a_red_packet_is_told_how_to_take_it(house: House) -> None:
    giveaway = opened(house)
    prize = Prize(1, b"\1" * 32, WALLET, 500, state="paying", payment_id="p1")
    for until_s, words in (
        (None, "is on its way to"),
        (
            1_800_000_000,
            "waits in a red packet, in our post that only winners can open. Take it with the Mask extension until",
        ),
    ):
        view = GiveawayView(giveaway, prize=prize, packet_until_s=until_s)
        request = request_of(house.post(person(1), "claim"), bot_handle="maskbot")
        need = GiveawayApplet().needs(request)[0]
        answer = GiveawayApplet().decide(request, {need: GiveawayFact((view,), None, 0, None)})
        assert answer.words is not None
        assert words in answer.words
