"""Giveaways, entrants and prizes on both databases (R35: nobody enters once the root is fixed)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskbot.adapters.store.work import SqlStore
from maskbot.domain.conditions import Holding
from maskbot.domain.eligibility import EntryRefusal
from maskbot.domain.errors import Refused
from maskbot.domain.giveaway import Entrant, Giveaway, Mode, Prize, Rules
from maskbot.domain.identity import PersonId, Platform
from maskbot.domain.money import MOST_BASE_UNITS, Address, Token
from maskbot.ports.giveaways import EntrantsFixed
from tests.ports.store.stage import NOW, Stage

TOKEN = Token(1, Address(b"\x07" * 20), "DAI", 18)


@pytest.fixture
def giveaway(stage: Stage) -> Giveaway:
    rules = Rules(
        giveaway_id="g1",
        code="spring",
        title="Frühling 🌱",
        token=TOKEN,
        prizes=(MOST_BASE_UNITS - 1, 1),
        opens_at_ms=NOW,
        closes_at_ms=NOW + 1,
        mode=Mode.DRAWN,
        beacon="block 1 9",
        holding=Holding(Address(b"\x08" * 20), block=5, least=MOST_BASE_UNITS),
        draws_at_ms=NOW + 2,
    )
    return Giveaway(
        "g1", stage.tenant, rules, "draft", ("a", "b"), funded=MOST_BASE_UNITS, refund_to=Address(b"\x09" * 20)
    )


def entrant(number: int, **changes: object) -> Entrant:
    one = Entrant(
        id=bytes([number]) * 32,
        person=PersonId(f"x:{number}"),
        platform=Platform.X,
        handle=f"p{number}",
        address=Address(bytes([number]) * 20),
        account_id="a",
        post_id="1",
        entered_at_ms=NOW + 100 - number,
    )
    return replace(one, **changes)  # type: ignore[arg-type]  # whatever the test says


def opened(store: SqlStore, giveaway: Giveaway) -> Giveaway:
    with store.write() as work:
        work.giveaways.add(giveaway, now_ms=NOW)
        funded = work.giveaways.move(giveaway, after="funded", now_ms=NOW)
        return work.giveaways.move(funded, after="open", now_ms=NOW)


def test_what_was_recorded_is_loaded_again(store: SqlStore, giveaway: Giveaway) -> None:
    with store.write() as work:
        work.giveaways.add(giveaway, now_ms=NOW)
        assert work.giveaways.load("g1", is_locked=True) == giveaway
    with store.read() as work:
        assert work.giveaways.of_tenant(giveaway.tenant_id) == (giveaway,)
        assert work.giveaways.of_tenant(giveaway.tenant_id, states={"open"}) == ()
        assert work.giveaways.load("g2") is None


def test_a_move_is_made_from_the_state_it_was_thought_from(store: SqlStore, giveaway: Giveaway) -> None:
    opened(store, giveaway)
    for before, after in ((giveaway, "funded"), (giveaway, "paid"), (replace(giveaway, state="closed"), "drawn")):
        with pytest.raises(Refused), store.write() as work:
            work.giveaways.move(before, after=after, now_ms=NOW)


def test_entrants_are_one_per_person_and_per_address_in_the_order_they_came(
    store: SqlStore, giveaway: Giveaway
) -> None:
    opened(store, giveaway)
    with store.write() as work:
        for number in (1, 2, 3):
            work.entrants.add("g1", entrant(number), now_ms=NOW)
    for twin in (entrant(1, address=Address(b"\xaa" * 20)), entrant(9, address=entrant(1).address)):
        with pytest.raises(Refused, match="unique"), store.write() as work:
            work.entrants.add("g1", twin, now_ms=NOW)
    with store.read() as work:
        assert work.entrants.load("g1") == (entrant(3), entrant(2), entrant(1))
        assert work.entrants.find("g1", person=PersonId("x:2")) == entrant(2)
        assert work.entrants.find("g1", address=entrant(3).address) == entrant(3)
        assert work.entrants.find("g2", person=PersonId("x:2")) is None


def test_nobody_enters_before_the_opening_or_after_the_closing(store: SqlStore, giveaway: Giveaway) -> None:
    with store.write() as work:
        work.giveaways.add(giveaway, now_ms=NOW)
    with pytest.raises(EntrantsFixed), store.write() as work:
        work.entrants.add("g1", entrant(1), now_ms=NOW)
    with store.write() as work:
        funded = work.giveaways.move(giveaway, after="funded", now_ms=NOW)
        now_open = work.giveaways.move(funded, after="open", now_ms=NOW)
        work.giveaways.move(replace(now_open, root=bytes(32)), after="closed", now_ms=NOW)
    with pytest.raises(EntrantsFixed), store.write() as work:
        work.entrants.add("g1", entrant(1), now_ms=NOW)


def test_a_refusal_counts_once_per_person_and_reason(store: SqlStore, giveaway: Giveaway) -> None:
    opened(store, giveaway)
    with store.write() as work:
        for number, reason in ((1, "too_late"), (1, "too_late"), (2, "too_late"), (1, "no_entry_word")):
            work.entrants.refuse("g1", entrant_id=bytes([number]) * 32, reason=EntryRefusal(reason), now_ms=NOW)
        assert work.entrants.refusals("g1") == {"too_late": 2, "no_entry_word": 1}


def test_a_beacon_is_heard_once_and_after_the_closing(store: SqlStore, giveaway: Giveaway) -> None:
    now_open = opened(store, giveaway)
    with pytest.raises(Refused), store.write() as work:
        work.giveaways.save_beacon("g1", value=bytes(32))
    with store.write() as work:
        work.giveaways.move(replace(now_open, root=bytes(32)), after="closed", now_ms=NOW)
        work.giveaways.save_beacon("g1", value=bytes(32))
        work.giveaways.save_beacon("g1", value=bytes(32))
    with pytest.raises(Refused), store.write() as work:
        work.giveaways.save_beacon("g1", value=b"\x01" * 32)


def test_prizes_move_by_their_lifecycle(store: SqlStore, giveaway: Giveaway) -> None:
    opened(store, giveaway)
    prize = Prize(1, bytes(32), Address(b"\x01" * 20), MOST_BASE_UNITS - 1)
    with store.write() as work:
        work.prizes.add("g1", [prize])
        work.prizes.move("g1", replace(prize, payment_id="p"), after="paying")
    paying = replace(prize, state="paying", payment_id="p")
    with store.write() as work:
        assert work.prizes.load("g1") == (paying,)
        work.prizes.move("g1", replace(paying, tx_hash=b"\x02" * 32), after="paid")
    for wrong in (paying, prize):
        with pytest.raises(Refused), store.write() as work:
            work.prizes.move("g1", wrong, after="owed")
    with pytest.raises(Refused, match="unique"), store.write() as work:
        work.prizes.add("g1", [replace(prize, rank=2)])


def test_giveaways_are_found_by_code(store: SqlStore, giveaway: Giveaway) -> None:
    opened(store, giveaway)
    with store.read() as work:
        found = work.giveaways.of_tenant(giveaway.tenant_id, codes={"spring", "autumn"})
        assert [one.id for one in found] == ["g1"]
        assert work.giveaways.of_tenant(giveaway.tenant_id, codes={"autumn"}) == ()
        assert work.giveaways.of_tenant(giveaway.tenant_id, codes=()) == ()
        assert work.giveaways.of_tenant("another", codes={"spring"}) == ()
