"""The largest coins are refreshed ahead: by one host, every ten minutes, for a day after somebody asked for a price."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskbot.domain.errors import Refused
from maskbot.domain.job import JobKind
from maskbot.domain.request import NoFact
from maskbot.flows.act.fetch_facts import FactSources, fetch_facts
from maskbot.flows.act.refresh_market import EACH_MS, WANTED_MS, refresh_market
from tests.fakes.house import BOB, House, build_house
from tests.fakes.market import FakeMarket

KIND = JobKind.REFRESH_MARKET


@pytest.fixture
def house(tmp_path: Path) -> House:
    return build_house(tmp_path)


@pytest.fixture
def market() -> FakeMarket:
    return FakeMarket()


def ask(house: House, market: FakeMarket, text: str = "price ETH") -> None:
    """Somebody asks for a price, and it is fetched."""
    house.clock.move(60_000)
    house.ask(BOB, text)
    for job in house.claim(JobKind.FETCH_FACTS):
        fetch_facts(job, store=house.store, sources=FactSources(market), clock=house.clock, notice=house.notice)


def refresh(house: House, market: FakeMarket) -> int:
    """Do what is due; how many jobs."""
    jobs = house.claim(KIND)
    for job in jobs:
        refresh_market(job, store=house.store, market=market, clock=house.clock)
    return len(jobs)


def beats(house: House) -> dict[str, int]:
    return dict(house.admin.pulse(now_ms=house.clock.ms).beats)


def test_nobody_who_asks_no_price_costs_a_call(house: House, market: FakeMarket) -> None:
    house.ask(BOB, "help")
    assert refresh(house, market) == 0


def test_many_prices_make_one_refresh_and_two_hosts_share_it(house: House, market: FakeMarket) -> None:
    for _ in range(3):
        ask(house, market)
    with house.store.write() as work:
        first, second = (
            [
                job
                for job in work.jobs.claim(
                    queue=KIND.queue, owner=host, limit=9, now_ms=house.clock.ms, lease_ms=60_000
                )
                if job.kind is KIND
            ]
            for host in ("one", "two")
        )
    assert (len(first), len(second)) == (1, 0)
    refresh_market(first[0], store=house.store, market=market, clock=house.clock)
    assert market.refreshes == 1


def test_a_refresh_beats_and_comes_again_after_ten_minutes(house: House, market: FakeMarket) -> None:
    ask(house, market)
    assert refresh(house, market) == 1
    assert beats(house)["market"] == 0
    house.clock.move(EACH_MS - 1)
    assert refresh(house, market) == 0
    house.clock.move(1)
    assert refresh(house, market) == 1
    assert market.refreshes == 2


def test_a_failed_refresh_does_not_beat_and_waits_for_its_next_turn(house: House, market: FakeMarket) -> None:
    market.is_reachable = False
    ask(house, market)
    assert refresh(house, market) == 1
    assert "market" not in beats(house)
    assert refresh(house, market) == 0


def test_a_paused_price_is_not_refreshed_and_goes_on_when_resumed(house: House, market: FakeMarket) -> None:
    ask(house, market)
    flip(house, is_on=False)
    assert (refresh(house, market), market.refreshes) == (1, 0)
    flip(house, is_on=True)
    house.clock.move(EACH_MS)
    assert (refresh(house, market), market.refreshes) == (1, 1)


def test_after_a_day_it_ends_and_the_next_price_makes_it_anew(house: House, market: FakeMarket) -> None:
    ask(house, market)
    house.clock.move(WANTED_MS)
    assert (refresh(house, market), market.refreshes) == (1, 0)
    house.clock.move(EACH_MS)
    assert refresh(house, market) == 0
    ask(house, market)
    assert (refresh(house, market), market.refreshes) == (1, 1)


def test_a_host_that_dies_after_the_call_leaves_the_job_to_the_next(house: House, market: FakeMarket) -> None:
    ask(house, market)
    (dead,) = house.claim(KIND, lease_ms=1_000)
    market.refresh_ahead()
    house.clock.move(1_001)
    assert refresh(house, market) == 1
    with pytest.raises(Refused):
        refresh_market(dead, store=house.store, market=market, clock=house.clock)


def test_a_price_nobody_knows_still_answers(house: House, market: FakeMarket) -> None:
    ask(house, market, "price NOSUCH")
    assert [need.symbol for need in market.asked] == ["NOSUCH"]
    with house.store.read() as work:
        waiting = [str(row["id"]) for row in house.admin.mentions(limit=9)]
        assert work.facts.load(waiting)[waiting[0]] == {market.asked[0]: NoFact("unknown_token")}


def flip(house: House, *, is_on: bool) -> None:
    with house.store.write() as work:
        work.switches.flip("verb:price", is_on=is_on, reason="", who="test", now_ms=house.clock.ms)
